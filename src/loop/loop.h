/*
 * The event loop of a run: timers, signals, children, pipes, threads and a mailbox, over libuv.
 *
 * All functions are for the loop's own thread but loop_post() and loop_soon(). Callbacks record a fact and return;
 * what follows from it is put into the loop's deferred list, which runs between two polls, so that
 * no decision is made in the depth of another one's callback.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct loop;

/* A new loop, or NULL with ERROR filled where the system refuses one. */
struct loop *loop_new(struct error *error);

/* Frees the loop once all that was made with it has been freed. */
void loop_free(struct loop *loop);

/* Runs until loop_stop() was called. Never call it from a callback. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Calls FUNCTION(ARG) on the loop's thread before the next poll, in the order of the calls. */
void loop_defer(struct loop *loop, void (*function)(void *arg), void *arg);

/*
 * FUNCTION(ARG) is called whenever the loop has done all there is to do and is about to wait for the
 * system; what it defers is done before that. Nothing on the loop's thread goes on by itself after it. One
 * call a loop; FUNCTION NULL: no more of that.
 */
void loop_before_wait(struct loop *loop, void (*function)(void *arg), void *arg);

/* As loop_defer(), from any thread. What is still in the mailbox when the loop ends is called then. */
void loop_post(struct loop *loop, void (*function)(void *arg), void *arg);

/* Any thread: as loop_defer() on the thread that runs the loop, which costs no system call, else as
 * loop_post(). */
void loop_soon(struct loop *loop, void (*function)(void *arg), void *arg);

/* ARG is to be freed: what was deferred or posted with it and was not called yet is never called. Nothing else posts
 * with it any more. */
void loop_forget(struct loop *loop, const void *arg);

/* FUNCTION(ARG, SIGNAL) is told of each signal in SIGNALS that is not ignored at the start. However
 * many come at once, the last of each kind is never lost. One call a process. */
void loop_catch_signals(struct loop *loop, const int *signals, size_t count,
                        void (*function)(void *arg, int signal), void *arg);

/* FUNCTION(ARG) is called, as by loop_defer(), when a child has ended, stopped or gone on. One call a loop. */
void loop_watch_children(struct loop *loop, void (*function)(void *arg), void *arg);

/* A number of its own while what one read(2) has brought is handed on, 0 at all other times. */
const uint64_t *loop_read_number(const struct loop *loop);

/* From now on every child that has ended is reaped; those that nobody watches, adopted ones, are counted. */
void loop_hear_children(struct loop *loop);
size_t loop_orphans(const struct loop *loop);

#endif
