/* A queue: its store, who waits for it, and its books. */
#include "object/queue.h"

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "object/batch.h"
#include "object/trace.h"
#include "scenario/spec.h"

/* A queue never holds more bytes than this and one message, whatever its capacity. */
#define QUEUE_BYTES (4u << 20)

/* Messages are handed to a worker in no larger pieces than this, and one message. */
#define TAKE_BYTES (32u << 10)

struct queue {
    struct run *run;
    const struct queue_spec *spec;
    bool named;
    struct queue_users users; /* the loop's alone, but consumers */

    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t message;
    pthread_cond_t room;
    size_t threads_for_message;
    size_t threads_for_room;
    struct waiter *for_message;
    struct waiter *for_room;
    bool waking; /* a look at the waiters is on its way */
    struct store store;
    bool closed;
    bool abandoned;
    uint64_t put;
    uint64_t taken;
};

static bool is_full(const struct queue *queue)
{
    return queue->store.messages >= (size_t)queue->spec->capacity ||
           queue->store.bytes >= QUEUE_BYTES;
}

static void waiters_add(struct waiter **list, struct waiter *waiter)
{
    if (waiter->waiting)
        return;
    waiter->waiting = true;
    waiter->previous = NULL;
    waiter->next = NULL;
    if (!*list) {
        *list = waiter;
        return;
    }
    struct waiter *last = *list;
    while (last->next)
        last = last->next;
    last->next = waiter;
    waiter->previous = last;
}

static void waiters_remove(struct waiter **list, struct waiter *waiter)
{
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        *list = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    waiter->waiting = false;
}

/* Takes the first waiter off a list if it may go on now. */
static struct waiter *next_waiter(struct queue *queue)
{
    struct waiter **list = NULL;
    if (queue->for_message && (queue->store.messages || queue->closed))
        list = &queue->for_message;
    else if (queue->for_room && (!is_full(queue) || queue->abandoned))
        list = &queue->for_room;
    if (!list)
        return NULL;
    struct waiter *waiter = *list;
    waiters_remove(list, waiter);
    return waiter;
}

/*
 * Calls those who can go on. Each one is looked for anew, as the one before may have taken all; no
 * more are called than waited at the start, so that nobody is called twice.
 */
static void wake_waiters(void *arg)
{
    struct queue *queue = arg;
    size_t most = 0;
    pthread_mutex_lock(&queue->lock);
    queue->waking = false;
    for (struct waiter *waiter = queue->for_message; waiter; waiter = waiter->next)
        most++;
    for (struct waiter *waiter = queue->for_room; waiter; waiter = waiter->next)
        most++;
    struct waiter *waiter;
    while (most-- && (waiter = next_waiter(queue))) {
        pthread_mutex_unlock(&queue->lock);
        waiter->function(waiter->arg);
        pthread_mutex_lock(&queue->lock);
    }
    bool empty = !queue->store.messages;
    pthread_mutex_unlock(&queue->lock);
    if (empty)
        run_poke(queue->run); /* a daemon may have waited for this */
}

/* With the lock held: something changed that others may wait for. */
static void queue_changed(struct queue *queue)
{
    if (queue->threads_for_message && (queue->store.messages || queue->closed))
        pthread_cond_broadcast(&queue->message);
    if (queue->threads_for_room && (!is_full(queue) || queue->abandoned))
        pthread_cond_broadcast(&queue->room);
    if (queue->waking || (!queue->for_message && !queue->for_room && queue->store.messages))
        return;
    queue->waking = true;
    loop_post(queue->run->loop, wake_waiters, queue);
}

static void queue_event(struct queue *queue, enum event_kind kind, unsigned flags, size_t count)
{
    struct event event = {
        .kind = kind,
        .flags = flags | (queue->named ? EVENT_NAMED : 0),
        .object = queue->spec->name,
        .count = (int64_t)count,
    };
    bus_emit(queue->run->bus, &event);
}

/* With the lock held: tells of LENGTH bytes of messages, or of one value, where the queue is traced. */
static void trace_stream(struct queue *queue, enum event_kind kind, const char *bytes,
                         size_t length)
{
    while (queue->spec->trace && length) {
        const char *message;
        size_t size;
        size_t whole = framing_first(queue->spec->framing, bytes, length, &message, &size);
        trace_post(queue->run, kind, queue->spec->name, queue->named, message, size);
        bytes += whole;
        length -= whole;
    }
}

static void trace_value(struct queue *queue, enum event_kind kind, const char *encoded,
                        size_t length)
{
    if (!queue->spec->trace)
        return;
    struct buf text = {0};
    trace_text(&text, encoded, length);
    trace_post(queue->run, kind, queue->spec->name, queue->named, text.data, text.length);
    buf_release(&text);
}

struct queue *queue_new(struct run *run, const struct queue_spec *spec, bool named,
                        const struct queue_users *users)
{
    struct queue *queue = mem_calloc(1, sizeof(*queue));
    pthread_condattr_t attributes;
    queue->run = run;
    queue->spec = spec;
    queue->named = named;
    queue->users = *users;
    queue->store.framing = spec->framing;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->message, &attributes);
    pthread_cond_init(&queue->room, &attributes);
    pthread_condattr_destroy(&attributes);
    queue_event(queue, EVENT_QUEUE_OPENED, 0, 0);
    struct buf encoded = {0};
    for (size_t i = 0; i < spec->item_count; i++) {
        buf_clear(&encoded);
        value_encode(&encoded, &spec->items[i]);
        trace_value(queue, EVENT_QUEUE_PUT, encoded.data, encoded.length);
        store_put_value(&queue->store, encoded.data, encoded.length);
        queue->put++;
    }
    buf_release(&encoded);
    queue->closed = spec->close_auto && !users->producers;
    return queue;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    store_release(&queue->store);
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->message);
    pthread_cond_destroy(&queue->room);
    free(queue);
}

const char *queue_name(const struct queue *queue)
{
    return queue->spec->name;
}

enum framing queue_framing(const struct queue *queue)
{
    return queue->spec->framing;
}

size_t queue_stream_consumers(const struct queue *queue)
{
    return queue->users.stream_consumers;
}

size_t queue_put_stream(struct queue *queue, const char *bytes, size_t length)
{
    pthread_mutex_lock(&queue->lock);
    size_t taken = 0;
    if (queue->abandoned || !is_full(queue)) {
        size_t room = (size_t)queue->spec->capacity - queue->store.messages;
        size_t count;
        taken = store_put_stream(&queue->store, bytes, length,
                                queue->abandoned ? (size_t)-1 : room, &count);
        queue->put += count;
        trace_stream(queue, EVENT_QUEUE_PUT, bytes, taken);
    }
    bool full = is_full(queue);
    bool abandoned = queue->abandoned;
    if (abandoned) {
        store_release(&queue->store); /* counted as put, never taken */
    }
    if (taken)
        queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
    if (full && !abandoned && bus_wants(queue->run->bus, EVENT_QUEUE_FULL, 0))
        queue_event(queue, EVENT_QUEUE_FULL, 0, 0);
    return taken;
}

/* With the lock held. */
static void put_one(struct queue *queue, const char *encoded, size_t length)
{
    queue->put++;
    trace_value(queue, EVENT_QUEUE_PUT, encoded, length);
    if (queue->abandoned)
        return; /* counted as put, never taken */
    store_put_value(&queue->store, encoded, length);
    queue_changed(queue);
}

bool queue_put_value(struct queue *queue, const char *encoded, size_t length)
{
    pthread_mutex_lock(&queue->lock);
    bool done = queue->abandoned || !is_full(queue);
    if (done)
        put_one(queue, encoded, length);
    pthread_mutex_unlock(&queue->lock);
    return done;
}

/* With the lock held: what a taker finds. */
static enum take_result look(const struct queue *queue)
{
    if (queue->store.messages)
        return TAKE_MESSAGE;
    return queue->closed ? TAKE_CLOSED : TAKE_EMPTY;
}

/* With the lock held, and a message there. */
static void take_one(struct queue *queue, struct buf *out)
{
    size_t start = out->length;
    store_take_value(&queue->store, out);
    queue->taken++;
    trace_value(queue, EVENT_QUEUE_GET, out->data + start, out->length - start);
    queue_changed(queue);
}

enum take_result queue_take_value(struct queue *queue, struct buf *out)
{
    pthread_mutex_lock(&queue->lock);
    enum take_result result = look(queue);
    if (result == TAKE_MESSAGE)
        take_one(queue, out);
    pthread_mutex_unlock(&queue->lock);
    return result;
}

/* With the lock held: tells of the messages that queue_take_values() took. */
static void trace_values(struct queue *queue, const char *bytes, size_t length)
{
    while (queue->spec->trace && length) {
        uint32_t size;
        memcpy(&size, bytes, sizeof(size));
        size = le32toh(size);
        trace_value(queue, EVENT_QUEUE_GET, bytes + sizeof(size), size);
        bytes += sizeof(size) + size;
        length -= sizeof(size) + size;
    }
}

enum take_result queue_take_values(struct queue *queue, struct buf *out, size_t most,
                                   size_t *count)
{
    size_t consumers = queue->users.consumers ? queue->users.consumers : 1;
    pthread_mutex_lock(&queue->lock);
    enum take_result result = look(queue);
    if (result == TAKE_MESSAGE) {
        size_t start = out->length;
        size_t share = queue->store.messages / consumers;
        if (most > share)
            most = share; /* store_take_values() takes one in any case */
        *count = store_take_values(&queue->store, out, most, TAKE_BYTES);
        queue->taken += *count;
        trace_values(queue, out->data + start, out->length - start);
        queue_changed(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

enum take_result queue_take_stream(struct queue *queue, struct buf *out, size_t most,
                                  struct error *error)
{
    pthread_mutex_lock(&queue->lock);
    enum take_result result = look(queue);
    if (result == TAKE_MESSAGE) {
        size_t start = out->length;
        queue->taken += store_take_stream(&queue->store, out, most, error);
        trace_stream(queue, EVENT_QUEUE_GET, out->data + start, out->length - start);
        queue_changed(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

void queue_return_stream(struct queue *queue, const char *bytes, size_t length)
{
    if (!length)
        return;
    pthread_mutex_lock(&queue->lock);
    size_t before = queue->store.messages;
    store_return_stream(&queue->store, bytes, length);
    queue->taken -= queue->store.messages - before;
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

void queue_return_values(struct queue *queue, const char *bytes, size_t length, size_t count)
{
    pthread_mutex_lock(&queue->lock);
    store_return_values(&queue->store, bytes, length, count);
    queue->taken -= count;
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

static void wait_on(struct queue *queue, struct waiter **list, struct waiter *waiter)
{
    pthread_mutex_lock(&queue->lock);
    waiters_add(list, waiter);
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

void queue_wait_message(struct queue *queue, struct waiter *waiter)
{
    wait_on(queue, &queue->for_message, waiter);
}

void queue_wait_room(struct queue *queue, struct waiter *waiter)
{
    wait_on(queue, &queue->for_room, waiter);
}

static bool is_on(const struct waiter *list, const struct waiter *waiter)
{
    while (list && list != waiter)
        list = list->next;
    return list != NULL;
}

void queue_unwait(struct queue *queue, struct waiter *waiter)
{
    pthread_mutex_lock(&queue->lock);
    if (is_on(queue->for_message, waiter))
        waiters_remove(&queue->for_message, waiter);
    else if (is_on(queue->for_room, waiter))
        waiters_remove(&queue->for_room, waiter);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_length(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t length = queue->store.messages;
    pthread_mutex_unlock(&queue->lock);
    return length;
}

bool queue_is_empty(struct queue *queue)
{
    return queue_length(queue) == 0;
}

bool queue_is_abandoned(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool abandoned = queue->abandoned;
    pthread_mutex_unlock(&queue->lock);
    return abandoned;
}

void queue_producer_ended(struct queue *queue)
{
    if (--queue->users.producers || !queue->spec->close_auto)
        return;
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
    queue_event(queue, EVENT_QUEUE_CLOSED, 0, 0);
}

void queue_consumer_ended(struct queue *queue)
{
    if (--queue->users.consumers)
        return;
    pthread_mutex_lock(&queue->lock);
    queue->abandoned = true;
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_balance(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    uint64_t left = queue->put - queue->taken;
    pthread_mutex_unlock(&queue->lock);
    if (left)
        queue_event(queue, EVENT_QUEUE_CLOSED, EVENT_WRONG, left);
    return !left;
}

/* Waits on CONDITION with the lock held; 1: something changed, 0: the deadline passed, or < 0. */
static int thread_wait(struct queue *queue, pthread_cond_t *condition, size_t *threads,
                       const struct queue_wait *wait, struct error *error)
{
    int result = wait->check(wait->arg, error);
    if (result < 0)
        return result;
    int number = 0;
    ++*threads;
    if (wait->deadline) {
        struct timespec until;
        clock_until(wait->deadline, &until);
        number = pthread_cond_timedwait(condition, &queue->lock, &until);
    } else {
        pthread_cond_wait(condition, &queue->lock);
    }
    --*threads;
    result = wait->check(wait->arg, error);
    if (result < 0)
        return result;
    return number != ETIMEDOUT || clock_monotonic() < wait->deadline;
}

int queue_put_waiting(struct queue *queue, const char *encoded, size_t length,
                      const struct queue_wait *wait, struct error *error)
{
    int result = 1;
    pthread_mutex_lock(&queue->lock);
    while (result == 1 && !queue->abandoned && is_full(queue))
        result = thread_wait(queue, &queue->room, &queue->threads_for_room, wait, error);
    if (result == 0 && (queue->abandoned || !is_full(queue)))
        result = 1;
    if (result == 1)
        put_one(queue, encoded, length);
    pthread_mutex_unlock(&queue->lock);
    return result;
}

int queue_take_waiting(struct queue *queue, struct buf *out, const struct queue_wait *wait,
                       struct error *error)
{
    int result = 1;
    pthread_mutex_lock(&queue->lock);
    while (result == 1 && look(queue) == TAKE_EMPTY)
        result = thread_wait(queue, &queue->message, &queue->threads_for_message, wait, error);
    if (result >= 0 && look(queue) == TAKE_MESSAGE) {
        take_one(queue, out);
        result = 1;
    } else if (result == 1) {
        result = 2;
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

void queue_interrupt(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    pthread_cond_broadcast(&queue->message);
    pthread_cond_broadcast(&queue->room);
    pthread_mutex_unlock(&queue->lock);
}
