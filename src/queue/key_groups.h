/*
 * The messages of a queue with `ordered`: those of one key go to one taker at a time, in order.
 *
 * Keys are folded into a number of slots, so that what is remembered does not grow with them: two keys
 * in one slot are held in order together. A slot belongs to the taker that has a message of it, until
 * that one is done with it; a stream never tells, so it keeps its slots until it ends.
 *
 * Not safe for threads by itself.
 */
#ifndef QUEUE_KEY_GROUPS_H
#define QUEUE_KEY_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/message.h"

struct order;
struct queue_spec;
struct value;

/* VARS are the scenario's, for the key's expression. */
struct order *order_new(const struct queue_spec *spec, const struct value *vars);
void order_free(struct order *order);

/* Why a key could not be worked out, where that has happened for the first time: true once, and TEXT is the caller's
 * to free. */
bool order_take_failure(struct order *order, char **text);

/* Puts a letter behind those of its key, or before them. */
void order_put(struct order *order, struct letter *letter);
void order_put_first(struct order *order, struct letter *letter);

/* True where a letter can go to TAKER (any pointer that tells it from others); ALONE: it must not
 * have another one of that key. */
bool order_has(const struct order *order, const void *taker, bool alone);

/* The next one, to be freed, and the *NUMBER of its slot; NULL where there is none. */
struct letter *order_take(struct order *order, const void *taker, bool alone, size_t *number);

/* The taker is done with a letter of this slot, by its NUMBER, whatever that means. */
void order_done(struct order *order, size_t number);

/* The taker has ended: none of the slots is its any more. */
void order_leave(struct order *order, const void *taker);

#endif
