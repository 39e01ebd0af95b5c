/* A command with pipes to its standard streams: what starts an agent elsewhere, and what is asked of Slurm. */
#ifndef POOL_LAUNCHER_H
#define POOL_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct launch_command;
struct launcher;
struct run;

/* ARG is that of launcher_start(). All but EXITED may be NULL: what comes is read and passed over. */
struct launcher_callbacks {
    /* What comes from its standard output. */
    void (*output)(void *arg, const char *bytes, size_t length);
    /* That has ended; the launcher may still run. */
    void (*silent)(void *arg);
    /* A line of its standard error. */
    void (*line)(void *arg, const char *bytes, size_t length);
    /* It has exited; what stands in its pipes is still to be read. Not from within another call. */
    void (*exited)(void *arg);
};

/* Starts COMMAND, which is needed for the call alone, in a session of its own; it gets SIGTERM where this process dies. NULL
 * with ERROR filled where that is not possible. */
struct launcher *launcher_start(const struct run *run, const struct launch_command *command,
                                const struct launcher_callbacks *callbacks, void *arg, struct error *error);

/* NULL is accepted. */
void launcher_free(struct launcher *launcher);

int64_t launcher_pid(const struct launcher *launcher);

/* Writes bytes (copied) to its standard input. */
void launcher_put(struct launcher *launcher, const char *bytes, size_t length);

/* Its standard input ends once all that was put is written. */
void launcher_finish(struct launcher *launcher);

/* The signal goes to the launcher and to what it has started here. */
void launcher_signal(struct launcher *launcher, int signal_number);

/* Nothing is read from it while HELD. */
void launcher_hold(struct launcher *launcher, bool held);

/* Reads what stands in the pipe of its standard output; after its exit, what is left of its standard error. */
void launcher_read_output(struct launcher *launcher);
void launcher_read_errors(struct launcher *launcher);

bool launcher_has_exited(const struct launcher *launcher);

/* It has exited, and by a signal. */
bool launcher_was_killed(const struct launcher *launcher);

/* It has exited by itself, with CODE. */
bool launcher_has_code(const struct launcher *launcher, int code);

/* Appends how it has exited: "with exit code 3". */
void launcher_print_exit(const struct launcher *launcher, struct buf *out);

#endif
