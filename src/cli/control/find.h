/* Finding the run that a word is for: in all places where runs of this user may be, whatever the environment is. */
#ifndef CLI_CONTROL_FIND_H
#define CLI_CONTROL_FIND_H

#include <stddef.h>

struct arena;
struct error;
struct options;
struct value;

struct found_run {
    const char *socket; /* its path */
    const struct value *identity; /* what its lock tells: see parrun-control(7) */
};

/* All runs that live, as they are found. The list and what it holds is of ARENA. Their number. */
size_t control_runs(struct arena *arena, struct found_run **runs);

/* The text NAME of what a run tells of itself; "" where it is not there. */
const char *control_text(const struct value *object, const char *name);

/* The path of the socket of the run that OPTIONS mean, of ARENA: by --run, else that of this body, else the only one, else the only
 * one whose file is in this directory. NULL with ERROR filled where there is none such, or more. */
const char *control_find(const struct options *options, struct arena *arena, struct error *error);

#endif
