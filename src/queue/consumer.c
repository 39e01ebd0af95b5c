/* One who takes from a queue. */
#include "queue/consumer.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/run.h"
#include "queue/durable.h"
#include "queue/key_groups.h"
#include "queue/private.h"

/* Messages are handed to a worker in no larger pieces than this, and one message. */
#define TAKE_BYTES (32u << 10)

/* The lane of the consumer; one that is not given out yet becomes its. */
static struct lane *find_lane(struct queue *queue, const char *consumer)
{
    struct lane *unused = NULL;
    if (queue->spec->delivery == DELIVERY_SHARE)
        return &queue->lanes[0];
    for (size_t i = 0; i < queue->lane_count; i++) {
        struct lane *lane = &queue->lanes[i];
        if (lane->consumer && !strcmp(lane->consumer, consumer))
            return lane;
        if (!lane->consumer && !unused)
            unused = lane;
    }
    assert(unused); /* there is a lane for each consumer */
    unused->consumer = consumer;
    return unused;
}

struct taker *taker_new(struct queue *queue, const char *consumer, enum taker_kind kind)
{
    struct taker *taker = mem_calloc(1, sizeof(*taker));
    taker->queue = queue;
    taker->kind = kind;
    taker->consumer = consumer;
    taker->who = (struct lane_taker){taker, kind == TAKER_TASKS};
    taker->exact = queue->spec->max_attempts || queue->spec->ordered || queue->spec->durable || queue->spec->trace;
    pthread_mutex_lock(&queue->lock);
    taker->lane = find_lane(queue, consumer);
    taker->lane->takers++;
    pthread_mutex_unlock(&queue->lock);
    return taker;
}

void taker_hold(struct taker *taker, size_t count)
{
    taker->holding += count;
    taker->lane->holding += count;
}

/* With the lock held. */
static void release(struct taker *taker, size_t count)
{
    taker_hold(taker, 0 - count);
    queue_changed(taker->queue);
}

void taker_release(struct taker *taker, const struct mark_taken *mark)
{
    if (taker->lane->order)
        order_done(taker->lane->order, mark->slot);
    release(taker, 1);
}

void taker_acknowledge(struct taker *taker, const struct mark_taken *mark)
{
    durable_done(taker->queue, mark->id);
    taker_release(taker, mark);
}

void taker_free(struct taker *taker)
{
    if (!taker)
        return;
    struct queue *queue = taker->queue;
    pthread_mutex_lock(&queue->lock);
    if (taker->lane->order)
        order_leave(taker->lane->order, taker);
    taker->lane->takers--;
    release(taker, taker->holding);
    pthread_mutex_unlock(&queue->lock);
    buf_release(&taker->kept);
    buf_release(&taker->ahead);
    buf_release(&taker->sent);
    free(taker);
}

struct queue *taker_queue(const struct taker *taker)
{
    return taker->queue;
}

bool taker_knows_each(const struct taker *taker)
{
    return taker->lane->single;
}

bool taker_is_shared(const struct taker *taker)
{
    const struct queue *queue = taker->queue;
    return queue->spec->delivery == DELIVERY_SHARE && queue->users.consumers > 1;
}

bool taker_is_exact(const struct taker *taker)
{
    return taker->exact;
}

void taker_wait(struct taker *taker, struct waiter *waiter)
{
    struct queue *queue = taker->queue;
    pthread_mutex_lock(&queue->lock);
    waiter->taker = taker;
    queue_waiters_add(&queue->for_message, waiter);
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

bool taker_is_awaited(const struct taker *taker)
{
    struct queue *queue = taker->queue;
    bool awaited = false;
    pthread_mutex_lock(&queue->lock);
    for (const struct waiter *waiter = queue->for_message; waiter && !awaited;
         waiter = waiter->next)
        awaited = waiter->taker != taker && waiter->taker->lane == taker->lane;
    awaited = (awaited || queue->threads_for_message) && !taker->lane->messages;
    pthread_mutex_unlock(&queue->lock);
    return awaited;
}

bool taker_finds_nothing(const struct taker *taker)
{
    pthread_mutex_lock(&taker->queue->lock);
    bool nothing = queue_look(taker->queue, taker) == TAKE_EMPTY;
    pthread_mutex_unlock(&taker->queue->lock);
    return nothing;
}

void taker_take_one(struct taker *taker, struct buf *out, struct mark_taken *mark)
{
    struct queue *queue = taker->queue;
    size_t start = out->length;
    lane_take_value(taker->lane, &taker->who, out, mark);
    if (taker->kind != TAKER_TASKS) /* a task counts when it begins: taker_task_tried() */
        durable_tried(queue, mark->id, mark->attempts + 1);
    taker->lane->taken++;
    taker_hold(taker, 1);
    queue_trace(queue, EVENT_QUEUE_GET, mark->number, taker->consumer, out->data + start, out->length - start);
    queue_changed(queue);
}

enum take_result taker_take(struct taker *taker, struct buf *out, struct mark_taken *mark)
{
    pthread_mutex_lock(&taker->queue->lock);
    enum take_result result = queue_look(taker->queue, taker);
    if (result == TAKE_MESSAGE)
        taker_take_one(taker, out, mark);
    pthread_mutex_unlock(&taker->queue->lock);
    return result;
}

/* With the lock held: how many it may have of those that are there. */
static size_t fair_share(const struct taker *taker, size_t most)
{
    size_t consumers = taker->queue->users.consumers;
    bool shared = taker->queue->spec->delivery == DELIVERY_SHARE && consumers > 1;
    size_t share = taker->lane->messages / (shared ? consumers : 1);
    return most < share ? most : share; /* one is taken in any case */
}

/* With the lock held, and a message there: one, in the form of many. */
static void take_exact(struct taker *taker, struct buf *out)
{
    size_t head = out->length;
    uint32_t size = 0;
    buf_append(out, &size, sizeof(size));
    lane_take_value(taker->lane, &taker->who, out, &taker->mark);
    durable_tried(taker->queue, taker->mark.id, taker->mark.attempts + 1);
    queue_trace(taker->queue, EVENT_QUEUE_GET, taker->mark.number, taker->consumer, out->data + head + sizeof(size),
                out->length - head - sizeof(size));
    size = htole32((uint32_t)(out->length - head - sizeof(size)));
    memcpy(out->data + head, &size, sizeof(size));
}

enum take_result taker_take_many(struct taker *taker, struct buf *out, size_t most, size_t *count)
{
    struct queue *queue = taker->queue;
    pthread_mutex_lock(&queue->lock);
    enum take_result result = queue_look(queue, taker);
    if (result == TAKE_MESSAGE) {
        *count = 1;
        if (taker->exact)
            take_exact(taker, out);
        else
            *count = lane_take_values(taker->lane, &taker->who, out, fair_share(taker, most),
                                      TAKE_BYTES);
        taker->lane->taken += *count;
        taker_hold(taker, *count);
        queue_changed(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

/* A stream has a message that is known by itself. */
static void note_sent(void *arg, const struct letter *letter, size_t bytes)
{
    struct taker *taker = arg;
    const struct sent sent = {letter->id, letter->number, bytes};
    struct buf encoded = {0};
    buf_append(&taker->sent, &sent, sizeof(sent));
    if (!taker->queue->spec->trace)
        return;
    letter_value(letter, taker->queue->spec->framing, &encoded);
    queue_trace(taker->queue, EVENT_QUEUE_GET, letter->number, taker->consumer, encoded.data, encoded.length);
    buf_release(&encoded);
}

enum take_result taker_take_stream(struct taker *taker, struct buf *out, size_t most,
                                   struct error *error)
{
    struct queue *queue = taker->queue;
    pthread_mutex_lock(&queue->lock);
    enum take_result result = queue_look(queue, taker);
    if (result == TAKE_MESSAGE) {
        const struct lane_told told = {note_sent, taker};
        taker->lane->taken += lane_take_stream(taker->lane, &taker->who, out, most,
                                               taker->lane->single ? &told : NULL, error);
        queue_changed(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

void taker_set_unread(struct taker *taker, bool unread)
{
    pthread_mutex_lock(&taker->queue->lock);
    if (unread && !taker->holding)
        taker_hold(taker, 1);
    else if (!unread && taker->holding)
        release(taker, 1);
    pthread_mutex_unlock(&taker->queue->lock);
}

void taker_read_stream(struct taker *taker, size_t unread)
{
    struct buf *list = &taker->sent;
    struct sent *sent = (struct sent *)list->data;
    size_t count = list->length / sizeof(*sent);
    size_t kept = count;
    size_t done = 0;
    pthread_mutex_lock(&taker->queue->lock);
    for (size_t bytes = 0; kept && bytes < unread; kept--)
        bytes += sent[kept - 1].bytes;
    for (; done < kept; done++)
        durable_done(taker->queue, sent[done].id);
    pthread_mutex_unlock(&taker->queue->lock);
    buf_consume(list, done * sizeof(*sent));
}

/* With the lock held: messages that are known by themselves, which a stream gives back, the last one first. */
static void return_sent(struct taker *taker, const char *bytes, size_t length)
{
    struct buf *list = &taker->sent;
    while (length && list->length) {
        struct sent sent;
        memcpy(&sent, list->data + list->length - sizeof(sent), sizeof(sent));
        buf_truncate(list, list->length - sizeof(sent));
        length -= sent.bytes;
        lane_return_framed(taker->lane, bytes + length, sent.bytes, sent.id, sent.number);
    }
}

void taker_return_stream(struct taker *taker, const char *bytes, size_t length)
{
    struct queue *queue = taker->queue;
    if (!length)
        return;
    pthread_mutex_lock(&queue->lock);
    size_t before = taker->lane->messages;
    if (taker->lane->single)
        return_sent(taker, bytes, length);
    else
        lane_return_stream(taker->lane, bytes, length);
    taker->lane->taken -= taker->lane->messages - before;
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

void taker_leave(struct taker *taker, size_t count)
{
    pthread_mutex_lock(&taker->queue->lock);
    taker->lane->taken -= count;
    pthread_mutex_unlock(&taker->queue->lock);
}

void taker_done(struct taker *taker, size_t count)
{
    pthread_mutex_lock(&taker->queue->lock);
    if (count > taker->holding)
        count = taker->holding;
    if (taker->exact && count)
        taker_acknowledge(taker, &taker->mark);
    else
        release(taker, count);
    pthread_mutex_unlock(&taker->queue->lock);
}

/* A message that was worked on in vain goes to the dead letters once it was tried often enough. */
static void return_tried(struct taker *taker, const char *encoded, size_t length)
{
    const struct queue_spec *spec = taker->queue->spec;
    unsigned attempts = taker->mark.attempts + 1;
    bool bury = spec->max_attempts && attempts >= spec->max_attempts;
    struct buf reason = {0};
    if (bury) { /* before it is released: the queue of dead letters must not have closed */
        buf_printf(&reason, "%s ended before it was done with it", taker->consumer);
        queue_bury(taker->queue, encoded, length, attempts, reason.data);
        buf_release(&reason);
    }
    pthread_mutex_lock(&taker->queue->lock);
    if (!bury) {
        const struct mark_taken tried = {
            .attempts = attempts, .id = taker->mark.id, .number = taker->mark.number};
        lane_return_value(taker->lane, encoded, length, &tried);
        taker->lane->taken--;
        taker_release(taker, &taker->mark);
    } else {
        taker_acknowledge(taker, &taker->mark);
    }
    pthread_mutex_unlock(&taker->queue->lock);
}

/* The same for one that was not worked on. */
static void return_untried(struct taker *taker, const struct mark_taken *mark, const char *encoded,
                           size_t length)
{
    pthread_mutex_lock(&taker->queue->lock);
    durable_tried(taker->queue, mark->id, mark->attempts);
    lane_return_value(taker->lane, encoded, length, mark);
    taker->lane->taken--;
    taker_release(taker, mark);
    pthread_mutex_unlock(&taker->queue->lock);
}

void taker_return_one(struct taker *taker, const char *encoded, size_t length, bool tried)
{
    if (tried)
        return_tried(taker, encoded, length);
    else
        return_untried(taker, &taker->mark, encoded, length);
}

void taker_return_many(struct taker *taker, const char *bytes, size_t length, size_t count,
                       bool tried)
{
    if (taker->exact) {
        taker_return_one(taker, bytes + sizeof(uint32_t), length - sizeof(uint32_t), tried);
        return;
    }
    pthread_mutex_lock(&taker->queue->lock);
    lane_return_values(taker->lane, bytes, length, count);
    taker->lane->taken -= count;
    release(taker, count);
    pthread_mutex_unlock(&taker->queue->lock);
}

void taker_task_done(struct taker *taker, const struct mark_taken *mark)
{
    pthread_mutex_lock(&taker->queue->lock);
    taker_acknowledge(taker, mark);
    pthread_mutex_unlock(&taker->queue->lock);
}

void taker_task_tried(struct taker *taker, const struct mark_taken *mark, int64_t attempts)
{
    pthread_mutex_lock(&taker->queue->lock);
    durable_tried(taker->queue, mark->id, attempts);
    pthread_mutex_unlock(&taker->queue->lock);
}

void taker_task_failed(struct taker *taker, const struct mark_taken *mark, const char *encoded,
                       size_t length, int64_t attempts, const char *reason)
{
    if (taker->queue->spec->dead_letter)
        queue_bury(taker->queue, encoded, length, attempts, reason);
    taker_task_done(taker, mark);
}

void taker_task_back(struct taker *taker, const struct mark_taken *mark, const char *encoded,
                     size_t length)
{
    return_untried(taker, mark, encoded, length);
}
