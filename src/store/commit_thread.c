/* A thread that commits rows. */
#include "store/commit_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "loop/loop.h"
#include "loop/thread.h"

/* Rows wait so long for others to share their commit, unless so many bytes of them are there. */
#define COMMIT_TIME (5 * NS_PER_MS)
#define COMMIT_BYTES (1 << 20)

struct committer {
    struct loop *loop;
    struct committer_callbacks callbacks;
    void *arg;
    struct thread *thread;
    bool finished;               /* the loop's alone */
    atomic_uint_fast64_t total;  /* bytes handed over; written with the lock held */
    atomic_uint_fast64_t begun;  /* of those: of commits that have begun; the same */
    atomic_uint_fast64_t done;   /* of those: committed or lost; the same */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    pthread_cond_t progress;
    struct buf waiting;
    unsigned hurried; /* somebody waits for what is there */
    bool finish;
    bool abandoned; /* nobody waits for the thread any more, the loop may be gone */
    size_t lost;    /* rows */
    char *reason;   /* why the first of them was lost */
};

static void tell_begun(void *arg)
{
    struct committer *committer = arg;
    committer->callbacks.begun(committer->arg);
}

static void tell_committed(void *arg)
{
    struct committer *committer = arg;
    committer->callbacks.committed(committer->arg);
}

static void tell_finished(void *arg)
{
    struct committer *committer = arg;
    thread_join(committer->thread);
    committer->finished = true;
    committer->callbacks.finished(committer->arg);
}

/* Under the lock: waits for a first row, then a little for others. False where none will come. */
static bool wait_for_rows(struct committer *committer)
{
    struct timespec until;
    while (!committer->waiting.length && !committer->finish)
        pthread_cond_wait(&committer->changed, &committer->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += COMMIT_TIME;
    until.tv_sec += until.tv_nsec / NS_PER_S;
    until.tv_nsec %= NS_PER_S;
    int result = 0;
    while (!committer->finish && !committer->hurried &&
           committer->waiting.length < COMMIT_BYTES && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&committer->changed, &committer->lock, &until);
    return committer->waiting.length;
}

/* Under the lock: TELL, on the loop's thread, where somebody asks for it and still is there. */
static void post(struct committer *committer, void (*wanted)(void *), void (*tell)(void *))
{
    if (wanted && !committer->abandoned)
        loop_post(committer->loop, tell, committer);
}

/* Under the lock. */
static void keep_reason(struct committer *committer, struct error *error)
{
    if (error->text && !committer->reason)
        committer->reason = mem_strdup(error->text);
    error_release(error);
}

/* Under the lock, which it leaves for the time of writing: all that waits, in one commit. */
static void write_rows(struct committer *committer, struct buf *rows)
{
    struct error error = {0};
    struct buf empty = *rows;
    *rows = committer->waiting;
    committer->waiting = empty;
    committer->begun += rows->length;
    post(committer, committer->callbacks.begun, tell_begun);
    pthread_mutex_unlock(&committer->lock);
    size_t lost = committer->callbacks.write(committer->arg, rows, &error);
    pthread_mutex_lock(&committer->lock);
    committer->lost += lost;
    keep_reason(committer, &error);
    committer->done += rows->length;
    pthread_cond_broadcast(&committer->progress);
    buf_clear(rows);
}

static void committer_thread(void *arg)
{
    struct committer *committer = arg;
    struct buf rows = {0};
    pthread_mutex_lock(&committer->lock);
    while (wait_for_rows(committer)) {
        write_rows(committer, &rows);
        post(committer, committer->callbacks.committed, tell_committed);
    }
    pthread_mutex_unlock(&committer->lock);
    buf_release(&rows);
    struct error error = {0};
    committer->callbacks.close(committer->arg, &error);
    pthread_mutex_lock(&committer->lock);
    keep_reason(committer, &error);
    post(committer, committer->callbacks.finished, tell_finished);
    pthread_mutex_unlock(&committer->lock);
}

static void init_lock(struct committer *committer)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&committer->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&committer->changed, &attributes);
    pthread_cond_init(&committer->progress, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void release(struct committer *committer)
{
    pthread_mutex_destroy(&committer->lock);
    pthread_cond_destroy(&committer->changed);
    pthread_cond_destroy(&committer->progress);
    buf_release(&committer->waiting);
    free(committer->reason);
    free(committer);
}

struct committer *committer_new(struct loop *loop, const struct committer_callbacks *callbacks,
                                void *arg, struct error *error)
{
    struct committer *committer = mem_calloc(1, sizeof(*committer));
    committer->loop = loop;
    committer->callbacks = *callbacks;
    committer->arg = arg;
    init_lock(committer);
    if (!thread_start(committer_thread, committer, &committer->thread, error))
        return committer;
    release(committer);
    return NULL;
}

/* The thread is woken for the first row and for many, not for each. */
void committer_put(struct committer *committer, const void *bytes, size_t length)
{
    pthread_mutex_lock(&committer->lock);
    bool first = !committer->waiting.length;
    buf_append(&committer->waiting, bytes, length);
    committer->total += length;
    if (first || committer->waiting.length >= COMMIT_BYTES)
        pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
}

uint64_t committer_total(struct committer *committer)
{
    return committer->total;
}

uint64_t committer_done(struct committer *committer)
{
    return committer->done;
}

/* PART is read first: it never is above the total. */
static size_t behind(struct committer *committer, const atomic_uint_fast64_t *part)
{
    uint64_t reached = *part;
    return (size_t)(committer->total - reached);
}

size_t committer_held(struct committer *committer)
{
    return behind(committer, &committer->done);
}

size_t committer_waiting(struct committer *committer)
{
    return behind(committer, &committer->begun);
}

void committer_wait(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    uint64_t target = committer->total;
    committer->hurried++;
    pthread_cond_signal(&committer->changed);
    while (committer->done < target)
        pthread_cond_wait(&committer->progress, &committer->lock);
    committer->hurried--;
    pthread_mutex_unlock(&committer->lock);
}

void committer_finish(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    committer->finish = true;
    pthread_cond_signal(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
}

bool committer_is_finished(const struct committer *committer)
{
    return committer->finished;
}

size_t committer_lost(struct committer *committer, const char **reason)
{
    pthread_mutex_lock(&committer->lock);
    size_t lost = committer->lost;
    *reason = committer->reason;
    pthread_mutex_unlock(&committer->lock);
    return lost;
}

bool committer_free(struct committer *committer)
{
    if (!committer)
        return true;
    if (committer->finished) {
        release(committer);
        return true;
    }
    pthread_mutex_lock(&committer->lock);
    committer->abandoned = true;
    pthread_mutex_unlock(&committer->lock);
    return false;
}
