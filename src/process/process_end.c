/* Ending a process: by signals, by a command, for a fault of its own. */
#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/unit.h"
#include "child/exec_context.h"
#include "child/health.h"
#include "child/helper.h"
#include "child/streams.h"
#include "engine/run.h"
#include "event/event.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "os/cgroup.h"
#include "os/descendants.h"
#include "os/terminal.h"
#include "process/private.h"
#include "scenario/spec.h"

static void send(struct child *child, bool leader, int signal)
{
    if (leader)
        child_signal_leader(child, signal);
    else
        child_signal(child, signal);
}

/* The stop signal to whoever it is for; once the leader has exited, to all that is left. */
static void send_stop(struct process *process)
{
    const struct stop_spec *stop = process->spec->stop;
    struct life *life = &process->life;
    bool leader = stop->to == STOP_LEADER && !life->exited;
    life->signalled = !leader;
    send(life->child, leader, stop->signal);
    send(life->child, leader, SIGCONT); /* a stopped process acts on no other signal */
}

void process_kill_now(struct process *process)
{
    process_end_search(process);
    process->life.killed = true;
    if (process->life.cgroup)
        cgroup_kill(process->life.cgroup);
    child_signal(process->life.child, SIGKILL);
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
        .end.signal = process->spec->stop->signal,
    };
    process_emit(process, &event);
    send_stop(process);
}

static void on_stopper_done(void *arg, const char *why)
{
    struct process *process = arg;
    struct life *life = &process->life;
    helper_free(life->stopper);
    life->stopper = NULL;
    if (why && !life->exited) {
        struct buf text = {0};
        buf_printf(&text, "it ended with %s", why);
        stopper_failed(process, buf_string(&text));
        buf_release(&text);
    } else if (life->lingers) {
        process_end_rest(process);
    }
    loop_defer(process->object.run->loop, process_check_soon, process);
}

/* Runs the command that ends it. */
static void run_stopper(struct process *process)
{
    struct run *run = process->object.run;
    struct exec_context context;
    struct error error = {0};
    struct buf pid = {0};
    int result = exec_context_init(&context, run, &process->spec->object, process->object.name,
                                   process->index, &error);
    if (!result) {
        buf_number(&pid, process->life.pid);
        exec_context_set(&context, "PARRUN_PID", buf_string(&pid));
        process->life.stopper = helper_new(run, &context, &process->spec->stop->run, on_stopper_line,
                                           on_stopper_done, process, &error);
        buf_release(&pid);
    }
    exec_context_release(&context);
    helper_hold(process->life.stopper, run->held);
    if (error.code)
        stopper_failed(process, error.text);
    error_release(&error);
}

void process_ask_to_end(struct process *process)
{
    const struct stop_spec *stop = process->spec->stop;
    process_end_search(process);
    process_follow_session(process);
    struct event event = {.kind = EVENT_PROCESS_STOPPING, .end.signal = stop->has_run ? 0 : stop->signal};
    process_emit(process, &event);
    if (process->life.monitor)
        monitor_stop(process->life.monitor);
    process_wait(process, WAIT_GRACE, stop->grace);
    if (stop->has_run)
        run_stopper(process);
    else
        send_stop(process);
}

bool process_ends_group(const struct process *process)
{
    return object_is_ending(&process->object) || process->life.condemned ||
           restart_is_for(process->spec->restart, process_has_failed(process));
}

void process_end_rest(struct process *process)
{
    struct life *life = &process->life;
    if (life->killed) {
        child_signal(life->child, SIGKILL); /* whom it did not meet */
        return;
    }
    if (process->wait != WAIT_GRACE)
        process_wait(process, WAIT_GRACE, process->spec->stop->grace);
    if (!life->signalled && !life->stopper)
        send_stop(process);
}

bool process_end_session(struct process *process)
{
    struct life *life = &process->life;
    bool killing = process->object.state == OBJECT_KILLING || life->session_signalled;
    if (!process_ends_group(process) || !streams_open_readers(life->streams) || life->foreground)
        return false;
    life->session_signalled = true;
    size_t count = descendants_signal_session(life->session, killing ? SIGKILL : process->spec->stop->signal);
    if (!count || killing)
        return false;
    process_wait(process, WAIT_DRAIN, process->spec->stop->grace);
    return true;
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
    terminal_return(run->machine.terminal);
    if (!object_is_ending(&process->object) && !life->condemned && !run->stop.cause &&
        was_typed(life->end.signal))
        run_stop(run, STOP_SIGNAL, life->end.signal);
}

/* It is ended for a fault of its own. */
void process_condemn(struct process *process, struct event *event)
{
    if (process->life.condemned || object_is_ending(&process->object) || process->life.exited)
        return;
    process->life.condemned = true;
    process->life.failed = true;
    object_lost(&process->object, CONDITION_READY);
    event->flags |= EVENT_WRONG;
    process_emit(process, event);
    process_ask_to_end(process);
}
