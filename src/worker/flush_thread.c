/*
 * A thread that writes what a Lua body has gathered when the body itself does not come to it.
 *
 * Frames are gathered for a moment, as writing each one would cost more than a short task. A body
 * that then waits where the worker does not see it, such as in a read of a FIFO, would keep back
 * messages and output that others wait for, and the results of the tasks before its own would be
 * lost if the worker were killed. The channel belongs to the worker's thread; it lends it out only
 * while the body runs Lua or C code of its own, and takes it back for each call of the host.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "script/script.h"
#include "worker/private.h"

/* How long frames are gathered. */
#define FLUSH_TIME NS_PER_MS

/* Rounds with nothing to write after which the thread sleeps until it is called. */
#define IDLE_ROUNDS 20

struct flusher {
    pthread_t thread;
    pthread_mutex_t channel; /* held by whoever may touch the channel; guards what follows */
    pthread_cond_t called;
    bool asleep;
    bool over;
};

static void wait_a_round(struct flusher *flusher)
{
    int64_t until = clock_monotonic() + FLUSH_TIME;
    struct timespec time;
    clock_until(until, &time);
    while (!flusher->over &&
           pthread_cond_timedwait(&flusher->called, &flusher->channel, &time) != ETIMEDOUT)
        ;
}

/* Waits, with the channel lent out, until the runner takes bytes again. */
static void wait_writable(struct worker *worker)
{
    struct pollfd out = {.fd = worker->channel.out, .events = POLLOUT};
    pthread_mutex_unlock(&worker->flusher->channel);
    poll(&out, 1, 100);
    pthread_mutex_lock(&worker->flusher->channel);
}

static void *flusher_main(void *arg)
{
    struct worker *worker = arg;
    struct flusher *flusher = worker->flusher;
    int quiet = 0;
    pthread_mutex_lock(&flusher->channel);
    while (!flusher->over) {
        if (quiet >= IDLE_ROUNDS) {
            flusher->asleep = true;
            pthread_cond_wait(&flusher->called, &flusher->channel);
            flusher->asleep = false;
            quiet = 0;
        }
        wait_a_round(flusher);
        inboxes_tidy(worker, false);
        quiet = worker->channel.pending.length ? 0 : quiet + 1;
        channel_flush(worker, false);
        if (worker->channel.pending.length && !flusher->over)
            wait_writable(worker);
    }
    pthread_mutex_unlock(&flusher->channel);
    return NULL;
}

static void flusher_free(struct flusher *flusher)
{
    pthread_mutex_unlock(&flusher->channel);
    pthread_mutex_destroy(&flusher->channel);
    pthread_cond_destroy(&flusher->called);
    free(flusher);
}

void flusher_start(struct worker *worker)
{
    struct flusher *flusher = mem_calloc(1, sizeof(*flusher));
    pthread_condattr_t attributes;
    worker->flusher = flusher;
    pthread_mutex_init(&flusher->channel, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&flusher->called, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_lock(&flusher->channel);
    /* Where no thread can be had, frames wait for the body. */
    if (pthread_create(&flusher->thread, NULL, flusher_main, worker)) {
        flusher_free(flusher);
        worker->flusher = NULL;
    }
}

void flusher_stop(struct worker *worker)
{
    struct flusher *flusher = worker->flusher;
    if (!flusher)
        return;
    flusher->over = true;
    pthread_cond_signal(&flusher->called);
    pthread_mutex_unlock(&flusher->channel);
    pthread_join(flusher->thread, NULL);
    pthread_mutex_lock(&flusher->channel);
    flusher_free(flusher);
    worker->flusher = NULL;
}

void flusher_lend(struct worker *worker)
{
    struct flusher *flusher = worker->flusher;
    if (!flusher)
        return;
    if (flusher->asleep && worker->channel.pending.length)
        pthread_cond_signal(&flusher->called);
    pthread_mutex_unlock(&flusher->channel);
}

void flusher_take_back(struct worker *worker)
{
    if (worker->flusher)
        pthread_mutex_lock(&worker->flusher->channel);
}

/* The host that the worker's own body would see without a flusher. */
static const struct script_host *inner(const struct worker *worker)
{
    return worker->config.process ? &worker_process_host : &worker_pool_host;
}

static int lent_sleep(void *arg, double seconds, struct error *error)
{
    flusher_take_back(arg);
    int result = inner(arg)->sleep(arg, seconds, error);
    flusher_lend(arg);
    return result;
}

static int lent_output(void *arg, const char *bytes, size_t length, struct error *error)
{
    flusher_take_back(arg);
    int result = inner(arg)->output(arg, bytes, length, error);
    flusher_lend(arg);
    return result;
}

static int lent_log(void *arg, const char *bytes, size_t length, struct error *error)
{
    flusher_take_back(arg);
    int result = inner(arg)->log(arg, bytes, length, error);
    flusher_lend(arg);
    return result;
}

static int lent_put(void *arg, const char *queue, const char *encoded, size_t length,
                    const struct script_put *options, struct error *error)
{
    flusher_take_back(arg);
    int result = inner(arg)->put(arg, queue, encoded, length, options, error);
    flusher_lend(arg);
    return result;
}

static int lent_get(void *arg, const char *queue, double timeout, bool keep, struct buf *encoded,
                    struct error *error)
{
    flusher_take_back(arg);
    int result = inner(arg)->get(arg, queue, timeout, keep, encoded, error);
    flusher_lend(arg);
    return result;
}

static int64_t lent_length(void *arg, const char *queue, struct error *error)
{
    flusher_take_back(arg);
    int64_t result = inner(arg)->length(arg, queue, error);
    flusher_lend(arg);
    return result;
}

static int lent_run(void *arg, const struct script_command *command, struct script_result *result,
                    struct error *error)
{
    flusher_take_back(arg);
    int code = inner(arg)->run(arg, command, result, error);
    flusher_lend(arg);
    return code;
}

static void lent_poll(void *arg)
{
    flusher_take_back(arg);
    inner(arg)->poll(arg);
    flusher_lend(arg);
}

const struct script_host *flusher_host(const struct worker *worker)
{
    static const struct script_host pool = {
        .sleep = lent_sleep,
        .output = lent_output,
        .log = lent_log,
        .put = lent_put,
        .get = lent_get,
        .length = lent_length,
        .run = lent_run,
        .poll = lent_poll,
    };
    static const struct script_host process = {
        .sleep = lent_sleep,
        .log = lent_log,
        .put = lent_put,
        .get = lent_get,
        .length = lent_length,
        .run = lent_run,
        .poll = lent_poll,
    };
    return worker->config.process ? &process : &pool;
}
