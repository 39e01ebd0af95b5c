/*
 * A feed: the messages of a queue, written into a pipe from which one child reads.
 *
 * What the child had not read when it ended goes back into the queue. Where others take from the
 * queue too, what it does not read while they have nothing to do goes back before that. With a backlog
 * (queue/backlog.h) that keeps what the child is not done with instead, read or not.
 */
#ifndef CHILD_STREAM_WRITER_H
#define CHILD_STREAM_WRITER_H

#include <stdbool.h>
#include <stddef.h>

struct backlog;
struct stream_writer;
struct queue;
struct run;

struct stream_writer_callbacks {
    /* A message that cannot be framed was left out; TEXT says which. */
    void (*wrong)(void *arg, const char *text);
};

/* Writes into FD (owned from now on), from which the process CONSUMER reads. BACKLOG, NULL: none, stays the
 * caller's. */
struct stream_writer *stream_writer_new(struct run *run, int fd, struct queue *queue,
                                        const char *consumer, struct backlog *backlog,
                                        const struct stream_writer_callbacks *callbacks, void *arg);

/* True where the queue is empty and the child has read all that was written. */
bool stream_writer_is_drained(const struct stream_writer *writer);

/* True where it is so, and it waits for a message. */
bool stream_writer_waits(const struct stream_writer *writer);

/* The child has ended: returns to the queue what it had not read, and closes the pipe. */
void stream_writer_end(struct stream_writer *writer);

/* After that: how many messages the child may have read and not done, as far as a program that reads the pipe
 * piece by piece has them; 0 with a backlog, and unless it was KILLED where it has read the end of the queue. */
size_t stream_writer_unsure(const struct stream_writer *writer, bool killed);

/* After that: bytes that were given to the child and that it had not read. */
size_t stream_writer_unread(const struct stream_writer *writer);

/* NULL is accepted. */
void stream_writer_free(struct stream_writer *writer);

#endif
