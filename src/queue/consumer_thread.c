/*
 * Taking messages in a thread of the runner.
 *
 * Where nobody else may have them, a body that is quick gets more and more messages at a time, so
 * that the queue's lock costs it and the producers little; one that is slow gets one at a time.
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
static void release_done(struct consumer *consumer)
{
    if (!consumer->done)
        return;
    consumer_hold(consumer, 0 - consumer->done);
    consumer->done = 0;
    queue_changed(consumer->queue);
}

/* With the lock held: the message that the thread worked on is done. */
static void drop_kept(struct consumer *consumer)
{
    consumer->keeps = false;
    buf_clear(&consumer->kept);
    consumer_ack(consumer, &consumer->mark);
}

/* With the lock held: whether what it takes is lost to nobody, and need not be told one by one. */
static bool may_take_ahead(const struct consumer *consumer)
{
    const struct queue *queue = consumer->queue;
    const struct queue_spec *spec = queue->spec;
    bool alone = spec->delivery == DELIVERY_BROADCAST || queue->users.consumers == 1;
    return alone && consumer->subscription->consumers == 1 && !consumer->exact &&
           !spec->dead_letter && !consumer->subscription->highest;
}

/* With the lock held: how many to take, by how long the last ones have lasted. */
static size_t next_want(const struct consumer *consumer, int64_t now)
{
    size_t most = (size_t)consumer->queue->spec->capacity / 4;
    if (most > AHEAD_MOST)
        most = AHEAD_MOST;
    size_t want = now - consumer->came_at > USE_TIME ? consumer->want / 4 : consumer->want * 2;
    want = want > most ? most : want;
    return want ? want : 1;
}

/* With the lock held, and a message there. */
static void fetch(struct consumer *consumer)
{
    struct subscription *subscription = consumer->subscription;
    int64_t now = clock_monotonic();
    consumer->want = next_want(consumer, now);
    consumer->came_at = now;
    buf_clear(&consumer->ahead);
    consumer->hand = consumer->from = 0;
    size_t count = subscription_take_values(subscription, &consumer->who, &consumer->ahead,
                                            consumer->want, AHEAD_BYTES);
    subscription->taken += count;
    consumer_hold(consumer, count);
    atomic_store_explicit(&subscription->ahead, count, memory_order_relaxed);
    queue_changed(consumer->queue);
}

/* The next of those that were taken at once; false where there is none. */
static bool take_ahead(struct consumer *consumer, struct buf *out, bool keep)
{
    atomic_size_t *left = &consumer->subscription->ahead;
    consumer->done += consumer->hand < consumer->from; /* the body has come back for the next */
    consumer->hand = consumer->from;
    if (consumer->from == consumer->ahead.length)
        return false;
    const char *message = consumer->ahead.data + consumer->from;
    uint32_t size;
    memcpy(&size, message, sizeof(size));
    size = le32toh(size);
    buf_append(out, message + sizeof(size), size);
    consumer->from += sizeof(size) + size;
    atomic_store_explicit(left, atomic_load_explicit(left, memory_order_relaxed) - 1,
                          memory_order_relaxed);
    if (keep)
        return true;
    consumer->done++;
    consumer->hand = consumer->from;
    if (consumer->from ==
        consumer->ahead.length) { /* what comes one by one is done with one by one */
        pthread_mutex_lock(&consumer->queue->lock);
        release_done(consumer);
        pthread_mutex_unlock(&consumer->queue->lock);
    }
    return true;
}

/* With the lock held: waits for a message and takes it; as consumer_receive_waiting(). */
static int take_next(struct consumer *consumer, struct buf *out, bool keep,
                     const struct queue_wait *wait, struct error *error)
{
    struct queue *queue = consumer->queue;
    size_t start = out->length;
    int result = 1;
    if (consumer->keeps)
        drop_kept(consumer);
    release_done(consumer);
    if (queue_look(queue, consumer) == TAKE_EMPTY)
        result = queue_spin(queue, wait, error);
    while (result == 1 && queue_look(queue, consumer) == TAKE_EMPTY)
        result =
            queue_thread_wait(queue, &queue->waiting.message, &queue->waiting.threads_for_message, wait, error);
    if (result < 0 || queue_look(queue, consumer) != TAKE_MESSAGE)
        return result == 1 ? 2 : result;
    if (may_take_ahead(consumer)) {
        fetch(consumer);
        return 1;
    }
    consumer_receive_one(consumer, out, &consumer->mark);
    consumer->keeps = true;
    if (keep)
        buf_append(&consumer->kept, out->data + start, out->length - start);
    else
        drop_kept(consumer);
    return 1;
}

int consumer_receive_waiting(struct consumer *consumer, struct buf *out, bool keep,
                             const struct queue_wait *wait, struct error *error)
{
    size_t start = out->length;
    if (take_ahead(consumer, out, keep))
        return 1;
    pthread_mutex_lock(&consumer->queue->lock);
    int result = take_next(consumer, out, keep, wait, error);
    pthread_mutex_unlock(&consumer->queue->lock);
    if (result == 1 && out->length == start)
        take_ahead(consumer, out, keep);
    return result;
}

/* With the lock held: gives back what the body has not had, and what it has in hand. */
static void return_ahead(struct consumer *consumer)
{
    const char *values = buf_string(&consumer->ahead) + consumer->hand;
    size_t length = consumer->ahead.length - consumer->hand;
    size_t count = 0;
    if (length)
        values_measure(values, length, (size_t)-1, (size_t)-1, &count);
    if (count)
        subscription_return_values(consumer->subscription, values, length, count);
    atomic_store_explicit(&consumer->subscription->ahead, 0, memory_order_relaxed);
    consumer->subscription->taken -= count;
    consumer->done += count;
    buf_clear(&consumer->ahead);
    consumer->hand = consumer->from = 0;
    consumer->want = 0;
    release_done(consumer);
}

void consumer_settle(struct consumer *consumer, bool done)
{
    pthread_mutex_lock(&consumer->queue->lock);
    struct buf kept = consumer->kept;
    bool keeps = consumer->keeps;
    consumer->kept = (struct buf){0};
    if (done && consumer->hand < consumer->from) {
        consumer->done++;
        consumer->hand = consumer->from;
    }
    if (consumer->ahead.length || consumer->done)
        return_ahead(consumer);
    if (keeps && done)
        drop_kept(consumer);
    consumer->keeps = false;
    pthread_mutex_unlock(&consumer->queue->lock);
    if (keeps && !done)
        consumer_requeue_one(consumer, kept.data, kept.length, true);
    buf_release(&kept);
}

bool consumer_keeps(struct consumer *consumer)
{
    pthread_mutex_lock(&consumer->queue->lock);
    bool keeps = consumer->holding;
    pthread_mutex_unlock(&consumer->queue->lock);
    return keeps;
}
