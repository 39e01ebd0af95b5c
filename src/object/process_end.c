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

static void on_stopper_done(void *arg, const char *why)
{
    struct process *process = arg;
    struct life *life = &process->life;
    errand_free(life->stopper);
    life->stopper = NULL;
    if (why && !life->exited) {
        struct buf text = {0};
        buf_printf(&text, "the command that stops it ended with %s", why);
        process_tell_line(process, "stop", buf_string(&text), text.length, false);
        buf_release(&text);
        process_signal(process, process->spec->stop.signal);
    }
    loop_defer(process->object.run->loop, process_check_soon, process);
}

/* Runs the command that ends it; false where that cannot be. */
static bool run_stopper(struct process *process)
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
            errand_new(run, &world, &process->spec->stop.run, -1, on_stopper_done, process, &error);
        buf_release(&pid);
    }
    world_release(&world);
    if (error.code) {
        error_wrap(&error, "the command that stops it");
        process_tell_line(process, "stop", error.text, strlen(error.text), false);
    }
    error_release(&error);
    return process->life.stopper;
}

void process_ask_to_end(struct process *process)
{
    struct event event = {.kind = EVENT_PROCESS_STOPPING, .signal = process->spec->stop.signal};
    process_emit(process, &event);
    if (process->life.monitor)
        monitor_stop(process->life.monitor);
    process_wait(process, WAIT_GRACE, process->spec->stop.grace);
    if (!process->spec->stop.has_run || !run_stopper(process))
        process_signal(process, process->spec->stop.signal);
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
