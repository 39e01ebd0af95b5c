/* What queue.c and consumer.c share. */
#ifndef QUEUE_PRIVATE_H
#define QUEUE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "event/event.h"
#include "queue/consumer.h"
#include "queue/delayed_messages.h"
#include "queue/queue.h"
#include "queue/subscription.h"
#include "scenario/spec.h"

struct timer;

/* What went through a queue so far, and waits in it. */
struct queue_counts {
    int64_t put;
    int64_t taken;
    int64_t waiting;
};

/* Who waits for a queue. */
struct queue_waiting {
    pthread_cond_t message;
    pthread_cond_t room;
    size_t threads_for_message;
    size_t threads_for_room;
    struct waiter *for_message;
    struct waiter *for_room;
    struct waiter *for_break;
    struct waiter *for_need; /* streams that hold something: until others wait for it, queue_is_short() */
    bool waking;        /* a look at the waiters is on its way */
};

/* Messages of a queue so far. */
struct queue_totals {
    uint64_t put;
    uint64_t dead;  /* given up: to the dead messages, or for good */
    uint64_t aside; /* of a durable queue: put when there was nobody to take it */
    uint64_t lost; /* put when there was nobody to take it, or given up for good */
    uint64_t reached; /* the most that a consumer of a broadcast had taken that has ended before the last one */
};

struct queue {
    struct run *run;
    const struct queue_spec *spec;
    bool named;
    int64_t slot; /* of a durable one: its number in the run's store; -1: it is none */
    struct queue_users users; /* the loop's alone, but consumers */
    struct timer *due;        /* of the next delayed message; the loop's alone; NULL: none yet */
    struct timer *stats;      /* of log.stats; NULL: none */
    struct queue_counts sampled; /* as queue.sample has told them last; the loop's alone */
    uint64_t unsure;          /* read by who ended before it was sure to be done; the loop's alone */
    bool stopped;             /* the loop's alone: it needs no timer any more */
    bool left; /* the loop's alone: those who get its dead messages know that no more will come */

    pthread_mutex_t lock; /* guards all that follows */
    struct queue_waiting waiting;
    struct subscription *subscriptions; /* one, or with broadcast one a consumer */
    size_t subscription_count;
    struct delayed_messages delay;
    atomic_uint changes; /* read without the lock by who looks whether something came */
    struct message_list spent; /* of a durable queue: read, and tried as often as it may be */
    bool closed;
    bool abandoned;
    atomic_bool broken; /* the same, for good: read without the lock by who puts */
    struct queue_totals totals;
};

struct consumer {
    struct queue *queue;
    struct subscription *subscription;
    struct receiver who;
    enum consumer_kind kind;
    const char *consumer;
    bool exact;
    bool yields;              /* others who wait for a message go first */
    bool rests;               /* what it holds it has read, and is done with at its end alone */
    size_t holding;           /* of subscription->holding */
    struct delivery_tag mark; /* of the one message, where it is exact */
    struct buf kept;        /* of a thread: the message that it works on */
    bool keeps;
    struct buf ahead; /* a thread's alone: messages that it took at once, u32 length and value */
    size_t hand;      /* of AHEAD: where what the body has in hand begins; FROM: it has nothing */
    size_t from;      /* of AHEAD: behind what the body has had */
    size_t done;      /* messages that it is done with and still holds */
    size_t want;      /* so many were to be taken at once */
    int64_t came_at;  /* and when that was */
    struct buf sent; /* of a stream: struct sent, those that are known by themselves and not known to be read */
};

/* A message, known by itself, that was written into a child's pipe. */
struct sent {
    int64_t id;
    int64_t number;
    size_t bytes;
};

/* queue.c: emits an event about the queue. The loop's thread. */
void queue_event(struct queue *queue, enum event_kind kind, unsigned flags, size_t count);

/* The rest with the lock held, but for the last. */

/* queue_put.c: messages for which there is room where they wait. */
size_t queue_subscription_room(const struct queue *queue);

/* queue_put.c: true where nothing can be put now. Where nobody is left to take it, all can. */
bool queue_has_no_room(const struct queue *queue);

/* queue_put.c: a message, with its NUMBER where the queue is traced, goes to all subscriptions from
 * which somebody takes. */
void queue_enter(struct queue *queue, const char *encoded, size_t length, int64_t number, int priority);

/* queue_put.c: the same for a message, which belongs to the queue from now on. */
void queue_enter_message(struct queue *queue, struct message *message, int priority);

/* queue_wait.c: a look at the waiters is due. */
void queue_wake_soon(struct queue *queue);

/* A thread looks for a moment whether something changes before it sleeps: most often the other side is
 * at work right now, and to be woken for each message costs more than the message. 1, or < 0 as WAIT's check has
 * it. */
int queue_spin(struct queue *queue, const struct queue_wait *wait, struct error *error);

/* Something changed that others may wait for. */
void queue_changed(struct queue *queue);

/* In the fullest subscription, with what is not due yet. */
size_t queue_messages(const struct queue *queue);

/* Waits on CONDITION; 1: something changed, 0: the deadline passed, or < 0. */
int queue_thread_wait(struct queue *queue, pthread_cond_t *condition, size_t *threads,
                      const struct queue_wait *wait, struct error *error);

void queue_waiters_add(struct waiter **list, struct waiter *waiter);

/* consumer.c: the consumer has COUNT more, or fewer. */
void consumer_hold(struct consumer *consumer, size_t count);

/* consumer.c: takes the message that is there. */
void consumer_receive_one(struct consumer *consumer, struct buf *out, struct delivery_tag *mark);

/* consumer.c: it is done with the message of MARK, whatever that means. */
void consumer_release(struct consumer *consumer, const struct delivery_tag *mark);

/* consumer.c: the same, and the message is not needed any more. */
void consumer_ack(struct consumer *consumer, const struct delivery_tag *mark);

/* consumer.c, without the lock: gives back the one message that it has; TRIED: it was worked on. */
void consumer_requeue_one(struct consumer *consumer, const char *encoded, size_t length,
                          bool tried);

/* queue_wait.c: true where nothing is there for CONSUMER and others wait for it, those that yield left out. */
bool queue_is_short(const struct queue *queue, const struct consumer *consumer);

/* What a consumer finds. */
enum take_result queue_look(const struct queue *queue, const struct consumer *consumer);

/* The number of the message that was put last, where the queue is traced; else 0. */
static inline int64_t queue_number(const struct queue *queue)
{
    return queue->spec->trace ? (int64_t)queue->totals.put : 0;
}

/* queue.c: tells of one message, where the queue is traced: its NUMBER, and who has put it or got it. */
void queue_trace(struct queue *queue, enum event_kind kind, int64_t number, const char *party, const char *encoded,
                 size_t length);

/* Without the lock: puts a message into the dead messages of QUEUE, whether these are full or not.
 */
void queue_dead_letter(struct queue *queue, const char *encoded, size_t length, int64_t attempts,
                       const char *reason);

#endif
