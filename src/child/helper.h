/* A helper: a command run beside a process, to look at it or to stop it. */
#ifndef CHILD_HELPER_H
#define CHILD_HELPER_H

#include <stdbool.h>
#include <stddef.h>

struct body_spec;
struct helper;
struct error;
struct run;
struct exec_context;

/* Called once nothing of it is left: WHY is NULL where it has ended with 0, else says how not. */
typedef void helper_done(void *arg, const char *why);

/* A line that it has written to standard output or standard error, without its newline. */
typedef void helper_line(void *arg, const char *bytes, size_t length);

/* Starts BODY in CONTEXT, which is needed for the call alone. NULL with ERROR filled where it
 * cannot be started. */
struct helper *helper_new(struct run *run, struct exec_context *context,
                          const struct body_spec *body, helper_line *line, helper_done *done,
                          void *arg, struct error *error);

/* Reads none of its output while HELD. NULL is accepted. */
void helper_hold(struct helper *helper, bool held);

/* Ends it by force, with all its children; DONE follows. */
void helper_kill(struct helper *helper);

/* Not before DONE. NULL is accepted. */
void helper_free(struct helper *helper);

#endif
