/*
 * The last lines of each object, as `log: {keep: LINES}` says, in the order in which they came.
 *
 * An object has no more lines than that, and no more than a KiB for each of them on the average; all together have no more than
 * HISTORY_MOST bytes.
 */
#ifndef SERVE_HISTORY_H
#define SERVE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

#define HISTORY_MOST ((size_t)256 << 20)

struct history;
struct run;
struct track;

/* A line, or for a task's output some of them. */
struct kept {
    struct kept *next; /* of all; NULL: it is the newest */
    struct kept *previous;
    struct kept *newer; /* of the same object */
    const struct track *track;
    uint64_t number; /* among those of its object, from 1 */
    uint64_t sequence; /* as the event had these */
    int64_t wall;
    int64_t at;
    int64_t task;
    int64_t worker;
    int64_t pid;
    int64_t attempt;
    const char *stream;
    const char *shown; /* in BYTES */
    const char *cell;
    enum event_kind kind;
    unsigned flags;
    bool has_task;
    bool unfinished;
    size_t length;
    size_t size; /* bytes of memory that it needs */
    size_t room; /* that it has, no less */
    size_t lines;
    char bytes[];
};

struct history *history_new(const struct run *run);

/* NULL is accepted. */
void history_free(struct history *history);

/* Keeps the line that EVENT, one of output, carries; GONE(ARG, KEPT) is called for each that goes for it. The new one, or NULL where
 * nothing is kept. */
struct kept *history_add(struct history *history, const struct event *event,
                         void (*gone)(void *arg, const struct kept *kept), void *arg);

/* The event that has brought it; valid as long as KEPT. */
struct event kept_event(const struct kept *kept);

/* What is kept of one object, made with its first line. */
struct track {
    char *name;
    size_t index; /* of all tracks, in the order in which they were made */
    struct kept *oldest;
    struct kept *newest;
    size_t lines;
    size_t size;
    uint64_t number; /* of the newest line that was there */
};

/* Track number I; NULL where there are no more. */
const struct track *history_track(const struct history *history, size_t i);

/* The oldest of all; NULL: there is none. */
const struct kept *history_first(const struct history *history);

#endif
