/* What processes have used and hold, as proc(5) tells. */
#ifndef OS_USAGE_H
#define OS_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroup;

struct usage {
    int64_t cpu;    /* ns of processor time, with that of children that were waited for */
    int64_t memory; /* bytes that are in memory; what processes share counts for each */
};

struct usage_of_session {
    pid_t session;
    struct usage usage;
};

/* One walk over all processes of the machine; a zeroed one is empty. */
struct usages {
    struct usage_of_session *items;
    size_t count;
    size_t capacity;
};

/* Reads USAGES anew; it is empty where /proc is not there, or is another pid namespace's. */
void usages_read(struct usages *usages);

/* All processes of SESSION together; false where none lives. */
bool usages_of_session(const struct usages *usages, pid_t session, struct usage *usage);

void usages_release(struct usages *usages);

/* All processes of CGROUP together, those that have ended with their time as well; false where it does not tell. */
bool usage_of_cgroup(const struct cgroup *cgroup, struct usage *usage);

#endif
