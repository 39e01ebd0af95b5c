/*
 * A socket that only this user can reach: it stands alone in a directory of mode 0700, and who comes
 * is asked for his user id.
 *
 * The guard makes the struct, the runner opens the socket, and whichever of them is there at the end
 * removes it.
 */
#ifndef OS_PRIVATE_SOCKET_H
#define OS_PRIVATE_SOCKET_H

struct error;
struct private_socket;

/* In memory that processes forked later share; nothing is on disk yet. NULL where there is none. */
struct private_socket *private_socket_new(void);

/*
 * Opens it in a new directory below $XDG_RUNTIME_DIR, $TMPDIR or /tmp, the first that can be used.
 * The listening descriptor (non-blocking, close-on-exec), or a negative code with ERROR filled.
 */
int private_socket_listen(struct private_socket *made, struct error *error);

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

#endif
