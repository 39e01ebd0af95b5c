/* Where a pool's tasks come from: the table of kinds, and batches. */
#include "pool/source/source.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "event/bus.h"
#include "pool/source/private.h"
#include "pool/task.h"
#include "value/value.h"

static const struct items_kind *const kinds[] = {
    [SOURCE_COUNT] = &items_of_count,   [SOURCE_LIST] = &items_of_list,
    [SOURCE_RANGE] = &items_of_range,   [SOURCE_MATRIX] = &items_of_matrix,
    [SOURCE_LINES] = &items_of_lines,   [SOURCE_JSONL] = &items_of_jsonl,
    [SOURCE_CSV] = &items_of_csv,       [SOURCE_GLOB] = &items_of_glob,
    [SOURCE_OUTPUT] = &items_of_output, [SOURCE_LUA] = &items_of_lua,
    [SOURCE_QUEUE] = &items_of_queue,   [SOURCE_BLOCKS] = &items_of_blocks,
};

/* True where lines are cut into columns. */
static bool is_in_columns(const struct source_spec *spec)
{
    return spec->columns || (spec->header && spec->kind != SOURCE_BLOCKS);
}

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
    if (is_in_columns(items->spec))
        items->columns = columns_new(items->spec, error);
    if (is_in_columns(items->spec) && !items->columns) {
        free(items);
        return NULL;
    }
    if (items->kind->open && items->kind->open(items, error)) {
        items_free(items);
        return NULL;
    }
    return items;
}

static bool is_of_queue(const struct items *items)
{
    return items->kind == &items_of_queue;
}

static enum items_result take(struct items *items, struct buf *encoded, struct error *error)
{
    size_t start = encoded->length;
    enum items_result result = items->kind->next(items, encoded, error);
    items->at += result == ITEMS_ONE;
    if (result == ITEMS_ONE && is_of_queue(items)) {
        struct task_message message = {.at = start, .length = encoded->length - start};
        items_queue_consumer(items, &message.mark);
        buf_append(&items->messages, &message, sizeof(message));
    }
    return result;
}

static void put_batch(struct items *items, struct buf *encoded)
{
    struct task_message *messages = (struct task_message *)items->messages.data;
    value_encode_table(encoded, (size_t)items->gathered_count);
    for (size_t i = 0; i < items->messages.length / sizeof(*messages); i++)
        messages[i].at += encoded->length;
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
        /* What is in a queue is given at once: more of it may depend on what is done with that. */
        bool enough = result == ITEMS_END || (result == ITEMS_WAIT && is_of_queue(items));
        if (!enough || !items->gathered_count)
            return result;
        break;
    }
    put_batch(items, encoded);
    return ITEMS_ONE;
}

enum items_result items_next(struct items *items, struct buf *encoded, struct error *error)
{
    buf_clear(&items->messages);
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
    if (!is_of_queue(items))
        return false;
    items_queue_wait(items, wait);
    return true;
}

struct consumer *items_consumer(const struct items *items, struct buf *last)
{
    if (!items || !is_of_queue(items))
        return NULL;
    if (last)
        buf_append(last, items->messages.data, items->messages.length);
    return items_queue_consumer(items, NULL);
}

void items_leave(struct items *items)
{
    if (items && is_of_queue(items))
        items->kind->finish(items, false);
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
    input_free(items->task_input);
    columns_free(items->columns);
    buf_release(&items->gathered);
    buf_release(&items->messages);
    free(items);
}
