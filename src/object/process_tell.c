/* What a process tells the log. */
#include "base/mem.h"
#include "engine/run.h"
#include "event/bus.h"
#include "object/process_private.h"
#include "object/users.h"
#include "scenario/spec.h"

void process_emit(struct process *process, struct event *event)
{
    event->flags |= process->flags;
    event->pid = process->life.pid;
    object_emit(&process->object, event);
}

void process_tell_line(struct process *process, const char *stream, const char *bytes,
                       size_t length, bool unfinished)
{
    struct event event = {
        .kind = EVENT_PROCESS_OUTPUT,
        .stream = stream,
        .bytes = bytes,
        .length = length,
        .unfinished = unfinished,
    };
    process_emit(process, &event);
}

/* How it ended: by itself, by a signal, or why it never began. */
static void fill_end(const struct life *life, struct event *event)
{
    event->reason = life->reason;
    if (life->reason) {
        event->flags |= EVENT_REASONED;
    } else if (life->signal) {
        event->flags |= EVENT_SIGNALED;
    }
    event->signal = life->signal;
    if (life->exited && !life->signal) {
        event->has_code = true;
        event->code = life->code;
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

static void process_tell_terminated(struct process *process)
{
    const struct life *life = &process->life;
    struct event event = {.kind = EVENT_PROCESS_TERMINATED, .signal = life->signal};
    /* Killed at the end of its grace, not because everything was to end at once. */
    if (life->killed && process->object.state != OBJECT_KILLING) {
        event.flags |= EVENT_SIGNALED;
        event.has_duration = true;
        event.duration = process->spec->stop.grace;
    }
    process_emit(process, &event);
}

void process_tell_restarting(struct process *process, int64_t wait)
{
    struct event event = {
        .kind = EVENT_PROCESS_RESTARTING,
        .flags = process->life.failed ? EVENT_WRONG : 0,
        .attempt = process->history.in_a_row,
        .total = process->spec->restart.max,
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
    users_ended(process->object.run, &process->spec->object);
}
