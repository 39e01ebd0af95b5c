/* Events as JSON Lines. */
#include "log/jsonl.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/unit.h"
#include "event/fields.h"
#include "log/writer_thread.h"

/* The length of each key is known where these are written out: a tenth of a record's time. */
#define INLINED static inline __attribute__((always_inline))

struct jsonl {
    struct story_options options;
    struct buf names[EVENT_KINDS]; /* what each kind has behind its number: "event" and "run" */
    struct output *output;
    struct buf line; /* of jsonl_line() */
    struct buf time; /* of the last event, to the second */
    int64_t second;
    struct buf begin; /* of the last event's line, up to "at": many events share their time */
    int64_t wall;
    int64_t at;
};

INLINED void put_key(struct buf *line, const char *key)
{
    size_t length = strlen(key);
    char *room = buf_reserve(line, length + 4);
    memcpy(room, ",\"", 2);
    memcpy(room + 2, key, length);
    memcpy(room + 2 + length, "\":", 2);
    buf_added(line, length + 4);
}

/* In base64 beside it where JSON cannot hold the bytes. */
static void put_bytes(struct buf *line, const char *key, const char *bytes, size_t length)
{
    put_key(line, key);
    if (json_quote(line, bytes, length))
        return;
    buf_printf(line, ",\"%s_base64\":", key);
    json_base64(line, bytes, length);
}

static void put_string(struct buf *line, const char *key, const char *text)
{
    put_bytes(line, key, text, strlen(text));
}

static void put_names(struct buf *out, const char *event, const char *run)
{
    put_string(out, "event", event);
    put_string(out, "run", run);
}

struct jsonl *jsonl_new(const struct story_options *options, const char *run,
                        struct output *output)
{
    struct jsonl *jsonl = mem_calloc(1, sizeof(*jsonl));
    jsonl->options = *options;
    jsonl->output = output;
    jsonl->second = -1;
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        put_names(&jsonl->names[kind], event_row((enum event_kind)kind)->name, run);
    return jsonl;
}

void jsonl_free(struct jsonl *jsonl)
{
    if (!jsonl)
        return;
    buf_release(&jsonl->line);
    buf_release(&jsonl->time);
    buf_release(&jsonl->begin);
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        buf_release(&jsonl->names[kind]);
    free(jsonl);
}

static bool jsonl_wants(void *arg, enum event_kind kind, unsigned flags)
{
    const struct jsonl *jsonl = arg;
    if (!(jsonl->options.parts & (event_is_output(kind) ? STORY_OUTPUT : STORY_SENTENCES)))
        return false;
    return filter_shows(&jsonl->options.filter, kind, flags);
}

INLINED void put_number(struct buf *line, const char *key, int64_t number)
{
    put_key(line, key);
    buf_number(line, number);
}

/* Seconds to the nanosecond. */
INLINED void put_seconds(struct buf *line, const char *key, int64_t ns)
{
    put_number(line, key, ns / NS_PER_S);
    buf_char(line, '.');
    buf_digits(line, (uint64_t)(ns % NS_PER_S), 9);
}

/* As clock_print() does, which takes apart each second once here. */
static void put_time(struct jsonl *jsonl, struct buf *line, int64_t wall)
{
    static const size_t behind = sizeof("000000Z") - 1;
    if (wall / NS_PER_S != jsonl->second) {
        jsonl->second = wall / NS_PER_S;
        buf_clear(&jsonl->time);
        clock_print(&jsonl->time, wall);
        buf_truncate(&jsonl->time, jsonl->time.length - behind);
    }
    buf_append(line, jsonl->time.data, jsonl->time.length);
    buf_digits(line, (uint64_t)(wall % NS_PER_S / 1000), 6);
    buf_char(line, 'Z');
}

static void put_flags(struct buf *line, unsigned flags)
{
    const char *word;
    bool any = false;
    if (flags & EVENT_WRONG)
        buf_text(line, ",\"wrong\":true");
    if (flags & EVENT_WRONG && flags & EVENT_ALLOWED)
        buf_text(line, ",\"allowed\":true");
    for (size_t i = 1; (word = event_flag(i)); i++) {
        if (!(flags >> i & 1))
            continue;
        buf_text(line, any ? ",\"" : ",\"flags\":[\"");
        buf_text(line, word);
        buf_char(line, '"');
        any = true;
    }
    if (any)
        buf_char(line, ']');
}

static void put_object(struct buf *line, const struct event *event)
{
    const char *key = event_object_field(event->kind);
    if (key && event->object)
        put_string(line, key, event->object);
    if (event->has_task)
        put_number(line, "task", event->task);
    if (event->place.worker)
        put_number(line, "worker", event->place.worker);
    if (event->place.pid)
        put_number(line, "pid", event->place.pid);
    if (event->place.machine)
        put_string(line, "machine", event->place.machine);
    if (event->place.job)
        put_string(line, "job", event->place.job);
    if (event->work.shown)
        put_string(line, "item", event->work.shown);
    if (event->work.cell)
        put_string(line, "cell", event->work.cell);
}

static void put_how(struct buf *line, const struct event *event)
{
    if (event->end.has_code)
        put_number(line, "code", event->end.code);
    if (event->end.signal)
        put_string(line, "signal", signal_name(event->end.signal));
    if (event->has_duration)
        put_seconds(line, "seconds", event->duration);
    if (event->span.known) {
        put_seconds(line, "began", event->span.began);
        put_seconds(line, "finished", event->span.finished);
    }
    if (event->span.all)
        put_seconds(line, "all_seconds", event->span.all);
    if (event->attempt)
        put_number(line, "attempt", event->attempt);
}

static void put_counts(struct buf *line, const struct event *event)
{
    if (event->count)
        put_number(line, "count", event->count);
    if (event->total && event->total != EVENT_UNLIMITED)
        put_number(line, "total", event->total);
    if (event->tally.known) {
        put_number(line, "succeeded", event->tally.succeeded);
        if (event->tally.allowed)
            put_number(line, "allowed_failures", event->tally.allowed);
        put_number(line, "skipped", event->tally.skipped);
    }
    if (event->tally.current)
        put_number(line, "current", event->tally.current);
    if (event->tally.known && event->tally.left >= 0)
        put_number(line, "left", event->tally.left);
    if (event->leak.known)
        put_number(line, "leaked", event->leak.count);
    if (event->books.known) {
        put_number(line, "put", event->books.put);
        put_number(line, "taken", event->books.taken);
    }
    if (event->output.received)
        put_number(line, "output_bytes", (int64_t)event->output.received);
    if (event->usage.memory)
        put_number(line, "memory", event->usage.memory);
    if (event->usage.has_cpu)
        put_seconds(line, "cpu_seconds", event->usage.cpu);
    if (event->message.number)
        put_number(line, "number", event->message.number);
}

/* What a line of output is called, or for a task's output the bytes, or any other text. */
static const char *bytes_key(enum event_kind kind)
{
    bool output = kind == EVENT_TASK_OUTPUT || kind == EVENT_POOL_FAILURE;
    return output ? "output" : event_is_output(kind) ? "line" : "message";
}

static void put_texts(struct buf *line, const struct event *event)
{
    if (event->message.party)
        put_string(line, event->kind == EVENT_QUEUE_PUT ? "producer" : "consumer", event->message.party);
    if (event->reason)
        put_string(line, "reason", event->reason);
    if (event->output.stream)
        put_string(line, "stream", event->output.stream);
    if (event->work.uses)
        put_string(line, "uses", event->work.uses);
    if (event->work.tasks)
        put_string(line, "tasks", event->work.tasks);
    if (event->work.command)
        put_string(line, "command", event->work.command);
    if (event->output.bytes)
        put_bytes(line, bytes_key(event->kind), event->output.bytes, event->output.length);
    if (event->output.unfinished)
        buf_text(line, ",\"unfinished\":true");
    if (event->record.members)
        buf_printf(line, ",%s", event->record.members);
    if (event->record.unrecorded)
        put_number(line, "unrecorded", (int64_t)event->record.unrecorded);
    if (event->record.omitted)
        put_number(line, "omitted", (int64_t)event->record.omitted);
}

static void put_begin(struct jsonl *jsonl, struct buf *line, const struct event *event)
{
    struct buf *begin = &jsonl->begin;
    if (!begin->length || event->wall != jsonl->wall || event->at != jsonl->at) {
        jsonl->wall = event->wall;
        jsonl->at = event->at;
        buf_clear(begin);
        buf_text(begin, "{\"time\":\"");
        put_time(jsonl, begin, event->wall);
        buf_char(begin, '"');
        put_seconds(begin, "at", event->at);
    }
    buf_append(line, begin->data, begin->length);
}

/* Appends EVENT, with its newline. */
static void put_event(struct jsonl *jsonl, struct buf *line, const struct event *event)
{
    put_begin(jsonl, line, event);
    put_number(line, "seq", (int64_t)event->sequence);
    buf_append(line, jsonl->names[event->kind].data, jsonl->names[event->kind].length);
    put_flags(line, event->flags);
    put_object(line, event);
    put_how(line, event);
    put_counts(line, event);
    put_texts(line, event);
    buf_text(line, "}\n");
}

const struct buf *jsonl_line(struct jsonl *jsonl, const struct event *event)
{
    buf_clear(&jsonl->line);
    put_event(jsonl, &jsonl->line, event);
    return &jsonl->line;
}

static void jsonl_take(void *arg, const struct event *event)
{
    struct jsonl *jsonl = arg;
    struct buf *line = output_begin(jsonl->output);
    size_t before = line->length;
    put_event(jsonl, line, event);
    output_end(jsonl->output, before);
}

struct bus_reader jsonl_reader(struct jsonl *jsonl)
{
    return (struct bus_reader){.arg = jsonl, .wants = jsonl_wants, .take = jsonl_take, .dated = true};
}
