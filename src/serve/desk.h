/*
 * What all clients of a run share: the lines that the run keeps of each object, and who gets events and lines as they come. It reads the bus, and wants of it no more than somebody wants to know.
 */
#ifndef SERVE_DESK_H
#define SERVE_DESK_H

#include <stddef.h>

struct buf;
struct call;
struct desk;
struct event;
struct history;
struct run;
struct session;

/* For a run whose objects are made. */
struct desk *desk_new(struct run *run);

/* No session is left, and the bus is used no more; NULL is accepted. */
void desk_free(struct desk *desk);

struct run *desk_run(const struct desk *desk);
const struct history *desk_history(const struct desk *desk);

/* SESSION is there, or is there no longer. */
void desk_join(struct desk *desk, struct session *session);
void desk_leave(struct desk *desk, struct session *session);

/* How many sessions there are. */
size_t desk_count(const struct desk *desk);

/* Some call has begun or ended to follow something. */
void desk_look(struct desk *desk);

/* Soon clients that read too little are let go. */
void desk_soon(struct desk *desk);

/* EVENT as a line of JSON; valid until the next call. */
const struct buf *desk_event(struct desk *desk, const struct event *event);

#endif
