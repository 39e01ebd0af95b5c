/* A queue that lasts in a file. */
#include "queue/durable.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "engine/run.h"
#include "queue/message.h"
#include "queue/private.h"
#include "queue/trace.h"
#include "scenario/spec.h"
#include "store/queue_file.h"
#include "store/queue_store.h"

/* Messages that are read at a time. */
#define PAGE 1024

/* False in a dry run too, where nothing is opened, and at the end, when all was closed. */
static bool durable(const struct queue *queue)
{
    return queue->slot >= 0 && !queue->stopped;
}

static struct queue_store *message_store_of(const struct queue *queue)
{
    return queue->run->queue_set.store;
}

size_t durable_unread(const struct queue *queue)
{
    return durable(queue) ? (size_t)queue_store_left(message_store_of(queue), (size_t)queue->slot)
                          : 0;
}

size_t durable_before(const struct queue *queue)
{
    return durable(queue) ? (size_t)queue_store_before(message_store_of(queue), (size_t)queue->slot) : 0;
}

static void tell_damaged(struct queue *queue, const char *reason)
{
    struct event event = {
        .kind = EVENT_QUEUE_DAMAGED,
        .flags = EVENT_WRONG,
        .object = queue->spec->name,
        .reason = reason,
    };
    trace_event(queue->run, &event);
    queue->run->outcome.unwritten = true;
}

static void set_aside(struct queue *queue, int64_t id)
{
    struct buf reason = {0};
    buf_printf(&reason, "message %lld is not as it was put, and is set aside", (long long)id);
    queue_store_set_aside(message_store_of(queue), (size_t)queue->slot, id);
    tell_damaged(queue, buf_string(&reason));
    buf_release(&reason);
}

void durable_tell_damage(struct queue *queue)
{
    struct buf reason = {0};
    if (durable(queue) && queue_store_damage(message_store_of(queue), (size_t)queue->slot, &reason))
        tell_damaged(queue, buf_string(&reason));
    buf_release(&reason);
}

/* A message that was read: it waits until it is due, or stands where it may be taken. */
static bool take_stored(void *arg, const struct stored *row)
{
    struct queue *queue = arg;
    if (row->damaged) {
        set_aside(queue, row->id);
        return queue_subscription_room(queue);
    }
    struct message *message =
        message_new(row->encoded, row->length, false, (unsigned)row->attempts);
    int64_t wait = row->due ? row->due - clock_wall() : 0;
    int priority = row->priority < 0                          ? 0
                   : row->priority >= SUBSCRIPTION_PRIORITIES ? SUBSCRIPTION_PRIORITIES - 1
                                                              : (int)row->priority;
    message->id = row->id;
    queue->totals.put++;
    if (queue->spec->max_attempts && row->attempts >= queue->spec->max_attempts) {
        message_list_add(&queue->spent, message);
        queue_wake_soon(queue);
    } else if (wait > 0) {
        delayed_messages_put(&queue->delay, message, priority, clock_monotonic() + wait);
    } else {
        subscription_put_letter(&queue->subscriptions[0], message, priority);
        queue->subscriptions[0].put++;
    }
    return queue_subscription_room(queue);
}

static void tell_unreadable(struct queue *queue, const char *text)
{
    struct event event = {
        .kind = EVENT_QUEUE_UNREADABLE,
        .flags = EVENT_WRONG,
        .object = queue->spec->name,
        .reason = text,
    };
    trace_event(queue->run, &event);
    queue->run->outcome.unwritten = true;
}

/* It is read in pieces, and not for each message that was taken. */
static bool wants_more(const struct queue *queue)
{
    return !queue->abandoned && durable_unread(queue) &&
           queue_subscription_room(queue) > (size_t)queue->spec->capacity / 2;
}

void durable_fill(struct queue *queue)
{
    struct error error = {0};
    bool any = false;
    while (wants_more(queue) && !error.code) {
        size_t room = queue_subscription_room(queue);
        queue_store_read(message_store_of(queue), (size_t)queue->slot, room < PAGE ? room : PAGE,
                         take_stored, queue, &error);
        any = true;
    }
    if (error.code)
        tell_unreadable(queue, error.text);
    error_release(&error);
    if (any && queue->delay.count)
        queue_wake_soon(queue);
}

bool durable_is_full(const struct queue *queue)
{
    bool reads = !queue->abandoned && durable_unread(queue);
    return durable(queue) && (reads || queue_store_is_full(message_store_of(queue)));
}

int64_t durable_put(struct queue *queue, const char *encoded, size_t length,
                    const struct put_options *options)
{
    if (!durable(queue))
        return 0;
    const struct stored message = {
        .priority = options->priority,
        .due = options->delay ? clock_wall() + options->delay : 0,
        .encoded = encoded,
        .length = length,
    };
    return queue_store_put(message_store_of(queue), (size_t)queue->slot, message);
}

/* How often is of interest where that is bounded. */
void durable_tried(struct queue *queue, int64_t id, int64_t attempts)
{
    if (durable(queue) && queue->spec->max_attempts)
        queue_store_tried(message_store_of(queue), (size_t)queue->slot, id, attempts);
}

void durable_done(struct queue *queue, int64_t id)
{
    if (durable(queue))
        queue_store_done(message_store_of(queue), (size_t)queue->slot, id);
}

/* Before it is taken out, as in another file it may be lost else. */
static void bury(struct queue *queue, const struct message *message)
{
    queue_dead_letter(queue, message->bytes, message->length, message->attempts,
                      "no run that tried it came to its end");
    pthread_mutex_lock(&queue->lock);
    durable_done(queue, message->id);
    pthread_mutex_unlock(&queue->lock);
}

void durable_bury_spent(struct queue *queue)
{
    struct message *message;
    while ((message = message_list_take(&queue->spent))) {
        pthread_mutex_unlock(&queue->lock);
        bury(queue, message);
        free(message);
        pthread_mutex_lock(&queue->lock);
    }
}
