/*
 * The store of a queue: messages in batches, first in, first out. Not safe for threads by itself.
 */
#ifndef OBJECT_BATCH_H
#define OBJECT_BATCH_H

#include <stdbool.h>
#include <stddef.h>

struct batch;
struct buf;
struct error;

struct store {
    struct batch *first;
    struct batch *last;
    size_t messages;
    size_t bytes;
};

void store_release(struct store *store);

/* Appends up to MOST messages of LENGTH bytes of lines; returns the bytes taken, and how many
 * messages in *COUNT. A last line without its newline gets one. */
size_t store_put_lines(struct store *store, const char *bytes, size_t length, size_t most,
                       size_t *count);

/* Appends one encoded value. */
void store_put_value(struct store *store, const char *encoded, size_t length);

/* Puts messages before all others. */
void store_return_lines(struct store *store, const char *bytes, size_t length);
void store_return_value(struct store *store, const char *encoded, size_t length);

/* Takes the first message as an encoded value; there must be one. */
void store_take_value(struct store *store, struct buf *out);

/* Takes up to MOST messages, not many more than BYTES but at least one, each as a u32 length (little
 * endian) and the encoded value; returns how many. There must be one. */
size_t store_take_values(struct store *store, struct buf *out, size_t most, size_t bytes);

/* Puts COUNT messages of that form before all others. */
void store_return_values(struct store *store, const char *bytes, size_t length, size_t count);

/* Takes messages as lines, at most MOST bytes but at least one message; there must be one. Returns
 * how many were taken, those included that can be no line: they are dropped with ERROR filled. */
size_t store_take_lines(struct store *store, struct buf *out, size_t most, struct error *error);

/* The message as one line for a person or a consumer of lines; ERROR_FAILED where it is none. */
int value_to_line(const char *encoded, size_t length, struct buf *out, struct error *error);

#endif
