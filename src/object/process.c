/* A process, from its start until nothing of it is left. */
#include "object/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "object/attributes.h"
#include "object/client.h"
#include "object/link.h"
#include "object/plan.h"
#include "object/queue.h"
#include "object/start.h"
#include "object/streams.h"
#include "object/users.h"
#include "object/world.h"
#include "os/cgroup.h"
#include "os/descendants.h"
#include "scenario/spec.h"
#include "worker/frame.h"

/* How long pipes that somebody else holds open are still read after the process's end. */
#define DRAIN_TIME (500 * NS_PER_MS)

/* How often a daemon is looked at that has not yet read what was written for it. */
#define DRAINED_POLL (10 * NS_PER_MS)

/* What the timer is running for. */
enum wait {
    WAIT_NONE,
    WAIT_TIMEOUT, /* the process's own limit */
    WAIT_GRACE,   /* it was asked to end */
    WAIT_DRAIN,   /* it has ended, its pipes have not */
};

struct process {
    struct object object;
    const struct process_spec *spec;
    unsigned flags;
    struct child *child;
    struct streams *streams;
    struct link *link; /* to the worker of a Lua body */
    struct timer *timer;
    enum wait wait;
    struct cgroup *cgroup; /* where its memory is limited; NULL: none */
    struct timer *poll; /* of DRAINED_POLL */
    pid_t pid;
    bool exited;
    bool link_ended;
    bool timed_out;
    bool killed;
    int code;
    int signal;
    char *reason; /* why it failed, where its exit status does not say so */
};

static void process_emit(struct process *process, struct event *event)
{
    event->object = process->object.name;
    event->flags |= process->flags;
    event->pid = process->pid;
    bus_emit(process->object.run->bus, event);
}

static void process_fail(struct process *process, const char *reason)
{
    process->object.failed = true;
    if (!process->reason)
        process->reason = mem_strdup(reason);
}

/* Tells how it ended: by itself, by a signal, or why it never began. */
static void tell_exited(struct process *process)
{
    struct event event = {.kind = EVENT_PROCESS_EXITED, .reason = process->reason};
    if (process->reason) {
        event.flags |= EVENT_REASONED;
    } else if (process->signal) {
        event.flags |= EVENT_SIGNALED;
    }
    event.signal = process->signal;
    if (process->exited && !process->signal) {
        event.has_code = true;
        event.code = process->code;
    }
    if (process->object.failed && !process->timed_out)
        event.flags |= EVENT_WRONG;
    process_emit(process, &event);
}

static void tell_terminated(struct process *process)
{
    struct event event = {.kind = EVENT_PROCESS_TERMINATED, .signal = process->signal};
    /* Killed at the end of its grace, not because everything was to end at once. */
    if (process->killed && process->object.state != OBJECT_KILLING) {
        event.flags |= EVENT_SIGNALED;
        event.has_duration = true;
        event.duration = process->spec->stop.grace;
    }
    process_emit(process, &event);
}

static void tell_limits(struct process *process)
{
    struct buf text = {0};
    attributes_describe(&process->spec->object.attributes, process->object.run, &text);
    struct event event = {.kind = EVENT_PROCESS_LIMITED, .reason = text.data};
    if (text.length)
        process_emit(process, &event);
    buf_release(&text);
}

/* A limit that it met is the reason. */
static void blame_limits(struct process *process)
{
    struct buf text = {0};
    if (attributes_spec_blame(&process->spec->object.attributes, process->signal, process->code,
                              process->cgroup, &text))
        process_fail(process, text.data);
    buf_release(&text);
}

/* Nothing of it is left: tells so and leaves. */
static void process_gone(struct process *process)
{
    bool ended_by_us = object_is_ending(&process->object) || process->timed_out;
    timer_stop(process->timer);
    if (!ended_by_us && (process->signal || process->code))
        process->object.failed = true;
    if (!ended_by_us)
        blame_limits(process);
    tell_exited(process);
    if (ended_by_us && process->pid)
        tell_terminated(process);
    cgroup_free(process->cgroup);
    process->cgroup = NULL;
    struct event event = {.kind = EVENT_PROCESS_ENDED};
    if (ended_by_us || !process->pid)
        event.flags |= EVENT_TOLD;
    process_emit(process, &event);
    users_ended(process->object.run, &process->spec->object);
    object_gone(&process->object);
}

/* Done means: exit status taken, every pipe at its end, every message put. */
static void process_check(struct process *process)
{
    if (!process->exited || process->object.state == OBJECT_ENDED)
        return;
    if (streams_open_taps(process->streams))
        return;
    if (process->link && process->object.state != OBJECT_KILLING &&
        (!process->link_ended || !client_is_idle(link_client(process->link))))
        return;
    process_gone(process);
}

static void check_soon(void *arg)
{
    process_check(arg);
}

static void process_wait(struct process *process, enum wait wait, int64_t time)
{
    process->wait = wait;
    timer_start(process->timer, time);
}

static void process_signal(struct process *process, int signal_number)
{
    child_signal(process->child, signal_number);
    if (signal_number != SIGKILL)
        child_signal(process->child, SIGCONT); /* a stopped process acts on no other signal */
}

static void process_kill_now(struct process *process)
{
    process->killed = true;
    if (process->cgroup)
        cgroup_kill(process->cgroup);
    process_signal(process, SIGKILL);
    process_wait(process, WAIT_GRACE, NS_PER_S);
}

static void process_ask_to_end(struct process *process)
{
    struct event event = {.kind = EVENT_PROCESS_STOPPING, .signal = process->spec->stop.signal};
    process_emit(process, &event);
    process_signal(process, process->spec->stop.signal);
    process_wait(process, WAIT_GRACE, process->spec->stop.grace);
}

static void on_time(void *arg)
{
    struct process *process = arg;
    struct event event = {.kind = EVENT_PROCESS_TIMEOUT,
                          .flags = EVENT_WRONG,
                          .has_duration = true,
                          .duration = process->spec->object.timeout};
    switch (process->wait) {
    case WAIT_NONE:
        break;
    case WAIT_TIMEOUT:
        process->timed_out = true;
        process->object.failed = true;
        process_emit(process, &event);
        process_ask_to_end(process);
        break;
    case WAIT_GRACE:
        process_kill_now(process);
        break;
    case WAIT_DRAIN:
        if (process->object.state == OBJECT_KILLING)
            streams_abandon(process->streams);
        else
            streams_finish(process->streams);
        if (process->link)
            link_drain(process->link);
        process_check(process);
        break;
    }
}

static void on_exited(void *arg, int code, int signal_number)
{
    struct process *process = arg;
    process->exited = true;
    process->code = code;
    process->signal = signal_number;
    /* Whoever of its group outlives a process that was told to end is ended with it. */
    if ((object_is_ending(&process->object) || process->timed_out) &&
        !kill(-process->pid, 0))
        descendants_kill_session(process->pid);
    streams_process_ended(process->streams);
    process_wait(process, WAIT_DRAIN, DRAIN_TIME);
    process_check(process);
}

static void on_line(void *arg, const char *stream, const char *bytes, size_t length,
                    bool unfinished)
{
    struct event event = {
        .kind = EVENT_PROCESS_OUTPUT,
        .stream = stream,
        .bytes = bytes,
        .length = length,
        .unfinished = unfinished,
    };
    process_emit(arg, &event);
}

static void on_stream_end(void *arg)
{
    struct process *process = arg;
    loop_defer(process->object.run->loop, check_soon, process);
}

static void on_unwritten(void *arg, const char *stream, const char *text, int64_t lost)
{
    struct process *process = arg;
    struct event event = {.kind = EVENT_PROCESS_UNWRITTEN,
                          .flags = EVENT_WRONG,
                          .stream = stream,
                          .reason = text,
                          .count = lost};
    process->object.run->unwritten = true;
    process_emit(process, &event);
}

static void on_wrong_message(void *arg, const char *text)
{
    process_fail(arg, text);
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
    if (wrong)
        process_fail(process, "its worker broke the protocol");
    process->link_ended = true;
    client_end(link_client(process->link), check_soon, process);
    loop_defer(process->object.run->loop, check_soon, process);
}

static const struct streams_callbacks streams_callbacks = {
    .tap = {.line = on_line, .wrong = on_wrong_message, .end = on_stream_end},
    .recorder = {.unwritten = on_unwritten, .end = on_stream_end},
    .feed = {.wrong = on_wrong_message},
};

static const struct link_callbacks link_callbacks = {.frame = on_frame, .end = on_link_end};

/* Starts program or worker in its world; on failure everything opened is closed again. */
static int start_in(struct process *process, struct world *world, struct error *error)
{
    struct run *run = process->object.run;
    struct link_ends ends = {-1, -1};
    process->streams = streams_open(run, world, process->spec, error);
    if (!process->streams)
        return error->code;
    if (process->spec->object.body.kind == BODY_LUA) {
        process->link = link_new(run, &link_callbacks, process, &ends, error);
        if (!process->link)
            return error->code;
    }
    struct start start = {
        .run = run,
        .world = world,
        .spec = process->spec,
        .streams = process->streams,
        .link = process->link,
        .ends = ends,
        .exited = on_exited,
        .arg = process,
    };
    int result = attributes_limit_memory(&world->attributes, &process->spec->object.attributes, run,
                                         process->object.name, &process->cgroup, error);
    if (!result)
        result = process->link ? start_body(&start, &process->child, error)
                                   : start_program(&start, &process->child, error);
    if (ends.in >= 0) {
        close(ends.in);
        close(ends.out);
    }
    return result;
}

/* A dry run: tells what would be run, and is done. */
static int tell_plan(struct process *process, struct world *world, struct error *error)
{
    struct buf text = {0};
    int result = plan_process(world, process->spec, &text, error);
    struct event event = {
        .kind = EVENT_PROCESS_PLANNED, .bytes = buf_string(&text), .length = text.length};
    if (!result)
        process_emit(process, &event);
    buf_release(&text);
    return result;
}

static void process_start(struct object *object)
{
    struct process *process = (struct process *)object;
    struct run *run = object->run;
    struct event starting = {.kind = EVENT_PROCESS_STARTING};
    struct world world;
    struct error error = {0};
    process_emit(process, &starting);
    int result = world_init(&world, run, &process->spec->object, object->name, &error);
    if (!result)
        result = run->dry ? tell_plan(process, &world, &error) : start_in(process, &world, &error);
    world_release(&world);
    if (result) {
        process_fail(process, error.text);
        run->refused = run->refused || start_was_refused(result);
        error_release(&error);
    }
    if (!process->child) {
        process_gone(process);
        return;
    }
    process->pid = child_pid(process->child);
    struct event started = {.kind = EVENT_PROCESS_STARTED};
    process_emit(process, &started);
    tell_limits(process);
    streams_begin(process->streams, &streams_callbacks, process);
    streams_hold(process->streams, run->held);
    if (process->spec->object.timeout)
        process_wait(process, WAIT_TIMEOUT, process->spec->object.timeout);
}

static void process_stop(struct object *object)
{
    struct process *process = (struct process *)object;
    if (process->exited)
        streams_finish(process->streams);
    else if (!process->timed_out)
        process_ask_to_end(process);
}

static void process_kill(struct object *object)
{
    struct process *process = (struct process *)object;
    if (process->exited) {
        streams_abandon(process->streams);
        loop_defer(object->run->loop, check_soon, process);
        return;
    }
    process_kill_now(process);
}

static void process_skip(struct object *object, const char *reason)
{
    struct process *process = (struct process *)object;
    struct event event = {.kind = EVENT_PROCESS_SKIPPED, .reason = reason};
    process_emit(process, &event);
    users_ended(object->run, &process->spec->object);
}

static void process_hold(struct object *object, bool held)
{
    struct process *process = (struct process *)object;
    if (process->streams)
        streams_hold(process->streams, held);
}

static void poll_drained(void *arg)
{
    struct process *process = arg;
    run_poke(process->object.run);
}

static bool process_drained(const struct object *object)
{
    const struct process *process = (const struct process *)object;
    if (process->exited || !process->streams)
        return true;
    if (!users_drained(object->run, &process->spec->object))
        return false;
    if (process->link && !client_is_idle(link_client(process->link)))
        return false;
    if (streams_drained(process->streams))
        return true;
    timer_start(process->poll, DRAINED_POLL); /* nobody tells when a pipe was read empty */
    return false;
}

static void process_free(struct object *object)
{
    struct process *process = (struct process *)object;
    streams_free(process->streams);
    link_free(process->link);
    child_free(process->child);
    timer_free(process->timer);
    timer_free(process->poll);
    cgroup_free(process->cgroup);
    free(process->reason);
    free(process);
}

static const struct object_kind process_kind = {
    .word = "process",
    .start = process_start,
    .stop = process_stop,
    .kill = process_kill,
    .skip = process_skip,
    .hold = process_hold,
    .drained = process_drained,
    .free = process_free,
};

struct object *process_new(struct run *run, const struct process_spec *spec, unsigned flags)
{
    struct process *process = mem_calloc(1, sizeof(*process));
    process->object = (struct object){
        .kind = &process_kind,
        .run = run,
        .spec = &spec->object,
        .name = spec->object.name,
        .daemon = spec->daemon,
    };
    process->spec = spec;
    process->flags = flags;
    process->timer = timer_new(run->loop, on_time, process);
    process->poll = timer_new(run->loop, poll_drained, process);
    return &process->object;
}
