/* The summary of a run that failed, and a look at one that goes on. */
#include "engine/report.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/tail.h"
#include "base/unit.h"
#include "engine/dependencies.h"
#include "engine/object.h"
#include "engine/run.h"
#include "engine/schedule.h"
#include "event/bus.h"

/* No more are told of; the log has the rest. */
#define FAILURES_MOST 10

/* The failed objects in the order in which they have; their number. */
static size_t find_failures(const struct run *run, struct object **found)
{
    size_t count = 0;
    for (size_t i = 0; i < run->all.object_count; i++) {
        struct object *object = run->all.objects[i];
        if (!object->failed || object->skipped)
            continue;
        size_t at = count < FAILURES_MOST ? count++ : FAILURES_MOST;
        for (; at > 0 && found[at - 1]->ended > object->ended; at--)
            if (at < FAILURES_MOST)
                found[at] = found[at - 1];
        if (at < FAILURES_MOST)
            found[at] = object;
    }
    return count;
}

static void put_consequences(const struct run *run, const struct object *cause, bool skipped,
                             struct buf *out)
{
    const char *before = skipped ? "  skipped because of it: " : "  stopped because of it: ";
    bool any = false;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
        if (object->cause != cause || object->skipped != skipped)
            continue;
        buf_printf(out, "%s%s", any ? ", " : before, object->name);
        any = true;
    }
    if (any)
        buf_char(out, '\n');
}

static void put_command(struct object *object, struct buf *out)
{
    struct buf command = {0};
    if (object->kind->tell.plan && object->kind->tell.plan(object, &command))
        buf_printf(out, "  run it alone: %s\n", buf_string(&command));
    buf_release(&command);
}

static void tell(struct run *run, struct object *object, const char *head)
{
    struct buf text = {0};
    struct buf prefix = {0};
    buf_printf(&text, "%s%s\n", head, object->verdict ? object->verdict : object->name);
    buf_printf(&prefix, "  %s | ", object->name);
    tail_print(object->tail, buf_string(&prefix), &text);
    put_command(object, &text);
    put_consequences(run, object, true, &text);
    put_consequences(run, object, false, &text);
    struct event event = {
        .kind = EVENT_RUN_FAILED,
        .flags = EVENT_WRONG,
        .reason = object->verdict,
        .output.bytes = text.data,
        .output.length = text.length - 1, /* the sentence has its newline from the log */
    };
    bus_emit(run->bus, &event);
    buf_release(&prefix);
    buf_release(&text);
}

static void report(struct object *object)
{
    if (object->kind->tell.report && !object->skipped)
        object->kind->tell.report(object);
}

static bool is_among(const struct object *object, struct object *const *found, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (found[i] == object)
            return true;
    return false;
}

/* What words have stopped and none has started again. */
static void tell_left(const struct run *run)
{
    struct buf names = {0};
    struct event event = {.kind = EVENT_RUN_LEFT};
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
        if (!object->down || object->copy.retired)
            continue;
        buf_printf(&names, "%s%s", names.length ? ", " : "", object->name);
        event.count++;
    }
    event.reason = buf_string(&names);
    if (event.count)
        bus_emit(run->bus, &event);
    buf_release(&names);
}

void report_end(struct run *run)
{
    struct object *found[FAILURES_MOST];
    bool wrong = run->outcome.failed && run->stop.cause != STOP_SIGNAL;
    size_t count = wrong ? find_failures(run, found) : 0;
    for (size_t i = 0; i < count; i++) {
        if (run->all.object_count > 1)
            tell(run, found[i], i ? "Then: " : "What went wrong first: ");
        report(found[i]);
    }
    for (size_t i = 0; i < run->all.object_count && count < FAILURES_MOST; i++)
        if (!is_among(run->all.objects[i], found, count))
            report(run->all.objects[i]);
    tell_left(run);
}

void report_wait(const struct run *run, const struct part_wait *wait, struct buf *out)
{
    bool many = wait->part && wait->count > 1;
    if (many)
        buf_printf(out, "%zu of ", wait->count);
    if (wait->part)
        buf_printf(out, "%s ", wait->part);
    buf_printf(out, "%s for %s queue %s", many ? "wait" : "waits",
               wait->wait.for_room ? "room in" : "a message of",
               run->scenario->queues[wait->wait.queue].name);
}

static void put_waits(const struct run *run, struct object *object, struct buf *out)
{
    struct part_waits waits = {0};
    if (object->kind->wait.waits)
        object->kind->wait.waits(object, &waits);
    if (!waits.count && object->kind->wait.parts)
        object->kind->wait.parts(object, &waits);
    for (size_t i = 0; i < waits.count; i++) {
        buf_text(out, ", ");
        report_wait(run, &waits.items[i], out);
    }
    free(waits.items);
}

/* What nothing may be stopped before. */
static void put_needed(const struct run *run, const struct object *object, struct buf *out)
{
    if (run->stop.cause && object->state == OBJECT_RUNNING &&
        graph_is_needed(run->all.graph, object, object->daemon))
        buf_text(out, "; it is stopped after those that depend on it");
    else if (run->stop.cause && object->state == OBJECT_RUNNING && object->daemon)
        buf_text(out, "; it is stopped when all that is no daemon has ended");
}

void report_object(struct object *object, struct buf *out)
{
    const struct run *run = object->run;
    if (object->state == OBJECT_PENDING) {
        buf_text(out, "waits until ");
        graph_explain(run->all.graph, object, out);
        return;
    }
    if (object->state == OBJECT_STOPPED) {
        buf_text(out, "was stopped by hand ");
        duration_print(out, duration_round(clock_monotonic() - object->since));
        buf_text(out, " ago");
        return;
    }
    if (object->state == OBJECT_RESTING && schedule_rests(object->schedule))
        schedule_describe(object->schedule, out);
    else
        object->kind->tell.describe(object, out);
    if (object->state == OBJECT_RUNNING)
        put_waits(run, object, out);
    put_needed(run, object, out);
}

void report_status(struct run *run)
{
    struct buf text = {0};
    struct buf lines = {0};
    size_t running = 0, waiting = 0, stopped = 0, gone = 0;
    for (size_t i = 0; i < run->all.object_count; i++) {
        struct object *object = run->all.objects[i];
        gone += object->copy.retired && object->state == OBJECT_ENDED;
        if (object->state == OBJECT_ENDED)
            continue;
        stopped += object->state == OBJECT_STOPPED;
        running += object->state != OBJECT_PENDING && object->state != OBJECT_STOPPED;
        waiting += object->state == OBJECT_PENDING;
        buf_printf(&lines, "\n  %s %s ", object->kind->word, object->name);
        report_object(object, &lines);
    }
    buf_text(&text, "After ");
    duration_print(&text, duration_round(clock_monotonic() - run->identity.started));
    buf_printf(&text, "%s: %zu running, %zu waiting, ", run->stop.cause ? ", stopping" : "", running, waiting);
    if (stopped)
        buf_printf(&text, "%zu stopped, ", stopped);
    buf_printf(&text, "%zu ended.", run->all.object_count - gone - running - waiting - stopped);
    buf_append(&text, lines.data, lines.length);
    run->describe(run, &text);
    struct event event = {
        .kind = EVENT_RUN_STATUS,
        .output.bytes = text.data,
        .output.length = text.length,
    };
    bus_emit(run->bus, &event);
    buf_release(&lines);
    buf_release(&text);
}
