/*
 * A tap: what a child writes into one pipe, read to its end and passed on, as lines to the log or
 * as messages to a queue.
 */
#ifndef CHILD_STREAM_READER_H
#define CHILD_STREAM_READER_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct mask;
struct queue;
struct tap;

struct tap_callbacks {
    /* One line without its newline; UNFINISHED where it had none, was too long, or its rest has not come
     * for a moment: then that follows, though nothing may be left of it. Log taps only. */
    void (*line)(void *arg, const char *stream, const char *bytes, size_t length, bool unfinished);
    /* So many messages were put into the queue. Queue taps only; NULL: nobody counts them. */
    void (*put)(void *arg, const char *stream, size_t count);
    /* What came is not framed as the queue's messages are; TEXT says which one. What came before is
     * put, then END is called. Queue taps only. */
    void (*wrong)(void *arg, const char *text);
    /* The end of the pipe, after all of it was passed on. */
    void (*end)(void *arg);
};

/*
 * Reads FD (owned from now on). QUEUE NULL: lines go to CALLBACKS->line, with STREAM ("stdout",
 * "stderr"); else whole messages are put into QUEUE, as those of the object PRODUCER, and the child waits while it is full.
 */
struct tap *tap_new(struct loop *loop, int fd, const char *stream, struct queue *queue,
                    const char *producer, const struct tap_callbacks *callbacks, void *arg);

/* Lines come without what MASK hides, even where a secret spans two pieces of a long one. */
void tap_mask(struct tap *tap, const struct mask *mask);

/* FD, which the tap reads, is that of a terminal: its questions are answered, and in the log a carriage return
 * before a newline is part of the line's end. */
void tap_terminal(struct tap *tap, int fd);

/* Stops reading while HELD; queue taps go on, as they make no output. */
void tap_hold(struct tap *tap, bool held);

/* Takes what is in the pipe at this moment, then ends as if the pipe had, and closes it: whoever goes on
 * writing gets EPIPE. */
void tap_finish(struct tap *tap);

/* True once END was called. */
bool tap_has_ended(const struct tap *tap);

/* True where it waits for room in its queue, and so may the child. */
bool tap_waits(const struct tap *tap);

/* The queue whose consumers had all ended before the pipe did: since then whoever writes to it gets
 * EPIPE, and what was in it is put and lost. NULL: none. */
const struct queue *tap_broken(const struct tap *tap);

/* NULL is accepted. */
void tap_free(struct tap *tap);

#endif
