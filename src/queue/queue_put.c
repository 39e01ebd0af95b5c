/* Putting messages into a queue. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/run.h"
#include "event/bus.h"
#include "queue/durable.h"
#include "queue/message.h"
#include "queue/private.h"
#include "queue/trace.h"
#include "store/dead_letter.h"
#include "value/value.h"

/* A queue of which so many would be more than an eighth holds exactly what its capacity says. */
#define GATHER_LEAST 4

/* The same, of a capacity in bytes. */
#define GATHER_ROOM ((size_t)256 << 10)

/* A queue whose capacity is in messages never holds more bytes than this and one message. */
#define QUEUE_BYTES (4u << 20)

static size_t most_bytes(const struct queue *queue)
{
    return queue->spec->capacity_bytes ? (size_t)queue->spec->capacity_bytes : QUEUE_BYTES;
}

/* In every subscription from which somebody takes. */
size_t queue_subscription_room(const struct queue *queue)
{
    size_t most = (size_t)queue->spec->capacity;
    size_t least = most;
    for (size_t i = 0; i < queue->subscription_count; i++) {
        const struct subscription *subscription = &queue->subscriptions[i];
        size_t messages = subscription->messages + queue->delay.count;
        if (subscription->abandoned)
            continue;
        if (messages >= most || subscription->bytes + queue->delay.bytes >= most_bytes(queue))
            return 0;
        least = most - messages < least ? most - messages : least;
    }
    return least;
}

bool queue_has_no_room(const struct queue *queue)
{
    if (durable_is_full(queue))
        return true;
    return !queue->abandoned && !queue_subscription_room(queue);
}

/* With the lock held: a message goes to all who may take it; at least to one subscription. */
void queue_enter(struct queue *queue, const char *encoded, size_t length, int64_t number, int priority)
{
    for (size_t i = 0; i < queue->subscription_count; i++) {
        struct subscription *subscription = &queue->subscriptions[i];
        if (subscription->abandoned)
            continue;
        if (number) {
            struct message *message = message_new(encoded, length, false, 0);
            message->number = number;
            subscription_put_letter(subscription, message, priority);
        } else {
            subscription_put_value(subscription, encoded, length, priority);
        }
        subscription->put++;
    }
}

/* Each subscription owns what is in it, so each has a message of its own. */
void queue_enter_message(struct queue *queue, struct message *message, int priority)
{
    if (queue->spec->durable) {
        subscription_put_letter(&queue->subscriptions[0], message, priority);
        queue->subscriptions[0].put++;
        return;
    }
    queue_enter(queue, message->bytes, message->length, message->number, priority);
    free(message);
}

/* With the lock held: the same messages into each subscription from which somebody takes. */
static size_t enter_stream(struct queue *queue, const char *bytes, size_t length, bool spent)
{
    size_t count = queue->abandoned ? (size_t)-1 : queue_subscription_room(queue);
    size_t taken = 0;
    for (size_t i = 0; i < queue->subscription_count; i++) {
        struct subscription *subscription = &queue->subscriptions[i];
        if (subscription->abandoned)
            continue;
        taken = subscription_put_stream(subscription, bytes, length, spent && queue->subscription_count == 1, count, &count);
        subscription->put += count;
    }
    if (queue->abandoned) { /* counted as put, never taken */
        taken = framing_measure(queue->spec->framing, bytes, length, (size_t)-1, &count);
        queue->totals.lost += count;
    }
    queue->totals.put += count;
    return taken;
}

/* Where a message of a durable queue goes beyond its file. */
static void put_message(struct queue *queue, struct message *message,
                        const struct put_options *options)
{
    if (queue->abandoned) { /* counted as put, never taken; or in the file for the next run */
        queue->totals.lost += !queue->spec->durable;
        queue->totals.aside += queue->spec->durable != NULL;
        free(message);
    } else if (options->delay) {
        delayed_messages_put(&queue->delay, message, options->priority,
                             clock_monotonic() + options->delay);
        queue_wake_soon(queue);
    } else {
        queue_enter_message(queue, message, options->priority);
        queue_changed(queue);
    }
}

/* With the lock held. */
static void put_one(struct queue *queue, const char *encoded, size_t length,
                    const struct put_options *options)
{
    queue->totals.put++;
    queue_trace(queue, EVENT_QUEUE_PUT, queue_number(queue), options->producer, encoded, length);
    if (queue->spec->durable || options->delay) {
        struct message *message = message_new(encoded, length, false, 0);
        message->number = queue_number(queue);
        message->id = durable_put(queue, encoded, length, options);
        put_message(queue, message, options);
    } else if (queue->abandoned) {
        queue->totals.lost++; /* counted as put, never taken */
    } else {
        queue_enter(queue, encoded, length, queue_number(queue), options->priority);
        queue_changed(queue);
    }
}

/* With the lock held: messages in their frames one by one, as long as there is room. */
static size_t put_each(struct queue *queue, const char *bytes, size_t length, const char *producer)
{
    const struct put_options options = {.producer = producer};
    struct buf encoded = {0};
    size_t done = 0;
    while (done < length && !queue_has_no_room(queue)) {
        const char *message;
        size_t size;
        done += framing_first(queue->spec->framing, bytes + done, length - done, &message, &size);
        buf_clear(&encoded);
        framing_decode(queue->spec->framing, message, size, &encoded);
        put_one(queue, encoded.data, encoded.length, &options);
    }
    buf_release(&encoded);
    return done;
}

static size_t put_stream(struct queue *queue, const char *bytes, size_t length, const char *producer, bool spent)
{
    size_t taken = 0;
    pthread_mutex_lock(&queue->lock);
    if (queue->spec->durable || queue->spec->trace)
        taken = put_each(queue, bytes, length, producer);
    else if (!queue_has_no_room(queue))
        taken = enter_stream(queue, bytes, length, spent);
    bool full = queue_has_no_room(queue);
    if (taken)
        queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
    if (full && bus_wants(queue->run->bus, EVENT_QUEUE_FULL, 0))
        queue_event(queue, EVENT_QUEUE_FULL, 0, 0);
    return taken;
}

size_t queue_put_stream(struct queue *queue, const char *bytes, size_t length, const char *producer)
{
    return put_stream(queue, bytes, length, producer, false);
}

size_t queue_move_stream(struct queue *queue, char *bytes, size_t length, const char *producer)
{
    return put_stream(queue, bytes, length, producer, true);
}

/* With the lock held: bytes for which there is room; one message may have more. */
static size_t room_bytes(const struct queue *queue)
{
    size_t least = most_bytes(queue);
    for (size_t i = 0; i < queue->subscription_count; i++) {
        size_t used = queue->subscriptions[i].bytes + queue->delay.bytes;
        size_t left = used < most_bytes(queue) ? most_bytes(queue) - used : 0;
        if (!queue->subscriptions[i].abandoned && left < least)
            least = left;
    }
    return least;
}

/* With the lock held. */
static void put_many(struct queue *queue, const char *values, size_t length, size_t count,
                     const struct put_options *options)
{
    const char *end = values + length;
    if (!queue->abandoned && !options->delay && !queue->spec->trace && !queue->spec->durable) {
        for (size_t i = 0; i < queue->subscription_count; i++) {
            struct subscription *subscription = &queue->subscriptions[i];
            if (subscription->abandoned)
                continue;
            subscription_put_values(subscription, values, length, options->spent && queue->subscription_count == 1, count, options->priority);
            subscription->put += count;
        }
        queue->totals.put += count;
        queue_changed(queue);
        return;
    }
    while (values < end) {
        size_t one;
        size_t size = values_measure(values, (size_t)(end - values), 1, 1, &one);
        put_one(queue, values + sizeof(uint32_t), size - sizeof(uint32_t), options);
        values += size;
    }
}

size_t queue_put_values(struct queue *queue, const char *values, size_t length,
                        const struct put_options *options, size_t *count)
{
    size_t taken = 0;
    *count = 0;
    pthread_mutex_lock(&queue->lock);
    bool all = queue->abandoned;
    if (!queue_has_no_room(queue)) {
        taken = values_measure(values, length, all ? (size_t)-1 : queue_subscription_room(queue),
                               all ? (size_t)-1 : room_bytes(queue), count);
        put_many(queue, values, taken, *count, options);
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

bool queue_put_value(struct queue *queue, const char *encoded, size_t length,
                     const struct put_options *options)
{
    pthread_mutex_lock(&queue->lock);
    bool done = !queue_has_no_room(queue);
    if (done)
        put_one(queue, encoded, length, options);
    pthread_mutex_unlock(&queue->lock);
    return done;
}

void queue_put_unbounded(struct queue *queue, const char *encoded, size_t length,
                         const struct put_options *options)
{
    pthread_mutex_lock(&queue->lock);
    put_one(queue, encoded, length, options);
    pthread_mutex_unlock(&queue->lock);
}

struct queue *queue_dead_letters(const struct queue *queue)
{
    const size_t *index = queue->spec->dead_letter;
    return index ? queue->run->queue_set.list[*index] : NULL;
}

bool queue_is_full(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool full = queue_has_no_room(queue);
    pthread_mutex_unlock(&queue->lock);
    return full;
}

/* As a table, or as JSON in a text where a table cannot be sent. */
static void encode_dead(const struct queue *queue, const struct queue *dead, const char *encoded,
                        size_t length, int64_t attempts, const char *reason, struct buf *out)
{
    struct buf table = {0};
    dead_letter_write(&table, encoded, length, queue->spec->name, reason, attempts);
    if (dead->spec->framing == FRAMING_JSON) {
        buf_append(out, table.data, table.length);
    } else {
        struct buf text = {0};
        value_text_of(&text, table.data, table.length);
        value_encode_string(out, text.data, text.length);
        buf_release(&text);
    }
    buf_release(&table);
}

/* What is put there is no more than the messages that were being worked on. */
static void put_dead(struct queue *queue, const char *encoded, size_t length, int64_t attempts,
                     const char *reason)
{
    static const struct put_options usual;
    struct queue *dead = queue_dead_letters(queue);
    struct buf message = {0};
    encode_dead(queue, dead, encoded, length, attempts, reason, &message);
    queue_put_unbounded(dead, message.data, message.length, &usual);
    buf_release(&message);
}

void queue_dead_letter(struct queue *queue, const char *encoded, size_t length, int64_t attempts,
                       const char *reason)
{
    bool kept = queue->spec->dead_letter;
    struct buf text = {0};
    struct event event = {
        .kind = EVENT_QUEUE_DEAD_LETTER,
        .flags = EVENT_WRONG | (kept ? 0 : EVENT_REASONED),
        .object = queue->spec->name,
        .attempt = attempts,
        .reason = reason,
    };
    value_text_of(&text, encoded, length);
    event.output.bytes = buf_string(&text);
    event.output.length = text.length;
    trace_event(queue->run, &event);
    buf_release(&text);
    if (kept)
        put_dead(queue, encoded, length, attempts, reason);
    pthread_mutex_lock(&queue->lock);
    queue->totals.dead++;
    queue->totals.lost += !kept;
    pthread_mutex_unlock(&queue->lock);
}

/* With the lock held: waits until one message can be put; 1, or 0: the deadline passed, or < 0. */
static int wait_for_room(struct queue *queue, const struct queue_wait *wait, struct error *error)
{
    int result = 1;
    if (queue_has_no_room(queue))
        result = queue_spin(queue, wait, error);
    while (result == 1 && queue_has_no_room(queue))
        result = queue_thread_wait(queue, &queue->waiting.room, &queue->waiting.threads_for_room, wait, error);
    return result == 0 && !queue_has_no_room(queue) ? 1 : result;
}

static void put_all_unbounded(struct queue *queue, const char *values, size_t length)
{
    static const struct put_options usual;
    while (length) {
        size_t count;
        size_t size = values_measure(values, length, 1, 1, &count);
        queue_put_unbounded(queue, values + sizeof(uint32_t), size - sizeof(uint32_t), &usual);
        values += size;
        length -= size;
    }
}

int queue_put_values_waiting(struct queue *queue, const char *values, size_t length,
                             const struct queue_wait *wait, struct error *error)
{
    static const struct put_options usual;
    int result = 1;
    while (length && result == 1) {
        size_t count;
        size_t taken = queue_put_values(queue, values, length, &usual, &count);
        values += taken;
        length -= taken;
        if (!length)
            break;
        pthread_mutex_lock(&queue->lock);
        result = wait_for_room(queue, wait, error);
        pthread_mutex_unlock(&queue->lock);
    }
    put_all_unbounded(queue, values, length);
    return result;
}

size_t queue_gathers(const struct queue *queue, size_t most)
{
    const struct queue_spec *spec = queue->spec;
    size_t share = (size_t)spec->capacity / 8;
    if (spec->durable || spec->trace || share < GATHER_LEAST || most_bytes(queue) < GATHER_ROOM)
        return 0;
    return share < most ? share : most;
}

int queue_put_waiting(struct queue *queue, const char *encoded, size_t length,
                      const struct put_options *options, const struct queue_wait *wait,
                      struct error *error)
{
    pthread_mutex_lock(&queue->lock);
    int result = wait_for_room(queue, wait, error);
    if (result == 1)
        put_one(queue, encoded, length, options);
    pthread_mutex_unlock(&queue->lock);
    return result;
}
