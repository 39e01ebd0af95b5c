/*
 * Cgroups of one's own (cgroups(7), version 2), for limits on the memory and the processors of all
 * processes of an object together, and for ending all of them in one stroke.
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

enum cgroup_controller {
    CGROUP_MEMORY,
    CGROUP_CPU,
    CGROUP_CONTROLLERS,
};

/* What the processes of a cgroup may use together. */
struct cgroup_limits {
    int64_t memory;    /* bytes, and no swap; 0: no limit */
    int64_t cpu_share; /* thousandths of a processor; 0: no limit */
};

/*
 * Moves this process, the runner, and its parent, the guard, to where cgroups can be made whose limits
 * are those of WANTED, a bit for each controller; with none of them wanted, only where the cgroup is
 * marked as delegated. NULL where that is not possible. WHY says of each controller that was wanted and is not
 * to be had, in CGROUP_CONTROLLERS texts: "..., as WHY".
 */
struct cgroups *cgroups_open(unsigned wanted, struct buf *why);

/* Whether its cgroups can have limits of this kind. False for NULL. */
bool cgroups_limit(const struct cgroups *cgroups, enum cgroup_controller controller);

/* True where whoever started parrun has marked its cgroup as delegated, as systemd does with
 * Delegate=yes: then each process can have one of its own. False for NULL. */
bool cgroups_are_marked(const struct cgroups *cgroups);

/* Ends whatever is in the objects' cgroups and removes them. NULL is accepted. */
void cgroups_close(struct cgroups *cgroups);

/* In the guard, when nothing else is left: removes all that the runner made, if it made any. */
void cgroups_leave(void);

/* Writes the limits into the files of the cgroup at PATH; 0, or -1 with errno. */
int cgroup_limit(const char *path, const struct cgroup_limits *limits);

/*
 * A cgroup NAME (a file's name) with LIMITS, of which cgroups_limit() says that they can be. NULL with
 * ERROR filled where the system refuses it.
 */
struct cgroup *cgroup_new(const struct cgroups *cgroups, const char *name,
                          const struct cgroup_limits *limits, struct error *error);

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
