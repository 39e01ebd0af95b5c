/* Hierarchies of cgroups: where one is mounted, and where in it this process is. */
#ifndef OS_HIERARCHY_H
#define OS_HIERARCHY_H

#include <stdbool.h>

struct hierarchy {
    char *name;  /* of this process's cgroup, as "/a/b"; NULL: it has none */
    char *point; /* where the hierarchy is mounted; NULL: nowhere */
    char *root;  /* the cgroup that stands there */
    bool unified; /* version 2 */
};

/*
 * Fills HIERARCHY, for hierarchy_release(), with the one of version 1 that has CONTROLLER, or where there is none, and
 * for NULL, with that of version 2. CGROUP and MOUNTS are files such as /proc/self/cgroup and /proc/self/mountinfo.
 */
void hierarchy_find(struct hierarchy *hierarchy, const char *controller, const char *cgroup,
                    const char *mounts);

/* The directory of this process's cgroup, for free(); NULL where it is not below the mount. */
char *hierarchy_directory(const struct hierarchy *hierarchy);

void hierarchy_release(struct hierarchy *hierarchy);

#endif
