/*
 * A lane: the messages of a queue that wait for whoever may take them. A queue has one that its
 * consumers share, or with `delivery: broadcast` one for each consumer.
 *
 * Not safe for threads by itself.
 */
#ifndef QUEUE_SUBSCRIPTION_H
#define QUEUE_SUBSCRIPTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/message_store.h"
#include "queue/message.h"

struct order;
struct queue_spec;
struct value;

/* Priorities are from 0, the usual one, to this less 1, which goes first. */
#define LANE_PRIORITIES 10

struct lane {
    struct order *order;                    /* with `ordered`: all messages but RETURNED */
    bool single;                             /* durable or traced: each is known by itself, and in LETTERS */
    struct letters letters[LANE_PRIORITIES]; /* by priority */
    struct store stores[LANE_PRIORITIES];   /* else, by priority */
    unsigned filled;                        /* a bit for each of these that holds some */
    int highest;                          /* priority that was ever put: what comes back has it */
    struct letters returned;              /* taken, tried and given back: they go first */
    size_t messages;                      /* in all of these */
    size_t bytes;
    size_t holding;       /* messages that takers have and did not acknowledge */
    atomic_size_t ahead;  /* of those: what a thread took at once and its body has not had yet */
    size_t takers;
    const char *consumer; /* whose it is; NULL: that of all, or not given out yet */
    bool abandoned;       /* nobody takes from it any more */
    uint64_t put;
    uint64_t taken; /* and not given back */
    double waited;  /* ns that messages have waited in it, all together, up to SINCE */
    int64_t since;
};

/* What must be known of a message that was taken, for when it is given back or done with. */
struct mark_taken {
    size_t slot;       /* with `ordered` */
    unsigned attempts; /* by others, before */
    int64_t id;        /* of a durable queue: in its file */
    int64_t number;    /* of a traced queue */
};

/* Who takes: any pointer that tells one from the other; ALONE: one message of a key at a time. */
struct lane_taker {
    const void *who;
    bool alone;
};

/* VARS are the scenario's. */
void lane_init(struct lane *lane, const struct queue_spec *spec, const struct value *vars);
void lane_release(struct lane *lane);

/* Nanoseconds that messages have waited in it so far, all together. */
double lane_waited(const struct lane *lane);

/* Messages that no body has had yet. */
size_t lane_length(const struct lane *lane);

/* Forgets all messages. */
void lane_clear(struct lane *lane);

/* Appends up to MOST messages of whole ones in their frames; returns the bytes, *COUNT messages. */
size_t lane_put_stream(struct lane *lane, const char *bytes, size_t length, size_t most,
                       size_t *count);
void lane_put_value(struct lane *lane, const char *encoded, size_t length, int priority);

/* COUNT messages, each a u32 length (little endian) and the encoded value. */
void lane_put_values(struct lane *lane, const char *bytes, size_t length, size_t count,
                     int priority);

/* Appends a letter, which the lane owns from now on; of a lane with `ordered`, or where each is known by itself. */
void lane_put_letter(struct lane *lane, struct letter *letter, int priority);

/* True where there is something for this taker. */
bool lane_has(const struct lane *lane, const struct lane_taker *taker);

/* Each takes from what lane_has() has found. One message, with what must be known of it. */
void lane_take_value(struct lane *lane, const struct lane_taker *taker, struct buf *out,
                     struct mark_taken *mark);

/* Up to MOST messages as store_take_values() does; returns how many. */
size_t lane_take_values(struct lane *lane, const struct lane_taker *taker, struct buf *out,
                        size_t most, size_t bytes);

/* Messages in their frames, as store_take_stream() does; returns how many. TOLD, where it is not NULL,
 * hears of each one that is known by itself, and of its bytes with the frame. */
struct lane_told {
    void (*taken)(void *arg, const struct letter *letter, size_t bytes);
    void *arg;
};
size_t lane_take_stream(struct lane *lane, const struct lane_taker *taker, struct buf *out,
                        size_t most, const struct lane_told *told, struct error *error);

/* Puts messages before all others, or with `ordered` before those of their keys. */
void lane_return_stream(struct lane *lane, const char *bytes, size_t length);

/* The same for one message that is known by itself, with its frame. */
void lane_return_framed(struct lane *lane, const char *bytes, size_t length, int64_t id, int64_t number);
void lane_return_value(struct lane *lane, const char *encoded, size_t length,
                       const struct mark_taken *mark);
void lane_return_values(struct lane *lane, const char *bytes, size_t length, size_t count);

#endif
