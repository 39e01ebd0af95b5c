/*
 * The control socket of a run: the socket at which `parrun put` and `parrun get` ask for its
 * queues, and anybody of the same user asks what it does and tells it what to do
 * (parrun-control(7)). Each connection is a client (serve/connection.h).
 */
#ifndef SERVE_CONTROL_SOCKET_H
#define SERVE_CONTROL_SOCKET_H

#include <stddef.h>

struct control_socket;
struct object;
struct part_waits;
struct private_socket;
struct run;

/*
 * Opens it at SOCKET (NULL: there is none), which must outlive it, once the run has its queues and objects, and makes the run's
 * desk. Where it cannot be opened the run goes on without: that is said on standard error, and bodies find out why. Where its
 * directory is removed it is opened anew.
 */
struct control_socket *control_socket_new(struct run *run, struct private_socket *socket);

/* The run has ended: tells all who are there, or come before the socket has gone. NULL is accepted. */
void control_socket_close(struct control_socket *control);

/* Calls DONE(ARG) when all who were told of the end have read it, or soon where somebody does not. DOOR may be NULL. */
void control_socket_settle(struct control_socket *control, void (*done)(void *arg), void *arg);

/* Sends everybody away and removes the socket, before the objects are freed. NULL is accepted. */
void control_socket_free(struct control_socket *control);

/* The run's store of durable queues has committed something. NULL is accepted. */
void control_socket_committed(struct control_socket *control);

/* Adds to WAITS (queue/parts.h) what the bodies of OBJECT wait for at the control socket. NULL is
 * accepted. */
void control_socket_waits(const struct control_socket *control, const struct object *object,
                          struct part_waits *waits);

/* What bodies find in PARRUN_SOCKET: the path, or "none: " and why there is none. */
const char *control_socket_address(const struct control_socket *control);

#endif
