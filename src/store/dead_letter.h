/* Dead messages: messages that were given up, each with the queue that did and the reason. */
#ifndef STORE_DEAD_LETTER_H
#define STORE_DEAD_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Appends, as an encoded value, {message = ..., queue = ..., reason = ..., attempts = ...}; MESSAGE is
 * an encoded value. */
void dead_letter_write(struct buf *out, const char *message, size_t length, const char *queue,
                       const char *reason, int64_t attempts);

/*
 * Opens an encoded value that is one, or the JSON text of one: appends its message as an encoded
 * value to MESSAGE and its queue's name to QUEUE. False where it is none.
 */
bool dead_letter_open(const char *encoded, size_t length, struct buf *message, struct buf *queue);

#endif
