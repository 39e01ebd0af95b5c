/*
 * The messages of a queue with `ordered`: those of one key go to one consumer at a time, in order.
 *
 * Keys are folded into a number of slots, so that what is remembered does not grow with them: two
 * keys in one slot are held in order together. A slot belongs to the consumer that has a message of
 * it, until that one is done with it; a stream never tells, so it keeps its slots until it ends.
 *
 * Not safe for threads by itself.
 */
#ifndef QUEUE_KEY_GROUPS_H
#define QUEUE_KEY_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/message.h"

struct key_groups;
struct queue_spec;
struct value;

/* VARS are the scenario's, for the key's expression. */
struct key_groups *key_groups_new(const struct queue_spec *spec, const struct value *vars);
void key_groups_free(struct key_groups *order);

/* Why a key could not be worked out, where that has happened for the first time: true once, and
 * TEXT is the caller's to free. */
bool key_groups_take_failure(struct key_groups *order, char **text);

/* Puts a message behind those of its key, or before them. */
void key_groups_put(struct key_groups *order, struct message *message);
void key_groups_put_first(struct key_groups *order, struct message *message);

/* True where a message can go to CONSUMER (any pointer that tells it from others); ALONE: it must
 * not have another one of that key. */
bool key_groups_has(const struct key_groups *order, const void *consumer, bool alone);

/* The next one, to be freed, and the *NUMBER of its slot; NULL where there is none. */
struct message *key_groups_take(struct key_groups *order, const void *consumer, bool alone,
                                size_t *number);

/* The consumer is done with a message of this slot, by its NUMBER, whatever that means. */
void key_groups_done(struct key_groups *order, size_t number);

/* The consumer has ended: none of the slots is its any more. */
void key_groups_leave(struct key_groups *order, const void *consumer);

#endif
