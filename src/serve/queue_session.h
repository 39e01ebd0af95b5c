/*
 * A client: the runner's end of a worker's requests to queues, for Lua bodies in processes and in
 * pools alike.
 */
#ifndef SERVE_QUEUE_SESSION_H
#define SERVE_QUEUE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

struct client;
struct frame;
struct object_wait;
struct run;
struct writer;

/* For the body of the object CONSUMER. Answers through WRITER, which must outlive the client. */
struct client *client_new(struct run *run, const char *consumer, struct writer *writer);

/* Takes GET, UNGET, LENGTH, PUT, STUCK, TAKEN and RETURN frames; false for any other type. */
bool client_take(struct client *client, struct frame *frame);

/* True where the body waits, without a time limit, for a message or for room, and does nothing else;
 * fills WAIT. */
bool client_waits(const struct client *client, struct object_wait *wait);

/* True where the worker is done with all messages it got and none of its puts waits for room. */
bool client_is_idle(const struct client *client);

/* The worker has ended: what it was not done with goes back. Puts that wait for room are
 * still put when there is some; client_is_idle() tells when, and IDLE(ARG) is called. */
void client_end(struct client *client, void (*idle)(void *arg), void *arg);

/* Puts what waits for room, be there any or not: of a run that is being stopped nobody may be left to make
 * some. */
void client_put_anyway(struct client *client);

/* NULL is accepted. */
void client_free(struct client *client);

/* Messages that a worker may put into any of these queues before it hears of room. */
unsigned client_window(const struct run *run, const size_t *queues, size_t count);

#endif
