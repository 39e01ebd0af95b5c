/*
 * A subscription: the messages of a queue that wait for whoever may take them. A queue has one that
 * its consumers share, or with `delivery: broadcast` one for each consumer.
 *
 * Not safe for threads by itself.
 */
#ifndef QUEUE_SUBSCRIPTION_H
#define QUEUE_SUBSCRIPTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/message.h"
#include "queue/message_store.h"

struct key_groups;
struct queue_spec;
struct value;

/* Priorities are from 0, the usual one, to this less 1, which goes first. */
#define SUBSCRIPTION_PRIORITIES 10

struct subscription {
    struct key_groups *order; /* with `ordered`: all messages but RETURNED */
    bool single;              /* durable or traced: each is known by itself, and in LETTERS */
    struct message_list letters[SUBSCRIPTION_PRIORITIES]; /* by priority */
    struct message_store stores[SUBSCRIPTION_PRIORITIES]; /* else, by priority */
    unsigned filled;              /* a bit for each of these that holds some */
    int highest;                  /* priority that was ever put: what comes back has it */
    struct message_list returned; /* taken, tried and given back: they go first */
    size_t messages;              /* in all of these */
    size_t bytes;
    size_t holding;      /* messages that consumers have and did not acknowledge */
    atomic_size_t ahead; /* of those: what a thread took at once and its body has not had yet */
    size_t resting;      /* consumers that hold some and rest: consumer_rest() */
    size_t consumers;
    const char *consumer; /* whose it is; NULL: that of all, or not given out yet */
    bool abandoned;       /* nobody takes from it any more */
    uint64_t put;
    uint64_t taken; /* and not given back */
    double waited;  /* ns that messages have waited in it, all together, up to SINCE */
    int64_t since;
};

/* What must be known of a message that was taken, for when it is given back or done with. */
struct delivery_tag {
    size_t slot;       /* with `ordered` */
    unsigned attempts; /* by others, before */
    int64_t id;        /* of a durable queue: in its file */
    int64_t number;    /* of a traced queue */
};

/* Who takes: any pointer that tells one from the other; ALONE: one message of a key at a time. */
struct receiver {
    const void *who;
    bool alone;
};

/* VARS are the scenario's. */
void subscription_init(struct subscription *subscription, const struct queue_spec *spec,
                       const struct value *vars);
void subscription_release(struct subscription *subscription);

/* Nanoseconds that messages have waited in it so far, all together. */
double subscription_waited(const struct subscription *subscription);

/* Messages that no body has had yet. */
size_t subscription_length(const struct subscription *subscription);

/* Forgets all messages. */
void subscription_clear(struct subscription *subscription);

/* Appends up to MOST messages of whole ones in their frames; returns the bytes, *COUNT messages. */
size_t subscription_put_stream(struct subscription *subscription, const char *bytes, size_t length, bool spent,
                               size_t most, size_t *count);
void subscription_put_value(struct subscription *subscription, const char *encoded, size_t length,
                            int priority);

/* COUNT messages, each a u32 length (little endian) and the encoded value. */
void subscription_put_values(struct subscription *subscription, const char *bytes, size_t length, bool spent,
                             size_t count, int priority);

/* Appends a message, which the subscription owns from now on; of a subscription with `ordered`, or
 * where each is known by itself. */
void subscription_put_letter(struct subscription *subscription, struct message *message,
                             int priority);

/* True where there is something for this consumer. */
bool subscription_has(const struct subscription *subscription, const struct receiver *consumer);

/* Each takes from what subscription_has() has found. One message, with what must be known of it. */
void subscription_take_value(struct subscription *subscription, const struct receiver *consumer,
                             struct buf *out, struct delivery_tag *mark);

/* Up to MOST messages as message_store_take_values() does; returns how many. */
size_t subscription_take_values(struct subscription *subscription, const struct receiver *consumer,
                                struct buf *out, size_t most, size_t bytes);

/* Messages in their frames, as message_store_take_stream() does; returns how many. TOLD, where it
 * is not NULL, hears of each one that is known by itself, and of its bytes with the frame. */
struct subscription_told {
    void (*taken)(void *arg, const struct message *message, size_t bytes);
    void *arg;
};
size_t subscription_take_stream(struct subscription *subscription, const struct receiver *consumer,
                                struct buf *out, const struct stream_room *room, const struct subscription_told *told,
                                struct error *error);

/* Puts messages before all others, or with `ordered` before those of their keys. */
void subscription_return_stream(struct subscription *subscription, const char *bytes,
                                size_t length);

/* The same for one message that is known by itself, with its frame. */
void subscription_return_framed(struct subscription *subscription, const char *bytes, size_t length,
                                int64_t id, int64_t number);
void subscription_return_value(struct subscription *subscription, const char *encoded,
                               size_t length, const struct delivery_tag *mark);
void subscription_return_values(struct subscription *subscription, const char *bytes, size_t length,
                                size_t count);

#endif
