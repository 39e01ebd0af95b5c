/*
 * One who takes from a queue, and what it has taken and not yet acknowledged.
 *
 * A stream into a child acknowledges what was read, a Lua body what it comes back from, a pool the
 * tasks that have succeeded. What is not acknowledged may come back, so the others do not see the
 * end of the queue before. A consumer belongs to one thread at a time.
 */
#ifndef QUEUE_CONSUMER_H
#define QUEUE_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/subscription.h"

struct buf;
struct error;
struct queue;
struct queue_wait;
struct consumer;
struct waiter;

enum take_result {
    TAKE_MESSAGE,
    TAKE_EMPTY,
    TAKE_CLOSED, /* empty, and nothing more will come */
};

enum consumer_kind {
    CONSUMER_STREAM, /* writes messages into a child's pipe */
    CONSUMER_BODY,   /* a Lua body */
    CONSUMER_TASKS,  /* a pool whose tasks they are: one of a key at a time */
};

/* CONSUMER is the name of the object that takes, borrowed for the queue's life. */
struct consumer *consumer_new(struct queue *queue, const char *consumer, enum consumer_kind kind);

/* What it holds must have been given back or acknowledged. NULL is accepted. */
void consumer_free(struct consumer *consumer);

struct queue *consumer_queue(const struct consumer *consumer);

/* Calls WAITER once as soon as there is a message for the consumer, or the end. */
void consumer_wait(struct consumer *consumer, struct waiter *waiter);

/* True where nothing can be taken now while others wait for the same messages. */
bool consumer_is_awaited(const struct consumer *consumer);

/* Calls WAITER once as soon as that is so. */
void consumer_wait_awaited(struct consumer *consumer, struct waiter *waiter);

/* Others who wait for a message go before one that YIELDS. */
void consumer_yield(struct consumer *consumer, bool yields);

/* True where others may have what it gives back: they share the queue, and the messages of a key are not its own. */
bool consumer_may_pass_on(const struct consumer *consumer);

/* True where nothing is there for it to take. Any thread. */
bool consumer_finds_nothing(const struct consumer *consumer);

/* True where each message is known by itself, as the queue is durable or traced:
 * consumer_read_stream() is to be told what was read. */
bool consumer_knows_each(const struct consumer *consumer);

/* True where others take the same messages, as long as they live. */
bool consumer_is_shared(const struct consumer *consumer);

/* True where each message must be acknowledged before the next is taken. */
bool consumer_is_exact(const struct consumer *consumer);

/* Takes one message as an encoded value, appended to OUT, with its mark. */
enum take_result consumer_receive(struct consumer *consumer, struct buf *out,
                                  struct delivery_tag *mark);

/*
 * Takes up to MOST messages, but no more than a fair share of what is there among the consumers,
 * each appended to OUT as a u32 length (little endian) and the encoded value; *COUNT says how many.
 * Of a consumer that is exact, one.
 */
enum take_result consumer_receive_many(struct consumer *consumer, struct buf *out, size_t most,
                                       size_t *count);

/*
 * Takes as many whole messages as fit into MOST bytes, at least one; FAIR: where others take from the queue
 * too no more than a part of what is there, so that all get some. Appended to OUT in their frames.
 * A message that cannot be framed (a table or a text with a newline in it as a line) is ERROR_FAILED
 * in *ERROR and is left out; the rest is taken.
 */
enum take_result consumer_receive_stream(struct consumer *consumer, struct buf *out, size_t most, bool fair,
                                         struct error *error);

/* A stream: whether its child has something that it has not read. */
void consumer_set_unread(struct consumer *consumer, bool unread);

/* A stream whose child RESTS: it holds messages that it has read, and is done with them when it has seen the end. Those who
 * rest do not keep the end from each other. */
void consumer_rest(struct consumer *consumer, bool rests);

/* A stream: all but the last UNREAD bytes that it has taken were read: a message that was read whole is
 * acknowledged. */
void consumer_read_stream(struct consumer *consumer, size_t unread);

/* A stream: gives messages back that were not read: they stand first again. */
void consumer_requeue_stream(struct consumer *consumer, const char *bytes, size_t length);

/* A stream: COUNT of its messages are not done and nobody else is to have them: they are left over. */
void consumer_leave(struct consumer *consumer, size_t count);

/* A body is done with the COUNT messages that it has had longest. */
void consumer_done(struct consumer *consumer, size_t count);

/* Gives back COUNT messages in the form of consumer_receive_many(); TRIED: the first one was worked
 * on. */
void consumer_requeue_many(struct consumer *consumer, const char *bytes, size_t length,
                           size_t count, bool tried);

/* A pool: the task of this message has succeeded, or has failed for good after so many ATTEMPTS:
 * then it goes to the queue's dead messages, with REASON. */
void consumer_task_done(struct consumer *consumer, const struct delivery_tag *mark);
void consumer_task_failed(struct consumer *consumer, const struct delivery_tag *mark,
                          const char *encoded, size_t length, int64_t attempts, const char *reason);

/* A pool: the task of this message is tried for the ATTEMPTS-th time. */
void consumer_task_tried(struct consumer *consumer, const struct delivery_tag *mark,
                         int64_t attempts);

/* A pool: the task was not run to its end: the message stands first again. */
void consumer_task_requeue(struct consumer *consumer, const struct delivery_tag *mark,
                           const char *encoded, size_t length);

/*
 * For threads, any thread but the loop's: as queue_put_waiting(); 2: closed. KEEP: the message is
 * not acknowledged before the next one is taken, or consumer_settle().
 */
int consumer_receive_waiting(struct consumer *consumer, struct buf *out, bool keep,
                             const struct queue_wait *wait, struct error *error);

/* The body has ended: what it kept is acknowledged where it is DONE, else given back. Any thread. */
void consumer_settle(struct consumer *consumer, bool done);

/* True where it keeps a message. Any thread. */
bool consumer_keeps(struct consumer *consumer);

#endif
