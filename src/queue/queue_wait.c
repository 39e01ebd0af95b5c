/* Who waits for a queue, and how they hear of it. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "queue/deadlock.h"
#include "queue/durable.h"
#include "queue/key_groups.h"
#include "queue/message.h"
#include "queue/private.h"
#include "queue/trace.h"

size_t queue_messages(const struct queue *queue)
{
    size_t messages = 0;
    for (size_t i = 0; i < queue->subscription_count; i++)
        if (subscription_length(&queue->subscriptions[i]) > messages)
            messages = subscription_length(&queue->subscriptions[i]);
    return messages + queue->delay.count + durable_unread(queue);
}

enum take_result queue_look(const struct queue *queue, const struct consumer *consumer)
{
    const struct subscription *subscription = consumer->subscription;
    if (subscription_has(subscription, &consumer->who))
        return TAKE_MESSAGE;
    size_t others = subscription->holding - consumer->holding;
    if (consumer->rests)
        others -= subscription->resting - 1;
    bool more = subscription->messages || queue->delay.count || durable_unread(queue) || others;
    return queue->closed && !more ? TAKE_CLOSED : TAKE_EMPTY;
}

void queue_waiters_add(struct waiter **list, struct waiter *waiter)
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

/* The first who waits for messages and can go on now; one that yields only where nobody else can. */
static struct waiter *next_for_message(const struct queue *queue)
{
    struct waiter *yielding = NULL;
    struct waiter *waiter = queue->waiting.for_message;
    for (; waiter; waiter = waiter->next) {
        if (queue_look(queue, waiter->consumer) == TAKE_EMPTY)
            continue;
        if (!waiter->consumer->yields)
            return waiter;
        yielding = yielding ? yielding : waiter;
    }
    return yielding;
}

bool queue_is_short(const struct queue *queue, const struct consumer *consumer)
{
    if (consumer->subscription->messages)
        return false;
    const struct waiter *waiter = queue->waiting.for_message;
    while (waiter && (waiter->consumer == consumer || waiter->consumer->yields ||
                      waiter->consumer->subscription != consumer->subscription))
        waiter = waiter->next;
    return waiter || queue->waiting.threads_for_message;
}

/* Takes the first waiter off a list that may go on now. */
static struct waiter *next_waiter(struct queue *queue)
{
    struct waiter **list = &queue->waiting.for_message;
    struct waiter *waiter = next_for_message(queue);
    if (!waiter && queue->waiting.for_room && !queue_has_no_room(queue)) {
        list = &queue->waiting.for_room;
        waiter = *list;
    } else if (!waiter && queue->broken) {
        list = &queue->waiting.for_break;
        waiter = *list;
    } else if (!waiter && queue->waiting.for_need && queue_is_short(queue, queue->waiting.for_need->consumer)) {
        list = &queue->waiting.for_need;
        waiter = *list;
    }
    if (waiter)
        waiters_remove(list, waiter);
    return waiter;
}

static size_t count_waiters(const struct waiter *list)
{
    size_t count = 0;
    for (; list; list = list->next)
        count++;
    return count;
}

/* With the lock held: what is due enters, and the timer is set for the next. */
static void wake_waiters(void *arg);

static void take_due(struct queue *queue)
{
    int64_t now = clock_monotonic();
    while (queue->delay.count && delayed_messages_first(&queue->delay)->due <= now) {
        struct delayed delayed = delayed_messages_take(&queue->delay);
        if (queue->abandoned) {
            queue->totals.lost += !queue->spec->durable;
            queue->totals.aside += queue->spec->durable != NULL;
            free(delayed.message);
        } else {
            queue_enter_message(queue, delayed.message, delayed.priority);
        }
        pthread_cond_broadcast(&queue->waiting.message);
    }
    if (queue->stopped || !queue->delay.count)
        return;
    if (!queue->due)
        queue->due = timer_new(queue->run->loop, wake_waiters, queue);
    timer_start(queue->due, delayed_messages_first(&queue->delay)->due - now);
}

/* With the lock held: true where nothing can become a dead message any more. */
static bool has_left(const struct queue *queue)
{
    bool left =
        !queue->spent.first && (queue->abandoned || (queue->closed && !queue_messages(queue)));
    for (size_t i = 0; i < queue->subscription_count; i++)
        left = left && !queue->subscriptions[i].holding;
    return left;
}

/*
 * Calls those who can go on. Each one is looked for anew, as the one before may have taken all; no
 * more are called than waited at the start, so that nobody is called twice.
 */
static void wake_waiters(void *arg)
{
    struct queue *queue = arg;
    size_t most;
    pthread_mutex_lock(&queue->lock);
    queue->waiting.waking = false;
    take_due(queue);
    durable_bury_spent(queue);
    most = count_waiters(queue->waiting.for_message) + count_waiters(queue->waiting.for_room) +
           count_waiters(queue->waiting.for_break) + count_waiters(queue->waiting.for_need);
    struct waiter *waiter;
    while (most-- && (waiter = next_waiter(queue))) {
        pthread_mutex_unlock(&queue->lock);
        waiter->function(waiter->arg);
        pthread_mutex_lock(&queue->lock);
    }
    bool empty = !queue_messages(queue);
    bool leaves = queue->spec->dead_letter && !queue->left && has_left(queue);
    queue->left = queue->left || leaves;
    pthread_mutex_unlock(&queue->lock);
    if (leaves)
        queue_producer_ended(queue_dead_letters(queue));
    if (empty)
        run_poke(queue->run); /* a daemon may have waited for this */
}

/* With the lock held: a look at the waiters is due. */
void queue_wake_soon(struct queue *queue)
{
    if (queue->waiting.waking)
        return;
    queue->waiting.waking = true;
    loop_soon(queue->run->loop, wake_waiters, queue);
}

/* How long a thread looks for the first change, and then for more to come at once. */
#define SPIN_FIRST (20 * INT64_C(1000))
#define SPIN_MORE (2 * INT64_C(1000))

int queue_spin(struct queue *queue, const struct queue_wait *wait, struct error *error)
{
    unsigned seen = atomic_load_explicit(&queue->changes, memory_order_relaxed);
    bool more = false;
    pthread_mutex_unlock(&queue->lock);
    int64_t now = clock_monotonic();
    int64_t until = now + SPIN_FIRST;
    while (now < until) {
        sched_yield();
        now = clock_monotonic();
        if (!more && atomic_load_explicit(&queue->changes, memory_order_relaxed) != seen) {
            more = true;
            until = now + SPIN_MORE;
        }
    }
    pthread_mutex_lock(&queue->lock);
    int result = wait->check(wait->arg, error); /* what came meanwhile is not for one that is to end */
    return result < 0 ? result : 1;
}

static void tell_keyless(struct queue *queue)
{
    char *text;
    for (size_t i = 0; i < queue->subscription_count; i++) {
        if (!queue->subscriptions[i].order ||
            !key_groups_take_failure(queue->subscriptions[i].order, &text))
            continue;
        struct event event = {
            .kind = EVENT_QUEUE_KEYLESS, .flags = EVENT_WRONG, .object = queue->spec->name, .reason = text};
        trace_event(queue->run, &event);
        free(text);
    }
}

void queue_changed(struct queue *queue)
{
    unsigned changes = atomic_load_explicit(&queue->changes, memory_order_relaxed);
    atomic_store_explicit(&queue->changes, changes + 1, memory_order_relaxed);
    durable_fill(queue);
    if (queue->spec->ordered)
        tell_keyless(queue);
    if (queue->waiting.threads_for_message && (queue_messages(queue) || queue->closed))
        pthread_cond_broadcast(&queue->waiting.message);
    if (queue->waiting.threads_for_room && !queue_has_no_room(queue))
        pthread_cond_broadcast(&queue->waiting.room);
    bool told_when_empty = queue->users.daemons || queue->spec->dead_letter;
    if (queue->waiting.for_message || queue->waiting.for_room || queue->abandoned ||
        (told_when_empty && !queue_messages(queue)))
        queue_wake_soon(queue);
}

void queue_wait_room(struct queue *queue, struct waiter *waiter)
{
    pthread_mutex_lock(&queue->lock);
    queue_waiters_add(&queue->waiting.for_room, waiter);
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

void queue_wait_broken(struct queue *queue, struct waiter *waiter)
{
    pthread_mutex_lock(&queue->lock);
    queue_waiters_add(&queue->waiting.for_break, waiter);
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

void queue_waiting(struct queue *queue, size_t *for_message, size_t *for_room)
{
    pthread_mutex_lock(&queue->lock);
    *for_message = count_waiters(queue->waiting.for_message);
    *for_room = count_waiters(queue->waiting.for_room);
    pthread_mutex_unlock(&queue->lock);
}

static bool is_on(const struct waiter *list, const struct waiter *waiter)
{
    while (list && list != waiter)
        list = list->next;
    return list != NULL;
}

void queue_unwait(struct queue *queue, struct waiter *waiter)
{
    struct waiter **const lists[] = {&queue->waiting.for_message, &queue->waiting.for_room, &queue->waiting.for_break,
                                     &queue->waiting.for_need};
    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < countof(lists); i++)
        if (is_on(*lists[i], waiter))
            waiters_remove(lists[i], waiter);
    pthread_mutex_unlock(&queue->lock);
}

/* Waits on CONDITION with the lock held; 1: something changed, 0: the deadline passed, or < 0. */
int queue_thread_wait(struct queue *queue, pthread_cond_t *condition, size_t *threads,
                      const struct queue_wait *wait, struct error *error)
{
    int result = wait->check(wait->arg, error);
    if (result < 0)
        return result;
    int number = 0;
    bool asks = wait->asking && !wait->deadline;
    if (asks)
        atomic_store(wait->asking, wait->for_what);
    deadlock_thread_waits(queue->run->queue_set.deadlock);
    ++*threads;
    if (queue->waiting.for_need)
        queue_wake_soon(queue);
    if (wait->deadline) {
        struct timespec until;
        clock_until(wait->deadline, &until);
        number = pthread_cond_timedwait(condition, &queue->lock, &until);
    } else {
        pthread_cond_wait(condition, &queue->lock);
    }
    --*threads;
    if (asks)
        atomic_store(wait->asking, 0);
    result = wait->check(wait->arg, error);
    if (result < 0)
        return result;
    return number != ETIMEDOUT || clock_monotonic() < wait->deadline;
}

void queue_has_room_again(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
}

void queue_interrupt(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    pthread_cond_broadcast(&queue->waiting.message);
    pthread_cond_broadcast(&queue->waiting.room);
    pthread_mutex_unlock(&queue->lock);
}
