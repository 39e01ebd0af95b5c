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

/* The subscription of the consumer; one that is not given out yet becomes its. */
static struct subscription *find_subscription(struct queue *queue, const char *consumer)
{
    struct subscription *unused = NULL;
    if (queue->spec->delivery == DELIVERY_SHARE)
        return &queue->subscriptions[0];
    for (size_t i = 0; i < queue->subscription_count; i++) {
        struct subscription *subscription = &queue->subscriptions[i];
        if (subscription->consumer && !strcmp(subscription->consumer, consumer))
            return subscription;
        if (!subscription->consumer && !unused)
            unused = subscription;
    }
    assert(unused); /* there is a subscription for each consumer */
    unused->consumer = consumer;
    return unused;
}

struct consumer *consumer_new(struct queue *queue, const char *name, enum consumer_kind kind)
{
    struct consumer *consumer = mem_calloc(1, sizeof(*consumer));
    consumer->queue = queue;
    consumer->kind = kind;
    consumer->consumer = name;
    consumer->who = (struct receiver){consumer, kind == CONSUMER_TASKS};
    consumer->exact = queue->spec->max_attempts || queue->spec->ordered || queue->spec->durable ||
                      queue->spec->trace;
    pthread_mutex_lock(&queue->lock);
    consumer->subscription = find_subscription(queue, name);
    consumer->subscription->consumers++;
    pthread_mutex_unlock(&queue->lock);
    return consumer;
}

void consumer_hold(struct consumer *consumer, size_t count)
{
    consumer->holding += count;
    consumer->subscription->holding += count;
}

/* With the lock held. */
static void release(struct consumer *consumer, size_t count)
{
    consumer_hold(consumer, 0 - count);
    queue_changed(consumer->queue);
}

void consumer_release(struct consumer *consumer, const struct delivery_tag *mark)
{
    if (consumer->subscription->order)
        key_groups_done(consumer->subscription->order, mark->slot);
    release(consumer, 1);
}

void consumer_ack(struct consumer *consumer, const struct delivery_tag *mark)
{
    durable_done(consumer->queue, mark->id);
    consumer_release(consumer, mark);
}

/* With the lock held. */
static void set_rest(struct consumer *consumer, bool rests)
{
    rests = rests && consumer->holding;
    if (consumer->rests == rests)
        return;
    consumer->rests = rests;
    if (rests)
        consumer->subscription->resting++;
    else
        consumer->subscription->resting--;
    queue_changed(consumer->queue);
}

void consumer_rest(struct consumer *consumer, bool rests)
{
    pthread_mutex_lock(&consumer->queue->lock);
    set_rest(consumer, rests);
    pthread_mutex_unlock(&consumer->queue->lock);
}

void consumer_free(struct consumer *consumer)
{
    if (!consumer)
        return;
    struct queue *queue = consumer->queue;
    pthread_mutex_lock(&queue->lock);
    if (consumer->subscription->order)
        key_groups_leave(consumer->subscription->order, consumer);
    consumer->subscription->consumers--;
    set_rest(consumer, false);
    release(consumer, consumer->holding);
    pthread_mutex_unlock(&queue->lock);
    buf_release(&consumer->kept);
    buf_release(&consumer->ahead);
    buf_release(&consumer->sent);
    free(consumer);
}

struct queue *consumer_queue(const struct consumer *consumer)
{
    return consumer->queue;
}

bool consumer_knows_each(const struct consumer *consumer)
{
    return consumer->subscription->single;
}

bool consumer_is_shared(const struct consumer *consumer)
{
    const struct queue *queue = consumer->queue;
    return queue->spec->delivery == DELIVERY_SHARE && queue->users.consumers > 1;
}

bool consumer_is_exact(const struct consumer *consumer)
{
    return consumer->exact;
}

void consumer_wait(struct consumer *consumer, struct waiter *waiter)
{
    struct queue *queue = consumer->queue;
    pthread_mutex_lock(&queue->lock);
    waiter->consumer = consumer;
    queue_waiters_add(&queue->waiting.for_message, waiter);
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

bool consumer_is_awaited(const struct consumer *consumer)
{
    pthread_mutex_lock(&consumer->queue->lock);
    bool awaited = queue_is_short(consumer->queue, consumer);
    pthread_mutex_unlock(&consumer->queue->lock);
    return awaited;
}

void consumer_wait_awaited(struct consumer *consumer, struct waiter *waiter)
{
    struct queue *queue = consumer->queue;
    pthread_mutex_lock(&queue->lock);
    waiter->consumer = consumer;
    queue_waiters_add(&queue->waiting.for_need, waiter);
    if (queue_is_short(queue, consumer))
        queue_wake_soon(queue);
    pthread_mutex_unlock(&queue->lock);
}

void consumer_yield(struct consumer *consumer, bool yields)
{
    pthread_mutex_lock(&consumer->queue->lock);
    consumer->yields = yields;
    pthread_mutex_unlock(&consumer->queue->lock);
}

bool consumer_may_pass_on(const struct consumer *consumer)
{
    return consumer_is_shared(consumer) && !consumer->queue->spec->ordered;
}

bool consumer_finds_nothing(const struct consumer *consumer)
{
    pthread_mutex_lock(&consumer->queue->lock);
    bool nothing = queue_look(consumer->queue, consumer) == TAKE_EMPTY;
    pthread_mutex_unlock(&consumer->queue->lock);
    return nothing;
}

void consumer_receive_one(struct consumer *consumer, struct buf *out, struct delivery_tag *mark)
{
    struct queue *queue = consumer->queue;
    size_t start = out->length;
    subscription_take_value(consumer->subscription, &consumer->who, out, mark);
    if (consumer->kind != CONSUMER_TASKS) /* a task counts when it begins: consumer_task_tried() */
        durable_tried(queue, mark->id, mark->attempts + 1);
    consumer->subscription->taken++;
    consumer_hold(consumer, 1);
    queue_trace(queue, EVENT_QUEUE_GET, mark->number, consumer->consumer, out->data + start,
                out->length - start);
    queue_changed(queue);
}

enum take_result consumer_receive(struct consumer *consumer, struct buf *out,
                                  struct delivery_tag *mark)
{
    pthread_mutex_lock(&consumer->queue->lock);
    enum take_result result = queue_look(consumer->queue, consumer);
    if (result == TAKE_MESSAGE)
        consumer_receive_one(consumer, out, mark);
    pthread_mutex_unlock(&consumer->queue->lock);
    return result;
}

/* With the lock held: how many it may have of those that are there, but one in any case. */
static size_t fair_share(const struct consumer *consumer, size_t most)
{
    size_t consumers = consumer_is_shared(consumer) ? consumer->queue->users.consumers : 1;
    size_t share = consumer->subscription->messages / consumers;
    share = share ? share : 1;
    return most < share ? most : share;
}

/* With the lock held, and a message there: one, in the form of many. */
static void take_exact(struct consumer *consumer, struct buf *out)
{
    size_t head = out->length;
    uint32_t size = 0;
    buf_append(out, &size, sizeof(size));
    subscription_take_value(consumer->subscription, &consumer->who, out, &consumer->mark);
    durable_tried(consumer->queue, consumer->mark.id, consumer->mark.attempts + 1);
    queue_trace(consumer->queue, EVENT_QUEUE_GET, consumer->mark.number, consumer->consumer,
                out->data + head + sizeof(size), out->length - head - sizeof(size));
    size = htole32((uint32_t)(out->length - head - sizeof(size)));
    memcpy(out->data + head, &size, sizeof(size));
}

enum take_result consumer_receive_many(struct consumer *consumer, struct buf *out, size_t most,
                                       size_t *count)
{
    struct queue *queue = consumer->queue;
    pthread_mutex_lock(&queue->lock);
    enum take_result result = queue_look(queue, consumer);
    if (result == TAKE_MESSAGE) {
        *count = 1;
        if (consumer->exact)
            take_exact(consumer, out);
        else
            *count = subscription_take_values(consumer->subscription, &consumer->who, out,
                                              fair_share(consumer, most), TAKE_BYTES);
        consumer->subscription->taken += *count;
        consumer_hold(consumer, *count);
        queue_changed(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

/* A stream has a message that is known by itself. */
static void note_sent(void *arg, const struct message *message, size_t bytes)
{
    struct consumer *consumer = arg;
    const struct sent sent = {message->id, message->number, bytes};
    struct buf encoded = {0};
    buf_append(&consumer->sent, &sent, sizeof(sent));
    if (!consumer->queue->spec->trace)
        return;
    message_value(message, consumer->queue->spec->framing, &encoded);
    queue_trace(consumer->queue, EVENT_QUEUE_GET, message->number, consumer->consumer, encoded.data,
                encoded.length);
    buf_release(&encoded);
}

/* With the lock held: how many a stream may have. Half of an equal part where others take too: a program may read all of
 * it at once, and then nobody else can have it any more. */
static size_t stream_share(const struct consumer *consumer)
{
    size_t share = fair_share(consumer, (size_t)-1);
    return consumer_is_shared(consumer) ? (share + 1) / 2 : share;
}

enum take_result consumer_receive_stream(struct consumer *consumer, struct buf *out, size_t most, bool fair,
                                         struct error *error)
{
    struct queue *queue = consumer->queue;
    pthread_mutex_lock(&queue->lock);
    enum take_result result = queue_look(queue, consumer);
    if (result == TAKE_MESSAGE) {
        const struct subscription_told told = {note_sent, consumer};
        const struct stream_room room = {most, fair ? stream_share(consumer) : (size_t)-1};
        consumer->subscription->taken +=
            subscription_take_stream(consumer->subscription, &consumer->who, out, &room,
                                     consumer->subscription->single ? &told : NULL, error);
        queue_changed(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

void consumer_set_unread(struct consumer *consumer, bool unread)
{
    pthread_mutex_lock(&consumer->queue->lock);
    if (unread && !consumer->holding) {
        consumer_hold(consumer, 1);
    } else if (!unread && consumer->holding) {
        set_rest(consumer, false);
        release(consumer, 1);
    }
    pthread_mutex_unlock(&consumer->queue->lock);
}

void consumer_read_stream(struct consumer *consumer, size_t unread)
{
    struct buf *list = &consumer->sent;
    struct sent *sent = (struct sent *)list->data;
    size_t count = list->length / sizeof(*sent);
    size_t kept = count;
    size_t done = 0;
    pthread_mutex_lock(&consumer->queue->lock);
    for (size_t bytes = 0; kept && bytes < unread; kept--)
        bytes += sent[kept - 1].bytes;
    for (; done < kept; done++)
        durable_done(consumer->queue, sent[done].id);
    pthread_mutex_unlock(&consumer->queue->lock);
    buf_consume(list, done * sizeof(*sent));
}

/* With the lock held: messages that are known by themselves, which a stream gives back, the last one first. */
static void return_sent(struct consumer *consumer, const char *bytes, size_t length)
{
    struct buf *list = &consumer->sent;
    while (length && list->length) {
        struct sent sent;
        memcpy(&sent, list->data + list->length - sizeof(sent), sizeof(sent));
        buf_truncate(list, list->length - sizeof(sent));
        length -= sent.bytes;
        subscription_return_framed(consumer->subscription, bytes + length, sent.bytes, sent.id,
                                   sent.number);
    }
}

void consumer_requeue_stream(struct consumer *consumer, const char *bytes, size_t length)
{
    struct queue *queue = consumer->queue;
    if (!length)
        return;
    pthread_mutex_lock(&queue->lock);
    size_t before = consumer->subscription->messages;
    if (consumer->subscription->single)
        return_sent(consumer, bytes, length);
    else
        subscription_return_stream(consumer->subscription, bytes, length);
    consumer->subscription->taken -= consumer->subscription->messages - before;
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

void consumer_leave(struct consumer *consumer, size_t count)
{
    pthread_mutex_lock(&consumer->queue->lock);
    consumer->subscription->taken -= count;
    pthread_mutex_unlock(&consumer->queue->lock);
}

void consumer_done(struct consumer *consumer, size_t count)
{
    pthread_mutex_lock(&consumer->queue->lock);
    if (count > consumer->holding)
        count = consumer->holding;
    if (consumer->exact && count)
        consumer_ack(consumer, &consumer->mark);
    else
        release(consumer, count);
    pthread_mutex_unlock(&consumer->queue->lock);
}

/* A message that was worked on in vain goes to the dead messages once it was tried often enough. */
static void return_tried(struct consumer *consumer, const char *encoded, size_t length)
{
    const struct queue_spec *spec = consumer->queue->spec;
    unsigned attempts = consumer->mark.attempts + 1;
    bool bury = spec->max_attempts && attempts >= spec->max_attempts;
    struct buf reason = {0};
    if (bury) { /* before it is released: the queue of dead messages must not have closed */
        buf_printf(&reason, "%s ended before it was done with it", consumer->consumer);
        queue_dead_letter(consumer->queue, encoded, length, attempts, reason.data);
        buf_release(&reason);
    }
    pthread_mutex_lock(&consumer->queue->lock);
    if (!bury) {
        const struct delivery_tag tried = {
            .attempts = attempts, .id = consumer->mark.id, .number = consumer->mark.number};
        subscription_return_value(consumer->subscription, encoded, length, &tried);
        consumer->subscription->taken--;
        consumer_release(consumer, &consumer->mark);
    } else {
        consumer_ack(consumer, &consumer->mark);
    }
    pthread_mutex_unlock(&consumer->queue->lock);
}

/* The same for one that was not worked on. */
static void return_untried(struct consumer *consumer, const struct delivery_tag *mark,
                           const char *encoded, size_t length)
{
    pthread_mutex_lock(&consumer->queue->lock);
    durable_tried(consumer->queue, mark->id, mark->attempts);
    subscription_return_value(consumer->subscription, encoded, length, mark);
    consumer->subscription->taken--;
    consumer_release(consumer, mark);
    pthread_mutex_unlock(&consumer->queue->lock);
}

void consumer_requeue_one(struct consumer *consumer, const char *encoded, size_t length, bool tried)
{
    if (tried)
        return_tried(consumer, encoded, length);
    else
        return_untried(consumer, &consumer->mark, encoded, length);
}

void consumer_requeue_many(struct consumer *consumer, const char *bytes, size_t length,
                           size_t count, bool tried)
{
    if (consumer->exact) {
        consumer_requeue_one(consumer, bytes + sizeof(uint32_t), length - sizeof(uint32_t), tried);
        return;
    }
    pthread_mutex_lock(&consumer->queue->lock);
    subscription_return_values(consumer->subscription, bytes, length, count);
    consumer->subscription->taken -= count;
    release(consumer, count);
    pthread_mutex_unlock(&consumer->queue->lock);
}

void consumer_task_done(struct consumer *consumer, const struct delivery_tag *mark)
{
    pthread_mutex_lock(&consumer->queue->lock);
    consumer_ack(consumer, mark);
    pthread_mutex_unlock(&consumer->queue->lock);
}

void consumer_task_tried(struct consumer *consumer, const struct delivery_tag *mark,
                         int64_t attempts)
{
    pthread_mutex_lock(&consumer->queue->lock);
    durable_tried(consumer->queue, mark->id, attempts);
    pthread_mutex_unlock(&consumer->queue->lock);
}

void consumer_task_failed(struct consumer *consumer, const struct delivery_tag *mark,
                          const char *encoded, size_t length, int64_t attempts, const char *reason)
{
    if (consumer->queue->spec->dead_letter)
        queue_dead_letter(consumer->queue, encoded, length, attempts, reason);
    consumer_task_done(consumer, mark);
}

void consumer_task_requeue(struct consumer *consumer, const struct delivery_tag *mark,
                           const char *encoded, size_t length)
{
    return_untried(consumer, mark, encoded, length);
}
