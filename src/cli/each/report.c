/* What a run of "each" tells besides what its commands write. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/each/each.h"
#include "cli/each/private.h"
#include "event/event.h"
#include "log/writer_thread.h"
#include "value/value.h"

/* So many failed tasks are named, and so many bytes of an item. */
#define NAMED_MOST 3
#define SHOWN_MOST 60

/* Lines about tasks that failed without a word of their own. */
#define TOLD_MOST 10

struct each_report {
    bool commands;
    const char *rest; /* how a later run does what this one has not */
    struct buf stopped; /* the signal that stopped it: "signal INT" */
    struct output *standard;
    struct output *errors;
    struct buf line;
    struct buf failed; /* the first ones */
    int64_t named;
    int64_t told;
};

struct each_report *each_report_new(bool commands, const char *rest, struct output *standard,
                                    struct output *errors)
{
    struct each_report *report = mem_calloc(1, sizeof(*report));
    report->commands = commands;
    report->rest = rest;
    report->standard = standard;
    report->errors = errors;
    return report;
}

void each_report_free(struct each_report *report)
{
    if (!report)
        return;
    buf_release(&report->line);
    buf_release(&report->failed);
    buf_release(&report->stopped);
    free(report);
}

static void put_line(struct each_report *report, struct output *output)
{
    buf_char(&report->line, '\n');
    output_put(output, report->line.data, report->line.length);
    buf_clear(&report->line);
}

/* "2 (b.txt)" */
static void put_task(struct buf *out, const struct event *event)
{
    struct buf shown = {0};
    value_text_of(&shown, event->work.item, event->work.item_length);
    for (size_t i = 0; i < shown.length; i++)
        if ((unsigned char)shown.data[i] < ' ' || shown.data[i] == 0x7F)
            shown.data[i] = ' ';
    bool cut = shown.length > SHOWN_MOST;
    size_t length = cut ? SHOWN_MOST : shown.length;
    while (cut && length && ((unsigned char)shown.data[length] & 0xC0) == 0x80)
        length--;
    buf_printf(out, "%lld (", (long long)event->task + 1);
    buf_append(out, shown.data, length);
    buf_text(out, cut ? "...)" : ")");
    buf_release(&shown);
}

/* One that exited with a code has most likely said why itself. */
static bool is_silent(const struct event *event)
{
    bool plain = event->end.has_code && event->reason && !strncmp(event->reason, "exit code ", 10) &&
                 !event->reason[10 + strspn(event->reason + 10, "0123456789")];
    return !plain;
}

static void take_ended(struct each_report *report, const struct event *event)
{
    if (report->commands && event->work.command) {
        buf_text(&report->line, event->work.command);
        put_line(report, report->errors);
    }
    if (!(event->flags & EVENT_WRONG))
        return;
    const char *reason = event->reason ? event->reason : "failed";
    int length = (int)strcspn(reason, "\n");
    if (is_silent(event) && report->told++ < TOLD_MOST) {
        buf_text(&report->line, "parrun: task ");
        put_task(&report->line, event);
        buf_printf(&report->line, ": %.*s", length, reason);
        put_line(report, report->errors);
    }
    if (report->named++ >= NAMED_MOST)
        return;
    buf_text(&report->failed, report->failed.length ? "; " : "");
    put_task(&report->failed, event);
    buf_printf(&report->failed, ": %.*s", length, reason);
}

/* "stopped by signal INT: 3 were done, 5 were not; ..." Of what is still to be read nobody knows how many there are. */
static void tell_stopped(struct each_report *report, const struct event *event)
{
    buf_printf(&report->line, "parrun: stopped by %s: %lld %s done, ", report->stopped.data, (long long)event->total,
               event->total == 1 ? "was" : "were");
    if (event->tally.left < 0)
        buf_text(&report->line, "others were not");
    else
        buf_printf(&report->line, "%lld %s not", (long long)(event->tally.skipped + event->tally.left),
                   event->tally.skipped + event->tally.left == 1 ? "was" : "were");
    if (report->rest)
        buf_printf(&report->line, "; %s", report->rest);
    put_line(report, report->errors);
}

/* "3 of 10 failed: 2 (b.txt): exit code 1; ..." */
static void take_pool_ended(struct each_report *report, const struct event *event)
{
    if (report->stopped.length)
        tell_stopped(report, event);
    if (!(event->flags & EVENT_WRONG))
        return;
    if (report->failed.length)
        buf_printf(&report->line, "parrun: %lld of %lld failed: %s%s", (long long)report->named,
                   (long long)event->total, report->failed.data,
                   report->named > NAMED_MOST ? "; ..." : "");
    else
        buf_printf(&report->line, "parrun: error: %s", event->reason ? event->reason : "failed");
    put_line(report, report->errors);
}

static bool report_wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)flags;
    return kind == EVENT_TASK_ENDED || kind == EVENT_TASK_PLANNED || kind == EVENT_POOL_ENDED ||
           kind == EVENT_POOL_CARRIAGE_RETURN || kind == EVENT_POOL_RESUMED ||
           kind == EVENT_WORKER_LOST || kind == EVENT_POOL_LIMITED || kind == EVENT_RUN_STOPPING;
}

static void report_take(void *arg, const struct event *event)
{
    struct each_report *report = arg;
    switch ((int)event->kind) {
    case EVENT_TASK_ENDED:
        take_ended(report, event);
        break;
    case EVENT_TASK_PLANNED:
        buf_append(&report->line, event->output.bytes, event->output.length);
        put_line(report, report->standard);
        break;
    case EVENT_RUN_STOPPING:
        if (event->end.signal && event->reason)
            buf_text(&report->stopped, event->reason);
        break;
    case EVENT_POOL_ENDED:
        take_pool_ended(report, event);
        break;
    default:
        buf_printf(&report->line, "parrun: %s", event->reason ? event->reason : "a worker was lost");
        put_line(report, report->errors);
        break;
    }
}

struct bus_reader each_report_reader(struct each_report *report)
{
    return (struct bus_reader){.arg = report, .wants = report_wants, .take = report_take};
}
