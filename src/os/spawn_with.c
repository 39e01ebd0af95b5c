/*
 * Starting a command with attributes, which posix_spawn(3) does not have.
 *
 * Between vfork(2) and exec the child runs in the caller's memory while the caller waits: it makes
 * system calls, and writes to nothing but what is said to be for it.
 */
#include "os/spawn.h"
#include "os/stdio.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNALS 64

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

/* 0, or an errno value; as posix_spawn(3) does it and in its order. */
static int take_place(const struct spawn_options *options)
{
    if (options->own_group && setpgid(0, 0))
        return errno;
    for (int i = 0; i < 3; i++)
        if (dup2(options->descriptors[i], i) < 0)
            return errno;
    return options->directory && chdir(options->directory) ? errno : 0;
}

static _Noreturn void become(const struct spawn_options *options, const char *path,
                             volatile int *number, volatile enum attribute *failed)
{
    enum attribute which = ATTRIBUTE_EXEC;
    reset_signals();
    *number = take_place(options);
    if (!*number)
        *number = attributes_apply(options->attributes, &which);
    if (!*number) {
        execve(path, (char *const *)options->argv, (char *const *)options->environment);
        *number = errno;
    }
    *failed = which;
    _exit(127);
}

int spawn_with(const struct spawn_options *options, const char *path, pid_t *pid,
               enum attribute *failed)
{
    volatile int number = 0;
    volatile enum attribute which = ATTRIBUTE_EXEC;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (child == 0)
        become(options, path, &number, &which);
    int refused = child < 0 ? errno : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (refused)
        return refused;
    if (number) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
        *failed = which;
        return number;
    }
    *pid = child;
    return 0;
}
