/*
 * A Lua body in a thread of the runner: its state, what it sees of the run, and its way to the
 * loop. It tells what it does in the frames of wire/frame.h, kept in memory.
 */
#ifndef THREAD_LUA_BODY_H
#define THREAD_LUA_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct body_thread;
struct buf;
struct error;
struct frame;
struct object_spec;
struct object_wait;
struct run;
struct script;
struct variables_task;

/* FRAME(ARG, ...) is called on the loop's thread for each frame that the body's thread sends. */
struct body_thread *body_thread_new(struct run *run, const struct object_spec *spec,
                                    const char *name,
                                    void (*frame)(void *arg, struct frame *frame), void *arg);

/*
 * A body that makes items: it has a function emit, whose items come as frames of type FRAME_ITEM, and which waits while BODY_ITEMS_MOST of them were not taken. Before the thread runs.
 */
#define BODY_ITEMS_MOST 1000
void body_thread_set_emitting(struct body_thread *body);

/* COUNT of the items were taken. The loop's thread. */
void body_thread_took(struct body_thread *body, size_t count);

/* Only once the thread has ended. NULL is accepted. */
void body_thread_free(struct body_thread *body);

/* Holds back what the thread tells, or hands on what has gathered. The loop's thread. */
void body_thread_hold(struct body_thread *body, bool held);

/* Ends whatever the body does, soon; a command that it runs has its grace, but where FORCE. The loop's
 * thread. */
void body_thread_interrupt(struct body_thread *body, bool force);

/* True where it waits for a command that it runs. The loop's thread. */
bool body_thread_runs_command(struct body_thread *body);

/* The body has ended, or hangs and is left behind: the messages that it had in hand are done with
 * where it ended WELL, else they go back. Any thread. */
void body_thread_settle(struct body_thread *body, bool well);

/* True where it is not done with a message. The loop's thread. */
bool body_thread_is_at_work(struct body_thread *body);

/* True where the body asks a queue for a message that is not there, or for room, without a time limit;
 * fills WAIT. The loop's thread. */
bool body_thread_waits(struct body_thread *body, struct object_wait *wait);

/* The rest is for the body's own thread. */

/* Makes the Lua state and compiles SPEC's chunk into *CHUNK; 0 or a negative code. */
int body_thread_prepare(struct body_thread *body, int *chunk, struct error *error);

/*
 * Closes the state, whose memory and open files are free from here on: the body has ended. What the
 * body's finalizers print is still told.
 */
void body_thread_close(struct body_thread *body);

/* The state; NULL before body_thread_prepare() and after body_thread_close(). */
struct script *body_thread_script(struct body_thread *body);

/* What the commands of the body are told of its task, as long as it runs; NULL: nothing. TOLD is borrowed. */
void body_thread_tell(struct body_thread *body, const struct variables_task *told);

/* Every wait ends at this time of clock_monotonic(); 0: none. */
void body_thread_set_deadline(struct body_thread *body, int64_t deadline);

/* Sends frames; FRAMES is empty afterwards. */
void body_thread_send(struct body_thread *body, struct buf *frames);

/* Settles, and sends a RESULT frame; RESULT and ERROR as script_call() left them. What is in VALUE is not looked at again where it lies:
 * see mem_move(). */
void body_thread_send_result(struct body_thread *body, uint64_t id, int result, int64_t duration,
                             const struct buf *value, const struct error *error);

/* True once it was interrupted. */
bool body_thread_is_interrupted(const struct body_thread *body);

#endif
