/* Messages that are not due yet: the one that is due first comes first. Not safe for threads. */
#ifndef QUEUE_DELAYED_MESSAGES_H
#define QUEUE_DELAYED_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

struct letter;

struct delayed {
    int64_t due; /* clock_monotonic() */
    uint64_t number; /* of two with one due time the first put goes first */
    int priority;
    struct letter *letter;
};

/* Zeroed it is empty. */
struct delay {
    struct delayed *heap;
    size_t count;
    size_t capacity;
    size_t bytes;
    uint64_t puts;
};

/* Keeps LETTER, which it owns from now on. */
void delay_put(struct delay *delay, struct letter *letter, int priority, int64_t due);

/* The first one; there must be one. */
const struct delayed *delay_first(const struct delay *delay);

/* Takes the first one off: its letter is the caller's. */
struct delayed delay_take(struct delay *delay);
void delay_release(struct delay *delay);

#endif
