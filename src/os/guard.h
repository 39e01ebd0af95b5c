/*
 * The guard: a small process above the runner, there so that nothing outlives a run.
 *
 * It forks the runner into a process group of its own, forwards signals to it, and when the runner
 * ends, however it ends, ends everything that still descends from it. When the guard itself is
 * killed, the kernel sends the runner SIGTERM, and the runner stops the run as for any other TERM.
 * When the runner does not hear that it is asked to end for the second time, the guard ends it all.
 */
#ifndef OS_GUARD_H
#define OS_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Runs RUNNER(ARG), which messages call NAME, under a guard and ends the process the way the runner ended: with its exit
 * status, or by the same signal; with FAULT_EXIT_STATUS where it crashed. RUNNER's return value is its exit status. SETTLE(ARG, STATUS) is
 * called in the guard once nothing is left of the runner and of what it started; STATUS is how the guard ends, as of wait(2).
 */
#define FAULT_EXIT_STATUS 125

/* In the runner: its loop has taken a signal that ends the run. Where a second one is not taken within a moment, whatever the
 * loop is doing instead, the guard ends everything. */
void guard_heard(void);

/* In the runner: what it has started may need so many ns between SIGTERM and SIGKILL where the runner is dead; before, it
 * has a moment. */
void guard_grace(int64_t grace);

/* In the runner: before it moves itself and the guard into a cgroup, which the guard leaves at the end where it was told. */
void guard_moves(void);

/* In the runner: a descriptor on which read(2) returns 0 once the guard is gone; -1 where there is none. */
int guard_life(void);

_Noreturn void guard_run(const char *name, int (*runner)(void *arg), void (*settle)(void *arg, int status), void *arg);

/* True where a shell with job control could continue the process GUARD once it was stopped. */
bool guard_can_pause(pid_t guard);

/* True where the process RUNNER is what is left of a run that was killed: its guard is gone, or it is dying itself. It ends what it
 * has started, and then itself. False too where /proc does not tell. */
bool guard_was_killed(pid_t runner);

/* Ends this process by SIGNAL in its default way; returns nothing, not even for one that is held. */
_Noreturn void die_by_signal(int signal);

#endif
