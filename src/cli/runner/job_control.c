/* Stopping a run for a while. */
#include "cli/runner/job_control.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "os/guard.h"
#include "os/terminal.h"
#include "serve/worker_link.h"

/* Stops this process as who handles no SIGTSTP is stopped by it: that tells the guard to stop too. */
static void stop_self(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, kept;
    sigaction(SIGTSTP, &usual, &kept);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &kept, NULL);
}

/* The workers have been told how long it was: their clocks are right before they run. */
static void go_on(void *arg)
{
    struct pause *pause = arg;
    struct terminal *terminal = pause->run->machine.terminal;
    if (terminal && !terminal_resume(terminal))
        terminal_continue(terminal); /* as bg does */
    descendants_continue(&pause->stopped);
    pause->begun = false;
}

static void stop_all(void *arg)
{
    struct pause *pause = arg;
    int64_t began = clock_machine();
    clock_freeze();
    descendants_stop(&pause->stopped);
    if (pause->run->machine.terminal)
        terminal_suspend(pause->run->machine.terminal);
    stop_self();
    clock_thaw();
    struct event event = {
        .kind = EVENT_RUN_CONTINUED,
        .has_duration = true,
        .duration = clock_machine() - began,
    };
    links_tell_pause(pause->run, event.duration);
    bus_emit(pause->run->bus, &event);
    loop_post(pause->run->loop, go_on, pause); /* behind the next writes */
}

/*
 * Ctrl-Z stops only the holder of the terminal, and who reads it from the background is stopped too:
 * in both cases the run is what the shell has to hear of. It goes by way of the guard.
 */
void pause_look(void *arg)
{
    struct pause *pause = arg;
    struct terminal *terminal = pause->run->machine.terminal;
    int signal_number = terminal_stopped(terminal);
    bool reads = signal_number == SIGTTIN || signal_number == SIGTTOU;
    if (pause->begun || (!reads && signal_number != SIGTSTP) ||
        (reads && terminal_resume(terminal)))
        return;
    if (guard_can_pause(getppid()))
        kill(getppid(), SIGTSTP);
    else if (!reads)
        terminal_continue(terminal);
}

void pause_run(struct pause *pause)
{
    struct event event = {.kind = EVENT_RUN_PAUSED};
    if (pause->begun)
        return;
    pause->begun = true;
    bus_emit(pause->run->bus, &event);
    loop_post(pause->run->loop, stop_all, pause); /* what was told is written before */
}
