/*
 * Starting a command with posix_spawn(3): the caller's memory is not copied, so it costs the same
 * from a large process as from a small one.
 */
#ifndef OS_SPAWN_H
#define OS_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "os/attributes.h"

struct buf;
struct error;

struct spawn_options {
    const char *const *argv; /* NULL at the end; argv[0] is searched in the PATH of ENVIRONMENT */
    const char *const *environment; /* "NAME=VALUE", NULL at the end */
    const char *directory;          /* where it runs; NULL: here */
    int descriptors[3];             /* what the command gets as 0, 1 and 2 */
    bool own_group;                 /* the command leads a process group of its own */
    const struct attributes *attributes; /* what else it is given; NULL: nothing */
};

/*
 * Starts the command with an empty signal mask and with default dispositions for the signals that
 * parrun itself ignores. 0 with *PID, or a negative errno with a text that says what is missing: program,
 * directory, interpreter, permission, or which limit was met.
 */
int spawn_command(const struct spawn_options *options, pid_t *pid, struct error *error);

/*
 * The same for OPTIONS with attributes, where PATH is the program's: 0, or an errno value with
 * *FAILED as attributes_apply() has it. By vfork(2), so that it costs hardly more.
 */
int spawn_with(const struct spawn_options *options, const char *path, pid_t *pid,
               enum attribute *failed);

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

/*
 * Refuses a text file without "#!" as the kernel does, for a start by execvp(3), which would give it
 * to a shell instead. 0, or -ENOEXEC with a text; PATH is what program_find() found.
 */
int program_check(const struct spawn_options *options, const char *path, struct error *error);

/*
 * Says in ERROR why starting a command failed with errno value NUMBER; returns -NUMBER. PATH is
 * what program_find() found.
 */
int spawn_explain(const struct spawn_options *options, const char *path, int number,
                  struct error *error);

#endif
