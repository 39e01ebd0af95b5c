/* Child processes, each the leader of a process group of its own, but for orphans. */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct loop;
struct child;

/* EXITED(ARG, CODE, SIGNAL) is called once when the child has ended; CODE counts if SIGNAL is 0. */
typedef void child_exited(void *arg, int code, int signal);

/*
 * Watches PID, a child of this process that was started since the loop's last turn: its status is
 * taken here. Returns it for child_free().
 */
struct child *child_watch(struct loop *loop, pid_t pid, child_exited *exited, void *arg);

/*
 * The same for an orphan that has become a child of this process, in whatever group it is: the calls below are about
 * that group. NULL where it is watched already, or its status was taken.
 */
struct child *child_adopt(struct loop *loop, pid_t pid, child_exited *exited, void *arg);

/* Whether somebody watches the child PID. */
bool child_is_watched(struct loop *loop, pid_t pid);

pid_t child_pid(const struct child *child);

/* Whether anything runs in the child's process group. */
bool child_group_lives(const struct child *child);

/*
 * The child has ended: calls GONE(ARG), with the ARG of child_watch(), once nothing of its process group
 * is left. False where nothing is: then GONE is not called. Once a child.
 */
bool child_await_group(struct child *child, void (*gone)(void *arg));

/*
 * Sends SIGNAL to the child's process group. 0, or -ESRCH once the child's status was taken and its
 * group is not awaited: its number may then belong to somebody else.
 */
int child_signal(struct child *child, int signal);

/* The same to the child alone, as long as its status was not taken. */
int child_signal_leader(const struct child *child, int signal);

/* Frees a child that has ended, or that nobody wants to hear of any more. NULL is accepted. */
void child_free(struct child *child);

#endif
