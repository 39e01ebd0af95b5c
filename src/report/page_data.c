/* The data that the script of the page reads: see page/data.js. */
#include "base/json.h"
#include "base/mem.h"
#include "report/markup.h"
#include "report/private.h"
#include "log/deflate.h"

#include <string.h>

static void put_quoted(struct buf *out, const char *text)
{
    json_quote(out, text, strlen(text));
}

static void put_objects(const struct report *report, struct buf *out)
{
    buf_text(out, ",\n\"objects\":[");
    for (size_t i = 0; i < report->objects.count; i++) {
        const struct report_object *object = &report->objects.items[i];
        buf_printf(out, "%s{\"kind\":\"%s\",\"name\":", i ? ",\n" : "", object_word(object->kind));
        put_quoted(out, object->name);
        buf_printf(out, ",\"failed\":%d,\"skipped\":%d", object->failed || object->pool.states[SPAN_FAILED] ||
                                                             object->pool.states[SPAN_TIMEOUT],
                   object->skipped);
        buf_printf(out, ",\"workers\":%lld", (long long)object->pool.workers);
        if (object->members)
            buf_printf(out, ",\"declared\":{%s}", object->members);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void put_lanes(const struct report *report, struct buf *out)
{
    buf_text(out, ",\n\"lanes\":[");
    for (size_t i = 0; i < report->objects.lane_count; i++) {
        const struct lane *lane = &report->objects.lanes[i];
        buf_printf(out, "%s[%u,%lld", i ? "," : "", (unsigned)lane->object, (long long)lane->worker);
        if (lane->host) {
            buf_char(out, ',');
            put_quoted(out, lane->host);
        }
        buf_char(out, ']');
    }
    buf_char(out, ']');
}

/* A chart, with a comma before it where it is not the first; of fewer than two points there is none. */
static void put_chart(struct buf *out, const struct series *series, const char *what, const char *object,
                      const char *unit)
{
    struct buf name = {0};
    if (series->count < 2)
        return;
    buf_printf(&name, "%s %s", what, object);
    buf_text(out, out->data[out->length - 1] == '[' ? "{\"name\":" : ",\n{\"name\":");
    json_quote(out, name.data, name.length);
    buf_release(&name);
    buf_printf(out, ",\"unit\":\"%s\",\"points\":", unit);
    series_json(series, out);
    buf_char(out, '}');
}

/* Whether it is one of the processes that have used most. */
static bool used_much(const struct report *report, const struct report_object *process)
{
    size_t more = 0;
    for (size_t i = 0; i < report->objects.count; i++)
        more += report->objects.items[i].lives.cpu > process->lives.cpu;
    return more < CHARTED_PROCESSES;
}

static void put_series(const struct report *report, struct buf *out)
{
    buf_text(out, ",\n\"series\":[");
    for (size_t i = 0; i < report->objects.count; i++) {
        const struct report_object *object = &report->objects.items[i];
        put_chart(out, &object->queue.depth, "queue", object->name, "messages");
        if (object->kind != EVENT_OF_PROCESS || !used_much(report, object))
            continue;
        put_chart(out, &object->lives.load, "CPU", object->name, "percent");
        put_chart(out, &object->lives.held, "memory", object->name, "bytes");
    }
    buf_char(out, ']');
}

static void put_firsts(const struct report *report, struct buf *out)
{
    int64_t before = 0;
    buf_text(out, ",\n\"blocks\":[");
    for (size_t i = 0; i < report->texts.block_count; i++) {
        buf_text(out, i ? "," : "");
        buf_number(out, report->texts.firsts[i] - before);
        before = report->texts.firsts[i];
    }
    buf_char(out, ']');
}

/* The columns, each compressed by itself. */
static void put_columns(const struct report *report, struct buf *out)
{
    static const char *const names[COLUMNS] = {"lane", "number", "attempt", "began", "took", "state", "memory"};
    struct buf packed = {0};
    for (size_t i = 0; i < COLUMNS; i++) {
        const struct buf *column = &report->spans.columns[i];
        buf_clear(&packed);
        deflate_bytes(&packed, column->data, column->length);
        buf_printf(out, ",\n\"%s\":", names[i]);
        json_base64(out, packed.data, packed.length);
    }
    buf_release(&packed);
}

void page_data(const struct report *report, struct buf *out)
{
    struct buf json = {0};
    buf_printf(&json, "{\"wall\":%lld,\"lasted\":%lld,\"ended\":%d,\"spans\":%lld,\"leftOut\":%lld",
               (long long)(report->wall / 1000), (long long)(report->now / 1000), report->ended,
               (long long)report->spans.count, (long long)report->texts.left_out);
    put_objects(report, &json);
    put_lanes(report, &json);
    put_series(report, &json);
    put_firsts(report, &json);
    put_columns(report, &json);
    buf_char(&json, '}');
    buf_text(out, "<script type=\"application/json\" id=\"data\">");
    markup_json(out, json.data, json.length);
    buf_text(out, "</script>\n");
    buf_release(&json);
}
