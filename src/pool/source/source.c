/* Where a pool's tasks come from: the table of kinds, and batches. */
#include "pool/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "event/bus.h"
#include "pool/source/private.h"
#include "pool/task.h"
#include "template/template.h"
#include "value/value.h"

static const struct items_kind *const kinds[] = {
    [SOURCE_COUNT] = &items_of_count,   [SOURCE_LIST] = &items_of_list,
    [SOURCE_RANGE] = &items_of_range,   [SOURCE_MATRIX] = &items_of_matrix,
    [SOURCE_LINES] = &items_of_lines,   [SOURCE_JSONL] = &items_of_jsonl,
    [SOURCE_CSV] = &items_of_csv,       [SOURCE_GLOB] = &items_of_glob,
    [SOURCE_OUTPUT] = &items_of_output, [SOURCE_LUA] = &items_of_lua,
    [SOURCE_QUEUE] = &items_of_queue,   [SOURCE_BLOCKS] = &items_of_blocks,
};

/* What of the command line is there without the items, as far as it is known: what tells of a task but is more than it counts
 * as it is written. */
static int64_t fixed_bytes(const struct body_spec *body)
{
    size_t length = 0, bytes = 0;
    for (size_t i = 0; body->kind == BODY_RUN && i < body->shell_count; i++)
        bytes += strlen(body->shell[i]) + 1;
    if (body->run && template_source(body->run, &length))
        bytes += length + 1;
    for (size_t i = 0; i < body->argument_count; i++) {
        const char *text = template_source(body->arguments[i], &length);
        if (!template_uses_task(body->arguments[i]) || strncmp(text, "${{", 3) != 0)
            bytes += length + 1;
    }
    return (int64_t)bytes;
}

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
    items->room = pool->batches.bytes - fixed_bytes(&pool->object.body);
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

/* Makes an item of what was gathered. */
static enum items_result put_batch(struct items *items, struct buf *encoded)
{
    struct task_message *messages = (struct task_message *)items->messages.data;
    value_encode_table(encoded, (size_t)items->gathered_count);
    for (size_t i = 0; i < items->messages.length / sizeof(*messages); i++)
        messages[i].at += encoded->length;
    buf_append(encoded, items->gathered.data, items->gathered.length);
    buf_clear(&items->gathered);
    items->gathered_count = 0;
    items->gathered_bytes = 0;
    return ITEMS_ONE;
}

/* Bytes that the shell's quotes take around TEXT, and in place of those in it. */
static size_t quotes_of(const struct buf *text)
{
    size_t bytes = 2;
    for (size_t i = 0; i < text->length; i++)
        bytes += text->data[i] == '\'' ? 3 : 0;
    return bytes;
}

/* What the encoded VALUE adds to the command line. */
static int64_t line_bytes(const struct items *items, const char *value, size_t length)
{
    struct buf text = {0};
    value_text_of(&text, value, length);
    size_t bytes = text.length + 1;
    if (items->pool->object.body.kind == BODY_RUN)
        bytes += quotes_of(&text);
    buf_release(&text);
    return (int64_t)bytes;
}

/* Adds an encoded value to the batch. */
static void gather(struct items *items, const char *value, size_t length)
{
    if (items->pool->batches.bytes)
        items->gathered_bytes += line_bytes(items, value, length);
    value_encode_integer(&items->gathered, ++items->gathered_count);
    buf_append(&items->gathered, value, length);
}

static struct task_message *last_message(const struct items *items)
{
    return (struct task_message *)(items->messages.data + items->messages.length) - 1;
}

/* The last one that was gathered is too many: it is the first one of the next batch. */
static enum items_result put_all_but_last(struct items *items, size_t length, const struct buf *last, struct buf *encoded)
{
    buf_truncate(&items->gathered, length);
    items->gathered_count--;
    put_batch(items, encoded);
    gather(items, last->data, last->length);
    return ITEMS_ONE;
}

static bool is_too_long(const struct items *items)
{
    return items->pool->batches.bytes && items->gathered_count > 1 && items->gathered_bytes > items->room;
}

static enum items_result next_batch(struct items *items, struct buf *encoded, struct error *error)
{
    struct buf value = {0};
    enum items_result result = ITEMS_ONE;
    while (items->gathered_count < items->pool->batches.items) {
        size_t before = items->gathered.length;
        buf_clear(&value);
        result = take(items, &value, error);
        if (result != ITEMS_ONE)
            break;
        gather(items, value.data, value.length);
        if (is_of_queue(items))
            last_message(items)->at = items->gathered.length - value.length;
        if (is_too_long(items)) {
            result = put_all_but_last(items, before, &value, encoded);
            buf_release(&value);
            return result;
        }
    }
    buf_release(&value);
    /* What is in a queue is given at once: more of it may depend on what is done with that. */
    bool enough = result == ITEMS_ONE || result == ITEMS_END || (result == ITEMS_WAIT && is_of_queue(items));
    return enough && items->gathered_count ? put_batch(items, encoded) : result;
}

enum items_result items_next(struct items *items, struct buf *encoded, struct error *error)
{
    buf_clear(&items->messages);
    return items->pool->batches.items ? next_batch(items, encoded, error) : take(items, encoded, error);
}

int64_t items_line(const struct items *items)
{
    return items->line;
}

int64_t items_count(const struct items *items)
{
    int64_t batch = items->pool->batches.items;
    int64_t count = items->kind->count && !items->pool->batches.bytes ? items->kind->count(items) : -1;
    return batch && count > 0 ? (count - 1) / batch + 1 : count;
}

void items_tell_line(struct items *items, const char *bytes, size_t length, bool unfinished)
{
    struct event event = {
        .kind = EVENT_POOL_OUTPUT,
        .object = items->pool->object.name,
        .output.bytes = bytes,
        .output.length = length,
        .output.unfinished = unfinished,
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

const char *items_awaited(const struct items *items)
{
    return items && items->task_input ? input_awaited(items->task_input) : NULL;
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
