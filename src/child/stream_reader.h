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
struct stream_reader;

struct stream_reader_callbacks {
    /* One line without its newline; UNFINISHED where it had none, was too long, or its rest has not come
     * for a moment: then that follows, though nothing may be left of it. Log taps only. */
    void (*line)(void *arg, const char *stream, const char *bytes, size_t length, bool unfinished);
    /* So many messages were put into the queue. Queue taps only; NULL: nobody counts them. */
    void (*put)(void *arg, const char *stream, size_t count);
    /* What came is not framed as the queue's messages are; TEXT says which one. What came before is
     * put, then END is called. Queue taps only. */
    void (*wrong)(void *arg, const char *text);
    /* A last message of BYTES bytes had no end, and its writer no success: it is not put. Queue taps only. */
    void (*half)(void *arg, struct queue *queue, size_t bytes);
    /* The end of the pipe, after all of it was passed on. */
    void (*end)(void *arg);
};

/*
 * Reads FD (owned from now on). QUEUE NULL: lines go to CALLBACKS->line, with STREAM ("stdout",
 * "stderr"); else whole messages are put into QUEUE, as those of the object PRODUCER, and the child waits while it is full.
 */
struct stream_reader *stream_reader_new(struct loop *loop, int fd, const char *stream,
                                        struct queue *queue, const char *producer,
                                        const struct stream_reader_callbacks *callbacks, void *arg);

/* Lines come without what MASK hides, even where a secret spans two pieces of a long one. */
void stream_reader_mask(struct stream_reader *reader, const struct mask *mask);

/* FD, which the tap reads, is that of a terminal: its questions are answered, and in the log a carriage return
 * before a newline is part of the line's end. */
void stream_reader_terminal(struct stream_reader *reader, int fd);

/* Stops reading while HELD; queue taps go on, as they make no output. */
void stream_reader_hold(struct stream_reader *reader, bool held);

/* Takes what is in the pipe at this moment, then ends as if the pipe had, and closes it: whoever goes on
 * writing gets EPIPE. */
void stream_reader_finish(struct stream_reader *reader);

/* The writer has ended, and SUCCEEDED or not: only after this a last message without an end of its own is put, or
 * told to be half of one, and END called. Once; queue taps only, others ignore it. */
void stream_reader_judge(struct stream_reader *reader, bool succeeded);

/* True once END was called. */
bool stream_reader_has_ended(const struct stream_reader *reader);

/* True where it waits for room in its queue, and so may the child. */
bool stream_reader_waits(const struct stream_reader *reader);

/* The queue whose consumers had all ended before the pipe did: since then whoever writes to it gets
 * EPIPE, and what was in it is put and lost. NULL: none. */
const struct queue *stream_reader_broken(const struct stream_reader *reader);

/* NULL is accepted. */
void stream_reader_free(struct stream_reader *reader);

#endif
