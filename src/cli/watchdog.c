/* The runner without its guard. */
#include "cli/watchdog.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/loop.h"
#include "os/descendants.h"
#include "os/guard.h"
#include "os/hearing.h"
#include "os/stdio.h"

struct watchdog {
    struct loop *loop;
    pthread_t thread;
    int end; /* an eventfd: the thread is to end. Not pthread_cancel(), whose signal a limit may keep from being queued */
    atomic_bool answered;
};

static void answer(void *arg)
{
    struct watchdog *watchdog = arg;
    atomic_store(&watchdog->answered, true);
}

/* Waits for FD to have something, for MS milliseconds (-1: as long as it takes); false where the thread is to end. */
static bool wait_for(const struct watchdog *watchdog, int fd, int ms)
{
    struct pollfd fds[] = {{.fd = watchdog->end, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (poll(fds, 2, ms) < 0 && errno == EINTR)
        continue;
    return !fds[0].revents;
}

static void *watch(void *arg)
{
    struct watchdog *watchdog = arg;
    struct hearing hearing;
    char byte;
    do {
        if (!wait_for(watchdog, guard_life(), -1))
            return NULL;
    } while (read(guard_life(), &byte, 1) > 0);
    do {
        atomic_store(&watchdog->answered, false);
        loop_post(watchdog->loop, answer, watchdog);
        hearing_begin(&hearing, getpid());
        do {
            if (!wait_for(watchdog, -1, HEARING_LOOK / NS_PER_MS))
                return NULL;
        } while (!atomic_load(&watchdog->answered) && hearing_goes_on(&hearing));
    } while (atomic_load(&watchdog->answered));
    stdio_say("parrun: error: the guard was killed, and the run did not hear of it; everything that it had started was ended\n");
    descendants_end(0);
    kill(getpid(), SIGKILL);
    return NULL;
}

struct watchdog *watchdog_start(struct loop *loop)
{
    struct watchdog *watchdog = mem_calloc(1, sizeof(*watchdog));
    sigset_t all, mask;
    watchdog->loop = loop;
    watchdog->end = eventfd(0, EFD_CLOEXEC);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask); /* signals are the loop's */
    int failed = guard_life() < 0 || watchdog->end < 0 || pthread_create(&watchdog->thread, NULL, watch, watchdog);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (!failed)
        return watchdog;
    if (watchdog->end >= 0)
        close(watchdog->end);
    free(watchdog);
    return NULL;
}

void watchdog_stop(struct watchdog *watchdog)
{
    if (!watchdog)
        return;
    eventfd_write(watchdog->end, 1);
    pthread_join(watchdog->thread, NULL);
    loop_forget(watchdog->loop, watchdog);
    close(watchdog->end);
    free(watchdog);
}
