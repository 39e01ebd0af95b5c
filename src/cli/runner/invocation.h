/* The command line as words for a shell: what a run tells somebody to type. */
#ifndef CLI_RUNNER_INVOCATION_H
#define CLI_RUNNER_INVOCATION_H

#include "base/buf.h"

struct invocation;
struct options;

struct invocation_text {
    struct buf program;
    struct buf arguments;
    struct buf operands;
};

/* Fills INVOCATION, which borrows from TEXT (zeroed at first), from the command line that OPTIONS were
 * parsed from. */
void invocation_fill(struct invocation *invocation, struct invocation_text *text,
                     const struct options *options);
void invocation_release(struct invocation_text *text);

#endif
