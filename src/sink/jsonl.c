/* Events as JSON Lines. */
#include "sink/jsonl.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "event/fields.h"
#include "sink/output.h"

struct jsonl {
    struct story_options options;
    char *run;
    struct output *output;
    struct buf line;
};

struct jsonl *jsonl_new(const struct story_options *options, const char *run,
                        struct output *output)
{
    struct jsonl *jsonl = mem_calloc(1, sizeof(*jsonl));
    jsonl->options = *options;
    jsonl->run = mem_strdup(run);
    jsonl->output = output;
    return jsonl;
}

void jsonl_free(struct jsonl *jsonl)
{
    if (!jsonl)
        return;
    buf_release(&jsonl->line);
    free(jsonl->run);
    free(jsonl);
}

static bool jsonl_wants(void *arg, enum event_kind kind, unsigned flags)
{
    const struct jsonl *jsonl = arg;
    if (!(jsonl->options.parts & (event_is_output(kind) ? STORY_OUTPUT : STORY_SENTENCES)))
        return false;
    return filter_shows(&jsonl->options.filter, kind, flags);
}

static void put_string(struct buf *line, const char *key, const char *text)
{
    buf_printf(line, ",\"%s\":", key);
    json_quote(line, text, strlen(text));
}

static void put_number(struct buf *line, const char *key, int64_t number)
{
    buf_printf(line, ",\"%s\":", key);
    buf_number(line, number);
}

static void put_object(struct buf *line, const struct event *event)
{
    const char *key = event_object_field(event->kind);
    if (key && event->object)
        put_string(line, key, event->object);
    if (event->has_task)
        put_number(line, "task", event->task);
    if (event->worker)
        put_number(line, "worker", event->worker);
    if (event->pid)
        put_number(line, "pid", event->pid);
}

/* A line, or for a task's output the bytes; in base64 beside it where JSON cannot hold them. */
static void put_bytes(struct buf *line, const struct event *event)
{
    bool output = event->kind == EVENT_TASK_OUTPUT || event->kind == EVENT_POOL_FAILURE;
    const char *key = output                         ? "output"
                      : event_is_output(event->kind) ? "line"
                                                     : "message";
    buf_printf(line, ",\"%s\":", key);
    json_quote(line, event->bytes, event->length);
    if (!utf8_valid(event->bytes, event->length)) {
        buf_printf(line, ",\"%s_base64\":", key);
        json_base64(line, event->bytes, event->length);
    }
    if (event->unfinished)
        buf_text(line, ",\"unfinished\":true");
}

static void put_tally(struct buf *line, const struct event *event)
{
    put_number(line, "succeeded", event->succeeded);
    put_number(line, "skipped", event->skipped);
    if (event->left >= 0)
        put_number(line, "left", event->left);
}

/* A task's command is for the joblog alone, but where the event is about how to run it. */
static bool tells_command(const struct event *event)
{
    return event->command &&
           (event->kind == EVENT_POOL_FAILURE || event->kind == EVENT_POOL_SUMMARY);
}

static void put_fields(struct buf *line, const struct event *event)
{
    if (event->has_code)
        put_number(line, "code", event->code);
    if (event->signal)
        put_string(line, "signal", signal_name(event->signal));
    if (event->has_duration)
        buf_printf(line, ",\"seconds\":%lld.%06lld", (long long)(event->duration / NS_PER_S),
                   (long long)(event->duration % NS_PER_S / 1000));
    if (event->attempt)
        put_number(line, "attempt", event->attempt);
    if (event->count)
        put_number(line, "count", event->count);
    if (event->total && event->total != EVENT_UNLIMITED)
        put_number(line, "total", event->total);
    if (event->has_tally)
        put_tally(line, event);
    if (event->has_leaked)
        put_number(line, "leaked", event->leaked);
    if (event->has_books) {
        put_number(line, "put", event->put);
        put_number(line, "taken", event->taken);
    }
    if (event->reason)
        put_string(line, "reason", event->reason);
    if (event->stream)
        put_string(line, "stream", event->stream);
    if (event->shown)
        put_string(line, "item", event->shown);
    if (event->tasks)
        put_string(line, "tasks", event->tasks);
    if (event->cell)
        put_string(line, "cell", event->cell);
    if (tells_command(event))
        put_string(line, "command", event->command);
    if (event->bytes)
        put_bytes(line, event);
}

static void jsonl_take(void *arg, const struct event *event)
{
    struct jsonl *jsonl = arg;
    struct buf *line = &jsonl->line;
    buf_clear(line);
    buf_text(line, "{\"time\":\"");
    clock_print(line, event->wall);
    buf_char(line, '"');
    put_number(line, "seq", (int64_t)event->sequence);
    put_string(line, "event", event_row(event->kind)->name);
    put_string(line, "run", jsonl->run);
    if (event->flags & EVENT_WRONG)
        buf_text(line, ",\"wrong\":true");
    put_object(line, event);
    put_fields(line, event);
    buf_text(line, "}\n");
    output_put(jsonl->output, line->data, line->length);
}

struct bus_reader jsonl_reader(struct jsonl *jsonl)
{
    return (struct bus_reader){.arg = jsonl, .wants = jsonl_wants, .take = jsonl_take, .dated = true};
}
