/*
 * Where the runs of a user have their sockets: a directory each, PLACE/XXXXXX, in one of a few places.
 *
 * In a run's directory stand `socket` and `lock`. The run has `lock` locked (fcntl(2)) as long as it lives, so the kernel says
 * whether it does, however it ended; what stands in `lock` is for people and for who asks a run that does not answer.
 */
#ifndef OS_RUN_PLACES_H
#define OS_RUN_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

struct buf;
struct error;

/* The longest path of a socket, with its NUL. */
#define RUN_PATH_SIZE sizeof(((struct sockaddr_un *)NULL)->sun_path)

#define RUN_PLACES_MOST 4

/* What stands behind a place in the path of a run's directory, as mkdtemp(3) wants it. */
#define RUN_DIRECTORY "/XXXXXX"
#define RUN_SOCKET "/socket"
#define RUN_LOCK "/lock"
#define RUN_NEW "/new" /* the socket, until it listens */

/* What stands in the lock of an agent's directory (worker/agent_socket.h), which is no run's. */
#define RUN_OF_AGENT "{\"agent\":true}\n"

/* The places in which a run with this environment may have its socket, the first that can be used: below $XDG_RUNTIME_DIR,
 * $TMPDIR and /tmp. Their number; TROUBLE says of each that is named and cannot be one why. */
size_t run_places_here(char places[RUN_PLACES_MOST][RUN_PATH_SIZE], struct buf *trouble);

/* All those in which a run of this user might have it, whatever its environment was. Their number. */
size_t run_places_all(char places[RUN_PLACES_MOST][RUN_PATH_SIZE]);

/* 0 where PLACE is a directory of this user with mode 0700, -ENOENT where nothing stands there, or another negative code
 * with ERROR filled. */
int run_place_check(const char *place, struct error *error);

/* The same, made where nothing stands there. */
int run_place_make(const char *place, struct error *error);

/* True where a run lives whose directory this is. */
bool run_directory_lives(const char *directory);

/* What a run has written into its lock, appended; nothing where that cannot be read. */
void run_directory_text(const char *directory, struct buf *out);

/* Removes the directory with what runs have in it. */
void run_directory_remove(const char *directory);

/* Calls FOUND(ARG, DIRECTORY) for each run of this user that lives in PLACE, and removes what dead ones have left there. */
void run_place_each(const char *place, void (*found)(void *arg, const char *directory), void *arg);

#endif
