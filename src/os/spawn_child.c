/*
 * From this program to another one, in a child that shares the caller's memory until then.
 *
 * The child is made as by vfork(2): no page is copied, and the caller waits until it runs its
 * program. Where gates are there (spawn_open_gates()) it shares the caller's open files too, until it
 * takes the lowest of them for itself (close_range(2)): to copy thousands of them for each child,
 * which are then closed one by one when its program runs, takes far longer than all the rest.
 *
 * It closes all that is not meant for it before its program runs: what Lua opens in a thread is not
 * close-on-exec, and of what is the system lets go a moment after the caller goes on, in which a file that
 * was open for writing still cannot be run (ETXTBSY).
 */
#include "os/spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/unit.h"
#include "os/nofile.h"
#include "os/spawn.h"
#include "os/stdio.h"

/* More than anything between clone(2) and exec needs. */
#define STACK_SIZE ((size_t)64 << 10)

/* A child that has more descriptors than these gets a copy of the whole table. */
#define GATES 16

/* With a limit on open files below this there are never so many that copying them counts. */
#define MANY 1024

/* How a child lets go of what is not for it. */
#ifdef __SANITIZE_THREAD__
#define OTHERS CLOSE_RANGE_CLOEXEC /* one of them tells the caller that the program runs */
#else
#define OTHERS 0
#endif

/* Those that handlers can be for; the C library keeps the others to itself. */
#define SIGNALS 32

/* Open files at low numbers, where what a child is to have is put for the time of its start. */
static struct {
    int null;
    int fds[GATES];
    int end; /* behind the highest one; 0: there are none */
} gates;

/* The file that this program runs from; -1: it is not open. */
static int self = -1;

/* What every child has besides: spawn_pass_on(). */
static int kept[2] = {-1, -1};

/* What the child works with; nothing else is written to in the memory that it shares. */
struct launch {
    const struct spawn_options *options;
    const char *path;
    int program;          /* a descriptor of it, in place of PATH; -1: none */
    int *descriptors;     /* a copy of the options', which the child may change */
    bool through_gates;
    pid_t parent;
    volatile int number;  /* errno value; 0: the program runs */
    volatile enum attribute failed;
};

/* Opens PATH where no child's descriptors are put. */
static int open_high(const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, GATES);
    if (high < 0)
        return fd;
    close(fd);
    return high;
}

void spawn_hold_self(void)
{
    self = open_high("/proc/self/exe");
    if (self < 0 && getauxval(AT_EXECFN))
        self = open_high((const char *)getauxval(AT_EXECFN));
}

void spawn_open_gates(size_t need)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < MANY ||
        limit.rlim_cur < need + GATES + 1)
        return;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool whole = null >= 0;
    for (size_t i = 0; i < GATES && whole; i++) {
        gates.fds[i] = fcntl(null, F_DUPFD_CLOEXEC, GATES);
        whole = gates.fds[i] >= 0;
        if (whole && gates.fds[i] >= gates.end)
            gates.end = gates.fds[i] + 1;
    }
    /* What every child may have stays below, as all above is closed. */
    const int stay[] = {self, kept[0], kept[1]};
    for (size_t i = 0; gates.end && i < countof(stay); i++)
        if (stay[i] >= gates.end)
            gates.end = stay[i] + 1;
    gates.null = null;
    if (!whole)
        spawn_close_gates();
}

void spawn_close_gates(void)
{
    for (size_t i = 0; i < GATES; i++)
        if (gates.fds[i] > 0)
            close(gates.fds[i]);
    if (gates.null > 0)
        close(gates.null);
    gates.end = gates.null = 0;
    for (size_t i = 0; i < GATES; i++)
        gates.fds[i] = 0;
}

/* Handlers of the caller must not run in the child; what is ignored stays so, but for its own. */
static void reset_signals(void)
{
    struct sigaction action;
    sigset_t none;
    for (int number = 1; number < SIGNALS; number++)
        if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_IGN &&
            action.sa_handler != SIG_DFL)
            signal(number, SIG_DFL);
    for (int i = 0; i < OWN_SIGNALS; i++)
        signal(own_signals[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Puts FD where it survives that the numbers below COUNT are taken; -1 with errno. */
static int lift(int fd, int count)
{
    return fd < count ? fcntl(fd, F_DUPFD_CLOEXEC, count) : fd;
}

/* The child's descriptors of its own table: each where it belongs. */
static int place_descriptors(struct launch *launch)
{
    int count = (int)launch->options->descriptor_count;
    int *fds = launch->descriptors;
    if (launch->program >= 0)
        launch->program = lift(launch->program, count);
    for (int i = 0; i < count; i++) {
        if (fds[i] < 0 && i > STDERR_FILENO)
            continue;
        if (fds[i] < 0)
            fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
        fds[i] = fds[i] < 0 ? -1 : lift(fds[i], count);
        if (fds[i] < 0)
            return -1;
    }
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0 && dup2(fds[i], i) < 0)
            return -1;
    return 0;
}

/* The same for what waits at the gates. */
static int take_from_gates(const struct launch *launch)
{
    if (syscall(SYS_close_range, (unsigned)gates.end, ~0U, CLOSE_RANGE_UNSHARE))
        return -1;
    for (size_t i = 0; i < launch->options->descriptor_count; i++)
        if ((launch->descriptors[i] >= 0 || i <= STDERR_FILENO) && dup2(gates.fds[i], (int)i) < 0)
            return -1;
    return 0;
}

void spawn_pass_on(int first, int second)
{
    kept[0] = first;
    kept[1] = second;
}

/* All but what the child is to have; and, until it runs, the file of its program. */
static void close_others(const struct launch *launch)
{
    unsigned count = (unsigned)launch->options->descriptor_count;
    for (unsigned i = STDERR_FILENO + 1; i < count; i++)
        if (launch->descriptors[i] < 0)
            close((int)i);
    int stay[] = {launch->program, kept[0], kept[1]};
    for (;;) {
        unsigned next = ~0U; /* the lowest of those that stay from COUNT on */
        for (size_t i = 0; i < countof(stay); i++)
            if (stay[i] >= 0 && (unsigned)stay[i] >= count && (unsigned)stay[i] < next)
                next = (unsigned)stay[i];
        if (next > count)
            close_range(count, next == ~0U ? ~0U : next - 1, OTHERS);
        if (next == ~0U)
            return;
        count = next + 1;
    }
}

static int take_place(const struct spawn_options *options)
{
    int result = options->place == SPAWN_SESSION ? (setsid() < 0 ? -1 : 0)
                 : options->place == SPAWN_GROUP ? setpgid(0, 0)
                                                 : 0;
    return result ? result : options->directory ? chdir(options->directory) : 0;
}

/* Returns only where it fails. */
static void execute(const struct launch *launch)
{
    char *const *argv = (char *const *)launch->options->argv;
    char *const *environment = (char *const *)launch->options->environment;
    if (launch->program < 0)
        execve(launch->path, argv, environment);
    else
        execveat(launch->program, "", argv, environment, AT_EMPTY_PATH);
}

/* The child; what it returns is of no interest. Its stack is none that the address sanitizer knows. */
__attribute__((no_sanitize_address)) static int become(void *arg)
{
    struct launch *launch = arg;
    const struct spawn_options *options = launch->options;
    enum attribute failed = ATTRIBUTE_EXEC;
    int number = 0;
    if (launch->through_gates ? take_from_gates(launch) : place_descriptors(launch))
        number = errno;
    if (!number)
        close_others(launch);
    reset_signals();
    nofile_restore();
    if (!number && take_place(options))
        number = errno;
    if (options->dies_with_parent && (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != launch->parent))
        raise(SIGTERM);
    if (!number && options->attributes)
        number = attributes_apply(options->attributes, &failed);
    if (!number) {
        execute(launch);
        number = errno;
    }
    launch->failed = failed;
    launch->number = number;
    _exit(127);
}

#ifdef __SANITIZE_THREAD__
/* The thread sanitizer knows fork(2) alone: its locks must be free in the child. That has a table of its own. */
static pid_t make_child(struct launch *launch)
{
    struct launch *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ends[2];
    char byte;
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    *shared = *launch;
    shared->through_gates = false;
    pid_t child = fork();
    if (child == 0)
        become(shared);
    close(ends[1]);
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
        ;
    close(ends[0]);
    launch->number = shared->number;
    launch->failed = shared->failed;
    munmap(shared, sizeof(*shared));
    return child;
}
#else
static pid_t make_child(struct launch *launch)
{
    int flags = CLONE_VM | CLONE_VFORK | SIGCHLD | (launch->through_gates ? CLONE_FILES : 0);
    char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return -1;
    pid_t child = clone(become, stack + STACK_SIZE, flags, launch);
    int number = errno;
    munmap(stack, STACK_SIZE);
    errno = number;
    return child;
}
#endif

/* Puts what the child is to have at the gates. False where it does not fit. */
static bool fill_gates(const struct launch *launch)
{
    size_t count = launch->options->descriptor_count;
    if (!gates.end || count > GATES)
        return false;
    for (size_t i = 0; i < count; i++)
        if (launch->descriptors[i] >= 0 &&
            dup3(launch->descriptors[i], gates.fds[i], O_CLOEXEC) < 0)
            return false;
    return true;
}

/* Whoever reads a pipe that the child writes must see its end when the child is gone. */
static void empty_gates(const struct launch *launch)
{
    for (size_t i = 0; i < launch->options->descriptor_count && i < GATES; i++)
        if (launch->descriptors[i] >= 0)
            dup3(gates.null, gates.fds[i], O_CLOEXEC);
}

static int start(struct launch *launch, pid_t *pid)
{
    sigset_t all, before;
    launch->through_gates = fill_gates(launch);
    launch->number = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = make_child(launch);
    int refused = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (gates.end)
        empty_gates(launch);
    if (refused)
        return refused;
    if (launch->number)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    *pid = child;
    return launch->number;
}

int spawn_start(const struct spawn_options *options, const char *path, pid_t *pid,
                enum attribute *failed)
{
    size_t count = options->descriptor_count;
    if (!path && self < 0) {
        *failed = ATTRIBUTE_EXEC;
        return ENXIO;
    }
    struct launch launch = {
        .options = options,
        .path = path,
        .parent = getpid(),
        .program = path ? -1 : self,
        .descriptors = mem_calloc(count, sizeof(int)),
        .failed = ATTRIBUTE_EXEC,
    };
    for (size_t i = 0; i < count; i++)
        launch.descriptors[i] = options->descriptors[i];
    int result = start(&launch, pid);
    if (result == ENOSYS && launch.through_gates) { /* a kernel older than Linux 5.9 */
        spawn_close_gates();
        result = start(&launch, pid);
    }
    free(launch.descriptors);
    *failed = launch.failed;
    return result;
}
