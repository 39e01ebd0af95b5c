/*
 * A destination for bytes with a thread of its own, so that a slow or stopped reader never holds up
 * the loop. Bytes are written in the order they were put, and never in part unless writing fails.
 */
#ifndef SINK_OUTPUT_H
#define SINK_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct loop;
struct output;

struct output_callbacks {
    /* So much waits that whoever feeds this should pause; ROOM is called when it may go on. */
    void (*full)(void *arg);
    void (*room)(void *arg);
    /* Writing failed for good: errno value NUMBER. Called once. */
    void (*failed)(void *arg, int number);
    /* After output_finish(): everything was written, or never will be. Called once. */
    void (*finished)(void *arg);
};

/* Writes to FD, which stays the caller's. NULL with ERROR filled where no thread can be started. */
struct output *output_new(struct loop *loop, int fd, const struct output_callbacks *callbacks,
                          void *arg, struct error *error);

/* Copies LENGTH bytes; they are handed to the thread when the loop's turn ends. */
void output_put(struct output *output, const char *bytes, size_t length);

/* No more is put: finished is called when the thread is done. */
void output_finish(struct output *output);

/* Bytes that were put and could not be written. */
size_t output_lost(const struct output *output);

/*
 * Frees it. Where the thread still hangs in a write that nobody reads, it is left to the end of the
 * process and what it held counts as lost.
 */
void output_free(struct output *output);

#endif
