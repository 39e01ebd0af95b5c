/* An errand: a command run beside a process, to look at it or to stop it. */
#ifndef OBJECT_ERRAND_H
#define OBJECT_ERRAND_H

#include <stdbool.h>

struct body_spec;
struct errand;
struct error;
struct run;
struct world;

/* Called once nothing of it is left: WHY is NULL where it has ended with 0, else says how not. */
typedef void errand_done(void *arg, const char *why);

/*
 * Starts BODY in WORLD, which is needed for the call alone. What it writes is thrown away, as
 * OUTPUT is -1, or goes to the descriptor OUTPUT. NULL with ERROR filled where it cannot be
 * started.
 */
struct errand *errand_new(struct run *run, struct world *world, const struct body_spec *body,
                          int output, errand_done *done, void *arg, struct error *error);

/* Ends it by force, with all its children; DONE follows. */
void errand_kill(struct errand *errand);

/* Not before DONE. NULL is accepted. */
void errand_free(struct errand *errand);

#endif
