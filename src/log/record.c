/* The record of a run. */
#include "log/record.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "log/jsonl.h"
#include "log/writer_thread.h"

/* What an object has put out. */
struct recorded {
    const char *object; /* names are one text each; NULL: a free place */
    int64_t bytes;      /* that are recorded */
    uint64_t unrecorded;
    uint64_t omitted;   /* events */
};

struct record {
    struct jsonl *jsonl;
    struct bus_reader lines;
    int64_t most;              /* 0: all */
    struct recorded *objects;  /* by a hash of their names' addresses */
    size_t capacity;           /* a power of two, or 0 */
    size_t count;
};

struct record *record_new(int64_t most, const char *run, struct output *output)
{
    struct record *record = mem_calloc(1, sizeof(*record));
    struct story_options options = {.parts = STORY_ALL};
    filter_init(&options.filter, FILTER_ALL);
    filter_set(&options.filter, "*.sample", true);
    record->most = most;
    record->jsonl = jsonl_new(&options, run, output);
    record->lines = jsonl_reader(record->jsonl);
    return record;
}

void record_free(struct record *record)
{
    if (!record)
        return;
    jsonl_free(record->jsonl);
    free(record->objects);
    free(record);
}

static struct recorded *place_of(struct recorded *objects, size_t capacity, const char *object)
{
    size_t at = (size_t)(((uintptr_t)object * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (capacity - 1);
    while (objects[at].object && objects[at].object != object)
        at = (at + 1) & (capacity - 1);
    return &objects[at];
}

static void grow(struct record *record)
{
    size_t capacity = record->capacity ? record->capacity * 2 : 64;
    struct recorded *objects = mem_calloc(capacity, sizeof(*objects));
    for (size_t i = 0; i < record->capacity; i++)
        if (record->objects[i].object)
            *place_of(objects, capacity, record->objects[i].object) = record->objects[i];
    free(record->objects);
    record->objects = objects;
    record->capacity = capacity;
}

static struct recorded *find(struct record *record, const char *object)
{
    if (2 * record->count >= record->capacity)
        grow(record);
    struct recorded *found = place_of(record->objects, record->capacity, object);
    record->count += !found->object;
    found->object = object;
    return found;
}

/* Cuts the output to what may be recorded; false where nothing of it may. */
static bool cut(struct record *record, struct event *event)
{
    struct recorded *object = find(record, event->object);
    size_t room = (size_t)(record->most - object->bytes);
    size_t length = event->output.length;
    if (length > room) {
        length = object->unrecorded ? 0 : room - utf8_tail(event->output.bytes, room);
        object->unrecorded += event->output.length - length;
        object->omitted += !length;
    }
    object->bytes += (int64_t)length;
    event->output.unfinished |= length < event->output.length;
    event->output.length = length;
    return length || !object->unrecorded;
}

static bool is_last(enum event_kind kind)
{
    return kind == EVENT_PROCESS_ENDED || kind == EVENT_POOL_ENDED || kind == EVENT_THREAD_ENDED;
}

static void record_take(void *arg, const struct event *event)
{
    struct record *record = arg;
    struct event copy;
    if (!record->most || !(event_is_output(event->kind) || is_last(event->kind))) {
        record->lines.take(record->lines.arg, event);
        return;
    }
    copy = *event;
    if (is_last(event->kind)) {
        const struct recorded *object = find(record, event->object);
        copy.record.unrecorded = object->unrecorded;
        copy.record.omitted = object->omitted;
    } else if (!cut(record, &copy)) {
        return;
    }
    record->lines.take(record->lines.arg, &copy);
}

static bool record_wants(void *arg, enum event_kind kind, unsigned flags)
{
    const struct record *record = arg;
    return record->lines.wants(record->lines.arg, kind, flags);
}

struct bus_reader record_reader(struct record *record)
{
    return (struct bus_reader){.arg = record, .wants = record_wants, .take = record_take, .dated = true};
}
