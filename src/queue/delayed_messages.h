/* Messages that are not due yet: the one that is due first comes first. Not safe for threads. */
#ifndef QUEUE_DELAYED_MESSAGES_H
#define QUEUE_DELAYED_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

struct message;

struct delayed {
    int64_t due;     /* clock_monotonic() */
    uint64_t number; /* of two with one due time the first put goes first */
    int priority;
    struct message *message;
};

/* Zeroed it is empty. */
struct delayed_messages {
    struct delayed *heap;
    size_t count;
    size_t capacity;
    size_t bytes;
    uint64_t puts;
};

/* Keeps MESSAGE, which it owns from now on. */
void delayed_messages_put(struct delayed_messages *delay, struct message *message, int priority,
                          int64_t due);

/* The first one; there must be one. */
const struct delayed *delayed_messages_first(const struct delayed_messages *delay);

/* Takes the first one off: its message is the caller's. */
struct delayed delayed_messages_take(struct delayed_messages *delay);
void delayed_messages_release(struct delayed_messages *delay);

#endif
