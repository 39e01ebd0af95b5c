/*
 * A program that is kept running: started, spoken to through its pipes, ended.
 *
 * Its stdin is a pipe with room for one page, which the system offers again only when the reader
 * has taken all that was in it: so a writer learns from POLLOUT that the program has read so far.
 */
#ifndef WORKER_COPROCESS_PROGRAM_H
#define WORKER_COPROCESS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct error;
struct spawn_options;
struct worker;

/* A zeroed one does not run. */
struct program {
    pid_t pid; /* 0: it does not run */
    int pidfd;
    int in;              /* its stdin, nonblocking; -1: closed */
    int out;             /* its stdout, nonblocking; -1: its end was seen */
    struct buf received; /* what it has written */
    int status;          /* of its end, as wait(2) has it */
    int64_t cpu;         /* ns that it used, with those of its children that it waited for */
};

/* Starts it with OPTIONS, but for the descriptors; its stderr is the worker's. 0 or a negative
 * code. */
int program_start(struct program *program, struct worker *worker, struct spawn_options *options,
                  struct error *error);

/* One read of its stdout. */
void program_read(struct program *program);

/*
 * Ends it: closes its stdin, waits PATIENCE ns for its own end, then sends the signal of the config
 * and at the end of grace SIGKILL. The rest of its process group has that grace too. True where it ended
 * by itself.
 */
bool program_end(struct program *program, struct worker *worker, int64_t patience);

/* Appends how it ended: "exit code 3", or which of the worker's limits it met. */
void program_describe(const struct program *program, const struct worker *worker, struct buf *out);

#endif
