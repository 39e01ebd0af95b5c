/* The runner without its guard. */
#include "cli/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/loop.h"
#include "os/descendants.h"
#include "os/guard.h"
#include "os/stdio.h"

/* How long a loop may take to answer. */
static const struct timespec patience = {.tv_nsec = 800 * 1000 * 1000};

struct watchdog {
    struct loop *loop;
    pthread_t thread;
    atomic_bool answered;
};

static void answer(void *arg)
{
    struct watchdog *watchdog = arg;
    atomic_store(&watchdog->answered, true);
}

static bool loop_answers(struct watchdog *watchdog)
{
    int state;
    atomic_store(&watchdog->answered, false);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* nobody leaves with the mailbox locked */
    loop_post(watchdog->loop, answer, watchdog);
    pthread_setcancelstate(state, NULL);
    nanosleep(&patience, NULL);
    return atomic_load(&watchdog->answered);
}

static void *watch(void *arg)
{
    struct watchdog *watchdog = arg;
    char byte;
    while (read(guard_life(), &byte, 1) > 0)
        continue;
    while (loop_answers(watchdog))
        continue;
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
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask); /* signals are the loop's */
    int failed = guard_life() < 0 || pthread_create(&watchdog->thread, NULL, watch, watchdog);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (!failed)
        return watchdog;
    free(watchdog);
    return NULL;
}

void watchdog_stop(struct watchdog *watchdog)
{
    if (!watchdog)
        return;
    pthread_cancel(watchdog->thread);
    pthread_join(watchdog->thread, NULL);
    free(watchdog);
}
