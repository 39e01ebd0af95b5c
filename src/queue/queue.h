/*
 * A queue of messages: owned by the runner, used by the loop and by threads at once.
 *
 * Messages are kept as they came (queue/subscription.h): those from a pipe in their frames, so that
 * they go from process to process without being looked at one by one, those that Lua bodies put as
 * encoded values (value/value.h). Each side gets what it needs from either: a line becomes a
 * string, a string or number becomes a line. Who takes has a consumer (queue/consumer.h).
 *
 * Functions marked "any thread" may be called from threads; all others on the loop's thread alone.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/framing.h"

struct buf;
struct error;
struct queue;
struct queue_spec;
struct run;
struct consumer;

/* Somebody on the loop's thread who waits for messages or for room: called once, then off the list.
 * A zeroed waiter with its function and arg set is ready for use. */
struct waiter {
    void (*function)(void *arg);
    void *arg;
    const struct consumer *consumer; /* of one who waits for messages */
    struct waiter *next;
    struct waiter *previous;
    bool waiting;
};

/* How many use the queue: set before the run starts, and counted down as they end. */
struct queue_users {
    size_t producers; /* queues whose dead messages come here included */
    size_t consumers;
    size_t stream_consumers; /* of the consumers, those that read it as a stream */
    size_t daemons;          /* of the consumers, those that may be ended when it is empty */
};

/* How a message is put. */
struct put_options {
    int64_t delay; /* ns until it may be taken; 0: none */
    int priority;  /* 0 to SUBSCRIPTION_PRIORITIES - 1; the highest goes first */
    const char *producer; /* the object that puts it, for who traces the queue; NULL: none of the run */
    bool spent; /* of many: their bytes are not needed any more where they are: see mem_move() */
};

/* Opens a queue with its items in it; NAMED where the scenario has several. A durable one, where the
 * run has a store, holds what is in its file instead. */
struct queue *queue_new(struct run *run, const struct queue_spec *spec, bool named,
                        const struct queue_users *users);

/* The run begins: tells what goes through it as often as log.stats says. */
void queue_begin(struct queue *queue);

/* Emits what waits in it and went through it, as queue.sample, where that has changed since it was asked last. */
void queue_sample(struct queue *queue);

/* Nothing is waited for any more: before the loop is freed. */
void queue_stop(struct queue *queue);

/* Frees it; what is still in it is gone. Its consumers are freed before. */
void queue_free(struct queue *queue);

const char *queue_name(const struct queue *queue);

/* Its number among the queues of the scenario. */
size_t queue_index(const struct queue *queue);

enum framing queue_framing(const struct queue *queue);

/* True where a program reads its messages as a stream of text with END (message_check()) between them. Any thread. */
bool queue_is_read_as_text(const struct queue *queue, int *end);

/* True where its messages have no priority, as those of a key come in their order. */
bool queue_is_ordered(const struct queue *queue);


/*
 * Puts whole messages in their frames, of the object PRODUCER; returns how many bytes of them were taken: fewer than LENGTH
 * where the queue is full.
 */
size_t queue_put_stream(struct queue *queue, const char *bytes, size_t length, const char *producer);

/* The same of bytes that are not needed any more as far as they are taken: see mem_move(). */
size_t queue_move_stream(struct queue *queue, char *bytes, size_t length, const char *producer);

/* The queue that gets its dead messages; NULL: none. */
struct queue *queue_dead_letters(const struct queue *queue);

/* Puts one encoded value; false where the queue is full. */
bool queue_put_value(struct queue *queue, const char *encoded, size_t length,
                     const struct put_options *options);

/* Puts messages, each a u32 length (little endian) and the encoded value; returns how many bytes of
 * them were taken, fewer than LENGTH where the queue is full, and *COUNT messages. */
size_t queue_put_values(struct queue *queue, const char *values, size_t length,
                        const struct put_options *options, size_t *count);

/* Puts one encoded value, be the queue full or not. */
void queue_put_unbounded(struct queue *queue, const char *encoded, size_t length,
                         const struct put_options *options);

/* True where the queue lasts in a file. */
bool queue_is_durable(const struct queue *queue);

/* Takes a message, an encoded value, out of its queue; false: it stays. */
typedef bool queue_drained(void *arg, const char *encoded, size_t length);

/*
 * Gives each message that waits in the queue and its file to TAKE(ARG, ...), which may put into other
 * queues; *COUNT says how many it took. The loop's thread. A negative code with ERROR filled where the
 * file cannot be read to its end.
 */
int queue_drain(struct queue *queue, queue_drained *take, void *arg, size_t *count,
                struct error *error);

/* True where nothing can be put at the moment. */
bool queue_is_full(struct queue *queue);

/* Calls WAITER once as soon as there is room. */
void queue_wait_room(struct queue *queue, struct waiter *waiter);

/* True where nothing can take from it any more, and what is put is lost. Any thread. */
bool queue_is_broken(const struct queue *queue);

/* Calls WAITER once as soon as it is broken. */
void queue_wait_broken(struct queue *queue, struct waiter *waiter);

/* True where that is meant, and no failure: leftover: drop. */
bool queue_drops_leftover(const struct queue *queue);

/* Takes a waiter off, whatever it waits for; nothing where it does not wait. */
void queue_unwait(struct queue *queue, struct waiter *waiter);

/* How many on the loop wait for a message of it, and how many for room in it. */
void queue_waiting(struct queue *queue, size_t *for_message, size_t *for_room);

/* Messages in it, not yet due ones included. Any thread. */
size_t queue_length(struct queue *queue);

/* True where nothing is in it. */
bool queue_is_empty(struct queue *queue);

/* One producer has ended: the last one closes a queue with close: auto. */
void queue_producer_ended(struct queue *queue);

/* The consumer NAME has ended. Without any left the queue is broken, unless it is durable or the run is
 * being stopped: what is put is never taken. */
void queue_consumer_ended(struct queue *queue, const char *name);

/* One more producer; of a queue that is not closed. */
void queue_producer_joins(struct queue *queue);

/* The consumer NAME takes from it, from now on or again; where queue_refuses_consumer() does not say why it cannot. */
void queue_consumer_joins(struct queue *queue, const char *name);
const char *queue_refuses_consumer(struct queue *queue, const char *name);

/* Nothing will be put, though producers are left: as all of them wait. False where it was closed before. */
bool queue_close_early(struct queue *queue);

/* True where no message will come, or no room, but by what producers and consumers do: nothing is put
 * from outside, or due later, and no disk is waited for. */
bool queue_rests(struct queue *queue, bool for_room);

/* Another number whenever something was put or taken. Any thread. */
unsigned queue_changes(const struct queue *queue);

/* True where it takes no more: all its producers have ended, and it has close: auto. Any thread. */
bool queue_is_closed(struct queue *queue);

/* True where each consumer gets every message. */
bool queue_is_broadcast(const struct queue *queue);

/* True where no consumer is left. Any thread. */
bool queue_is_abandoned(struct queue *queue);

/* Whoever had read so many messages of it ended, for REASON, and may not have been done with them: told now
 * and at the end, where the run fails by it unless leftover is drop. */
void queue_unsure(struct queue *queue, size_t count, const char *reason);

/* A message that was to be put is half of one, perhaps, for REASON, and is not put: that is told. */
void queue_half(struct queue *queue, const char *reason);

/* At the end of the run: tells of messages that nobody took; false where there were any that are gone
 * with the run. */
bool queue_balance(struct queue *queue);

/*
 * Puts, any thread but the loop's: waits until DEADLINE (clock_monotonic(); 0: for ever).
 * CHECK(ARG, ERROR) is asked whenever the wait is interrupted and ends it by a negative code.
 * 1: done; 0: the deadline passed.
 */
struct queue_wait {
    int64_t deadline;
    int (*check)(void *arg, struct error *error);
    void *arg;
    atomic_size_t *asking; /* holds FOR_WHAT as long as the thread sleeps, and else 0; NULL: nobody asks. Of a
                              wait without a deadline; changed with the queue's lock held */
    size_t for_what;
};

/* FOR_WHAT of one who waits for a message of the queue of this number, or for room in it. */
static inline size_t queue_asks(size_t queue, bool for_room)
{
    return 1 + 2 * queue + for_room;
}

int queue_put_waiting(struct queue *queue, const char *encoded, size_t length,
                      const struct put_options *options, const struct queue_wait *wait,
                      struct error *error);

/* The same for messages, each a u32 length and the encoded value. Where it must not wait any longer the
 * rest is put be there room or not: 0 or a negative code is returned all the same. */
int queue_put_values_waiting(struct queue *queue, const char *values, size_t length,
                             const struct queue_wait *wait, struct error *error);

/* How many messages, MOST of them at most, may be gathered before they are put; 0: each is put by
 * itself. */
size_t queue_gathers(const struct queue *queue, size_t most);

/* The disk, for which a durable queue held its producers back, has caught up. */
void queue_has_room_again(struct queue *queue);

/* Wakes the threads that wait, so that they ask their CHECK. Any thread. */
void queue_interrupt(struct queue *queue);

#endif
