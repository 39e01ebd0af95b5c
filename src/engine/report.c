/* The summary of a run that failed. */
#include "engine/report.h"

#include <stdlib.h>

#include "base/buf.h"
#include "engine/object.h"
#include "engine/run.h"
#include "engine/tail.h"
#include "event/bus.h"

/* No more are told of; the log has the rest. */
#define FAILURES_MOST 10

/* The failed objects in the order in which they have; their number. */
static size_t find_failures(const struct run *run, const struct object **found)
{
    size_t count = 0;
    for (size_t i = 0; i < run->object_count; i++) {
        const struct object *object = run->objects[i];
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
    for (size_t i = 0; i < run->object_count; i++) {
        const struct object *object = run->objects[i];
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
    if (object->kind->plan && object->kind->plan(object, &command))
        buf_printf(out, "  run it alone: %s\n", buf_string(&command));
    buf_release(&command);
}

static void tell(struct run *run, const struct object *object, const char *head)
{
    struct buf text = {0};
    struct buf prefix = {0};
    buf_printf(&text, "%s%s\n", head, object->verdict ? object->verdict : object->name);
    buf_printf(&prefix, "  %s | ", object->name);
    tail_print(object->tail, buf_string(&prefix), &text);
    put_command((struct object *)object, &text);
    put_consequences(run, object, true, &text);
    put_consequences(run, object, false, &text);
    struct event event = {
        .kind = EVENT_RUN_FAILED,
        .flags = EVENT_WRONG,
        .reason = object->verdict,
        .bytes = text.data,
        .length = text.length - 1, /* the sentence has its newline from the log */
    };
    bus_emit(run->bus, &event);
    buf_release(&prefix);
    buf_release(&text);
}

/* True where the failure is the last thing that happened: the log ends with it. */
static bool is_last(const struct run *run, const struct object *failure)
{
    return failure->ended == run->ended_count;
}

void report_failures(struct run *run)
{
    const struct object *found[FAILURES_MOST];
    size_t count = find_failures(run, found);
    if (!count || run->object_count == 1 || (count == 1 && is_last(run, found[0])))
        return;
    for (size_t i = 0; i < count; i++)
        tell(run, found[i], i ? "Then: " : "What went wrong first: ");
}
