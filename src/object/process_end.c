/* Ending a process: by signals, by a command, for a fault of its own. */
#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/unit.h"
#include "engine/run.h"
#include "event/event.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "object/errand.h"
#include "object/monitor.h"
#include "object/process_private.h"
#include "object/world.h"
#include "os/cgroup.h"
#include "os/terminal.h"
#include "scenario/spec.h"

void process_signal(struct process *process, int signal_number)
{
    child_signal(process->life.child, signal_number);
    if (signal_number != SIGKILL)
        child_signal(process->life.child, SIGCONT); /* a stopped process acts on no other signal */
}

void process_kill_now(struct process *process)
{
    process->life.killed = true;
    if (process->life.cgroup)
        cgroup_kill(process->life.cgroup);
    process_signal(process, SIGKILL);
    process_wait(process, WAIT_GRACE, NS_PER_S);
}

static void on_stopper_line(void *arg, const char *bytes, size_t length)
{
    process_tell_line(arg, "stop", bytes, length, false);
}

/* In its place comes the signal. */
static void stopper_failed(struct process *process, const char *why)
{
    struct event event = {
        .kind = EVENT_PROCESS_STOP_FAILED,
        .reason = why,
        .signal = process->spec->stop.signal,
    };
    process_emit(process, &event);
    process_signal(process, process->spec->stop.signal);
}

static void on_stopper_done(void *arg, const char *why)
{
    struct process *process = arg;
    struct life *life = &process->life;
    errand_free(life->stopper);
    life->stopper = NULL;
    if (why && !life->exited) {
        struct buf text = {0};
        buf_printf(&text, "it ended with %s", why);
        stopper_failed(process, buf_string(&text));
        buf_release(&text);
    }
    loop_defer(process->object.run->loop, process_check_soon, process);
}

/* Runs the command that ends it. */
static void run_stopper(struct process *process)
{
    struct run *run = process->object.run;
    struct world world;
    struct error error = {0};
    struct buf pid = {0};
    int result = world_init(&world, run, &process->spec->object, process->object.name,
                            process->index, &error);
    if (!result) {
        buf_number(&pid, process->life.pid);
        world_set(&world, "PARRUN_PID", buf_string(&pid));
        process->life.stopper =
            errand_new(run, &world, &process->spec->stop.run, on_stopper_line, on_stopper_done, process, &error);
        buf_release(&pid);
    }
    world_release(&world);
    errand_hold(process->life.stopper, run->held);
    if (error.code)
        stopper_failed(process, error.text);
    error_release(&error);
}

void process_ask_to_end(struct process *process)
{
    const struct stop_spec *stop = &process->spec->stop;
    struct event event = {.kind = EVENT_PROCESS_STOPPING, .signal = stop->has_run ? 0 : stop->signal};
    process_emit(process, &event);
    if (process->life.monitor)
        monitor_stop(process->life.monitor);
    process_wait(process, WAIT_GRACE, stop->grace);
    if (stop->has_run)
        run_stopper(process);
    else
        process_signal(process, stop->signal);
}

/* As a shell does: the terminal has sent these to the process alone. */
static bool was_typed(int signal_number)
{
    return signal_number == SIGINT || signal_number == SIGQUIT || signal_number == SIGHUP;
}

void process_leave_foreground(struct process *process)
{
    struct run *run = process->object.run;
    const struct life *life = &process->life;
    terminal_return(run->terminal);
    if (object_is_ending(&process->object) || life->condemned || run->stop_cause)
        kill(-life->pid, SIGKILL); /* it is in no session of its own that could be ended */
    else if (was_typed(life->signal))
        run_stop(run, STOP_SIGNAL, life->signal);
}

/* It is ended for a fault of its own. */
void process_condemn(struct process *process, struct event *event)
{
    if (process->life.condemned || object_is_ending(&process->object) || process->life.exited)
        return;
    process->life.condemned = true;
    process->life.failed = true;
    event->flags |= EVENT_WRONG;
    process_emit(process, event);
    process_ask_to_end(process);
}
