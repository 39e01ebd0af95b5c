/* What is kept of the tasks, processes and threads that have begun and not ended, while events are read. */
#ifndef RECORD_LIVING_H
#define RECORD_LIVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct living;

/* An attempt that has failed. */
struct living_try {
    char *reason;
    struct buf output; /* its end */
};

/* One of them. */
struct lifetime {
    const char *object; /* names are one text each */
    int64_t task;       /* -1: a process or a thread */
    int64_t began;      /* event.at; 0: it has not begun */
    char *name;         /* of a task: its number and its item */
    char *reason;       /* why it has failed; NULL: it has not */
    bool allowed;       /* it may fail */
    char *skipped;      /* why it was not run to its end; NULL: it was */
    struct buf head;    /* its output: the beginning, */
    struct buf tail;    /* and the end behind what is left out between */
    uint64_t left_out;
    struct living_try *tries;
    size_t try_count;
    size_t try_capacity;
    struct lifetime *next;
};

struct living *living_new(void);

/* NULL is accepted. */
void living_free(struct living *living);

/* The life of that task, begun here where there is none. */
struct lifetime *living_get(struct living *living, const char *object, int64_t task);

/* Takes it out; it is the caller's, for life_free(). */
void living_take(struct living *living, struct lifetime *life);

/* Some one of those that are there; NULL: there is none. */
struct lifetime *living_any(struct living *living);

void life_free(struct lifetime *life);

/* Adds to its output. */
void life_put(struct lifetime *life, const char *bytes, size_t length);

/* This attempt has failed, and another follows. */
void life_try_again(struct lifetime *life, const char *reason);

/* No other has followed: the last try was the life's end, and its output is the life's. There must be one. */
void life_end_with_try(struct lifetime *life);

/* Appends what is kept of its output. */
void life_print(const struct lifetime *life, struct buf *out);

#endif
