/* A thread, from its start until it was joined. */
#include "thread/thread.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/dry_run.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/again.h"
#include "loop/loop.h"
#include "loop/thread.h"
#include "loop/timer.h"
#include "queue/ends.h"
#include "queue/parts.h"
#include "scenario/spec.h"
#include "script/script.h"
#include "thread/lua_body.h"
#include "wire/frame.h"

/* A thread that does not end so long after it was told to hangs where nothing can reach it. */
#define HANG_TIME (2 * NS_PER_S)

struct thread_object {
    struct object object;
    const struct thread_spec *spec;
    char *name; /* of a replica; NULL: the spec's own */
    struct body_thread *body;
    struct thread *thread;
    struct timer *timer; /* of a thread that should have ended */
    struct buf line;     /* the beginning of a line */
    bool left;           /* hangs: never to be joined */
    struct again again;  /* until the system has a thread for it */
};

static void thread_emit(struct thread_object *thread, struct event *event)
{
    object_emit(&thread->object, event);
}

static void tell_line(struct thread_object *thread, const char *bytes, size_t length,
                      bool unfinished)
{
    struct event event = {
        .kind = EVENT_THREAD_OUTPUT, .output.bytes = bytes, .output.length = length, .output.unfinished = unfinished};
    thread_emit(thread, &event);
}

static void take_output(struct thread_object *thread, const char *bytes, size_t length)
{
    const char *newline;
    while (length && (newline = memchr(bytes, '\n', length))) {
        size_t piece = (size_t)(newline - bytes);
        if (thread->line.length) {
            buf_append(&thread->line, bytes, piece);
            tell_line(thread, thread->line.data, thread->line.length, false);
            buf_clear(&thread->line);
        } else {
            tell_line(thread, bytes, piece, false);
        }
        bytes += piece + 1;
        length -= piece + 1;
    }
    buf_append(&thread->line, bytes, length);
}

static void tell_timeout(struct thread_object *thread)
{
    struct event event = {
        .kind = EVENT_THREAD_TIMEOUT,
        .flags = EVENT_WRONG,
        .has_duration = true,
        .duration = thread->spec->object.timeout,
    };
    thread_emit(thread, &event);
}

/* The thread is over, or is left behind: tells how it ended. */
static void thread_over(struct thread_object *thread, enum outcome outcome, const char *reason)
{
    struct event event = {.kind = EVENT_THREAD_ENDED};
    timer_stop(thread->timer);
    if (thread->line.length)
        tell_line(thread, thread->line.data, thread->line.length, true);
    buf_clear(&thread->line);
    if (object_is_lowered(&thread->object) && !thread->left) {
        object_down(&thread->object);
        return;
    }
    if (outcome == OUTCOME_TIMEOUT) {
        tell_timeout(thread);
        event.flags = EVENT_TOLD;
    } else if (outcome == OUTCOME_CANCELLED) {
        event.flags = EVENT_SIGNALED;
    } else if (outcome == OUTCOME_FAILED) {
        event.flags = EVENT_REASONED | EVENT_WRONG;
        event.reason = reason;
    }
    thread->object.failed = outcome == OUTCOME_TIMEOUT || outcome == OUTCOME_FAILED;
    thread_emit(thread, &event);
    users_ended(thread->object.run, &thread->spec->object, thread->object.name);
    object_gone(&thread->object);
}

static void take_result(struct thread_object *thread, struct frame *frame)
{
    struct result result;
    frame_read_result(frame, &result);
    char *reason = mem_copy(result.text, result.text_length);
    thread_join(thread->thread);
    thread->thread = NULL;
    if (!thread->left)
        thread_over(thread, result.outcome, reason);
    free(reason);
}

static void on_frame(void *arg, struct frame *frame)
{
    struct thread_object *thread = arg;
    switch ((int)frame->type) {
    case FRAME_OUTPUT:
        frame_read_u64(frame);
        take_output(thread, frame->at, frame->left);
        break;
    case FRAME_LOG:
        tell_line(thread, frame->at, frame->left, false);
        break;
    case FRAME_RESULT:
        take_result(thread, frame);
        break;
    default:
        break;
    }
}

/* The thread itself. */
static void thread_main(void *arg)
{
    struct thread_object *thread = arg;
    struct body_thread *body = thread->body;
    struct error error = {0};
    struct buf value = {0};
    int64_t started = clock_monotonic();
    int chunk;
    int result = body_thread_prepare(body, &chunk, &error);
    if (!result) {
        if (thread->spec->object.timeout)
            body_thread_set_deadline(body, started + thread->spec->object.timeout);
        result = script_call(body_thread_script(body), chunk, &value, &error);
    }
    body_thread_close(body);
    body_thread_send_result(body, 0, result, clock_monotonic() - started, &value, &error);
    error_release(&error);
    buf_release(&value);
}

static void on_time(void *arg)
{
    struct thread_object *thread = arg;
    bool timed_out = !object_is_ending(&thread->object);
    if (body_thread_runs_command(thread->body)) { /* which has its grace */
        timer_start(thread->timer, HANG_TIME);
        return;
    }
    thread->left = true;
    body_thread_interrupt(thread->body, false);
    body_thread_settle(thread->body, false);
    thread_over(thread, timed_out ? OUTCOME_TIMEOUT : OUTCOME_FAILED,
                "it hangs in C code and is left behind");
}

/* A dry run: tells what would be run, and is done. */
static void tell_plan(struct thread_object *thread)
{
    struct buf text = {0};
    plan_lua(&thread->spec->object.body.lua, &text);
    struct event event = {
        .kind = EVENT_THREAD_PLANNED, .output.bytes = text.data, .output.length = text.length};
    thread_emit(thread, &event);
    buf_release(&text);
    thread_over(thread, OUTCOME_DONE, NULL);
}

static void begin(void *arg)
{
    struct thread_object *thread = arg;
    struct object *object = &thread->object;
    struct error error = {0};
    int result = thread_start(thread_main, thread, &thread->thread, &error);
    if (again_later(&thread->again, object->run->loop, result, begin, thread)) {
        error_release(&error);
        return;
    }
    if (result) {
        object->run->outcome.refused = true;
        thread_over(thread, OUTCOME_FAILED, error.text);
        error_release(&error);
        return;
    }
    object_reached(object, CONDITION_STARTED);
    object_reached(object, CONDITION_READY);
    if (thread->spec->object.timeout)
        timer_start(thread->timer, thread->spec->object.timeout + HANG_TIME);
}

static void free_body(void *body)
{
    body_thread_free(body);
}

static void object_start(struct object *object)
{
    struct thread_object *thread = (struct thread_object *)object;
    struct event event = {.kind = EVENT_THREAD_STARTED};
    if (object->run->plan.dry) {
        tell_plan(thread);
        return;
    }
    if (thread->body) /* of an earlier life; what the thread has sent lately is still in the mailbox */
        loop_post(object->run->loop, free_body, thread->body);
    thread->body =
        body_thread_new(object->run, &thread->spec->object, object->name, on_frame, thread);
    thread_emit(thread, &event);
    begin(thread);
}

static void end_body(struct object *object, bool force)
{
    struct thread_object *thread = (struct thread_object *)object;
    if (object->down) { /* and nothing will start it again */
        struct event event = {.kind = EVENT_THREAD_ENDED, .flags = EVENT_TOLD};
        thread_emit(thread, &event);
        users_ended(object->run, object->spec, object->name);
        object_gone(object);
        return;
    }
    if (!thread->thread) { /* the system had none for it */
        again_release(&thread->again);
        thread_over(thread, OUTCOME_CANCELLED, NULL);
        return;
    }
    body_thread_interrupt(thread->body, force);
    timer_start(thread->timer, HANG_TIME);
}

static void object_stop(struct object *object)
{
    end_body(object, false);
}

static void object_kill(struct object *object)
{
    end_body(object, true);
}

static int object_revive(struct object *object, bool check, struct error *error)
{
    if (((struct thread_object *)object)->left)
        return error_set(error, ERROR_FAILED, "it hangs in C code and was left behind");
    return users_join(object->run, object->spec, object->name, check, error);
}

static void object_skip(struct object *object, const char *reason)
{
    struct thread_object *thread = (struct thread_object *)object;
    struct event event = {.kind = EVENT_THREAD_SKIPPED, .reason = reason};
    thread_emit(thread, &event);
    users_ended(object->run, &thread->spec->object, object->name);
}

static void object_hold(struct object *object, bool held)
{
    struct thread_object *thread = (struct thread_object *)object;
    body_thread_hold(thread->body, held);
}

static void object_waits(struct object *object, struct part_waits *waits)
{
    struct thread_object *thread = (struct thread_object *)object;
    struct part_wait one = {0};
    if (!object->spec->timeout && thread->body && body_thread_waits(thread->body, &one.wait))
        parts_add(waits, &one);
}

static bool object_drained(const struct object *object)
{
    const struct thread_object *thread = (const struct thread_object *)object;
    return users_drained(object->run, &thread->spec->object) &&
           (!thread->body || !body_thread_is_at_work(thread->body));
}

static void object_free(struct object *object)
{
    struct thread_object *thread = (struct thread_object *)object;
    timer_free(thread->timer);
    again_release(&thread->again);
    if (thread->left)
        return; /* the thread still uses all of this */
    body_thread_free(thread->body);
    buf_release(&thread->line);
    object_release(object);
    free(thread->name);
    free(thread);
}

static void object_describe(const struct object *object, struct buf *out)
{
    buf_text(out, object_is_ending(object) ? "was asked to end " : "runs for ");
    duration_print(out, duration_round(clock_monotonic() - object->since));
    if (object_is_ending(object))
        buf_text(out, " ago");
}

static void object_facts(const struct object *object, struct object_facts *facts)
{
    (void)object;
    (void)facts; /* it has no more than any object */
}

static const struct object_kind thread_kind = {
    .word = "thread",
    .events.asked = EVENT_THREAD_ASKED,
    .events.stopped = EVENT_THREAD_STOPPED,
    .revive = object_revive,
    .start = object_start,
    .stop = object_stop,
    .kill = object_kill,
    .skip = object_skip,
    .hold = object_hold,
    .tell.describe = object_describe,
    .tell.facts = object_facts,
    .wait.waits = object_waits,
    .wait.drained = object_drained,
    .free = object_free,
};

struct object *thread_new(struct run *run, const struct thread_spec *spec, int64_t replica)
{
    struct thread_object *thread = mem_calloc(1, sizeof(*thread));
    thread->spec = spec;
    if (replica)
        thread->name = object_replica_name(&spec->object, replica);
    thread->object = (struct object){
        .kind = &thread_kind,
        .run = run,
        .spec = &spec->object,
        .name = replica ? thread->name : spec->object.name,
        .daemon = spec->daemon,
    };
    thread->timer = timer_new(run->loop, on_time, thread);
    return &thread->object;
}

bool thread_was_left(const struct object *object)
{
    return object->kind == &thread_kind && ((const struct thread_object *)object)->left;
}
