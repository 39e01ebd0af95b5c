/*
 * Starting a program: the caller's memory is not copied, so it costs the same from a large process as
 * from a small one.
 */
#ifndef OS_SPAWN_H
#define OS_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "os/spawn_attributes.h"

struct buf;
struct error;

/* Linux' MAX_ARG_STRLEN, execve(2): a single argument or variable, "NAME=VALUE", is no longer. */
#define SPAWN_LONGEST 131071

/* Where the program stands among the others. */
enum spawn_place {
    SPAWN_HERE,
    SPAWN_GROUP,   /* it leads a process group of its own */
    SPAWN_SESSION, /* it leads a session of its own */
};

struct spawn_options {
    const char *const *argv; /* NULL at the end */
    const char *const *environment; /* "NAME=VALUE", NULL at the end */
    const char *directory;          /* where it runs; NULL: here */
    const int *descriptors;  /* what it gets as 0, 1, ...; -1: /dev/null (0 to 2) or none */
    size_t descriptor_count; /* at least 3 */
    enum spawn_place place;
    bool dies_with_parent; /* it gets SIGTERM when the thread that starts it ends */
    const struct attributes *attributes; /* what else it is given; NULL: nothing */
};

/*
 * Starts the program at PATH with an empty signal mask and with default dispositions but for the
 * signals that parrun's own caller ignores, and waits until it runs. 0 with *PID, or a negative errno
 * with a text that says what is missing: program, directory, interpreter, permission, an attribute,
 * or which limit was met. PATH may be NULL for the program that runs now, as spawn_hold_self() has it.
 */
int spawn_program(const struct spawn_options *options, const char *path, pid_t *pid,
                  struct error *error);

/* The same for the program that argv[0] names, searched in the PATH of ENVIRONMENT. */
int spawn_command(const struct spawn_options *options, pid_t *pid, struct error *error);

/* All children from now on have these two descriptors too, under their own numbers. Before
 * spawn_open_gates(). */
void spawn_pass_on(int first, int second);

/*
 * Finds PROGRAM as a shell would: as it is when it holds a slash, else in the PATH of ENVIRONMENT.
 * 0 with the path appended to OUT (relative paths stay relative to the command's own directory),
 * or -ENOENT, -EACCES with a text.
 */
int program_find(const char *program, const char *const *environment, struct buf *out,
                 struct error *error);

/*
 * Appends the command as a line for a shell that does the same: "cd DIRECTORY && env NAME=VALUE ...
 * PROGRAM ARGUMENT ...". SET holds COUNT "NAME=VALUE" entries that the command finds beyond what
 * parrun itself finds; of OPTIONS, argv and directory count.
 */
void spawn_print(const struct spawn_options *options, const char *const *set, size_t count,
                 struct buf *out);

#endif
