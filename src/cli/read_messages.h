/* Messages from standard input. */
#ifndef CLI_READ_MESSAGES_H
#define CLI_READ_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "os/spool.h"

struct error;

/* Standard input, or what was kept of it; zeroed but for END: nothing was read yet. */
struct input {
    char end; /* of a message */
    bool at_end;
    bool kept; /* all of it is in SPOOL */
    struct spool spool;
    struct buf rest; /* the beginning of a message */
};

/* Takes a message, whose bytes are valid until it returns; other than 0 ends the reading. */
typedef int input_take(void *arg, const char *bytes, size_t length, struct error *error);

/*
 * Reads on, and gives each message that is whole to TAKE, at the end also what stands behind the last one: 1,
 * or 0 once there is nothing more; what TAKE returned other than 0; a negative code with ERROR filled
 * where it cannot be read.
 */
int input_next(struct input *input, input_take *take, void *arg, struct error *error);

/* Reads it to its end and keeps it, so that input_next() waits for nobody. 0, or a negative code with ERROR
 * filled. */
int input_keep(struct input *input, struct error *error);

void input_release(struct input *input);

#endif
