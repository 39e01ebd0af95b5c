/*
 * Taking messages in a thread of the runner.
 *
 * Where nobody else may have them, a body that is quick gets more and more messages at a time, so that
 * the queue's lock costs it and the producers little; one that is slow gets one at a time.
 */
#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "base/unit.h"
#include "queue/private.h"

/* So many at a time, and so many bytes. */
#define AHEAD_MOST 512
#define AHEAD_BYTES (32u << 10)

/* What was taken at once is used up within this time, or less is taken. */
#define USE_TIME (2 * NS_PER_MS)

/* With the lock held: those that the body is done with are. */
static void release_done(struct taker *taker)
{
    if (!taker->done)
        return;
    taker_hold(taker, 0 - taker->done);
    taker->done = 0;
    queue_changed(taker->queue);
}

/* With the lock held: the message that the thread worked on is done. */
static void drop_kept(struct taker *taker)
{
    taker->keeps = false;
    buf_clear(&taker->kept);
    taker_acknowledge(taker, &taker->mark);
}

/* With the lock held: whether what it takes is lost to nobody, and need not be told one by one. */
static bool may_take_ahead(const struct taker *taker)
{
    const struct queue *queue = taker->queue;
    const struct queue_spec *spec = queue->spec;
    bool alone = spec->delivery == DELIVERY_BROADCAST || queue->users.consumers == 1;
    return alone && taker->lane->takers == 1 && !taker->exact && !spec->dead_letter && !taker->lane->highest;
}

/* With the lock held: how many to take, by how long the last ones have lasted. */
static size_t next_want(const struct taker *taker, int64_t now)
{
    size_t most = (size_t)taker->queue->spec->capacity / 4;
    if (most > AHEAD_MOST)
        most = AHEAD_MOST;
    size_t want = now - taker->came_at > USE_TIME ? taker->want / 4 : taker->want * 2;
    want = want > most ? most : want;
    return want ? want : 1;
}

/* With the lock held, and a message there. */
static void fetch(struct taker *taker)
{
    struct lane *lane = taker->lane;
    int64_t now = clock_monotonic();
    taker->want = next_want(taker, now);
    taker->came_at = now;
    buf_clear(&taker->ahead);
    taker->hand = taker->from = 0;
    size_t count = lane_take_values(lane, &taker->who, &taker->ahead, taker->want, AHEAD_BYTES);
    lane->taken += count;
    taker_hold(taker, count);
    atomic_store_explicit(&lane->ahead, count, memory_order_relaxed);
    queue_changed(taker->queue);
}

/* The next of those that were taken at once; false where there is none. */
static bool take_ahead(struct taker *taker, struct buf *out, bool keep)
{
    atomic_size_t *left = &taker->lane->ahead;
    taker->done += taker->hand < taker->from; /* the body has come back for the next */
    taker->hand = taker->from;
    if (taker->from == taker->ahead.length)
        return false;
    const char *message = taker->ahead.data + taker->from;
    uint32_t size;
    memcpy(&size, message, sizeof(size));
    size = le32toh(size);
    buf_append(out, message + sizeof(size), size);
    taker->from += sizeof(size) + size;
    atomic_store_explicit(left, atomic_load_explicit(left, memory_order_relaxed) - 1,
                          memory_order_relaxed);
    if (keep)
        return true;
    taker->done++;
    taker->hand = taker->from;
    if (taker->from == taker->ahead.length) { /* what comes one by one is done with one by one */
        pthread_mutex_lock(&taker->queue->lock);
        release_done(taker);
        pthread_mutex_unlock(&taker->queue->lock);
    }
    return true;
}

/* With the lock held: waits for a message and takes it; as taker_take_waiting(). */
static int take_next(struct taker *taker, struct buf *out, bool keep,
                     const struct queue_wait *wait, struct error *error)
{
    struct queue *queue = taker->queue;
    size_t start = out->length;
    int result = 1;
    if (taker->keeps)
        drop_kept(taker);
    release_done(taker);
    if (queue_look(queue, taker) == TAKE_EMPTY)
        result = queue_spin(queue, wait, error);
    while (result == 1 && queue_look(queue, taker) == TAKE_EMPTY)
        result = queue_thread_wait(queue, &queue->message, &queue->threads_for_message, wait,
                                   error);
    if (result < 0 || queue_look(queue, taker) != TAKE_MESSAGE)
        return result == 1 ? 2 : result;
    if (may_take_ahead(taker)) {
        fetch(taker);
        return 1;
    }
    taker_take_one(taker, out, &taker->mark);
    taker->keeps = true;
    if (keep)
        buf_append(&taker->kept, out->data + start, out->length - start);
    else
        drop_kept(taker);
    return 1;
}

int taker_take_waiting(struct taker *taker, struct buf *out, bool keep,
                       const struct queue_wait *wait, struct error *error)
{
    size_t start = out->length;
    if (take_ahead(taker, out, keep))
        return 1;
    pthread_mutex_lock(&taker->queue->lock);
    int result = take_next(taker, out, keep, wait, error);
    pthread_mutex_unlock(&taker->queue->lock);
    if (result == 1 && out->length == start)
        take_ahead(taker, out, keep);
    return result;
}

/* With the lock held: gives back what the body has not had, and what it has in hand. */
static void return_ahead(struct taker *taker)
{
    const char *values = buf_string(&taker->ahead) + taker->hand;
    size_t length = taker->ahead.length - taker->hand;
    size_t count = 0;
    if (length)
        values_measure(values, length, (size_t)-1, (size_t)-1, &count);
    if (count)
        lane_return_values(taker->lane, values, length, count);
    atomic_store_explicit(&taker->lane->ahead, 0, memory_order_relaxed);
    taker->lane->taken -= count;
    taker->done += count;
    buf_clear(&taker->ahead);
    taker->hand = taker->from = 0;
    taker->want = 0;
    release_done(taker);
}

void taker_settle(struct taker *taker, bool done)
{
    pthread_mutex_lock(&taker->queue->lock);
    struct buf kept = taker->kept;
    bool keeps = taker->keeps;
    taker->kept = (struct buf){0};
    if (done && taker->hand < taker->from) {
        taker->done++;
        taker->hand = taker->from;
    }
    if (taker->ahead.length || taker->done)
        return_ahead(taker);
    if (keeps && done)
        drop_kept(taker);
    taker->keeps = false;
    pthread_mutex_unlock(&taker->queue->lock);
    if (keeps && !done)
        taker_return_one(taker, kept.data, kept.length, true);
    buf_release(&kept);
}

bool taker_keeps(struct taker *taker)
{
    pthread_mutex_lock(&taker->queue->lock);
    bool keeps = taker->holding;
    pthread_mutex_unlock(&taker->queue->lock);
    return keeps;
}
