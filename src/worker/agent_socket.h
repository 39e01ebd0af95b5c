/*
 * Where the tasks of an agent ask their run: a socket as the run's own (os/private_socket.h), each of whose clients a relay
 * (wire/relay.h) takes to that.
 */
#ifndef WORKER_AGENT_SOCKET_H
#define WORKER_AGENT_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

struct agent_socket;
struct buf;
struct frame;
struct loop;
struct private_socket;

/* Opens it at SOCKET (NULL: there is no memory for one), which must outlive it, and sets PARRUN_SOCKET, which says why where that
 * is not possible. FRAMES and SENT as struct relays has them. It lives as long as the process. */
struct agent_socket *agent_socket_new(struct loop *loop, struct private_socket *socket, struct buf *frames, void (*sent)(void *arg),
                                      void *arg);

/* A frame of the runner for a client. NULL is accepted. */
void agent_socket_take(struct agent_socket *door, struct frame *frame);

/* Reads nothing from clients while HELD. NULL is accepted. */
void agent_socket_hold(struct agent_socket *door, bool held);

#endif
