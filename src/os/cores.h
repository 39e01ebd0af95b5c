/* How many processors this process may use. */
#ifndef OS_CORES_H
#define OS_CORES_H

#include <stdint.h>

/* Those of its affinity, or fewer where the quota of its cgroup, or of one above it, gives it the time of
 * fewer: a part of one counts as one. At least 1. They are counted once, when this is asked first. */
int64_t cores_usable(void);

/* What CGROUP and MOUNTS, files such as /proc/self/cgroup and mountinfo, lead to; 0: no quota. */
int64_t cores_of_quota(const char *cgroup, const char *mounts);

#endif
