/*
 * The requests of clients at a run's socket: one row each, from which reading, checking and parrun-control(7) are made.
 *
 * A request is a JSON object on a line of its own: {"id": 7, "WORD": NAMES, "FIELD": ...}.
 */
#ifndef SERVE_REQUEST_TABLE_H
#define SERVE_REQUEST_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct call;

#define REQUEST_FIELDS 6

enum request_takes {
    REQUEST_NAMES,  /* a list of patterns of objects */
    REQUEST_COUNTS, /* an object with a text or a number for each pattern */
    REQUEST_ID,     /* the id of another request */
};

enum request_field_type {
    FIELD_BOOLEAN,
    FIELD_NUMBER,
    FIELD_TEXT,
};

struct request_field {
    const char *name; /* NULL: the last */
    enum request_field_type type;
    const char *help;
};

struct request_row {
    const char *word;
    enum request_takes takes;
    bool needs_names; /* an empty list is an error that says what to write */
    bool waits;       /* it has "timeout", in seconds */
    struct request_field fields[REQUEST_FIELDS];
    void (*serve)(struct call *call);
    const char *help;    /* what it does */
    const char *answers; /* what it answers before its end; NULL: nothing */
};

/* Row number I; NULL where there are no more. */
const struct request_row *request_row_at(size_t i);

/* Appends the list of requests for the manual. */
void request_reference(struct buf *out);

#endif
