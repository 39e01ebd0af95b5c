/*
 * One request of a client at the run's socket, as the function of its row (serve/request_table.h) has it.
 *
 * The function answers with any number of lines, call_line() and call_send(), and with one call_end(), at once or later; it never
 * waits. The call is freed by call_end(), and where the client goes before.
 */
#ifndef SERVE_CALL_H
#define SERVE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "engine/steer.h"

struct kept;
struct object;
struct request_row;
struct run;
struct session;
struct steer_watch;
struct timer;
struct value;

/* How a request has ended: the exit status of the word that asked. */
enum call_status {
    CALL_DONE = 0,    /* all that was asked for is up, or was done well */
    CALL_FAILED = 1,  /* something has failed */
    CALL_WRONG = 2,   /* the request is none, or a name in it is none of the run's */
    CALL_NOT_YET = 6, /* starting, waiting, stopping; or the time has passed */
    CALL_DOWN = 7,    /* stopped by hand, or cannot be as things stand */
};

struct call {
    struct session *session;
    struct call *next; /* of the session */
    struct run *run;
    const struct request_row *row;
    char *id;                   /* as JSON */
    struct buf line;            /* that is being written */
    const struct value *fields; /* the request; valid until the function of its row has returned */
    struct object **objects;    /* those that its names mean, in the order of the run; all of the run where it named none; not of
                                 * REQUEST_COUNTS */
    size_t object_count;
    bool names_all; /* it named no object */
    char **patterns; /* the names as they were given */
    char **texts;    /* of REQUEST_COUNTS: what is said of each */
    size_t pattern_count;
    struct timer *timer; /* of its time limit; NULL: none */
    struct steer_watch *watch;       /* on the objects that it waits for; NULL: none */
    bool awaits_end;                 /* of the run */
    bool follows;                    /* it gets events as they come (serve/follow.h) */
    bool streams;                    /* it gets lines as they come */
    const struct kept *at;           /* of logs: the line that is sent next; NULL: the one that comes next */
    void *arg;                       /* the function's own, freed with free() */
};

/* The fields of the request. */
bool call_flag(const struct call *call, const char *name);
const char *call_text(const struct call *call, const char *name); /* NULL: it is not there */
double call_number(const struct call *call, const char *name, double otherwise);

/* Begins an answer that goes on: {"id": ..., "NAME": to which the caller appends a value as JSON; call_send() sends it. */
struct buf *call_line(struct call *call, const char *name);
void call_send(struct call *call);

/* The answer that ends the call, and frees it; FORMAT, NULL: nothing, says what went wrong. */
void call_end(struct call *call, enum call_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The call ends as soon as none of the objects is under way any more to what is waited for, with the worst of how they stand;
 * or with CALL_NOT_YET where the request has a "timeout" that passes before. */
void call_await(struct call *call, struct object *const *objects, size_t count, enum steer_until until);

/* It ends with the run, as that ends; the same holds of a time limit. */
void call_await_end(struct call *call);

/* Appends TEXT as JSON without the run's secrets. */
void call_quote(const struct call *call, struct buf *out, const char *text);

/* Begins a call of SESSION, for which FIELDS ask; its row is still to be set. (request.c alone) */
struct call *call_new(struct session *session, const struct value *fields);

/* True where one of its names means NAME, that of an object: as it is, or without the number of a replica. */
bool call_means(const struct call *call, const char *name);

/* Frees it without an answer: its client has gone. (session.c alone) */
void call_free(struct call *call);

#endif
