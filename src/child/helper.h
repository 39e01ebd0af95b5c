/* An errand: a command run beside a process, to look at it or to stop it. */
#ifndef CHILD_HELPER_H
#define CHILD_HELPER_H

#include <stdbool.h>
#include <stddef.h>

struct body_spec;
struct errand;
struct error;
struct run;
struct world;

/* Called once nothing of it is left: WHY is NULL where it has ended with 0, else says how not. */
typedef void errand_done(void *arg, const char *why);

/* A line that it has written to standard output or standard error, without its newline. */
typedef void errand_line(void *arg, const char *bytes, size_t length);

/* Starts BODY in WORLD, which is needed for the call alone. NULL with ERROR filled where it cannot be started. */
struct errand *errand_new(struct run *run, struct world *world, const struct body_spec *body,
                          errand_line *line, errand_done *done, void *arg, struct error *error);

/* Reads none of its output while HELD. NULL is accepted. */
void errand_hold(struct errand *errand, bool held);

/* Ends it by force, with all its children; DONE follows. */
void errand_kill(struct errand *errand);

/* Not before DONE. NULL is accepted. */
void errand_free(struct errand *errand);

#endif
