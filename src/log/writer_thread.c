/* A destination for bytes with a thread of its own. */
#include "log/writer_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "log/destination.h"
#include "loop/loop.h"
#include "loop/thread.h"

/* Bytes that may wait before the feeders are asked to pause. */
#define OUTPUT_BOUND (1 << 20)

struct output {
    struct loop *loop;
    struct target *target;
    struct output_callbacks callbacks;
    void *arg;
    struct thread *thread;
    struct buf gathered; /* the loop's alone */
    bool handing;        /* a deferred hand-over is on its way */
    struct buf status;   /* what is to stand below, the loop's alone as the next three */
    bool drawn;          /* it does, or what it was before */
    bool stale;          /* it is to be drawn anew */
    bool in_line;        /* what was put last has no newline yet */
    bool full;           /* the loop's alone: full was called, room is owed */
    atomic_size_t held;  /* bytes handed over and not yet written */
    atomic_uint_fast64_t put; /* bytes so far, gathered ones too */
    bool done;           /* the loop's alone: finished was called */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    pthread_cond_t progress;
    struct buf waiting;
    struct buf writing; /* the thread's alone: freed by whoever frees this, as a thread that gives memory back gets an arena first */
    uint64_t settled; /* of PUT: written or lost */
    size_t lost;
    int error_number;
    bool finish;
    bool abandoned; /* nobody waits for the thread any more: it frees this itself */
};

static bool is_full(struct output *output)
{
    return output->gathered.length + atomic_load(&output->held) > OUTPUT_BOUND;
}

static void hand_over(void *arg);

static void hand_over_soon(struct output *output)
{
    if (output->handing)
        return;
    output->handing = true;
    loop_defer(output->loop, hand_over, output);
}

static void gather(struct output *output, const char *bytes, size_t length)
{
    buf_append(&output->gathered, bytes, length);
    output->put += length;
}

static void draw_status(struct output *output)
{
    if (output->drawn || output->in_line || !output->status.length)
        return;
    gather(output, output->status.data, output->status.length);
    output->drawn = true;
    output->stale = false;
}

static void erase_status(struct output *output)
{
    static const char erase[] = "\r\033[K";
    if (output->drawn)
        gather(output, erase, sizeof(erase) - 1);
    output->drawn = false;
}

/* A terminal that is behind has enough to show. */
static void renew_status(struct output *output)
{
    if (!output->stale || atomic_load(&output->held))
        return;
    output->stale = false;
    erase_status(output);
    hand_over_soon(output);
}

static void tell_room(void *arg)
{
    struct output *output = arg;
    renew_status(output);
    if (!output->full || is_full(output))
        return;
    output->full = false;
    output->callbacks.room(output->arg);
}

static void tell_failed(void *arg)
{
    struct output *output = arg;
    output->callbacks.failed(output->arg, output->error_number);
}

static void tell_finished(void *arg)
{
    struct output *output = arg;
    if (output->thread)
        thread_join(output->thread);
    output->thread = NULL;
    output->done = true;
    output->callbacks.finished(output->arg);
}

/* The first failure is told: those that follow mean no more. */
static void note_failure(struct output *output, int number)
{
    if (!number || output->error_number || output->abandoned)
        return;
    output->error_number = number;
    loop_post(output->loop, tell_failed, output);
}

/* With the lock held: writes all that waits, without the lock meanwhile. */
static void write_waiting(struct output *output)
{
    struct buf *bytes = &output->writing;
    while (output->waiting.length) {
        struct buf empty = *bytes;
        *bytes = output->waiting;
        output->waiting = empty;
        pthread_mutex_unlock(&output->lock);
        size_t lost = 0;
        int number = target_write(output->target, bytes->data, bytes->length, &lost);
        pthread_mutex_lock(&output->lock);
        output->lost += lost;
        atomic_fetch_sub(&output->held, bytes->length);
        output->settled += bytes->length;
        pthread_cond_broadcast(&output->progress);
        buf_clear(bytes);
        if (output->abandoned)
            return;
        note_failure(output, number);
        loop_post(output->loop, tell_room, output);
    }
}

/* With the lock held: nothing more will come. */
static void end(struct output *output)
{
    pthread_mutex_unlock(&output->lock);
    int number = target_close(output->target);
    pthread_mutex_lock(&output->lock);
    note_failure(output, number);
    if (!output->abandoned)
        loop_post(output->loop, tell_finished, output);
}

/* With the lock held: what the target keeps back is due. */
static void flush(struct output *output)
{
    size_t lost = 0;
    pthread_mutex_unlock(&output->lock);
    int number = target_flush(output->target, &lost);
    pthread_mutex_lock(&output->lock);
    output->lost += lost;
    note_failure(output, number);
}

/* With the lock held: until there is something to do. */
static void wait_for_more(struct output *output)
{
    int64_t due = target_due(output->target);
    struct timespec until;
    if (!due) {
        pthread_cond_wait(&output->changed, &output->lock);
        return;
    }
    clock_until(due, &until);
    if (clock_monotonic() >= due ||
        pthread_cond_timedwait(&output->changed, &output->lock, &until) == ETIMEDOUT)
        flush(output);
}

static void output_thread(void *arg)
{
    struct output *output = arg;
    pthread_mutex_lock(&output->lock);
    while (!output->abandoned && (output->waiting.length || !output->finish)) {
        write_waiting(output);
        if (!output->finish && !output->abandoned)
            wait_for_more(output);
    }
    if (!output->abandoned)
        end(output);
    pthread_mutex_unlock(&output->lock);
}

struct output *output_new(struct loop *loop, struct target *target,
                          const struct output_callbacks *callbacks, void *arg)
{
    struct output *output = mem_calloc(1, sizeof(*output));
    pthread_condattr_t attributes;
    output->loop = loop;
    output->target = target;
    output->callbacks = *callbacks;
    output->arg = arg;
    pthread_mutex_init(&output->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&output->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_cond_init(&output->progress, NULL);
    return output;
}

/* The thread is started for the first bytes, and for none that come behind the end. As long as none is to be had they are
 * written here, and the loop waits for that. */
static void wake_thread(struct output *output)
{
    struct error error = {0};
    pthread_mutex_lock(&output->lock);
    if (output->thread)
        pthread_cond_signal(&output->changed);
    else if (output->waiting.length && !output->finish && thread_start(output_thread, output, &output->thread, &error))
        write_waiting(output);
    pthread_mutex_unlock(&output->lock);
    error_release(&error);
}

/* Hands what was gathered in this turn to the thread: one lock a turn, not one an event. */
static void hand_over(void *arg)
{
    struct output *output = arg;
    output->handing = false;
    draw_status(output);
    pthread_mutex_lock(&output->lock);
    atomic_fetch_add(&output->held, output->gathered.length);
    if (output->waiting.length) {
        buf_append(&output->waiting, output->gathered.data, output->gathered.length);
        buf_clear(&output->gathered);
    } else {
        struct buf empty = output->waiting;
        output->waiting = output->gathered;
        output->gathered = empty;
    }
    pthread_mutex_unlock(&output->lock);
    wake_thread(output);
}

void output_put(struct output *output, const char *bytes, size_t length)
{
    struct buf *gathered = output_begin(output);
    size_t before = gathered->length;
    buf_append(gathered, bytes, length);
    output_end(output, before);
}

struct buf *output_begin(struct output *output)
{
    erase_status(output);
    return &output->gathered;
}

void output_end(struct output *output, size_t before)
{
    size_t length = output->gathered.length - before;
    output->put += length;
    if (length)
        output->in_line = output->gathered.data[output->gathered.length - 1] != '\n';
    if (!output->full && is_full(output)) {
        output->full = true;
        output->callbacks.full(output->arg);
    }
    hand_over_soon(output);
}

void output_push(struct output *output)
{
    bool handing = output->handing;
    hand_over(output);
    output->handing = handing; /* it is called all the same */
}

void output_status(struct output *output, const char *text)
{
    buf_clear(&output->status);
    buf_text(&output->status, text);
    output->stale = true;
    renew_status(output);
}

void output_finish(struct output *output)
{
    erase_status(output);
    buf_clear(&output->status);
    hand_over(output);
    pthread_mutex_lock(&output->lock);
    output->finish = true;
    pthread_cond_signal(&output->changed);
    if (!output->thread)
        end(output);
    pthread_mutex_unlock(&output->lock);
}

bool output_settle(struct output *output)
{
    uint64_t target = output->put;
    pthread_mutex_lock(&output->lock);
    while (output->settled < target && !output->abandoned)
        pthread_cond_wait(&output->progress, &output->lock);
    bool whole = output->settled >= target && !output->lost && !output->error_number;
    pthread_mutex_unlock(&output->lock);
    return whole;
}

size_t output_lost(const struct output *output)
{
    struct output *mutable = (struct output *)output;
    pthread_mutex_lock(&mutable->lock);
    size_t lost = output->lost;
    if (!output->done)
        lost += atomic_load(&mutable->held);
    pthread_mutex_unlock(&mutable->lock);
    return lost + output->gathered.length;
}

int output_stuck(const struct output *output)
{
    return output->done ? target_stuck(output->target) : 0;
}

static void release(struct output *output)
{
    target_free(output->target);
    buf_release(&output->waiting);
    buf_release(&output->writing);
    buf_release(&output->gathered);
    buf_release(&output->status);
    pthread_mutex_destroy(&output->lock);
    pthread_cond_destroy(&output->changed);
    pthread_cond_destroy(&output->progress);
    free(output);
}

void output_free(struct output *output)
{
    if (!output)
        return;
    if (output->done) {
        release(output);
        return;
    }
    pthread_mutex_lock(&output->lock);
    bool idle = !atomic_load(&output->held) && !output->finish;
    output->abandoned = true;
    pthread_cond_signal(&output->changed);
    pthread_mutex_unlock(&output->lock);
    if (!idle)
        return;
    if (output->thread)
        thread_join(output->thread);
    loop_forget(output->loop, output);
    release(output);
}
