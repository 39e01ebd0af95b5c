/*
 * What a process was given of a queue and is not done with: `ack: line` and `ack: end`.
 *
 * It lasts from the first life of the process to its last one: each life is given again what the one
 * before was not done with, in the same order, before anything else of the queue. Beyond a bound it is
 * kept in an unlinked temporary file. The loop's thread alone.
 */
#ifndef QUEUE_BACKLOG_H
#define QUEUE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/consumer.h"
#include "scenario/spec.h"

struct backlog;
struct buf;
struct error;
struct queue;

/* ACK is ACK_LINE or ACK_END; CONSUMER is borrowed for the queue's life. */
struct backlog *backlog_new(struct queue *queue, const char *consumer, enum ack ack);

/* What is left of it goes back to the queue, where others may take it, or is counted as not taken. NULL is
 * accepted. */
void backlog_free(struct backlog *backlog);

/* True where others take from the queue too, so that what is given back is of use at once. */
bool backlog_is_shared(const struct backlog *backlog);

/* The consumer through which it takes; the backlog's own. */
struct consumer *backlog_consumer(const struct backlog *backlog);

/* A life begins: it gets all that is there anew. */
void backlog_begin(struct backlog *backlog);

/*
 * Appends up to MOST bytes, or one message, that this life has not got yet: whole messages in their
 * frames, or a piece of what was kept. As consumer_receive_stream(), and ERROR_FAILED too where
 * what was kept cannot be read back: it is lost then.
 */
enum take_result backlog_take(struct backlog *backlog, struct buf *out, size_t most, bool fair,
                              struct error *error);

/* This life has read all that it was given. */
void backlog_read(struct backlog *backlog);

/* True where it keeps nothing that this life has not got. */
bool backlog_is_all_given(const struct backlog *backlog);

/* The last that this life got, whole messages with these BYTES, were not read, and go back to the queue, where others
 * may take them; backlog_is_all_given() must be true. */
void backlog_return(struct backlog *backlog, const char *bytes, size_t length);

/* The process has answered so many of the messages that it has had longest. Nothing with ACK_END. */
void backlog_answered(struct backlog *backlog, size_t count);

/* This life is over, and had not read the last UNREAD bytes that it was given; DONE: it has succeeded, so
 * that with ACK_END all that it has read is done. */
void backlog_end(struct backlog *backlog, size_t unread, bool done);

/* True where the process still has to answer something. */
bool backlog_is_owed(const struct backlog *backlog);

#endif
