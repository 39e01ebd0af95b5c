/*
 * Messages that a body in a thread puts in a row: they go into the queue together, so that its lock and its
 * clock cost little for each.
 *
 * The first one goes at once. Those that follow are gathered until they are many, until the body does
 * something else, or for a millisecond: then the loop puts them, whatever the body does meanwhile.
 */
#ifndef QUEUE_PUT_BATCH_H
#define QUEUE_PUT_BATCH_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct gather;
struct queue;
struct queue_wait;
struct run;

/* For one thread. On the loop's thread. */
struct gather *gather_new(struct run *run);

/* Once the thread has ended. What is still gathered is gone. */
void gather_free(struct gather *gather);

/* The rest is for that thread. */

/* Takes one message for QUEUE, of which queue_gathers() is true. False where it is to be put by its sender,
 * behind gather_flush(): it is the first, or enough were gathered. */
bool gather_add(struct gather *gather, struct queue *queue, const char *encoded, size_t length);

/* Puts what was gathered, as queue_put_values_waiting() does. */
int gather_flush(struct gather *gather, const struct queue_wait *wait, struct error *error);

#endif
