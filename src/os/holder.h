/* Who has a socket that takes connections on this machine, as far as /proc tells. */
#ifndef OS_HOLDER_H
#define OS_HOLDER_H

#include <sys/types.h>

enum holding {
    HOLDING_UNKNOWN, /* nobody was found: it is another machine's, another network namespace's, or hidden */
    HOLDING_OURS,
    HOLDING_OTHER,
};

/* Whose processes count as ours: those of the session, and those that were started with both entries of the
 * environment, "NAME=VALUE". */
struct holder_of {
    pid_t session; /* 0: none is */
    const char *entries[2];
};

/* A process that has the socket. */
struct holder {
    pid_t pid; /* 0: none was found */
    char name[16];
};

/* Of a port at HOST, which is a name or a number: only this machine's own, localhost and its like, are looked for. */
enum holding holder_of_port(const char *host, const char *port, const struct holder_of *ours, struct holder *holder);

/* Of a unix domain socket at PATH. */
enum holding holder_of_path(const char *path, const struct holder_of *ours, struct holder *holder);

#endif
