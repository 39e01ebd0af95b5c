/* A process: what is done with it from outside, and its end. */
#include "process/process.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/health.h"
#include "child/helper.h"
#include "child/streams.h"
#include "engine/run.h"
#include "engine/schedule.h"
#include "event/bus.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "os/cgroup.h"
#include "os/pty.h"
#include "process/private.h"
#include "queue/ends.h"
#include "scenario/spec.h"
#include "serve/queue_session.h"
#include "serve/worker_link.h"

/* How long pipes that somebody else holds open are still read after the process's end. */
#define DRAIN_TIME (500 * NS_PER_MS)

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
    return !object_is_ending(&process->object) && !process->object.run->plan.dry &&
           restart_follows(process->spec->restart, &process->history, life->failed, ran, random,
                           wait);
}

void process_life_over(struct process *process)
{
    struct life *life = &process->life;
    bool lowered = object_is_lowered(&process->object);
    bool ended_by_us = object_is_ending(&process->object) || life->condemned;
    int64_t wait;
    timer_stop(process->timer);
    process->wait = WAIT_NONE;
    if (!ended_by_us)
        process_judge(process);
    process_settle_file(process, ended_by_us);
    process_settle_pidfile(process);
    bool restarts = process_restarts(process, &wait);
    if (!restarts && !ended_by_us)
        process_blame_restarts(process);
    process_tell_exited(process, restarts);
    process_settle_queues(process);
    if (lowered)
        process_park_backlog(process);
    else if (!restarts)
        process_close_backlog(process);
    if (life->cgroup && ended_by_us)
        cgroup_kill(life->cgroup); /* a daemon of its own may have left its group */
    cgroup_free(life->cgroup);
    life->cgroup = NULL;
    process_release_uses(process);
    if (lowered) {
        process_tell_terminated(process);
        object_down(&process->object);
        return;
    }
    if (restarts) {
        process_tell_restarting(process, wait);
        process->object.restarts++;
        object_rests(&process->object);
        process_wait(process, WAIT_RESTART, wait);
        return;
    }
    if (!object_is_ending(&process->object) && schedule_goes_on(process->object.schedule, life->failed))
        return;
    process->object.failed = life->failed;
    process_tell_ended(process, ended_by_us);
    object_gone(&process->object);
}

/* Done means: exit status taken, every pipe at its end, every message put, nothing run beside it.
 */
static void process_check(struct process *process)
{
    const struct life *life = &process->life;
    if (!life->exited || life->lingers || !object_is_alive(&process->object))
        return;
    if (streams_open_readers(life->streams) || !monitor_is_idle(life->monitor) || life->stopper)
        return;
    if (life->link && life->link_ended && object_is_ending(&process->object))
        queue_session_put_unbounded(link_session(life->link));
    if (life->link && process->object.state != OBJECT_KILLING &&
        (!life->link_ended || !queue_session_is_idle(link_session(life->link))))
        return;
    if (process_keeps_file(process))
        process_life_over(process);
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
    streams_process_ended(life->streams, !process_has_failed(process));
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
            helper_kill(life->stopper);
        process_check(process);
        break;
    case WAIT_RESTART:
        object_due(&process->object);
        break;
    }
}

void process_exited(void *arg, int code, int signal_number)
{
    struct process *process = arg;
    struct life *life = &process->life;
    if (process_goes_on(process, &code, &signal_number))
        return;
    life->exited = true;
    life->end.code = code;
    life->end.signal = signal_number;
    if (life->monitor)
        monitor_hear_out(life->monitor);
    if (process->spec->ready->kind != PROBE_NONE && !process_is_of_use(process))
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

static void process_describe(const struct object *object, struct buf *out)
{
    process_print_state((const struct process *)object, out);
}

/* A word had stopped it, and nothing will start it again. */
static void end_down(struct process *process)
{
    process->life.pid = 0; /* nothing runs that could be terminated */
    process_close_backlog(process);
    process_tell_ended(process, true);
    object_gone(&process->object);
}

static void process_facts(const struct object *object, struct object_facts *facts)
{
    const struct process *process = (const struct process *)object;
    const struct life *life = &process->life;
    if (!life->pid || (life->exited && !life->lingers))
        return;
    facts->pid = life->pid;
    facts_add_pid(facts, life->pid);
    if (life->streams && streams_terminal(life->streams) >= 0)
        pty_size(streams_terminal(life->streams), &facts->terminal_rows, &facts->terminal_columns);
    facts->has_health = process->spec->health->kind != PROBE_NONE;
    facts->healthy = !life->condemned;
}

static void process_stop(struct object *object)
{
    struct process *process = (struct process *)object;
    if (object->down)
        end_down(process);
    else if (process->life.exited && !process->life.lingers)
        streams_finish(process->life.streams);
    else if (!process->life.condemned && !process->life.exited)
        process_ask_to_end(process);
}

static void process_kill(struct object *object)
{
    struct process *process = (struct process *)object;
    struct life *life = &process->life;
    if (object->down) {
        end_down(process);
        return;
    }
    if (life->stopper)
        helper_kill(life->stopper);
    if (life->monitor)
        monitor_stop(life->monitor);
    if (life->exited && !life->lingers) {
        streams_abandon(life->streams);
        loop_defer(object->run->loop, process_check_soon, process);
        return;
    }
    process_kill_now(process);
}

/* It rested between two lives, and the next one does not come by itself. */
static void process_cancel(struct object *object)
{
    struct process *process = (struct process *)object;
    timer_stop(process->timer);
    process_release_uses(process);
    process->wait = WAIT_NONE;
    process_park_backlog(process);
}

/* The same, and there is no next one. */
static void process_settle(struct object *object)
{
    struct process *process = (struct process *)object;
    bool counts = object->spec->decides && !object->run->scenario->success_any;
    bool broken = process->wait == WAIT_RESTART && process->life.failed && counts && !object->run->stop.cause;
    process_cancel(object);
    if (broken) { /* the run ends by itself, and no other life made good for the last one; of what success leaves out none has to */
        process_fail(process, "it was to be started again when the run ended");
        object->failed = true;
        process_tell_exited(process, false);
    }
    process_close_backlog(process);
    process->life.pid = 0; /* nothing runs that could be terminated */
    process_tell_ended(process, true);
    object_gone(object);
}

static int process_revive(struct object *object, bool check, struct error *error)
{
    return users_join(object->run, object->spec, object->name, check, error);
}

static struct object *process_replicate(struct object *object, int64_t replica)
{
    struct process *process = (struct process *)object;
    struct error error = {0};
    process->flags |= EVENT_NAMED | (process->flags & (EVENT_PRODUCER | EVENT_CONSUMER) ? EVENT_ALIKE : 0);
    struct object *other = process_new(object->run, process->spec, replica, process->flags);
    process_revive(other, false, &error); /* it was checked */
    error_release(&error);
    return other;
}

static bool process_signal(struct object *object, int signal)
{
    const struct life *life = &((struct process *)object)->life;
    return life->child && (!life->exited || life->lingers) && !child_signal(life->child, signal);
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
    helper_hold(process->life.stopper, held);
}

static void process_resize(struct object *object)
{
    struct process *process = (struct process *)object;
    if (process->life.streams)
        streams_resize(process->life.streams);
}

static int process_type(struct object *object, const char *bytes, size_t length, int rows, int columns, struct error *error)
{
    const struct process *process = (const struct process *)object;
    int terminal = process->life.streams ? streams_terminal(process->life.streams) : -1;
    if (terminal < 0)
        return error_set(error, ERROR_STOPPED, "%s has no terminal now", object->name);
    pty_set_size(terminal, rows, columns);
    for (size_t done = 0; done < length;) {
        ssize_t written = write(terminal, bytes + done, length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_system(error, errno, "%s took %zu of %zu bytes", object->name, done, length);
        done += (size_t)written;
    }
    return 0;
}

static void poll_drained(void *arg)
{
    struct process *process = arg;
    run_poke(process->object.run);
}

static void process_free(struct object *object)
{
    struct process *process = (struct process *)object;
    process_release_life(&process->life);
    timer_free(process->timer);
    timer_free(process->poll);
    process_close_backlog(process);
    process_forget_file(process);
    free(process->name);
    object_release(object);
    free(process);
}

static const struct object_kind process_kind = {
    .word = "process",
    .events.asked = EVENT_PROCESS_ASKED,
    .events.stopped = EVENT_PROCESS_STOPPED,
    .events.scheduled = EVENT_PROCESS_SCHEDULED,
    .events.missed = EVENT_PROCESS_MISSED,
    .start = process_start,
    .stop = process_stop,
    .kill = process_kill,
    .settle = process_settle,
    .cancel = process_cancel,
    .revive = process_revive,
    .replicate = process_replicate,
    .signal = process_signal,
    .tell.describe = process_describe,
    .tell.facts = process_facts,
    .wait.waits = process_waits_for_queue,
    .wait.held_up = process_held_up,
    .wait.parts = process_parts,
    .wait.sleeps = process_sleeps,
    .tell.plan = process_plan,
    .skip = process_skip,
    .hold = process_hold,
    .resize = process_resize,
    .type = process_type,
    .tell.sample = process_sample,
    .wait.drained = process_drained,
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
