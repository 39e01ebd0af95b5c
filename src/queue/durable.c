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

static struct queue_store *store_of(const struct queue *queue)
{
    return queue->run->store;
}

size_t durable_unread(const struct queue *queue)
{
    return durable(queue) ? (size_t)queue_store_left(store_of(queue), (size_t)queue->slot) : 0;
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
    queue->run->unwritten = true;
}

static void set_aside(struct queue *queue, int64_t id)
{
    struct buf reason = {0};
    buf_printf(&reason, "message %lld is not as it was put, and is set aside", (long long)id);
    queue_store_set_aside(store_of(queue), (size_t)queue->slot, id);
    tell_damaged(queue, buf_string(&reason));
    buf_release(&reason);
}

void durable_tell_damage(struct queue *queue)
{
    struct buf reason = {0};
    if (durable(queue) && queue_store_damage(store_of(queue), (size_t)queue->slot, &reason))
        tell_damaged(queue, buf_string(&reason));
    buf_release(&reason);
}

/* A message that was read: it waits until it is due, or stands where it may be taken. */
static bool take_stored(void *arg, const struct stored *message)
{
    struct queue *queue = arg;
    if (message->damaged) {
        set_aside(queue, message->id);
        return queue_lane_room(queue);
    }
    struct letter *letter =
        letter_new(message->encoded, message->length, false, (unsigned)message->attempts);
    int64_t wait = message->due ? message->due - clock_wall() : 0;
    int priority = message->priority < 0                  ? 0
                   : message->priority >= LANE_PRIORITIES ? LANE_PRIORITIES - 1
                                                          : (int)message->priority;
    letter->id = message->id;
    queue->put++;
    if (queue->spec->max_attempts && message->attempts >= queue->spec->max_attempts) {
        letters_add(&queue->spent, letter);
        queue_wake_soon(queue);
    } else if (wait > 0) {
        delay_put(&queue->delay, letter, priority, clock_monotonic() + wait);
    } else {
        lane_put_letter(&queue->lanes[0], letter, priority);
        queue->lanes[0].put++;
    }
    return queue_lane_room(queue);
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
    queue->run->unwritten = true;
}

/* It is read in pieces, and not for each message that was taken. */
static bool wants_more(const struct queue *queue)
{
    return !queue->abandoned && durable_unread(queue) &&
           queue_lane_room(queue) > (size_t)queue->spec->capacity / 2;
}

void durable_fill(struct queue *queue)
{
    struct error error = {0};
    bool any = false;
    while (wants_more(queue) && !error.code) {
        size_t room = queue_lane_room(queue);
        queue_store_read(store_of(queue), (size_t)queue->slot, room < PAGE ? room : PAGE,
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
    return durable(queue) && (reads || queue_store_is_full(store_of(queue)));
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
    return queue_store_put(store_of(queue), (size_t)queue->slot, message);
}

/* How often is of interest where that is bounded. */
void durable_tried(struct queue *queue, int64_t id, int64_t attempts)
{
    if (durable(queue) && queue->spec->max_attempts)
        queue_store_tried(store_of(queue), (size_t)queue->slot, id, attempts);
}

void durable_done(struct queue *queue, int64_t id)
{
    if (durable(queue))
        queue_store_done(store_of(queue), (size_t)queue->slot, id);
}

/* Before it is taken out, as in another file it may be lost else. */
static void bury(struct queue *queue, const struct letter *letter)
{
    queue_bury(queue, letter->bytes, letter->length, letter->attempts,
               "no run that tried it came to its end");
    pthread_mutex_lock(&queue->lock);
    durable_done(queue, letter->id);
    pthread_mutex_unlock(&queue->lock);
}

void durable_bury_spent(struct queue *queue)
{
    struct letter *letter;
    while ((letter = letters_take(&queue->spent))) {
        pthread_mutex_unlock(&queue->lock);
        bury(queue, letter);
        free(letter);
        pthread_mutex_lock(&queue->lock);
    }
}
