/*
 * A queue of messages: owned by the runner, used by the loop and by threads at once.
 *
 * Messages are kept in batches. A batch of a stream holds them as they came from a pipe, each in its
 * frame (object/framing.h), so that they go from process to process without being looked at one by
 * one. A batch of values holds encoded values (script/value.h) as Lua bodies put them. Each side
 * gets what it needs from either: a line becomes a string, a string or number becomes a line.
 *
 * Functions marked "any thread" may be called from threads; all others on the loop's thread alone.
 */
#ifndef OBJECT_QUEUE_H
#define OBJECT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object/framing.h"

struct buf;
struct error;
struct queue;
struct queue_spec;
struct run;

/* Somebody on the loop's thread who waits for messages or for room: called once, then off the list.
 * A zeroed waiter with its function and arg set is ready for use. */
struct waiter {
    void (*function)(void *arg);
    void *arg;
    struct waiter *next;
    struct waiter *previous;
    bool waiting;
};

enum take_result {
    TAKE_MESSAGE,
    TAKE_EMPTY,
    TAKE_CLOSED, /* empty, and nothing more will come */
};

/* How many use the queue: set before the run starts, and counted down as they end. */
struct queue_users {
    size_t producers;
    size_t consumers;
    size_t stream_consumers; /* of the consumers, those that read it as a stream */
};

/* Opens a queue with its items in it; NAMED where the scenario has several. */
struct queue *queue_new(struct run *run, const struct queue_spec *spec, bool named,
                        const struct queue_users *users);

/* Frees it; what is still in it is gone. */
void queue_free(struct queue *queue);

const char *queue_name(const struct queue *queue);
enum framing queue_framing(const struct queue *queue);
size_t queue_stream_consumers(const struct queue *queue);

/*
 * Puts whole messages in their frames; returns how many bytes of them were taken: fewer than LENGTH
 * where the queue is full.
 */
size_t queue_put_stream(struct queue *queue, const char *bytes, size_t length);

/* Puts one encoded value; false where the queue is full. */
bool queue_put_value(struct queue *queue, const char *encoded, size_t length);

/* Takes one message as an encoded value, appended to OUT. */
enum take_result queue_take_value(struct queue *queue, struct buf *out);

/*
 * Takes up to MOST messages, but no more than a fair share of what is there among its consumers,
 * each appended to OUT as a u32 length (little endian) and the encoded value; *COUNT says how many.
 */
enum take_result queue_take_values(struct queue *queue, struct buf *out, size_t most,
                                   size_t *count);

/*
 * Takes as many whole messages as fit into MOST bytes, at least one, appended to OUT in their frames.
 * A message that cannot be framed (a table or a text with a newline in it as a line) is ERROR_FAILED
 * in *ERROR and is left out; the rest is taken.
 */
enum take_result queue_take_stream(struct queue *queue, struct buf *out, size_t most,
                                   struct error *error);

/* Gives messages back that were taken and not used: they stand first again. */
void queue_return_stream(struct queue *queue, const char *bytes, size_t length);
void queue_return_values(struct queue *queue, const char *bytes, size_t length, size_t count);

/* Calls WAITER once as soon as there is a message or the end; or room. */
void queue_wait_message(struct queue *queue, struct waiter *waiter);
void queue_wait_room(struct queue *queue, struct waiter *waiter);
void queue_unwait(struct queue *queue, struct waiter *waiter);

/* Messages in it. Any thread. */
size_t queue_length(struct queue *queue);

/* True where nothing is in it. */
bool queue_is_empty(struct queue *queue);

/* One producer has ended: the last one closes a queue with close: auto. */
void queue_producer_ended(struct queue *queue);

/* One consumer has ended: without any left, what is put is never taken, and producers go on. */
void queue_consumer_ended(struct queue *queue);

/* True where no consumer is left. Any thread. */
bool queue_is_abandoned(struct queue *queue);

/* At the end of the run: tells of messages that nobody took; false where there were any. */
bool queue_balance(struct queue *queue);

/*
 * Put and take for threads, any thread but the loop's: they wait until DEADLINE
 * (clock_monotonic(); 0: for ever). CHECK(ARG, ERROR) is asked whenever the wait is interrupted and
 * ends it by a negative code. 1: done; 0: the deadline passed; 2 (take alone): closed.
 */
struct queue_wait {
    int64_t deadline;
    int (*check)(void *arg, struct error *error);
    void *arg;
};
int queue_put_waiting(struct queue *queue, const char *encoded, size_t length,
                      const struct queue_wait *wait, struct error *error);
int queue_take_waiting(struct queue *queue, struct buf *out, const struct queue_wait *wait,
                       struct error *error);

/* Wakes the threads that wait, so that they ask their CHECK. Any thread. */
void queue_interrupt(struct queue *queue);

#endif
