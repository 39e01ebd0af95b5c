/*
 * A client: the runner's end of a worker's requests to queues, for Lua bodies in processes and in
 * pools alike.
 */
#ifndef SERVE_QUEUE_SESSION_H
#define SERVE_QUEUE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

struct link;
struct queue_session;
struct frame;
struct object_wait;
struct run;

/* For the body of the object CONSUMER. Answers through LINK, which must outlive the client. */
struct queue_session *queue_session_new(struct run *run, const char *consumer,
                                        struct link *link);

/* Takes GET, UNGET, LENGTH, PUT, STUCK, TAKEN and RETURN frames; false for any other type. */
bool queue_session_take(struct queue_session *session, struct frame *frame);

/* True where the body waits, without a time limit, for a message or for room, and does nothing else;
 * fills WAIT. */
bool queue_session_waits(const struct queue_session *session, struct object_wait *wait);

/* True where the worker is done with all messages it got and none of its puts waits for room. */
bool queue_session_is_idle(const struct queue_session *session);

/* The worker has ended: what it was not done with goes back. Puts that wait for room are
 * still put when there is some; queue_session_is_idle() tells when, and IDLE(ARG) is called. */
void queue_session_end(struct queue_session *session, void (*idle)(void *arg), void *arg);

/* Puts what waits for room, be there any or not: of a run that is being stopped nobody may be left to make
 * some. */
void queue_session_put_unbounded(struct queue_session *session);

/* NULL is accepted. */
void queue_session_free(struct queue_session *session);

/* Messages that a worker may put into any of these queues before it hears of room. */
unsigned queue_session_window(const struct run *run, const size_t *queues, size_t count);

#endif
