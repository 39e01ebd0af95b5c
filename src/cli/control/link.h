/* A connection to a run, by which words of the command line ask it: see parrun-control(7). */
#ifndef CLI_CONTROL_LINK_H
#define CLI_CONTROL_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "value/value.h"

struct arena;
struct error;

struct control_link {
    int fd;
    struct buf in;
    size_t taken;        /* of IN */
    struct arena *arena; /* of the last line */
    struct buf hello;    /* as the run has said it */
    long pid;            /* of the process that was started as the run */
};

/* Connects to the socket PATH and says hello. 0, or a negative code with ERROR filled, and nothing is to be closed. */
int control_open(struct control_link *link, const char *path, struct error *error);
void control_close(struct control_link *link);

/* Sends a request, a JSON object. 0, or a negative code with ERROR filled. */
int control_send(struct control_link *link, const char *request, struct error *error);

/* The next line that the run sends, as TEXT and as LINE, both valid until the next call: 1, 0 at the end, or a negative code with
 * ERROR filled. */
int control_next(struct control_link *link, const char **text, struct value *line, struct error *error);

/* A number that a member is; OTHERWISE where it is none. */
int64_t control_number(const struct value *object, const char *name, int64_t otherwise);

#endif
