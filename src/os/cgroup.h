/*
 * Cgroups of one's own (cgroups(7), version 2), for limits on the memory of all processes of an
 * object together, and for ending all of them in one stroke.
 *
 *     HOME                   the cgroup that the run was started in
 *     HOME/parrun-GUARD      GUARD is the pid of the guard
 *         self               the guard, the runner, and all that has no cgroup of its own
 *         NAME               an object's
 *
 * A cgroup with processes in it cannot limit its children, so the guard and the runner move to a
 * child of their own; that is only possible where nobody else is in HOME.
 */
#ifndef OS_CGROUP_H
#define OS_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct cgroup;
struct cgroups;
struct error;

/*
 * Moves this process, the runner, and its parent, the guard, to where cgroups with a memory limit
 * can be made. NULL where that is not possible, with WHY said: "..., as WHY".
 */
struct cgroups *cgroups_open(struct buf *why);

/* Ends whatever is in the objects' cgroups and removes them. NULL is accepted. */
void cgroups_close(struct cgroups *cgroups);

/* In the guard, when nothing else is left: removes all that the runner made, if it made any. */
void cgroups_leave(void);

/*
 * A cgroup NAME (a file's name) whose processes have MEMORY bytes in all, and no swap. NULL with
 * ERROR filled where the system refuses it.
 */
struct cgroup *cgroup_new(const struct cgroups *cgroups, const char *name, int64_t memory,
                          struct error *error);

/* One that somebody else has made and removes. */
struct cgroup *cgroup_at(const char *path);

const char *cgroup_path(const struct cgroup *cgroup);

/* True where the limit has made the system kill a process since it was asked last. */
bool cgroup_met_limit(struct cgroup *cgroup);

/* Sends SIGKILL to all that is in it. */
void cgroup_kill(const struct cgroup *cgroup);

/* Removes it if it is empty, and was made here; frees. NULL is accepted. */
void cgroup_free(struct cgroup *cgroup);

/* Puts this process into the cgroup at PATH: 0 or -1 with errno. Safe between vfork(2) and exec. */
int cgroup_enter(const char *path);

#endif
