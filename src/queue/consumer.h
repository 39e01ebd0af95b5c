/*
 * One who takes from a queue, and what it has taken and not yet acknowledged.
 *
 * A stream into a child acknowledges what was read, a Lua body what it comes back from, a pool the
 * tasks that have succeeded. What is not acknowledged may come back, so the others do not see the end
 * of the queue before. A taker belongs to one thread at a time.
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
struct taker;
struct waiter;

enum take_result {
    TAKE_MESSAGE,
    TAKE_EMPTY,
    TAKE_CLOSED, /* empty, and nothing more will come */
};

enum taker_kind {
    TAKER_STREAM, /* writes messages into a child's pipe */
    TAKER_BODY,   /* a Lua body */
    TAKER_TASKS,  /* a pool whose tasks they are: one of a key at a time */
};

/* CONSUMER is the name of the object that takes, borrowed for the queue's life. */
struct taker *taker_new(struct queue *queue, const char *consumer, enum taker_kind kind);

/* What it holds must have been given back or acknowledged. NULL is accepted. */
void taker_free(struct taker *taker);

struct queue *taker_queue(const struct taker *taker);

/* Calls WAITER once as soon as there is a message for the taker, or the end. */
void taker_wait(struct taker *taker, struct waiter *waiter);

/* True where nothing can be taken now while others wait for the same messages. */
bool taker_is_awaited(const struct taker *taker);

/* True where nothing is there for it to take. Any thread. */
bool taker_finds_nothing(const struct taker *taker);

/* True where each message is known by itself, as the queue is durable or traced: taker_read_stream() is to be told what
 * was read. */
bool taker_knows_each(const struct taker *taker);

/* True where others take the same messages, as long as they live. */
bool taker_is_shared(const struct taker *taker);

/* True where each message must be acknowledged before the next is taken. */
bool taker_is_exact(const struct taker *taker);

/* Takes one message as an encoded value, appended to OUT, with its mark. */
enum take_result taker_take(struct taker *taker, struct buf *out, struct mark_taken *mark);

/*
 * Takes up to MOST messages, but no more than a fair share of what is there among the consumers,
 * each appended to OUT as a u32 length (little endian) and the encoded value; *COUNT says how many.
 * Of a taker that is exact, one.
 */
enum take_result taker_take_many(struct taker *taker, struct buf *out, size_t most, size_t *count);

/*
 * Takes as many whole messages as fit into MOST bytes, at least one, appended to OUT in their frames.
 * A message that cannot be framed (a table or a text with a newline in it as a line) is ERROR_FAILED
 * in *ERROR and is left out; the rest is taken.
 */
enum take_result taker_take_stream(struct taker *taker, struct buf *out, size_t most,
                                   struct error *error);

/* A stream: whether its child has something that it has not read. */
void taker_set_unread(struct taker *taker, bool unread);

/* A stream: all but the last UNREAD bytes that it has taken were read: a message that was read whole is
 * acknowledged. */
void taker_read_stream(struct taker *taker, size_t unread);

/* A stream: gives messages back that were not read: they stand first again. */
void taker_return_stream(struct taker *taker, const char *bytes, size_t length);

/* A stream: COUNT of its messages are not done and nobody else is to have them: they are left over. */
void taker_leave(struct taker *taker, size_t count);

/* A body is done with the COUNT messages that it has had longest. */
void taker_done(struct taker *taker, size_t count);

/* Gives back COUNT messages in the form of taker_take_many(); TRIED: the first one was worked on. */
void taker_return_many(struct taker *taker, const char *bytes, size_t length, size_t count,
                       bool tried);

/* A pool: the task of this message has succeeded, or has failed for good after so many ATTEMPTS:
 * then it goes to the queue's dead letters, with REASON. */
void taker_task_done(struct taker *taker, const struct mark_taken *mark);
void taker_task_failed(struct taker *taker, const struct mark_taken *mark, const char *encoded,
                       size_t length, int64_t attempts, const char *reason);

/* A pool: the task of this message is tried for the ATTEMPTS-th time. */
void taker_task_tried(struct taker *taker, const struct mark_taken *mark, int64_t attempts);

/* A pool: the task was not run to its end: the message stands first again. */
void taker_task_back(struct taker *taker, const struct mark_taken *mark, const char *encoded,
                     size_t length);

/*
 * For threads, any thread but the loop's: as queue_put_waiting(); 2: closed. KEEP: the message is not
 * acknowledged before the next one is taken, or taker_settle().
 */
int taker_take_waiting(struct taker *taker, struct buf *out, bool keep,
                       const struct queue_wait *wait, struct error *error);

/* The body has ended: what it kept is acknowledged where it is DONE, else given back. Any thread. */
void taker_settle(struct taker *taker, bool done);

/* True where it keeps a message. Any thread. */
bool taker_keeps(struct taker *taker);

#endif
