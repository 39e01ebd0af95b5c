/* What a process tells the log. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "event/bus.h"
#include "child/health.h"
#include "process/private.h"
#include "queue/ends.h"
#include "scenario/spec.h"

void process_emit(struct process *process, struct event *event)
{
    event->flags |= process->flags;
    event->place.pid = process->life.pid;
    object_emit(&process->object, event);
}

void process_tell_line(struct process *process, const char *stream, const char *bytes,
                       size_t length, bool unfinished)
{
    struct event event = {
        .kind = EVENT_PROCESS_OUTPUT,
        .output.stream = stream,
        .output.bytes = bytes,
        .output.length = length,
        .output.unfinished = unfinished,
    };
    process_emit(process, &event);
}

/* How it ended: by itself, by a signal, or why it never began. */
static void fill_end(const struct life *life, struct event *event)
{
    event->reason = life->end.reason;
    if (life->end.reason) {
        event->flags |= EVENT_REASONED;
    } else if (life->end.signal) {
        event->flags |= EVENT_SIGNALED;
    }
    event->end.signal = life->end.signal;
    if (life->exited && !life->end.signal) {
        event->end.has_code = true;
        event->end.code = life->end.code;
    }
}

void process_tell_exited(struct process *process, bool restarts)
{
    const struct life *life = &process->life;
    struct event event = {.kind = EVENT_PROCESS_EXITED};
    fill_end(life, &event);
    if (life->failed && !life->condemned && !restarts)
        event.flags |= EVENT_WRONG;
    process_emit(process, &event);
}

/* What those have used that have ended, and that nobody has waited for, is not seen any more: it counts all the same. */
static bool take_usage(struct life *life, const struct usage *usage)
{
    struct usage before = life->used;
    life->measured = clock_monotonic();
    life->used.memory = usage->memory;
    if (usage->cpu > before.cpu)
        life->used.cpu = usage->cpu;
    return life->used.memory != before.memory || life->used.cpu != before.cpu;
}

void process_sample(struct object *object, const struct usages *usages)
{
    struct process *process = (struct process *)object;
    struct life *life = &process->life;
    int64_t before = life->measured ? life->measured : life->started;
    struct usage usage;
    process_follow_session(process);
    if (!life->pid || life->exited ||
        !((life->cgroup && usage_of_cgroup(life->cgroup, &usage)) || usages_of_session(usages, life->session, &usage)) ||
        !take_usage(life, &usage))
        return;
    struct event event = {
        .kind = EVENT_PROCESS_SAMPLE,
        .has_duration = true,
        .duration = life->measured - before,
        .usage.memory = life->used.memory,
        .usage.has_cpu = true,
        .usage.cpu = life->used.cpu,
    };
    process_emit(process, &event);
}

void process_tell_terminated(struct process *process)
{
    const struct life *life = &process->life;
    struct event event = {.kind = EVENT_PROCESS_TERMINATED, .end.signal = life->end.signal};
    /* Killed at the end of its grace, not because everything was to end at once. */
    if (life->killed && process->object.state != OBJECT_KILLING) {
        event.flags |= EVENT_SIGNALED;
        event.has_duration = true;
        event.duration = process->spec->stop->grace;
    }
    process_emit(process, &event);
}

void process_tell_restarting(struct process *process, int64_t wait)
{
    struct event event = {
        .kind = EVENT_PROCESS_RESTARTING,
        .flags = process->life.failed ? EVENT_WRONG : 0,
        .attempt = process->history.in_a_row,
        .total = process->spec->restart->max, /* RESTARTS_UNLIMITED is EVENT_UNLIMITED */
        .has_duration = true,
        .duration = wait,
    };
    fill_end(&process->life, &event);
    if (process->life.condemned)
        event.flags |= EVENT_TOLD;
    process_emit(process, &event);
}

/* It will not be started again: tells so. */
void process_tell_ended(struct process *process, bool ended_by_us)
{
    struct event event = {.kind = EVENT_PROCESS_ENDED};
    if (ended_by_us && process->life.pid)
        process_tell_terminated(process);
    if (ended_by_us || !process->life.pid)
        event.flags |= EVENT_TOLD;
    process_emit(process, &event);
    users_ended(process->object.run, &process->spec->object, process->object.name);
}

static void print_time(struct buf *out, const char *before, int64_t time)
{
    buf_text(out, before);
    duration_print(out, duration_round(time > 0 ? time : 0));
}

static void print_found(const struct monitor *monitor, struct buf *out)
{
    if (monitor_is_held(monitor))
        buf_text(out, "its command has not put itself into the background");
    else
        monitor_print_found(monitor, out);
}

bool process_held_up(const struct object *object, struct buf *out)
{
    const struct process *process = (const struct process *)object;
    const struct life *life = &process->life;
    if (process_print_wait(process, out))
        return false;
    if (!life->exited && life->monitor && !monitor_is_ready(life->monitor)) {
        buf_text(out, "is not ready: ");
        print_found(life->monitor, out);
    }
    return false;
}

static void print_ready(const struct process *process, struct buf *out)
{
    const struct monitor *monitor = process->life.monitor;
    if (process->spec->ready->kind == PROBE_NONE)
        return;
    bool ready = monitor_is_ready(monitor);
    buf_text(out, ready ? ", is ready" : ", is not ready");
    if (ready)
        return;
    buf_text(out, ": ");
    print_found(monitor, out);
}

void process_print_state(const struct process *process, struct buf *out)
{
    const struct life *life = &process->life;
    int64_t now = clock_monotonic();
    if (life->pid && !life->exited)
        buf_printf(out, "(%ld) ", (long)life->pid);
    if (process_print_wait(process, out) || process_print_search(process, out)) {
    } else if (process->object.state == OBJECT_RESTING) {
        print_time(out, "is started again in ", process->due - now);
    } else if (life->lingers) {
        buf_text(out, "has ended, but what it has started has not");
        print_time(out, life->killed ? ", and was killed; looked at again in " : ", and is killed in ",
                   process->due - now);
    } else if (life->exited) {
        buf_text(out, "has ended, but its output is held open by what it has started");
    } else if (process->wait == WAIT_GRACE) {
        buf_text(out, "was asked to end");
        print_time(out, life->killed ? ", and killed; looked at again in " : ", is killed in ",
                   process->due - now);
    } else {
        print_time(out, "runs for ", now - life->started);
        print_ready(process, out);
    }
    if (life->monitor && monitor_status(life->monitor))
        buf_printf(out, " (%s)", monitor_status(life->monitor));
}
