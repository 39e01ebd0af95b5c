/* A process, from its start until nothing of it is left. */
#include "object/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/restart.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "object/attributes.h"
#include "object/client.h"
#include "object/errand.h"
#include "object/link.h"
#include "object/monitor.h"
#include "object/plan.h"
#include "object/process_private.h"
#include "object/start.h"
#include "object/streams.h"
#include "object/users.h"
#include "object/world.h"
#include "os/cgroup.h"
#include "os/holder.h"
#include "os/terminal.h"
#include "scenario/spec.h"
#include "worker/frame.h"

/* How long pipes that somebody else holds open are still read after the process's end. */
#define DRAIN_TIME (500 * NS_PER_MS)

static void tell_limits(struct process *process)
{
    struct buf text = {0};
    attributes_describe(&process->spec->object.attributes, process->object.run, &text);
    struct event event = {.kind = EVENT_PROCESS_LIMITED, .reason = text.data};
    if (text.length)
        process_emit(process, &event);
    buf_release(&text);
}

void process_wait(struct process *process, enum wait wait, int64_t time)
{
    process->wait = wait;
    process->due = clock_monotonic() + time;
    timer_start(process->timer, time);
}

/* Another life follows: false where none does. */
static bool process_restarts(struct process *process, int64_t *wait)
{
    const struct life *life = &process->life;
    int64_t ran = life->started ? clock_monotonic() - life->started : 0;
    double random = (double)rand_r(&process->seed) / ((double)RAND_MAX + 1);
    return !object_is_ending(&process->object) && !process->object.run->dry &&
           restart_follows(&process->spec->restart, &process->history, life->failed, ran, random,
                           wait);
}

/* Nothing of this life is left: another one follows, or the object is gone. */
static void life_over(struct process *process)
{
    struct life *life = &process->life;
    bool ended_by_us = object_is_ending(&process->object) || life->condemned;
    int64_t wait;
    timer_stop(process->timer);
    if (!ended_by_us)
        process_judge(process);
    bool restarts = process_restarts(process, &wait);
    if (!restarts && !ended_by_us)
        process_blame_restarts(process);
    process_tell_exited(process, restarts);
    process_settle_queues(process);
    if (!restarts)
        process_close_backlog(process);
    if (life->cgroup && ended_by_us)
        cgroup_kill(life->cgroup); /* a daemon of its own may have left its group */
    cgroup_free(life->cgroup);
    life->cgroup = NULL;
    if (restarts) {
        process_tell_restarting(process, wait);
        object_rests(&process->object);
        process_wait(process, WAIT_RESTART, wait);
        return;
    }
    process->object.failed = life->failed;
    process_tell_ended(process, ended_by_us);
    object_gone(&process->object);
}

/* Done means: exit status taken, every pipe at its end, every message put, nothing run beside it.
 */
static void process_check(struct process *process)
{
    const struct life *life = &process->life;
    if (!life->exited || life->lingers || process->object.state == OBJECT_ENDED ||
        process->object.state == OBJECT_RESTING)
        return;
    if (streams_open_taps(life->streams) || !monitor_is_idle(life->monitor) || life->stopper)
        return;
    if (life->link && life->link_ended && object_is_ending(&process->object))
        client_put_anyway(link_client(life->link));
    if (life->link && process->object.state != OBJECT_KILLING &&
        (!life->link_ended || !client_is_idle(link_client(life->link))))
        return;
    life_over(process);
}

void process_check_soon(void *arg)
{
    process_check(arg);
}

/* Nothing of the body runs any more, or what does is left to itself: what is left is its output. */
static void body_over(struct process *process)
{
    struct life *life = &process->life;
    life->lingers = false;
    streams_process_ended(life->streams);
    process_wait(process, WAIT_DRAIN, DRAIN_TIME);
    process_check(process);
}

static void on_group_gone(void *arg)
{
    body_over(arg);
}

static void on_time(void *arg)
{
    struct process *process = arg;
    struct life *life = &process->life;
    struct event event = {.kind = EVENT_PROCESS_TIMEOUT,
                          .has_duration = true,
                          .duration = process->spec->object.timeout};
    switch (process->wait) {
    case WAIT_NONE:
        break;
    case WAIT_TIMEOUT:
        process_condemn(process, &event);
        break;
    case WAIT_GRACE:
        if (life->killed && life->lingers)
            body_over(process); /* what SIGKILL does not end is waited for no longer */
        else
            process_kill_now(process);
        break;
    case WAIT_DRAIN:
        if (process_end_session(process))
            break;
        if (process->object.state == OBJECT_KILLING)
            streams_abandon(life->streams);
        else if (process_ends_group(process))
            streams_finish(life->streams);
        else
            process->object.reads_on = streams_leave(life->streams);
        if (life->link)
            link_drain(life->link);
        if (life->stopper)
            errand_kill(life->stopper);
        process_check(process);
        break;
    case WAIT_RESTART:
        object_due(&process->object);
        break;
    }
}

/* Whether those that wait for it to be ready can still use it: what was to run on has gone, what has done its
 * work has not. */
static bool is_of_use(const struct process *process)
{
    bool failed = process->life.condemned || process_has_failed(process);
    return !process->life.exited || (!process->spec->daemon && !failed &&
                                     !restart_is_for(&process->spec->restart, false));
}

static void on_exited(void *arg, int code, int signal_number)
{
    struct process *process = arg;
    struct life *life = &process->life;
    life->exited = true;
    life->code = code;
    life->signal = signal_number;
    if (life->monitor)
        monitor_hear_out(life->monitor);
    if (process->spec->ready.kind != PROBE_NONE && !is_of_use(process))
        object_lost(&process->object, CONDITION_READY);
    if (life->foreground)
        process_leave_foreground(process);
    life->lingers =
        process_ends_group(process) && child_await_group(life->child, on_group_gone);
    if (life->lingers)
        process_end_rest(process);
    else
        body_over(process);
}

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
    if (is_of_use(process))
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
        .duration = process->spec->ready.timeout,
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
    client_end(link_client(process->life.link), process_check_soon, process);
    loop_defer(process->object.run->loop, process_check_soon, process);
}

static const struct streams_callbacks streams_callbacks = {
    .tap = {.line = on_line, .put = on_put, .wrong = on_wrong_message, .end = on_stream_end},
    .recorder = {.data = on_recorded, .unwritten = on_unwritten, .end = on_stream_end},
    .feed = {.wrong = on_wrong_message},
};

static const struct link_callbacks link_callbacks = {.frame = on_frame, .end = on_link_end};

static const struct monitor_callbacks monitor_callbacks = {
    .ready = on_ready, .late = on_late, .unhealthy = on_unhealthy, .idle = process_check_soon};

/* How long after another has answered it is looked again whether nobody does. */
#define CONFLICT_POLL (200 * NS_PER_MS)

/* Somebody else answers: ERROR_LOCKED where the start is put off. */
static int meet_conflict(struct process *process, const char *place, const struct holder *holder, struct error *error)
{
    const struct probe_spec *ready = &process->spec->ready;
    struct event answered = {.kind = EVENT_PROCESS_ANSWERED, .reason = place};
    int64_t now = clock_monotonic();
    if (ready->conflict == CONFLICT_ACCEPT) {
        process_emit(process, &answered);
        return 0;
    }
    if (holder->pid)
        error_set(error, ERROR_FAILED, "%s answers already, before it has started: %s (%ld) has it", place, holder->name,
                  (long)holder->pid);
    else
        error_set(error, ERROR_FAILED, "%s answers already, before it has started: something has it that cannot be seen "
                                       "from here", place);
    if (!process->conflict)
        process->conflict = now;
    if (ready->conflict == CONFLICT_WAIT && (!ready->timeout || now - process->conflict < ready->timeout))
        return ERROR_LOCKED;
    return error_wrap(error, "ready");
}

/* Whoever has the port would make it seem ready; replicas may share one, and a later life may find what an
 * earlier one has left with another program. */
static int look_for_conflict(struct process *process, struct error *error)
{
    struct buf place = {0};
    struct holder holder;
    int result = 0;
    if (!process->lived && process->spec->replicas == 1 &&
        monitor_is_answered(process->life.monitor, &place, &holder))
        result = meet_conflict(process, buf_string(&place), &holder, error);
    buf_release(&place);
    return result;
}

/* Opens what the process gets, and what looks after it. */
static int open_life(struct process *process, struct world *world, struct error *error)
{
    const struct process_spec *spec = process->spec;
    struct life *life = &process->life;
    struct run *run = process->object.run;
    if (spec->ready.kind != PROBE_NONE || spec->health.kind != PROBE_NONE) {
        life->monitor = monitor_new(run, spec, process->object.name, process->index,
                                    &monitor_callbacks, process, error);
        if (!life->monitor)
            return error->code;
        int result = look_for_conflict(process, error);
        if (result)
            return result;
    }
    life->streams = streams_open(run, world, spec, process->lived, error);
    if (!life->streams)
        return error->code;
    process->lived = true;
    if (life->monitor)
        monitor_equip(life->monitor, world, life->streams);
    return 0;
}

/* Starts program or worker in its world; on failure everything opened is closed again. */
static int start_in(struct process *process, struct world *world, struct error *error)
{
    struct run *run = process->object.run;
    struct life *life = &process->life;
    struct link_ends ends = {-1, -1};
    int opened = open_life(process, world, error);
    if (opened)
        return opened;
    if (process->spec->object.body.kind == BODY_LUA) {
        life->link =
            link_new(run, process->object.name, &link_callbacks, process, &ends, error);
        if (!life->link)
            return error->code;
    }
    struct start start = {
        .run = run,
        .world = world,
        .spec = process->spec,
        .streams = life->streams,
        .link = life->link,
        .ends = ends,
        .foreground = run->terminal && process->spec->streams[STDIN_FILENO].kind == STREAM_INHERIT,
        .tty = process->spec->tty,
        .exited = on_exited,
        .arg = process,
    };
    int result = attributes_confine(&world->attributes, &process->spec->object.attributes, run,
                                    process->object.name, true, &life->cgroup, error);
    if (!result)
        result = life->link ? start_body(&start, &life->child, error)
                            : start_program(&start, &life->child, error);
    life->foreground = start.foreground;
    if (start.foreground)
        terminal_lend(run->terminal, result ? 0 : child_pid(life->child));
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
    struct buf attributes = {0};
    int result = plan_process(world, process->spec, &text, error);
    plan_conditions(&process->spec->object, &attributes);
    struct event event = {
        .kind = EVENT_PROCESS_PLANNED,
        .flags = attributes.length ? EVENT_REASONED : 0,
        .reason = attributes.data,
        .bytes = buf_string(&text),
        .length = text.length,
    };
    if (!result)
        process_emit(process, &event);
    buf_release(&attributes);
    buf_release(&text);
    return result;
}

static void life_release(struct life *life)
{
    streams_free(life->streams);
    link_free(life->link);
    monitor_free(life->monitor);
    child_free(life->child);
    cgroup_free(life->cgroup);
    free(life->reason);
    *life = (struct life){0};
}

static void life_begin(struct process *process)
{
    struct life *life = &process->life;
    struct event started = {.kind = EVENT_PROCESS_STARTED};
    life->pid = child_pid(life->child);
    life->started = clock_monotonic();
    process->refusal = (struct refusal){0};
    process_emit(process, &started);
    tell_limits(process);
    process_open_backlog(process);
    struct streams_callbacks callbacks = streams_callbacks;
    if (!process->backlog)
        callbacks.tap.put = NULL; /* to count them takes time */
    streams_begin(life->streams, process->backlog, &callbacks, process);
    streams_hold(life->streams, process->object.run->held);
    if (process->spec->object.timeout)
        process_wait(process, WAIT_TIMEOUT, process->spec->object.timeout);
    object_reached(&process->object, CONDITION_STARTED);
    if (process->spec->ready.kind == PROBE_NONE)
        object_reached(&process->object, CONDITION_READY);
    if (life->monitor)
        monitor_begin(life->monitor, life->pid);
}

/* Another answers where it is to: tried again until nobody does, which is told once. */
static bool process_waits_for_place(struct process *process, int result, struct error *error)
{
    bool told = process->wait_told;
    struct event event = {
        .kind = EVENT_PROCESS_WAITING, .reason = error->text, .has_duration = true, .duration = CONFLICT_POLL};
    if (result != ERROR_LOCKED)
        return false;
    process->wait_told = true;
    if (!told)
        process_emit(process, &event);
    error_release(error);
    object_rests(&process->object);
    process_wait(process, WAIT_RESTART, CONFLICT_POLL);
    return true;
}

/* The system refuses it for now: tried again soon. */
static bool process_waits(struct process *process, int result, struct error *error)
{
    int64_t wait;
    if (!refusal_may_pass(result) || !refusal_waits(&process->refusal, &wait))
        return false;
    struct event event = {
        .kind = EVENT_PROCESS_WAITING,
        .reason = error->text,
        .has_duration = true,
        .duration = wait,
    };
    process_emit(process, &event);
    error_release(error);
    object_rests(&process->object);
    process_wait(process, WAIT_RESTART, wait);
    return true;
}

static void process_start(struct object *object)
{
    struct process *process = (struct process *)object;
    struct run *run = object->run;
    struct event starting = {.kind = EVENT_PROCESS_STARTING};
    struct world world;
    struct error error = {0};
    life_release(&process->life);
    process->wait = WAIT_NONE;
    if (!process->wait_told)
        process_emit(process, &starting);
    int result =
        world_init(&world, run, &process->spec->object, object->name, process->index, &error);
    if (!result)
        result = run->dry ? tell_plan(process, &world, &error) : start_in(process, &world, &error);
    world_release(&world);
    if (process_waits_for_place(process, result, &error) || process_waits(process, result, &error))
        return;
    process->conflict = 0;
    process->wait_told = false;
    if (result) {
        process_fail(process, error.text);
        run->refused = run->refused || start_was_refused(result);
        error_release(&error);
    }
    if (process->life.child)
        life_begin(process);
    else
        life_over(process);
}

static void process_describe(const struct object *object, struct buf *out)
{
    process_print_state((const struct process *)object, out);
}

/* Whether a shell that runs the command LINE does what the process did. */
static bool stands_alone(const struct process *process, const struct buf *line)
{
    struct buf conditions = {0};
    struct buf shown = {0};
    plan_conditions(&process->spec->object, &conditions);
    mask_text(process->object.run->mask, &shown, buf_string(line), line->length);
    bool alone = line->length && !conditions.length && !process->spec->tty &&
                 process->spec->streams[0].kind != STREAM_TEXT && !strcmp(buf_string(&shown), line->data);
    buf_release(&shown);
    buf_release(&conditions);
    return alone;
}

static bool process_plan(struct object *object, struct buf *out)
{
    struct process *process = (struct process *)object;
    struct world world;
    struct error error = {0};
    int result =
        world_init(&world, object->run, object->spec, object->name, process->index, &error);
    if (!result && object->spec->body.kind != BODY_LUA)
        result = plan_process(&world, process->spec, out, &error);
    if (!result && object->run->invocation.program && !stands_alone(process, out)) {
        buf_clear(out);
        buf_printf(out, "%s --only %s%s", object->run->invocation.program, object->spec->name,
                   object->run->invocation.operands);
    }
    world_release(&world);
    error_release(&error);
    return !result && out->length;
}

static void process_stop(struct object *object)
{
    struct process *process = (struct process *)object;
    if (process->life.exited && !process->life.lingers)
        streams_finish(process->life.streams);
    else if (!process->life.condemned && !process->life.exited)
        process_ask_to_end(process);
}

static void process_kill(struct object *object)
{
    struct process *process = (struct process *)object;
    struct life *life = &process->life;
    if (life->stopper)
        errand_kill(life->stopper);
    if (life->monitor)
        monitor_stop(life->monitor);
    if (life->exited && !life->lingers) {
        streams_abandon(life->streams);
        loop_defer(object->run->loop, process_check_soon, process);
        return;
    }
    process_kill_now(process);
}

/* It rested between two lives, and there is no next one. */
static void process_settle(struct object *object)
{
    struct process *process = (struct process *)object;
    bool broken = process->life.failed && !object->run->stop_cause;
    timer_stop(process->timer);
    process->wait = WAIT_NONE;
    if (broken) { /* the run ends by itself, and no other life made good for the last one */
        process_fail(process, "it was to be started again when the run ended");
        object->failed = true;
        process_tell_exited(process, false);
    }
    process_close_backlog(process);
    process->life.pid = 0; /* nothing runs that could be terminated */
    process_tell_ended(process, true);
}

static void process_skip(struct object *object, const char *reason)
{
    struct process *process = (struct process *)object;
    struct event event = {.kind = EVENT_PROCESS_SKIPPED, .reason = reason};
    process_emit(process, &event);
    users_ended(object->run, &process->spec->object, object->name);
}

static void process_hold(struct object *object, bool held)
{
    struct process *process = (struct process *)object;
    if (process->life.streams)
        streams_hold(process->life.streams, held);
    errand_hold(process->life.stopper, held);
}

static void process_resize(struct object *object)
{
    struct process *process = (struct process *)object;
    if (process->life.streams)
        streams_resize(process->life.streams);
}

static void poll_drained(void *arg)
{
    struct process *process = arg;
    run_poke(process->object.run);
}

static void process_free(struct object *object)
{
    struct process *process = (struct process *)object;
    life_release(&process->life);
    timer_free(process->timer);
    timer_free(process->poll);
    process_close_backlog(process);
    free(process->name);
    object_release(object);
    free(process);
}

static const struct object_kind process_kind = {
    .word = "process",
    .start = process_start,
    .stop = process_stop,
    .kill = process_kill,
    .settle = process_settle,
    .describe = process_describe,
    .waits = process_waits_for_queue,
    .held_up = process_held_up,
    .parts = process_parts,
    .sleeps = process_sleeps,
    .plan = process_plan,
    .skip = process_skip,
    .hold = process_hold,
    .resize = process_resize,
    .drained = process_drained,
    .free = process_free,
};

struct object *process_new(struct run *run, const struct process_spec *spec, int64_t replica,
                           unsigned flags)
{
    struct process *process = mem_calloc(1, sizeof(*process));
    process->index = replica ? replica : 1;
    if (replica)
        process->name = object_replica_name(&spec->object, replica);
    process->object = (struct object){
        .kind = &process_kind,
        .run = run,
        .spec = &spec->object,
        .name = replica ? process->name : spec->object.name,
        .daemon = spec->daemon,
    };
    process->spec = spec;
    process->flags = flags;
    process->seed = (unsigned)clock_monotonic();
    process->timer = timer_new(run->loop, on_time, process);
    process->poll = timer_new(run->loop, poll_drained, process);
    return &process->object;
}
