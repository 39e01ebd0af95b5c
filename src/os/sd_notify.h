/*
 * The notification protocol of systemd, sd_notify(3): datagrams of NAME=VALUE lines, sent to the
 * socket that NOTIFY_SOCKET names; '@' at its start stands for a NUL, the abstract name space.
 */
#ifndef OS_SD_NOTIFY_H
#define OS_SD_NOTIFY_H

#include <stddef.h>

struct error;

/* What NOTIFY_SOCKET may hold, with its final NUL. */
#define NOTIFY_NAME_SIZE 110

/*
 * Opens a socket that takes such messages, under an abstract name that the kernel chooses, so that
 * nothing is left behind. Its descriptor (non-blocking, close-on-exec) with NAME filled, or a
 * negative errno.
 */
int notify_listen(char name[NOTIFY_NAME_SIZE], struct error *error);

/*
 * Takes one message, TEXT getting at most SIZE - 1 bytes and a NUL. Descriptors that come with it
 * are closed, which is what a sender with BARRIER=1 waits for. 1; 0 for a message of another user,
 * which is dropped; -EAGAIN where there is none.
 */
int notify_take(int fd, char *text, size_t size);

/* Sends TEXT to the socket NAME. 0 or a negative errno. */
int notify_send(const char *name, const char *text);

#endif
