/*
 * The store of a queue: messages in batches, first in, first out. Not safe for threads by itself.
 */
#ifndef QUEUE_MESSAGE_STORE_H
#define QUEUE_MESSAGE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "value/framing.h"

struct message_chunk;
struct buf;
struct error;

/* Zeroed but for FRAMING it is empty. */
struct message_store {
    enum framing framing; /* of what is put and taken as a stream */
    struct message_chunk *first;
    struct message_chunk *last;
    size_t messages;
    size_t bytes;
};

void message_store_release(struct message_store *store);

/* Appends up to MOST messages of LENGTH bytes of whole ones; returns the bytes taken, and how many
 * messages in *COUNT. SPENT: the bytes taken are not needed any more where they are, see mem_move(). */
size_t message_store_put_stream(struct message_store *store, const char *bytes, size_t length, bool spent,
                                size_t most, size_t *count);

/* Appends one encoded value. */
void message_store_put_value(struct message_store *store, const char *encoded, size_t length);

/* Appends COUNT messages that have the form of message_store_take_values(), SPENT as above. */
void message_store_put_values(struct message_store *store, const char *bytes, size_t length, bool spent,
                              size_t count);

/* The bytes of the first messages of that form, MOST of them and not many more than so many BYTES,
 * at least one; *COUNT says how many. */
size_t values_measure(const char *values, size_t length, size_t most, size_t bytes, size_t *count);

/* Puts messages before all others. */
void message_store_return_stream(struct message_store *store, const char *bytes, size_t length);
void message_store_return_value(struct message_store *store, const char *encoded, size_t length);

/* Takes the first message as an encoded value; there must be one. */
void message_store_take_value(struct message_store *store, struct buf *out);

/* Takes up to MOST messages, not many more than BYTES but at least one, each as a u32 length
 * (little endian) and the encoded value; returns how many. There must be one. */
size_t message_store_take_values(struct message_store *store, struct buf *out, size_t most,
                                 size_t bytes);

/* Puts COUNT messages of that form before all others. */
void message_store_return_values(struct message_store *store, const char *bytes, size_t length,
                                 size_t count);

/* How much a stream takes at a time: one message of any size in any case. */
struct stream_room {
    size_t bytes;
    size_t messages; /* 1 at least */
};

/* Takes messages with their frames, as many as there is ROOM for; there must be one.
 * Returns how many were taken, those included that cannot be framed: they are dropped with ERROR
 * filled. */
size_t message_store_take_stream(struct message_store *store, struct buf *out, const struct stream_room *room,
                                 struct error *error);

#endif
