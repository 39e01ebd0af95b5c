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
struct put_batch;
struct queue;
struct queue_wait;
struct run;

/* For one thread. On the loop's thread. */
struct put_batch *put_batch_new(struct run *run);

/* Once the thread has ended. What is still gathered is gone. */
void put_batch_free(struct put_batch *batch);

/* The rest is for that thread. */

/* Takes one message for QUEUE, of which queue_gathers() is true. False where it is to be put by its
 * sender, behind put_batch_flush(): it is the first, or enough were gathered. */
bool put_batch_add(struct put_batch *batch, struct queue *queue, const char *encoded,
                   size_t length);

/* Puts what was gathered, as queue_put_values_waiting() does. */
int put_batch_flush(struct put_batch *batch, const struct queue_wait *wait, struct error *error);

#endif
