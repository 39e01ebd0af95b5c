/*
 * A destination for bytes with a thread of its own, so that a slow or stopped reader never holds up
 * the loop. Bytes are written in the order they were put, and never in part unless writing fails.
 */
#ifndef LOG_WRITER_THREAD_H
#define LOG_WRITER_THREAD_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct loop;
struct output;
struct target;

struct output_callbacks {
    /* So much waits that whoever feeds this should pause; ROOM is called when it may go on. */
    void (*full)(void *arg);
    void (*room)(void *arg);
    /* Something could not be written: errno value NUMBER. Called the first time. */
    void (*failed)(void *arg, int number);
    /* After output_finish(): everything was written, or never will be. Called once. */
    void (*finished)(void *arg);
};

/* Writes to TARGET (owned from now on). The thread is started for the first bytes; while the system has none
 * to give they are written on the loop's own. */
struct output *output_new(struct loop *loop, struct target *target,
                          const struct output_callbacks *callbacks, void *arg);

/* Copies LENGTH bytes; they are handed to the thread when the loop's turn ends. */
void output_put(struct output *output, const char *bytes, size_t length);

/* The same without a copy: the bytes are appended to what output_begin() returns, which held BEFORE bytes. Nothing else is
 * put between the two. */
struct buf *output_begin(struct output *output);
void output_end(struct output *output, size_t before);

/* Hands what was put to the thread now: somebody waits for it whom the loop may not keep waiting. */
void output_push(struct output *output);

/*
 * Shows a text below what is written, on a terminal alone: what is put later stands above it. It takes
 * the place of the one before; "" is none. Not while the end of a line is still to come.
 */
void output_status(struct output *output, const char *text);

/* No more is put: finished is called when the thread is done. */
void output_finish(struct output *output);

/* Waits until all that was put by now is written or lost; false where any of what was put so far is lost.
 * Any thread but the loop's, which must go on meanwhile. */
bool output_settle(struct output *output);

/* Bytes that were put and could not be written. */
size_t output_lost(const struct output *output);

/* After finished: why a file did not rotate though it was due, an errno value; 0: it did. */
int output_stuck(const struct output *output);

/*
 * Frees it, finished or not. Where the thread still hangs in a write that nobody reads, it is left to the end of the
 * process and what it held counts as lost.
 */
void output_free(struct output *output);

#endif
