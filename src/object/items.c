/* Where a pool's tasks come from: the table of kinds, and batches. */
#include "object/items.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "event/bus.h"
#include "object/items_private.h"
#include "script/value.h"

static const struct items_kind *const kinds[] = {
    [SOURCE_COUNT] = &items_of_count,   [SOURCE_LIST] = &items_of_list,
    [SOURCE_RANGE] = &items_of_range,   [SOURCE_MATRIX] = &items_of_matrix,
    [SOURCE_LINES] = &items_of_lines,   [SOURCE_JSONL] = &items_of_jsonl,
    [SOURCE_CSV] = &items_of_csv,       [SOURCE_GLOB] = &items_of_glob,
    [SOURCE_OUTPUT] = &items_of_output, [SOURCE_LUA] = &items_of_lua,
    [SOURCE_QUEUE] = &items_of_queue,
};

struct items *items_new(struct run *run, const struct pool_spec *pool, void (*more)(void *arg),
                        void *arg, struct error *error)
{
    struct items *items = mem_calloc(1, sizeof(*items));
    items->kind = kinds[pool->tasks.kind];
    items->run = run;
    items->pool = pool;
    items->spec = &pool->tasks;
    items->more = more;
    items->arg = arg;
    if (items->kind->open && items->kind->open(items, error)) {
        items_free(items);
        return NULL;
    }
    return items;
}

static enum items_result take(struct items *items, struct buf *encoded, struct error *error)
{
    enum items_result result = items->kind->next(items, encoded, error);
    items->at += result == ITEMS_ONE;
    return result;
}

static void put_batch(struct items *items, struct buf *encoded)
{
    value_encode_table(encoded, (size_t)items->gathered_count);
    buf_append(encoded, items->gathered.data, items->gathered.length);
    buf_clear(&items->gathered);
    items->gathered_count = 0;
}

static enum items_result next_batch(struct items *items, struct buf *encoded, struct error *error)
{
    while (items->gathered_count < items->pool->batch) {
        size_t before = items->gathered.length;
        value_encode_integer(&items->gathered, items->gathered_count + 1);
        enum items_result result = take(items, &items->gathered, error);
        if (result == ITEMS_ONE) {
            items->gathered_count++;
            continue;
        }
        items->gathered.length = before;
        if (result != ITEMS_END || !items->gathered_count)
            return result;
        break;
    }
    put_batch(items, encoded);
    return ITEMS_ONE;
}

enum items_result items_next(struct items *items, struct buf *encoded, struct error *error)
{
    return items->pool->batch ? next_batch(items, encoded, error) : take(items, encoded, error);
}

int64_t items_count(const struct items *items)
{
    int64_t batch = items->pool->batch;
    int64_t count = items->kind->count ? items->kind->count(items) : -1;
    return batch && count > 0 ? (count - 1) / batch + 1 : count;
}

void items_tell_line(struct items *items, const char *bytes, size_t length, bool unfinished)
{
    struct event event = {
        .kind = EVENT_POOL_OUTPUT,
        .object = items->pool->object.name,
        .bytes = bytes,
        .length = length,
        .unfinished = unfinished,
    };
    bus_emit(items->run->bus, &event);
}

void items_hold(struct items *items, bool held)
{
    if (items && items->kind->hold)
        items->kind->hold(items, held);
}

bool items_wait(const struct items *items, struct object_wait *wait)
{
    if (items->kind != &items_of_queue)
        return false;
    items_queue_wait(items, wait);
    return true;
}

struct taker *items_taker(const struct items *items, struct mark_taken *last)
{
    return items && items->spec->kind == SOURCE_QUEUE ? items_queue_taker(items, last) : NULL;
}

bool items_finish(struct items *items, bool force)
{
    return !items || !items->kind->finish || items->kind->finish(items, force);
}

bool items_were_left(const struct items *items)
{
    return items && items->left;
}

void items_free(struct items *items)
{
    if (!items)
        return;
    if (items->kind->close)
        items->kind->close(items);
    if (items->left)
        return; /* the thread still uses it */
    intake_free(items->intake);
    buf_release(&items->gathered);
    free(items);
}
