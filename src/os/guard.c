/* The guard: forwards signals, waits, and leaves nothing behind. */
#include "os/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "os/cgroup.h"
#include "os/descendants.h"
#include "os/stdio.h"
#include "os/terminal.h"

/* Some senders signal a process and then its group: the same signal again so soon is the same. */
#define REPEAT_IS_ONE (50 * NS_PER_MS)

/* How long what a dead runner left behind has between SIGTERM and SIGKILL. */
#define ORPHAN_GRACE (300 * NS_PER_MS)

static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGUSR1,
                                SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};

struct guard {
    pid_t runner;
    sigset_t set;
    int64_t last_at[NSIG];
    int status;
};

_Noreturn void die_by_signal(int signal_number)
{
    struct rlimit no_core = {0};
    sigset_t set;
    setrlimit(RLIMIT_CORE, &no_core);
    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + signal_number);
}

static _Noreturn void become_runner(int (*runner)(void *arg), void *arg, const sigset_t *mask,
                                    pid_t guard)
{
    /* A group of its own: the terminal's signals reach it once, through the guard. */
    setpgid(0, 0);
    signal(SIGTTOU, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    descendants_adopt();
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (getppid() != guard)
        raise(SIGTERM);
    exit(runner(arg));
}

/*
 * As the kernel does for who handles no SIGTSTP: it stops nobody whose process group is orphaned,
 * which is one that no shell with job control has started and could continue.
 */
bool guard_can_pause(pid_t guard)
{
    pid_t parent = descendants_parent(guard);
    while (parent > 1 && getsid(parent) == getsid(guard)) {
        if (getpgid(parent) != getpgid(guard))
            return true;
        parent = descendants_parent(parent);
    }
    return false;
}

static void guard_forward(struct guard *guard, int signal_number)
{
    int64_t now = clock_monotonic();
    if (guard->last_at[signal_number] && now - guard->last_at[signal_number] < REPEAT_IS_ONE)
        return;
    guard->last_at[signal_number] = now;
    if (signal_number == SIGTSTP && !guard_can_pause(getpid()))
        return;
    if (signal_number == SIGCONT)
        guard->last_at[SIGTSTP] = 0; /* each Ctrl-Z and each fg counts */
    if (signal_number == SIGTSTP)
        guard->last_at[SIGCONT] = 0;
    kill(guard->runner, signal_number);
}

/* Takes every child's change of state; true when the runner has ended. */
static bool guard_reap(struct guard *guard)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (pid != guard->runner)
            continue;
        if (!WIFSTOPPED(status)) {
            guard->status = status;
            return true;
        }
        /* The runner stops itself when everything else has stopped: now the shell sees the whole
         * run stop. Where somebody else has stopped it, the guard is there to hear of its end. */
        if (WSTOPSIG(status) == SIGTSTP)
            raise(SIGSTOP);
    }
    return false;
}

static void guard_wait(struct guard *guard)
{
    while (!guard_reap(guard)) {
        int signal_number = sigwaitinfo(&guard->set, NULL);
        if (signal_number > 0 && signal_number != SIGCHLD)
            guard_forward(guard, signal_number);
    }
}

/* What the system sends to a program that does what it must not. */
static bool is_fault(int signal_number)
{
    static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    for (size_t i = 0; i < countof(faults); i++)
        if (faults[i] == signal_number)
            return true;
    return false;
}

_Noreturn void guard_run(int (*runner)(void *arg), void (*settle)(void *arg), void *arg)
{
    struct guard guard = {0};
    sigset_t mask;
    sigemptyset(&guard.set);
    sigaddset(&guard.set, SIGCHLD);
    for (size_t i = 0; i < countof(forwarded); i++)
        sigaddset(&guard.set, forwarded[i]);
    sigprocmask(SIG_BLOCK, &guard.set, &mask);
    descendants_adopt();
    struct terminal *terminal = terminal_watch();
    pid_t self = getpid();
    guard.runner = fork();
    if (guard.runner < 0) {
        fprintf(stderr, "parrun: error: cannot start the runner: %s\n", strerror(errno));
        exit(MEM_EXIT_STATUS);
    }
    if (guard.runner == 0)
        become_runner(runner, arg, &mask, self);
    setpgid(guard.runner, guard.runner);
    guard_wait(&guard);
    descendants_end(ORPHAN_GRACE);
    cgroups_leave();
    signal(SIGTTOU, SIG_IGN);
    terminal_settle(terminal);
    settle(arg);
    if (!WIFSIGNALED(guard.status))
        exit(WEXITSTATUS(guard.status));
    int signal_number = WTERMSIG(guard.status);
    if (signal_number == SIGKILL)
        stdio_say("parrun: error: the runner was killed by SIGKILL; "
                  "everything it had started was ended\n");
    if (is_fault(signal_number)) {
        stdio_say("parrun: error: the runner crashed, which is a fault of parrun's own; "
                  "everything it had started was ended\n");
        exit(FAULT_EXIT_STATUS);
    }
    die_by_signal(signal_number);
}
