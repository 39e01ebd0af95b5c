/*
 * A queue that lasts in a file: what queue.c and consumer.c tell of its messages, and what of it is
 * still to be read.
 *
 * All functions want the queue's lock, and do nothing for a queue that does not last.
 */
#ifndef QUEUE_DURABLE_H
#define QUEUE_DURABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct put_options;
struct queue;

/* Messages that are in the file and were not read yet. */
size_t durable_unread(const struct queue *queue);

/* Messages that its file had before this run. */
size_t durable_before(const struct queue *queue);

/* Tells where the file has not the messages that were put. */
void durable_tell_damage(struct queue *queue);

/* Reads on, where there is room for it; a message that is not as it was put is told and set aside in the file. */
void durable_fill(struct queue *queue);

/* True where so much waits to be read first, or for the disk, that nothing more should be put. */
bool durable_is_full(const struct queue *queue);

/* A message is put; returns its id. */
int64_t durable_put(struct queue *queue, const char *encoded, size_t length,
                    const struct put_options *options);

/* The message with this id is tried for the ATTEMPTS-th time; it was acknowledged. */
void durable_tried(struct queue *queue, int64_t id, int64_t attempts);
void durable_done(struct queue *queue, int64_t id);

/* Gives up what was tried often enough before it was read. The lock is left meanwhile; the loop's
 * thread. */
void durable_bury_spent(struct queue *queue);

#endif
