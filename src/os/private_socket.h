/*
 * A socket that only this user can reach: it stands in a directory of its own in one of the places of
 * os/run_places.h, all of mode 0700, and who comes is asked for his user id. Beside it is the lock by which others see that the
 * run lives.
 *
 * The guard makes the struct, the runner opens the socket, and whichever of them is there at the end
 * removes it.
 */
#ifndef OS_PRIVATE_SOCKET_H
#define OS_PRIVATE_SOCKET_H

#include <stdbool.h>

struct error;
struct private_socket;

/* In memory that processes forked later share; nothing is on disk yet. NULL where there is none. */
struct private_socket *private_socket_new(void);

/*
 * Opens it, the first time or anew: in the directory that it had where that can be made again, else in a new one in the first
 * place that can be used. TEXT is what its lock tells others of the run. The listening descriptor (non-blocking,
 * close-on-exec), or a negative code with ERROR filled.
 */
int private_socket_listen(struct private_socket *made, const char *text, struct error *error);

/*
 * A descriptor that can be read whenever something happens to the directory of an open socket, which costs nothing while
 * nothing does; the caller's. Below 0: the system has none.
 */
int private_socket_watch(const struct private_socket *made);

/* Takes what has come at that descriptor: true where the socket or its lock do not stand any more where they did. */
bool private_socket_is_lost(const struct private_socket *made, int watch);

/* Where it is; "" where it is not. */
const char *private_socket_path(const struct private_socket *made);

/* Removes it and its directory, from whichever process; NULL is accepted. */
void private_socket_remove(struct private_socket *made);

/*
 * Takes who waits at the listening descriptor FD: [0] and [1] become the same connection
 * (non-blocking, close-on-exec), one to read and one to write. 0, or a negative errno: -EAGAIN where
 * nobody waits, -EPERM for another user, who is sent away, -EMFILE and the like.
 */
int private_socket_accept(int fd, int ends[2]);

/* Connects to the socket PATH; the descriptor, which blocks, or a negative errno with ERROR filled. */
int private_socket_connect(const char *path, struct error *error);

/* The same without waiting, as the two descriptors of private_socket_accept(): 0, or a negative errno, -EAGAIN where as many as may
 * wait for the other side do. */
int private_socket_call(const char *path, int ends[2]);

#endif
