/*
 * Reading and writing pipes without ever waiting for the other side.
 *
 * A reader hands on what comes, as it comes; pausing it makes the other side wait in turn. A writer
 * gathers what is put into it during a turn of the loop and writes it in one go.
 */
#ifndef LOOP_PIPE_H
#define LOOP_PIPE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct loop;
struct pipe_reader;
struct pipe_writer;

/* A pipe, both ends close-on-exec: [0] to read, [1] to write. 0 or a negative errno. */
int pipe_open(int ends[2], struct error *error);

struct reader_callbacks {
    /* LENGTH > 0 bytes, valid for the call. */
    void (*data)(void *arg, const char *bytes, size_t length);
    /* End of file (0) or a negative errno. Nothing follows. */
    void (*end)(void *arg, int status);
};

/* Reads FD, which it owns from now on. Starts at once. */
struct pipe_reader *reader_new(struct loop *loop, int fd, const struct reader_callbacks *callbacks,
                               void *arg);
void reader_pause(struct pipe_reader *reader);
void reader_resume(struct pipe_reader *reader);

/* Reads what is there at this moment, without waiting, paused or not; ends as read would. */
void reader_drain(struct pipe_reader *reader);

/* Closes FD and frees; nothing is called any more. NULL is accepted. */
void reader_free(struct pipe_reader *reader);

struct writer_callbacks {
    /* All that was put has been written (asked again after each time it had not been). */
    void (*drained)(void *arg);
    /* The other side is gone or the write failed: a negative errno. What is pending stays so, and
     * FD open, until writer_free(). */
    void (*failed)(void *arg, int status);
};

/* Writes to FD, which it owns and makes non-blocking. */
struct pipe_writer *writer_new(struct loop *loop, int fd, const struct writer_callbacks *callbacks,
                               void *arg);

/* Copies LENGTH bytes; they are written before the loop polls next. */
void writer_put(struct pipe_writer *writer, const char *bytes, size_t length);

/* The same without a copy of what is large: the bytes must stay, unchanged, until DRAINED is called, or the writer forgets them. */
void writer_lend(struct pipe_writer *writer, const char *bytes, size_t length);

/* Nothing is pending: DRAINED is called once more as soon as the pipe takes bytes. One that holds a single page takes
 * none before all that stands in it was read: pipe_poll() of Linux. */
void writer_await_room(struct pipe_writer *writer);

/* Bytes put but not yet written. */
size_t writer_pending(const struct pipe_writer *writer);

/* Forgets the bytes that are not written yet; returns how many. DRAINED is not called for them. */
size_t writer_forget(struct pipe_writer *writer);

/* The descriptor, for facts about it; -1 once it is closed. */
int writer_fd(const struct pipe_writer *writer);

/* Closes FD once all has been written; DRAINED is called after that. */
void writer_finish(struct pipe_writer *writer);

/* Closes FD at once and frees; nothing is called any more. NULL is accepted. */
void writer_free(struct pipe_writer *writer);

#endif
