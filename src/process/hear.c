/* What a process says: its lines, its readiness and health, and the words of its worker. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "child/health.h"
#include "child/streams.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "process/private.h"
#include "scenario/spec.h"
#include "serve/queue_session.h"
#include "serve/worker_link.h"
#include "wire/frame.h"

static void on_line(void *arg, const char *stream, const char *bytes, size_t length,
                    bool unfinished)
{
    struct process *process = arg;
    if (process->life.monitor)
        monitor_line(process->life.monitor, stream, bytes, length, unfinished);
    bool told = !length && !unfinished && process->life.begun == stream;
    process->life.begun = unfinished ? stream : NULL;
    if (!told)
        process_tell_line(process, stream, bytes, length, unfinished);
    if (!unfinished && !strcmp(stream, "stdout"))
        process_answered(process, 1);
}

static void on_put(void *arg, const char *stream, size_t count)
{
    if (!strcmp(stream, "stdout"))
        process_answered(arg, count);
}

static void on_recorded(void *arg, const char *stream, const char *bytes, size_t length)
{
    struct process *process = arg;
    if (process->life.monitor)
        monitor_bytes(process->life.monitor, stream, bytes, length);
}

static void on_stream_end(void *arg)
{
    struct process *process = arg;
    loop_defer(process->object.run->loop, process_check_soon, process);
}

static void on_unwritten(void *arg, const char *stream, const char *text, int64_t lost)
{
    struct process *process = arg;
    struct event event = {.kind = EVENT_PROCESS_UNWRITTEN,
                          .flags = EVENT_WRONG,
                          .output.stream = stream,
                          .reason = text,
                          .count = lost};
    process->object.run->outcome.unwritten = true;
    process_emit(process, &event);
}

static void on_wrong_message(void *arg, const char *text)
{
    process_fail(arg, text);
}

static void on_ready(void *arg)
{
    struct process *process = arg;
    struct event event = {
        .kind = EVENT_PROCESS_READY,
        .has_duration = true,
        .duration = clock_monotonic() - process->life.started,
    };
    process->was_ready = true;
    process_emit(process, &event);
    if (process_is_of_use(process))
        object_reached(&process->object, CONDITION_READY);
}


static void on_late(void *arg, const char *why)
{
    struct process *process = arg;
    struct event event = {
        .kind = EVENT_PROCESS_TIMEOUT,
        .flags = EVENT_REASONED,
        .reason = why,
        .has_duration = true,
        .duration = process->spec->ready->timeout,
    };
    process_condemn(process, &event);
}

static void on_unhealthy(void *arg, const char *why)
{
    struct process *process = arg;
    struct event event = {.kind = EVENT_PROCESS_UNHEALTHY, .reason = why};
    process_condemn(process, &event);
}

/* The body's own words on how it ended; a RESULT or a REFUSED frame. */
static void on_frame(void *arg, struct frame *frame)
{
    struct process *process = arg;
    if (frame->type == FRAME_RESULT) {
        struct result result;
        frame_read_result(frame, &result);
        if (result.outcome == OUTCOME_FAILED) {
            char *reason = mem_copy(result.text, result.text_length);
            process_fail(process, reason);
            free(reason);
        }
    } else if (frame->type == FRAME_REFUSED) {
        char *reason = frame_read_text(frame);
        process_fail(process, reason);
        free(reason);
    } else if (frame->type == FRAME_LOG) {
        on_line(process, "log", frame->at, frame->left, false);
    }
}

static void on_link_end(void *arg, bool wrong)
{
    struct process *process = arg;
    if (wrong) {
        process_fail(process, LINK_WRONG);
        if (process->life.child)
            child_signal(process->life.child, SIGKILL);
    }
    process->life.link_ended = true;
    queue_session_end(link_session(process->life.link), process_check_soon, process);
    loop_defer(process->object.run->loop, process_check_soon, process);
}

const struct streams_callbacks process_streams_callbacks = {
    .reader = {.line = on_line, .put = on_put, .wrong = on_wrong_message, .half = process_wrote_half, .end = on_stream_end},
    .recorder = {.data = on_recorded, .unwritten = on_unwritten, .end = on_stream_end},
    .writer = {.wrong = on_wrong_message},
};

const struct link_callbacks process_link_callbacks = {.frame = on_frame, .end = on_link_end};

const struct monitor_callbacks process_monitor_callbacks = {
    .ready = on_ready, .late = on_late, .unhealthy = on_unhealthy, .idle = process_check_soon};
