/* A queue: its messages, who waits for it, and its books. */
#include "queue/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/timer.h"
#include "queue/durable.h"
#include "queue/message.h"
#include "queue/private.h"
#include "queue/trace.h"
#include "value/message_check.h"
#include "value/value.h"

void queue_event(struct queue *queue, enum event_kind kind, unsigned flags, size_t count)
{
    struct event event = {
        .kind = kind,
        .flags = flags | (queue->named ? EVENT_NAMED : 0),
        .object = queue->spec->name,
        .count = (int64_t)count,
    };
    bus_emit(queue->run->bus, &event);
}

void queue_trace(struct queue *queue, enum event_kind kind, int64_t number, const char *party, const char *encoded,
                 size_t length)
{
    if (!queue->spec->trace)
        return;
    struct buf text = {0};
    struct event event = {
        .kind = kind,
        .flags = queue->named ? EVENT_NAMED : 0,
        .object = queue->spec->name,
        .message.number = number,
        .message.party = party,
    };
    value_text_of(&text, encoded, length);
    event.output.bytes = buf_string(&text);
    event.output.length = text.length;
    trace_event(queue->run, &event);
    buf_release(&text);
}

/* The items are there before anything starts, more of them than the capacity if need be. */
static void put_items(struct queue *queue)
{
    struct buf encoded = {0};
    for (size_t i = 0; i < queue->spec->item_count; i++) {
        buf_clear(&encoded);
        value_encode(&encoded, &queue->spec->items[i]);
        queue->totals.put++;
        queue_trace(queue, EVENT_QUEUE_PUT, (int64_t)queue->totals.put, NULL, encoded.data, encoded.length);
        queue_enter(queue, encoded.data, encoded.length, queue_number(queue), 0);
    }
    buf_release(&encoded);
}

/* What an earlier run or a put has left, and the items of the first run. */
static void take_up(struct queue *queue)
{
    size_t before = durable_before(queue);
    if (before)
        queue_event(queue, EVENT_QUEUE_RESTORED, 0, before);
    pthread_mutex_lock(&queue->lock);
    queue->abandoned = !queue->users.consumers;
    durable_tell_damage(queue);
    durable_fill(queue);
    pthread_mutex_unlock(&queue->lock);
}

static void make_subscriptions(struct queue *queue)
{
    bool broadcast = queue->spec->delivery == DELIVERY_BROADCAST;
    queue->subscription_count = broadcast && queue->users.consumers ? queue->users.consumers : 1;
    queue->subscriptions = mem_calloc(queue->subscription_count, sizeof(*queue->subscriptions));
    for (size_t i = 0; i < queue->subscription_count; i++)
        subscription_init(&queue->subscriptions[i], queue->spec,
                          queue->run->scenario ? &queue->run->scenario->vars : NULL);
}

/* It is held for moments only: who finds it taken does best to look again before it sleeps. */
static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

struct queue *queue_new(struct run *run, const struct queue_spec *spec, bool named,
                        const struct queue_users *users)
{
    struct queue *queue = mem_calloc(1, sizeof(*queue));
    pthread_condattr_t attributes;
    queue->run = run;
    queue->slot = run->queue_set.store ? run->queue_set.slots[spec - run->scenario->queues] : -1;
    queue->spec = spec;
    queue->named = named;
    queue->users = *users;
    init_lock(&queue->lock);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->waiting.message, &attributes);
    pthread_cond_init(&queue->waiting.room, &attributes);
    pthread_condattr_destroy(&attributes);
    make_subscriptions(queue);
    queue_event(queue, EVENT_QUEUE_OPENED, 0, 0);
    if (queue->slot >= 0)
        take_up(queue);
    else
        put_items(queue);
    queue->closed = spec->close_auto && !users->producers;
    return queue;
}

void queue_stop(struct queue *queue)
{
    timer_free(queue->due);
    timer_free(queue->stats);
    queue->due = queue->stats = NULL;
    queue->stopped = true;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->subscription_count; i++)
        subscription_release(&queue->subscriptions[i]);
    free(queue->subscriptions);
    delayed_messages_release(&queue->delay);
    message_list_release(&queue->spent);
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->waiting.message);
    pthread_cond_destroy(&queue->waiting.room);
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

bool queue_is_read_as_text(const struct queue *queue, int *end)
{
    static const int ends[] = {
        [FRAMING_LINE] = '\n', [FRAMING_NUL] = '\0', [FRAMING_LENGTH] = MESSAGE_NO_END,
        [FRAMING_JSON] = MESSAGE_JSON};
    if (!queue->users.stream_consumers)
        return false;
    *end = ends[queue->spec->framing];
    return true;
}

bool queue_is_ordered(const struct queue *queue)
{
    return queue->spec->ordered;
}

size_t queue_length(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t length = queue_messages(queue);
    pthread_mutex_unlock(&queue->lock);
    return length;
}

bool queue_is_empty(struct queue *queue)
{
    return queue_length(queue) == 0;
}

bool queue_is_durable(const struct queue *queue)
{
    return queue->slot >= 0;
}

bool queue_is_closed(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}

bool queue_is_broadcast(const struct queue *queue)
{
    return queue->spec->delivery == DELIVERY_BROADCAST;
}

bool queue_is_abandoned(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool abandoned = queue->abandoned;
    pthread_mutex_unlock(&queue->lock);
    return abandoned;
}

size_t queue_index(const struct queue *queue)
{
    return (size_t)(queue->spec - queue->run->scenario->queues);
}

bool queue_is_broken(const struct queue *queue)
{
    return atomic_load_explicit(&queue->broken, memory_order_relaxed);
}

bool queue_drops_leftover(const struct queue *queue)
{
    return queue->spec->leftover_drop;
}

/* False: it was closed before. */
static bool close_now(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool was_closed = queue->closed;
    queue->closed = true;
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
    return !was_closed;
}

void queue_producer_ended(struct queue *queue)
{
    if (--queue->users.producers || !queue->spec->close_auto)
        return;
    if (close_now(queue))
        queue_event(queue, EVENT_QUEUE_CLOSED, 0, 0);
}

bool queue_close_early(struct queue *queue)
{
    if (!close_now(queue))
        return false;
    struct event event = {
        .kind = EVENT_QUEUE_CLOSED,
        .flags = EVENT_REASONED,
        .object = queue->spec->name,
        .reason = "all that could put into it wait for a message",
    };
    bus_emit(queue->run->bus, &event);
    return true;
}

bool queue_rests(struct queue *queue, bool for_room)
{
    pthread_mutex_lock(&queue->lock);
    bool rests = for_room ? queue_has_no_room(queue) && !queue->spec->durable
                          : queue->spec->close_auto && !queue->delay.count && !durable_unread(queue);
    pthread_mutex_unlock(&queue->lock);
    return rests;
}

unsigned queue_changes(const struct queue *queue)
{
    return atomic_load_explicit(&queue->changes, memory_order_relaxed);
}

/* With the lock held: the subscription of a consumer that takes no more; NULL where others share
 * it. */
static struct subscription *subscription_of(struct queue *queue, const char *name)
{
    struct subscription *unused = NULL;
    if (queue->spec->delivery == DELIVERY_SHARE)
        return queue->users.consumers ? NULL : &queue->subscriptions[0];
    for (size_t i = 0; i < queue->subscription_count; i++) {
        struct subscription *subscription = &queue->subscriptions[i];
        if (subscription->consumer && !strcmp(subscription->consumer, name))
            return subscription;
        if (!subscription->consumer && !subscription->abandoned)
            unused = subscription;
    }
    return unused;
}

/* What a consumer of a broadcast has not taken when it ends counts no more, but for the last one. */
static void abandon(struct queue *queue, struct subscription *subscription)
{
    subscription->abandoned = true;
    queue->abandoned = !queue->users.consumers;
    if (queue->abandoned) {
        queue->broken = !queue->spec->durable && !queue->run->stop.cause;
        return;
    }
    if (queue->totals.reached < subscription->taken)
        queue->totals.reached = subscription->taken;
    subscription_clear(subscription);
    subscription->put = subscription->taken;
}

void queue_consumer_ended(struct queue *queue, const char *name)
{
    pthread_mutex_lock(&queue->lock);
    queue->users.consumers--;
    struct subscription *subscription = subscription_of(queue, name);
    if (subscription)
        abandon(queue, subscription);
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

/* With the lock held. */
static struct queue_counts queue_count(const struct queue *queue)
{
    struct queue_counts counts = {.put = (int64_t)queue->totals.put, .waiting = (int64_t)queue_messages(queue)};
    for (size_t i = 0; i < queue->subscription_count; i++)
        counts.taken += (int64_t)(queue->subscriptions[i].taken - queue->subscriptions[i].ahead);
    return counts;
}

static void fill_counts(struct queue_counts counts, struct event *event)
{
    event->books.known = true;
    event->books.put = counts.put;
    event->books.taken = counts.taken;
    event->count = counts.waiting;
}

void queue_sample(struct queue *queue)
{
    struct queue_counts before = queue->sampled;
    struct event event = {.kind = EVENT_QUEUE_SAMPLE, .object = queue->spec->name};
    pthread_mutex_lock(&queue->lock);
    struct queue_counts now = queue->sampled = queue_count(queue);
    pthread_mutex_unlock(&queue->lock);
    fill_counts(now, &event);
    if (now.put != before.put || now.taken != before.taken || now.waiting != before.waiting)
        bus_emit(queue->run->bus, &event);
}

void queue_producer_joins(struct queue *queue)
{
    queue->users.producers++;
}

/* With the lock held: of a broadcast, the subscription that the consumer has had, or one that
 * nobody has had; NULL: none. */
static struct subscription *free_subscription(struct queue *queue, const char *name)
{
    struct subscription *unused = NULL;
    for (size_t i = 0; i < queue->subscription_count; i++) {
        struct subscription *subscription = &queue->subscriptions[i];
        if (subscription->consumer && !strcmp(subscription->consumer, name))
            return subscription->abandoned ? subscription : NULL;
        if (!subscription->consumer && !unused)
            unused = subscription;
    }
    return unused;
}

const char *queue_refuses_consumer(struct queue *queue, const char *name)
{
    pthread_mutex_lock(&queue->lock);
    bool no_subscription = queue_is_broadcast(queue) && !free_subscription(queue, name);
    pthread_mutex_unlock(&queue->lock);
    if (no_subscription)
        return "with delivery: broadcast it has copies of its messages for those alone that are declared";
    return queue->left && queue->spec->dead_letter ? "its dead letters have come to their end" : NULL;
}

void queue_consumer_joins(struct queue *queue, const char *name)
{
    pthread_mutex_lock(&queue->lock);
    struct subscription *subscription =
        queue_is_broadcast(queue) ? free_subscription(queue, name) : &queue->subscriptions[0];
    queue->users.consumers++;
    if (subscription)
        subscription->abandoned = false;
    queue->abandoned = queue->broken = false;
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

/* What went through it so far. */
static void tell_stats(struct queue *queue)
{
    struct event event = {
        .kind = EVENT_QUEUE_STATS,
        .object = queue->spec->name,
        .has_duration = true,
    };
    double waited = 0, through = 0;
    if (!bus_wants(queue->run->bus, EVENT_QUEUE_STATS, 0))
        return;
    pthread_mutex_lock(&queue->lock);
    fill_counts(queue_count(queue), &event);
    for (size_t i = 0; i < queue->subscription_count; i++) {
        waited += subscription_waited(&queue->subscriptions[i]);
        through += (double)queue->subscriptions[i].put;
    }
    pthread_mutex_unlock(&queue->lock);
    event.duration = through > 0 ? (int64_t)(waited / through) : 0;
    bus_emit(queue->run->bus, &event);
}

static void on_stats_due(void *arg)
{
    struct queue *queue = arg;
    tell_stats(queue);
    timer_start(queue->stats, queue->run->scenario->log.stats);
}

void queue_begin(struct queue *queue)
{
    if (!queue->run->scenario->log.stats)
        return;
    queue->stats = timer_new(queue->run->loop, on_stats_due, queue);
    timer_start(queue->stats, queue->run->scenario->log.stats);
}

void queue_unsure(struct queue *queue, size_t count, const char *reason)
{
    struct event event = {
        .kind = EVENT_QUEUE_UNSURE,
        .flags = EVENT_REASONED | EVENT_WRONG | (queue->named ? EVENT_NAMED : 0),
        .object = queue->spec->name,
        .count = (int64_t)count,
        .reason = reason,
    };
    queue->unsure += count;
    bus_emit(queue->run->bus, &event);
}

void queue_half(struct queue *queue, const char *reason)
{
    struct event event = {
        .kind = EVENT_QUEUE_HALF,
        .flags = EVENT_WRONG | (queue->named ? EVENT_NAMED : 0),
        .object = queue->spec->name,
        .reason = reason,
    };
    bus_emit(queue->run->bus, &event);
}

/* False where messages may be lost and that is a failure. */
static bool tell_unsure(struct queue *queue)
{
    if (queue->unsure)
        queue_event(queue, EVENT_QUEUE_UNSURE, EVENT_WRONG, queue->unsure);
    return !queue->unsure || queue->spec->leftover_drop;
}

/* Messages of the subscriptions that nobody has taken: all subscriptions are given the same ones as
 * long as somebody takes from them, so one is enough to have taken them, whoever of them ends last.
 */
static uint64_t count_untaken(const struct queue *queue)
{
    uint64_t put = 0, taken = queue->totals.reached;
    for (size_t i = 0; i < queue->subscription_count; i++) {
        const struct subscription *subscription = &queue->subscriptions[i];
        put = subscription->put > put ? subscription->put : put;
        taken = subscription->taken > taken ? subscription->taken : taken;
    }
    return put > taken ? put - taken : 0;
}

static bool tell_left(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    uint64_t left = queue->totals.lost + queue->totals.aside + queue->delay.count + durable_unread(queue) + count_untaken(queue);
    pthread_mutex_unlock(&queue->lock);
    if (!left)
        return true;
    bool kept = queue->slot >= 0;
    bool dropped = !kept && queue->spec->leftover_drop;
    if (kept || dropped)
        queue_event(queue, kept ? EVENT_QUEUE_KEPT : EVENT_QUEUE_DROPPED, 0, left);
    else
        queue_event(queue, EVENT_QUEUE_CLOSED, EVENT_WRONG, left);
    return kept || dropped;
}

bool queue_balance(struct queue *queue)
{
    if (queue->stats) /* the log may take longer to be written than the run to end */
        timer_stop(queue->stats);
    tell_stats(queue);
    bool sure = tell_unsure(queue);
    return tell_left(queue) && sure;
}
