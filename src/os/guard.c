/* The guard: forwards signals, waits, and leaves nothing behind. */
#include "os/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "os/cgroup.h"
#include "os/descendants.h"
#include "os/hearing.h"
#include "os/stdio.h"
#include "os/terminal.h"

/* Some senders signal a process and then its group: the same signal again so soon is the same. */
#define REPEAT_IS_ONE (50 * NS_PER_MS)

/* How long what a dead runner left behind has between SIGTERM and SIGKILL. */
#define ORPHAN_GRACE (300 * NS_PER_MS)

/* What the runner tells its guard, in memory that both have. */
struct told {
    atomic_uint heard;      /* its sign of life: how many signals that end the run its loop has taken */
    _Atomic int64_t grace;  /* ns that what it leaves behind has to end */
    atomic_bool moves;      /* it has moved both into a cgroup of their own, or was about to */
};

/* NULL where there is none; and a descriptor of the guard's life: both belong to the process, as its guard does. */
static struct told *told;
static int life = -1;

static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGUSR1,
                                SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};

struct guard {
    const char *name; /* of the runner, as messages have it */
    pid_t runner;
    sigset_t set;
    int64_t last_at[NSIG];
    unsigned asked;         /* how often it was asked to end */
    unsigned heard;         /* what it had heard before it was asked last */
    struct hearing hearing; /* of what it was asked then */
    int64_t look_at;        /* of clock_monotonic(): whether it has heard; 0: nothing is waited for */
    int last;               /* the last signal that asked it */
    bool deaf;              /* it was killed for that */
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

void guard_heard(void)
{
    if (told)
        atomic_fetch_add(&told->heard, 1);
}

void guard_grace(int64_t grace)
{
    if (told)
        atomic_store(&told->grace, grace);
}

void guard_moves(void)
{
    if (told)
        atomic_store(&told->moves, true);
}

int guard_life(void)
{
    return life;
}

/* Where the system has none of it the runner is believed to hear. */
static void share_life(int ends[2])
{
    void *page = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    told = page == MAP_FAILED ? NULL : page;
    guard_grace(ORPHAN_GRACE);
    if (pipe2(ends, O_CLOEXEC))
        ends[0] = ends[1] = -1;
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

/* The program that PID runs: its text has PATH_MAX bytes of room. Below 0: errno says why it is not known. */
static ssize_t read_program(pid_t pid, char *text)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/%ld/exe", (long)pid);
    return readlink(link, text, PATH_MAX);
}

bool guard_was_killed(pid_t runner)
{
    char own[PATH_MAX], guard[PATH_MAX];
    pid_t parent = descendants_has_own_proc() ? descendants_parent(runner) : 0;
    if (parent <= 0)
        return false;
    ssize_t length = read_program(runner, own);
    if (length < 0)
        return errno == ENOENT; /* it has no memory any more */
    ssize_t other = read_program(parent, guard);
    if (other < 0)
        return errno == ENOENT;
    return other != length || memcmp(own, guard, (size_t)length) != 0;
}

/* One that asks the runner to end, and that is not ignored since before the start. */
static bool ends_run(int signal_number)
{
    struct sigaction action;
    bool ends = signal_number == SIGINT || signal_number == SIGTERM || signal_number == SIGHUP ||
                signal_number == SIGQUIT;
    return ends && !sigaction(signal_number, NULL, &action) && action.sa_handler != SIG_IGN;
}

/* From the second time on. */
static void expect_hearing(struct guard *guard, int64_t now)
{
    if (!told || ++guard->asked < 2 || guard->look_at)
        return; /* what was to be heard is waited for already */
    guard->heard = atomic_load(&told->heard);
    guard->look_at = now + HEARING_LOOK;
    hearing_begin(&guard->hearing, guard->runner);
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
    if (ends_run(signal_number)) {
        guard->last = signal_number;
        expect_hearing(guard, now);
    }
    kill(guard->runner, signal_number);
}

/* Where nothing was heard for so long it is ended with all that it has started. */
static void look_for_hearing(struct guard *guard)
{
    guard->look_at = 0;
    if (atomic_load(&told->heard) != guard->heard)
        return;
    if (hearing_goes_on(&guard->hearing)) {
        guard->look_at = clock_monotonic() + HEARING_LOOK;
        return;
    }
    guard->deaf = true;
    kill(guard->runner, SIGKILL);
}

/* The next signal; 0 where it is time to look whether the runner has heard. */
static int next_signal(struct guard *guard)
{
    if (!guard->look_at)
        return sigwaitinfo(&guard->set, NULL);
    int64_t left = guard->look_at - clock_monotonic();
    if (left <= 0)
        return 0;
    const struct timespec timeout = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S};
    int signal_number = sigtimedwait(&guard->set, NULL, &timeout);
    return signal_number < 0 && errno == EAGAIN ? 0 : signal_number;
}

/* Until it is continued, which nobody has to hear of in time. */
static void pause_guard(struct guard *guard)
{
    raise(SIGSTOP);
    guard->look_at = 0;
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
            pause_guard(guard);
    }
    return false;
}

static void guard_wait(struct guard *guard)
{
    while (!guard_reap(guard)) {
        int signal_number = next_signal(guard);
        if (!signal_number)
            look_for_hearing(guard);
        else if (signal_number > 0 && signal_number != SIGCHLD)
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

/* As the runner ended, or else as what was done to it says: a status as of wait(2). */
static int own_status(const struct guard *guard)
{
    if (guard->deaf)
        return W_EXITCODE(0, guard->last);
    return WIFSIGNALED(guard->status) && is_fault(WTERMSIG(guard->status)) ? W_EXITCODE(FAULT_EXIT_STATUS, 0) : guard->status;
}

static void tell_end(const struct guard *guard)
{
    int signal_number = WIFSIGNALED(guard->status) ? WTERMSIG(guard->status) : 0;
    struct buf text = {0};
    if (guard->deaf)
        buf_text(&text, "parrun: error: the run did not hear that it was to end; everything that it had started was ended\n");
    else if (signal_number == SIGKILL)
        buf_printf(&text, "parrun: error: the %s was killed by SIGKILL; everything it had started was ended\n", guard->name);
    else if (is_fault(signal_number))
        buf_printf(&text, "parrun: error: the %s crashed, which is a fault of parrun's own; "
                          "everything it had started was ended\n", guard->name);
    if (text.length)
        stdio_say(text.data);
    buf_release(&text);
}

_Noreturn void guard_run(const char *name, int (*runner)(void *arg), void (*settle)(void *arg, int status), void *arg)
{
    struct guard guard = {.name = name};
    sigset_t mask;
    sigemptyset(&guard.set);
    sigaddset(&guard.set, SIGCHLD);
    for (size_t i = 0; i < countof(forwarded); i++)
        sigaddset(&guard.set, forwarded[i]);
    sigprocmask(SIG_BLOCK, &guard.set, &mask);
    descendants_adopt();
    struct terminal *terminal = terminal_watch();
    pid_t self = getpid();
    int ends[2];
    share_life(ends);
    guard.runner = fork();
    if (guard.runner < 0) {
        fprintf(stderr, "parrun: error: cannot start the %s: %s\n", name, strerror(errno));
        exit(MEM_EXIT_STATUS);
    }
    if (guard.runner == 0) {
        close(ends[1]);
        life = ends[0];
        become_runner(runner, arg, &mask, self);
    }
    close(ends[0]);
    setpgid(guard.runner, guard.runner);
    guard_wait(&guard);
    descendants_end(guard.deaf ? 0 : told ? atomic_load(&told->grace) : ORPHAN_GRACE);
    if (!told || atomic_load(&told->moves))
        cgroups_leave();
    signal(SIGTTOU, SIG_IGN);
    terminal_settle(terminal);
    tell_end(&guard);
    int status = own_status(&guard);
    settle(arg, status);
    if (WIFSIGNALED(status))
        die_by_signal(WTERMSIG(status));
    fflush(NULL);
    _exit(WEXITSTATUS(status)); /* all that ends with a program is the runner's, and has ended: a search for leaks takes as long as a run */
}
