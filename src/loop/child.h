/* Child processes: libuv process handles, each child the leader of a session of its own, or of a
 * process group. */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct loop;
struct child;

struct child_options {
    const char *file;        /* a path */
    char *const *argv;       /* NULL at the end */
    char *const *environment;
    const char *directory;   /* NULL: here */
    const int *descriptors;  /* what the child gets as 0, 1, ...; -1: /dev/null (0 to 2) or none */
    size_t descriptor_count; /* at least 3 */
    bool keeps_session; /* it makes a process group of its own by itself, in this session */
};

/* EXITED(ARG, CODE, SIGNAL) is called once when the child has ended; CODE counts if SIGNAL is 0. */
typedef void child_exited(void *arg, int code, int signal);

/* Starts a child. 0 with *CHILD for child_free(), or a negative errno and nothing to free. */
int child_start(struct loop *loop, const struct child_options *options, child_exited *exited,
                void *arg, struct child **child);

pid_t child_pid(const struct child *child);

/*
 * Sends SIGNAL to the child's process group. 0, or -ESRCH once the child's status was taken: its
 * number may then belong to somebody else.
 */
int child_signal(const struct child *child, int signal);

/* Frees a child that has ended, or that nobody wants to hear of any more. NULL is accepted. */
void child_free(struct child *child);

#endif
