/* The store of a queue: a list of batches, each a piece of a stream or encoded values. */
#include "queue/message_store.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "value/value.h"

/* Room of a batch: large enough that its cost per line is nothing. */
#define CHUNK_SIZE (128u << 10)

enum chunk_kind {
    CHUNK_STREAM, /* messages in their frames */
    CHUNK_VALUES, /* u32 length (little endian) and the encoded value, for each message */
};

struct message_chunk {
    struct message_chunk *next;
    enum chunk_kind kind;
    size_t room;
    size_t from; /* first byte that was not taken */
    size_t to;   /* behind the last byte */
    size_t messages;
    char bytes[];
};

static struct message_chunk *message_chunk_new(enum chunk_kind kind, size_t needed)
{
    size_t room = needed > CHUNK_SIZE ? needed : CHUNK_SIZE;
    struct message_chunk *batch = mem_realloc(NULL, sizeof(*batch) + room, 1);
    *batch = (struct message_chunk){.kind = kind, .room = room};
    return batch;
}

/* The batch to append NEEDED bytes to. */
static struct message_chunk *message_store_tail(struct message_store *store, enum chunk_kind kind,
                                                size_t needed)
{
    struct message_chunk *last = store->last;
    if (last && last->kind == kind && last->room - last->to >= needed)
        return last;
    struct message_chunk *batch = message_chunk_new(kind, needed);
    if (last)
        last->next = batch;
    else
        store->first = batch;
    store->last = batch;
    return batch;
}

static void message_store_push_front(struct message_store *store, struct message_chunk *batch)
{
    batch->next = store->first;
    store->first = batch;
    if (!store->last)
        store->last = batch;
}

static void message_store_pop_front(struct message_store *store)
{
    struct message_chunk *batch = store->first;
    store->first = batch->next;
    if (!store->first)
        store->last = NULL;
    free(batch);
}

void message_store_release(struct message_store *store)
{
    while (store->first)
        message_store_pop_front(store);
    *store = (struct message_store){.framing = store->framing};
}

static void message_chunk_append(struct message_chunk *batch, const char *bytes, size_t length)
{
    memcpy(batch->bytes + batch->to, bytes, length);
    batch->to += length;
}

/* The same of bytes that are not needed any more where they are, if they are SPENT. */
static void message_chunk_take(struct message_chunk *batch, const char *bytes, size_t length, bool spent)
{
    if (!spent) {
        message_chunk_append(batch, bytes, length);
        return;
    }
    mem_move(batch->bytes + batch->to, (void *)(uintptr_t)bytes, length);
    batch->to += length;
}

static void account(struct message_store *store, struct message_chunk *batch, size_t messages,
                    size_t bytes)
{
    batch->messages += messages;
    store->messages += messages;
    store->bytes += bytes;
}

static void fill_stream(struct message_store *store, struct message_chunk *batch, const char *bytes,
                        size_t length, size_t messages, bool spent)
{
    message_chunk_take(batch, bytes, length, spent);
    account(store, batch, messages, length);
}

size_t message_store_put_stream(struct message_store *store, const char *bytes, size_t length, bool spent,
                                size_t most, size_t *count)
{
    size_t taken = framing_measure(store->framing, bytes, length, most, count);
    if (taken)
        fill_stream(store, message_store_tail(store, CHUNK_STREAM, taken), bytes, taken, *count, spent);
    return taken;
}

static void fill_value(struct message_store *store, struct message_chunk *batch,
                       const char *encoded, size_t length)
{
    uint32_t size = htole32((uint32_t)length);
    message_chunk_append(batch, (const char *)&size, sizeof(size));
    message_chunk_append(batch, encoded, length);
    account(store, batch, 1, sizeof(size) + length);
}

void message_store_put_value(struct message_store *store, const char *encoded, size_t length)
{
    struct message_chunk *batch =
        message_store_tail(store, CHUNK_VALUES, sizeof(uint32_t) + length);
    fill_value(store, batch, encoded, length);
}

void message_store_put_values(struct message_store *store, const char *bytes, size_t length, bool spent,
                              size_t count)
{
    struct message_chunk *batch = message_store_tail(store, CHUNK_VALUES, length);
    message_chunk_take(batch, bytes, length, spent);
    account(store, batch, count, length);
}

size_t values_measure(const char *values, size_t length, size_t most, size_t bytes, size_t *count)
{
    size_t done = 0;
    *count = 0;
    do {
        uint32_t size;
        memcpy(&size, values + done, sizeof(size));
        done += sizeof(size) + le32toh(size);
        ++*count;
    } while (done < length && *count < most && done < bytes);
    return done;
}

void message_store_return_stream(struct message_store *store, const char *bytes, size_t length)
{
    size_t count;
    framing_measure(store->framing, bytes, length, (size_t)-1, &count);
    struct message_chunk *batch = message_chunk_new(CHUNK_STREAM, length);
    message_store_push_front(store, batch);
    fill_stream(store, batch, bytes, length, count, false);
}

void message_store_return_value(struct message_store *store, const char *encoded, size_t length)
{
    struct message_chunk *batch = message_chunk_new(CHUNK_VALUES, sizeof(uint32_t) + length);
    message_store_push_front(store, batch);
    fill_value(store, batch, encoded, length);
}

void message_store_return_values(struct message_store *store, const char *bytes, size_t length,
                                 size_t count)
{
    struct message_chunk *batch = message_chunk_new(CHUNK_VALUES, length);
    message_store_push_front(store, batch);
    message_chunk_append(batch, bytes, length);
    account(store, batch, count, length);
}

/* Takes BYTES and MESSAGES off the first batch. */
static void message_store_taken(struct message_store *store, size_t messages, size_t bytes)
{
    struct message_chunk *batch = store->first;
    batch->from += bytes;
    batch->messages -= messages;
    store->messages -= messages;
    store->bytes -= bytes;
    if (batch->messages)
        return;
    if (batch->next || batch->room != CHUNK_SIZE)
        message_store_pop_front(store);
    else
        batch->from = batch->to = 0; /* the only one: used again */
}

/* Appends the first LENGTH bytes of BATCH, which is not used again where it was made for one large message. */
static void append_first(struct message_chunk *batch, struct buf *out, size_t length)
{
    if (batch->room != CHUNK_SIZE)
        buf_move(out, batch->bytes + batch->from, length);
    else
        buf_append(out, batch->bytes + batch->from, length);
}

/* The first message of a batch of values. */
static const char *first_value(const struct message_chunk *batch, size_t *length)
{
    uint32_t size;
    memcpy(&size, batch->bytes + batch->from, sizeof(size));
    *length = le32toh(size);
    return batch->bytes + batch->from + sizeof(size);
}

/* The first batch that has a message; an emptied one may stand before it. */
static struct message_chunk *message_store_head(struct message_store *store)
{
    while (!store->first->messages)
        message_store_pop_front(store);
    return store->first;
}

void message_store_take_value(struct message_store *store, struct buf *out)
{
    struct message_chunk *batch = message_store_head(store);
    size_t length;
    if (batch->kind == CHUNK_VALUES) {
        const char *encoded = first_value(batch, &length);
        buf_append(out, encoded, length);
        message_store_taken(store, 1, sizeof(uint32_t) + length);
        return;
    }
    const char *message;
    size_t whole = framing_first(store->framing, batch->bytes + batch->from,
                                 batch->to - batch->from, &message, &length);
    framing_decode(store->framing, message, length, out);
    message_store_taken(store, 1, whole);
}

/* One message of a stream in the form of values. */
static void take_framed(struct message_store *store, struct buf *out)
{
    size_t head = out->length;
    uint32_t size = 0;
    buf_append(out, &size, sizeof(size));
    message_store_take_value(store, out);
    size = htole32((uint32_t)(out->length - head - sizeof(size)));
    memcpy(out->data + head, &size, sizeof(size));
}

/* Those that the first batch has. */
static size_t take_batch(struct message_store *store, struct buf *out, size_t most, size_t bytes)
{
    struct message_chunk *batch = message_store_head(store);
    size_t count = 1;
    if (batch->kind == CHUNK_STREAM) {
        take_framed(store, out);
        return count;
    }
    const char *values = batch->bytes + batch->from;
    size_t length = values_measure(values, batch->to - batch->from, most, bytes, &count);
    append_first(batch, out, length);
    message_store_taken(store, count, length);
    return count;
}

size_t message_store_take_values(struct message_store *store, struct buf *out, size_t most,
                                 size_t bytes)
{
    size_t start = out->length;
    size_t count = 0;
    do {
        count += take_batch(store, out, most - count, bytes - (out->length - start));
    } while (store->messages && count < most && out->length - start < bytes);
    return count;
}

static size_t take_stream_of_values(struct message_store *store, struct buf *out, const struct stream_room *room,
                                    struct error *error)
{
    size_t here = store->first->messages < room->messages ? store->first->messages : room->messages;
    size_t most = room->bytes;
    size_t count = 0;
    size_t start = out->length;
    do {
        size_t length;
        const char *encoded = first_value(store->first, &length);
        if (framing_encode(store->framing, encoded, length, out, error))
            most = 0; /* told at once, the rest later */
        message_store_taken(store, 1, sizeof(uint32_t) + length);
        count++;
    } while (count < here && out->length - start < most);
    return count;
}

size_t message_store_take_stream(struct message_store *store, struct buf *out, const struct stream_room *room,
                                 struct error *error)
{
    struct message_chunk *batch = message_store_head(store);
    if (batch->kind == CHUNK_VALUES)
        return take_stream_of_values(store, out, room, error);
    const char *bytes = batch->bytes + batch->from;
    size_t length = batch->to - batch->from;
    size_t count = batch->messages;
    if (length > room->bytes)
        length = framing_fit(store->framing, bytes, length, room->bytes, &count);
    if (count > room->messages)
        length = framing_measure(store->framing, bytes, length, room->messages, &count);
    append_first(batch, out, length);
    message_store_taken(store, count, length);
    return count;
}
