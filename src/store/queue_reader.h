/*
 * Reads the messages of one durable queue from its file in the order in which they are to be taken: by
 * priority, then as they were put. Some at a time, so that nothing in the file is held meanwhile.
 *
 * Used by one thread at a time.
 */
#ifndef STORE_QUEUE_READER_H
#define STORE_QUEUE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct queue_reader;
struct stored;

/* Reads messages of QUEUE, borrowed, whose ids are below END. NULL with ERROR filled. */
struct queue_reader *queue_reader_new(const char *path, const char *queue, int64_t end,
                                      struct error *error);

/* NULL is accepted. */
void queue_reader_free(struct queue_reader *reader);

/* Takes a message, whose bytes are valid until it returns; false: no more of them now. */
typedef bool queue_take(void *arg, const struct stored *message);

/* Gives up to MOST more messages to TAKE(ARG, ...); returns how many, 0 at the end, or a negative code
 * with ERROR filled. */
int64_t queue_reader_next(struct queue_reader *reader, size_t most, queue_take *take, void *arg,
                          struct error *error);

#endif
