/* The words of the command that starts an agent elsewhere, and what it has in its environment. */
#ifndef POOL_LAUNCH_COMMAND_H
#define POOL_LAUNCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct on_spec;

struct launch_command {
    const char **argv;        /* NULL at the end, as of the next one */
    const char **environment; /* "NAME=VALUE"; the strings are those of environ */
    struct buf line;          /* the last word, where a shell reads it there */
    struct buf words[5];      /* others that had to be made */
};

/*
 * Makes the command of agent NUMBER, from 0; of hosts the agents have one after another. JOB is the name of its job for
 * Slurm, EXCLUDED the nodes that it is not to be on, with commas ("": any); both are needed as long as the command. The caller
 * releases it.
 */
void launch_command_make(struct launch_command *command, const struct on_spec *spec, size_t number, const char *job,
                         const char *excluded);

/* Where parrun is there, or what is copied there: at the same place as here, if nothing else is said. Valid until the next call. */
const char *launch_command_program(const struct on_spec *spec);

/* When what was asked for at BEGUN, of any clock, ends at the latest, as far as the scenario says; 0: it does not. */
int64_t launch_command_end(const struct on_spec *spec, int64_t begun);

/* Makes that of one of Slurm's own programs: COUNT words and one more, all needed as long as it is. */
void launch_command_make_slurm(struct launch_command *command, const char *const *words, size_t count, const char *last);

void launch_command_release(struct launch_command *command);

/* Appends what the job of agent NUMBER, from 0, of that pool is called. */
void launch_command_print_job(const char *run, const char *pool, size_t number, struct buf *out);

/* Appends by which command the workers of a pool are started, "each worker is started by ...", the NUMBERth where there are
 * several, of hosts; false where there are not so many: none where they run here. */
bool launch_command_plan(const struct on_spec *spec, size_t number, const char *pool, struct buf *out);

#endif
