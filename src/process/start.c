/* The start of a life of a process, or in a dry run what it would be. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/unit.h"
#include "child/dry_run.h"
#include "child/exec_context.h"
#include "child/health.h"
#include "child/limits.h"
#include "child/start.h"
#include "child/streams.h"
#include "engine/run.h"
#include "engine/schedule.h"
#include "event/bus.h"
#include "loop/child.h"
#include "os/cgroup.h"
#include "os/holder.h"
#include "os/terminal.h"
#include "process/private.h"
#include "scenario/spec.h"
#include "serve/worker_link.h"

/* How long after another has answered it is looked again whether nobody does. */
#define CONFLICT_POLL (200 * NS_PER_MS)

/* Somebody else answers: ERROR_TAKEN where the start is put off. */
static int meet_conflict(struct process *process, const char *place, const struct holder *holder, struct error *error)
{
    const struct probe_spec *ready = process->spec->ready;
    struct event answered = {.kind = EVENT_PROCESS_ANSWERED, .reason = place};
    int64_t now = clock_monotonic();
    if (ready->conflict == CONFLICT_ACCEPT) {
        process_emit(process, &answered);
        return 0;
    }
    if (holder->pid)
        error_set(error, ERROR_FAILED, "%s answers already, before it has started: %s (%ld) has it%s", place, holder->name,
                  (long)holder->pid, process_is_left(process, holder->pid) ? ", and its pidfile names that: an earlier run has left it" : "");
    else
        error_set(error, ERROR_FAILED, "%s answers already, before it has started: something has it that cannot be seen "
                                       "from here", place);
    if (!process->conflict)
        process->conflict = now;
    if (ready->conflict == CONFLICT_WAIT && (!ready->timeout || now - process->conflict < ready->timeout))
        return ERROR_TAKEN;
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
static int open_life(struct process *process, struct exec_context *context, struct error *error)
{
    const struct process_spec *spec = process->spec;
    struct life *life = &process->life;
    struct run *run = process->object.run;
    if (process_open_forking(process, context, error))
        return error->code;
    if (spec->ready->kind != PROBE_NONE || spec->health->kind != PROBE_NONE) {
        life->monitor = monitor_new(run, spec, process->object.name, process->index,
                                    &process_monitor_callbacks, process, error);
        if (!life->monitor)
            return error->code;
        int result = look_for_conflict(process, error);
        if (result)
            return result;
    }
    life->streams = streams_open(run, context, spec, process->lived, error);
    if (!life->streams)
        return error->code;
    process->lived = true;
    if (life->monitor)
        monitor_equip(life->monitor, context, life->streams);
    return 0;
}

/* Starts program or worker in its context; on failure everything opened is closed again. */
static int start_in(struct process *process, struct exec_context *context, struct error *error)
{
    struct run *run = process->object.run;
    struct life *life = &process->life;
    struct link_ends ends = {-1, -1};
    int opened = open_life(process, context, error);
    if (opened)
        return opened;
    if (process->spec->object.body.kind == BODY_LUA) {
        life->link =
            link_new(run, process->object.name, &process_link_callbacks, process, &ends, error);
        if (!life->link)
            return error->code;
    }
    struct start start = {
        .run = run,
        .context = context,
        .spec = process->spec,
        .streams = life->streams,
        .link = life->link,
        .ends = ends,
        .foreground = run->machine.terminal && process->spec->streams[STDIN_FILENO]->kind == STREAM_INHERIT,
        .tty = process->spec->tty,
        .exited = process_exited,
        .arg = process,
    };
    int result = attributes_confine(&context->attributes, process->spec->object.attributes, run,
                                    process->object.name, true, &life->cgroup, error);
    if (!result)
        result = life->link ? start_body(&start, &life->child, error)
                            : start_program(&start, &life->child, error);
    life->foreground = start.foreground;
    if (start.foreground)
        terminal_lend(run->machine.terminal, result ? 0 : child_pid(life->child));
    if (ends.in >= 0) {
        close(ends.in);
        close(ends.out);
    }
    return result;
}

/* A dry run: tells what would be run, and is done. */
static int tell_plan(struct process *process, struct exec_context *context, struct error *error)
{
    struct buf text = {0};
    struct buf attributes = {0};
    int result = plan_process(context, process->spec, &text, error);
    plan_conditions(&process->spec->object, &attributes);
    struct event event = {
        .kind = EVENT_PROCESS_PLANNED,
        .flags = attributes.length ? EVENT_REASONED : 0,
        .reason = attributes.data,
        .output.bytes = buf_string(&text),
        .output.length = text.length,
    };
    if (!result)
        process_emit(process, &event);
    buf_release(&attributes);
    buf_release(&text);
    return result;
}

void process_release_life(struct life *life)
{
    streams_free(life->streams);
    link_free(life->link);
    monitor_free(life->monitor);
    process_free_forking(life->forking);
    child_free(life->child);
    cgroup_free(life->cgroup);
    free(life->end.reason);
    free(life->file.unsynced);
    *life = (struct life){0};
}

static void tell_limits(struct process *process)
{
    struct buf text = {0};
    attributes_describe(process->spec->object.attributes, process->object.run, &text);
    struct event event = {.kind = EVENT_PROCESS_LIMITED, .reason = text.data};
    if (text.length)
        process_emit(process, &event);
    buf_release(&text);
}

static void life_begin(struct process *process)
{
    struct life *life = &process->life;
    struct event started = {.kind = EVENT_PROCESS_STARTED};
    struct buf uses = {0};
    life->pid = life->session = child_pid(life->child);
    life->started = clock_monotonic();
    process->refusal = (struct refusal){0};
    process_print_uses(process, &uses);
    started.work.uses = uses.data;
    process_emit(process, &started);
    buf_release(&uses);
    tell_limits(process);
    process_open_backlog(process);
    struct streams_callbacks callbacks = process_streams_callbacks;
    if (!process->backlog)
        callbacks.reader.put = NULL; /* to count them takes time */
    streams_begin(life->streams, process->backlog, &callbacks, process);
    streams_hold(life->streams, process->object.run->held);
    if (process->spec->object.timeout)
        process_wait(process, WAIT_TIMEOUT, process->spec->object.timeout);
    object_reached(&process->object, CONDITION_STARTED);
    process_begin_forking(process);
    if (process->spec->ready->kind == PROBE_NONE && !process->spec->forking)
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
    if (result != ERROR_TAKEN)
        return false;
    process->wait_told = true;
    if (!told)
        process_emit(process, &event);
    error_release(error);
    process_release_uses(process);
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
    process_release_uses(process);
    object_rests(&process->object);
    process_wait(process, WAIT_RESTART, wait);
    return true;
}

/* It is not started again by itself: earlier failures count no more. */
static void forget_trouble(struct process *process)
{
    process->history = (struct restart_history){0};
    process->refusal = (struct refusal){0};
    process->conflict = 0;
    process->wait_told = false;
    process_forget_file(process);
}

/* There is nothing to do, and that is a success. */
static void end_current(struct process *process)
{
    object_reached(&process->object, CONDITION_STARTED);
    object_reached(&process->object, CONDITION_READY);
    process->object.failed = false;
    if (schedule_goes_on(process->object.schedule, false))
        return;
    process_tell_ended(process, false);
    object_gone(&process->object);
}

void process_start(struct object *object)
{
    struct process *process = (struct process *)object;
    struct run *run = object->run;
    struct event starting = {.kind = EVENT_PROCESS_STARTING};
    struct exec_context context;
    struct error error = {0};
    bool waits = false, current = false;
    process_release_life(&process->life);
    if (process->wait != WAIT_RESTART)
        forget_trouble(process);
    process->wait = WAIT_NONE;
    int result = process_look_at_file(process, &current, &error);
    if (current) {
        end_current(process);
        return;
    }
    if (!result)
        result = process_ask(process, &waits, &error);
    if (waits)
        return;
    if (!process->wait_told)
        process_emit(process, &starting);
    if (!result) {
        result = exec_context_init(&context, run, &process->spec->object, object->name, process->index, &error);
        if (!result)
            process_begin_file(process, &context);
        if (!result && object->watch.changed)
            exec_context_set(&context, "PARRUN_CHANGED", object->watch.changed);
        if (!result)
            result = run->plan.dry ? tell_plan(process, &context, &error) : start_in(process, &context, &error);
        exec_context_release(&context);
    }
    if (process_waits_for_place(process, result, &error) || process_waits(process, result, &error))
        return;
    process->conflict = 0;
    process->wait_told = false;
    if (result) {
        process_fail(process, error.text);
        run->outcome.refused = run->outcome.refused || start_was_refused(result);
        error_release(&error);
    }
    if (process->life.child)
        life_begin(process);
    else
        process_life_over(process);
}

/* Whether a shell that runs the command LINE does what the process did. */
static bool stands_alone(const struct process *process, const struct buf *line)
{
    struct buf conditions = {0};
    struct buf shown = {0};
    plan_conditions(&process->spec->object, &conditions);
    mask_text(process->object.run->mask, &shown, buf_string(line), line->length);
    bool alone = line->length && !conditions.length && !process->spec->tty &&
                 process->spec->streams[0]->kind != STREAM_TEXT && !strcmp(buf_string(&shown), line->data);
    buf_release(&shown);
    buf_release(&conditions);
    return alone;
}

bool process_plan(struct object *object, struct buf *out)
{
    struct process *process = (struct process *)object;
    struct exec_context context;
    struct error error = {0};
    int result = exec_context_init(&context, object->run, object->spec, object->name,
                                   process->index, &error);
    if (!result && object->spec->body.kind != BODY_LUA && !object->spec->creates.renames)
        result = plan_process(&context, process->spec, out, &error);
    if (!result && object->run->invocation.program && !stands_alone(process, out)) {
        buf_clear(out);
        buf_printf(out, "%s --only %s%s", object->run->invocation.program, object->spec->name,
                   object->run->invocation.operands);
    }
    exec_context_release(&context);
    error_release(&error);
    return !result && out->length;
}
