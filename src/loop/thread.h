/* Threads of this process: of their own (uv_thread) and from libuv's pool (uv_queue_work). */
#ifndef LOOP_THREAD_H
#define LOOP_THREAD_H

#include <stddef.h>

struct error;
struct loop;
struct thread;

/* Starts FUNCTION(ARG) in a thread. 0 with *THREAD for thread_join(), or a negative errno. */
int thread_start(void (*function)(void *arg), void *arg, struct thread **thread,
                 struct error *error);

/* Waits for the thread's end and frees it. */
void thread_join(struct thread *thread);

/* Frees the handle; nobody waits for the thread's end. */
void thread_detach(struct thread *thread);

/*
 * Says how many threads libuv's pool must have. Before the first work_start() of the process, and
 * before any other thread runs (it sets an environment variable).
 */
void work_size(size_t threads);

/*
 * The first call makes the threads.
 *
 * Runs WORK(ARG) in a thread of the pool and then DONE(ARG) on the loop's thread. 0, or a negative
 * errno and nothing is called.
 */
int work_start(struct loop *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg);

#endif
