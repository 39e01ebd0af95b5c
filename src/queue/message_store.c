/* The store of a queue: a list of batches, each a piece of a stream or encoded values. */
#include "queue/message_store.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "value/value.h"

/* Room of a batch: large enough that its cost per line is nothing. */
#define BATCH_SIZE (128u << 10)

enum batch_kind {
    BATCH_STREAM, /* messages in their frames */
    BATCH_VALUES, /* u32 length (little endian) and the encoded value, for each message */
};

struct batch {
    struct batch *next;
    enum batch_kind kind;
    size_t room;
    size_t from; /* first byte that was not taken */
    size_t to;   /* behind the last byte */
    size_t messages;
    char bytes[];
};

static struct batch *batch_new(enum batch_kind kind, size_t needed)
{
    size_t room = needed > BATCH_SIZE ? needed : BATCH_SIZE;
    struct batch *batch = mem_realloc(NULL, sizeof(*batch) + room, 1);
    *batch = (struct batch){.kind = kind, .room = room};
    return batch;
}

/* The batch to append NEEDED bytes to. */
static struct batch *store_tail(struct store *store, enum batch_kind kind, size_t needed)
{
    struct batch *last = store->last;
    if (last && last->kind == kind && last->room - last->to >= needed)
        return last;
    struct batch *batch = batch_new(kind, needed);
    if (last)
        last->next = batch;
    else
        store->first = batch;
    store->last = batch;
    return batch;
}

static void store_push_front(struct store *store, struct batch *batch)
{
    batch->next = store->first;
    store->first = batch;
    if (!store->last)
        store->last = batch;
}

static void store_pop_front(struct store *store)
{
    struct batch *batch = store->first;
    store->first = batch->next;
    if (!store->first)
        store->last = NULL;
    free(batch);
}

void store_release(struct store *store)
{
    while (store->first)
        store_pop_front(store);
    *store = (struct store){.framing = store->framing};
}

static void batch_append(struct batch *batch, const char *bytes, size_t length)
{
    memcpy(batch->bytes + batch->to, bytes, length);
    batch->to += length;
}

static void account(struct store *store, struct batch *batch, size_t messages, size_t bytes)
{
    batch->messages += messages;
    store->messages += messages;
    store->bytes += bytes;
}

static void fill_stream(struct store *store, struct batch *batch, const char *bytes,
                        size_t length, size_t messages)
{
    batch_append(batch, bytes, length);
    account(store, batch, messages, length);
}

size_t store_put_stream(struct store *store, const char *bytes, size_t length, size_t most,
                        size_t *count)
{
    size_t taken = framing_measure(store->framing, bytes, length, most, count);
    if (taken)
        fill_stream(store, store_tail(store, BATCH_STREAM, taken), bytes, taken, *count);
    return taken;
}

static void fill_value(struct store *store, struct batch *batch, const char *encoded,
                       size_t length)
{
    uint32_t size = htole32((uint32_t)length);
    batch_append(batch, (const char *)&size, sizeof(size));
    batch_append(batch, encoded, length);
    account(store, batch, 1, sizeof(size) + length);
}

void store_put_value(struct store *store, const char *encoded, size_t length)
{
    struct batch *batch = store_tail(store, BATCH_VALUES, sizeof(uint32_t) + length);
    fill_value(store, batch, encoded, length);
}

void store_put_values(struct store *store, const char *bytes, size_t length, size_t count)
{
    struct batch *batch = store_tail(store, BATCH_VALUES, length);
    batch_append(batch, bytes, length);
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

void store_return_stream(struct store *store, const char *bytes, size_t length)
{
    size_t count;
    framing_measure(store->framing, bytes, length, (size_t)-1, &count);
    struct batch *batch = batch_new(BATCH_STREAM, length);
    store_push_front(store, batch);
    fill_stream(store, batch, bytes, length, count);
}

void store_return_value(struct store *store, const char *encoded, size_t length)
{
    struct batch *batch = batch_new(BATCH_VALUES, sizeof(uint32_t) + length);
    store_push_front(store, batch);
    fill_value(store, batch, encoded, length);
}

void store_return_values(struct store *store, const char *bytes, size_t length, size_t count)
{
    struct batch *batch = batch_new(BATCH_VALUES, length);
    store_push_front(store, batch);
    batch_append(batch, bytes, length);
    account(store, batch, count, length);
}

/* Takes BYTES and MESSAGES off the first batch. */
static void store_taken(struct store *store, size_t messages, size_t bytes)
{
    struct batch *batch = store->first;
    batch->from += bytes;
    batch->messages -= messages;
    store->messages -= messages;
    store->bytes -= bytes;
    if (batch->messages)
        return;
    if (batch->next || batch->room != BATCH_SIZE)
        store_pop_front(store);
    else
        batch->from = batch->to = 0; /* the only one: used again */
}

/* The first message of a batch of values. */
static const char *first_value(const struct batch *batch, size_t *length)
{
    uint32_t size;
    memcpy(&size, batch->bytes + batch->from, sizeof(size));
    *length = le32toh(size);
    return batch->bytes + batch->from + sizeof(size);
}

/* The first batch that has a message; an emptied one may stand before it. */
static struct batch *store_head(struct store *store)
{
    while (!store->first->messages)
        store_pop_front(store);
    return store->first;
}

void store_take_value(struct store *store, struct buf *out)
{
    struct batch *batch = store_head(store);
    size_t length;
    if (batch->kind == BATCH_VALUES) {
        const char *encoded = first_value(batch, &length);
        buf_append(out, encoded, length);
        store_taken(store, 1, sizeof(uint32_t) + length);
        return;
    }
    const char *message;
    size_t whole = framing_first(store->framing, batch->bytes + batch->from,
                                 batch->to - batch->from, &message, &length);
    framing_decode(store->framing, message, length, out);
    store_taken(store, 1, whole);
}

/* One message of a stream in the form of values. */
static void take_framed(struct store *store, struct buf *out)
{
    size_t head = out->length;
    uint32_t size = 0;
    buf_append(out, &size, sizeof(size));
    store_take_value(store, out);
    size = htole32((uint32_t)(out->length - head - sizeof(size)));
    memcpy(out->data + head, &size, sizeof(size));
}

/* Those that the first batch has. */
static size_t take_batch(struct store *store, struct buf *out, size_t most, size_t bytes)
{
    const struct batch *batch = store_head(store);
    size_t count = 1;
    if (batch->kind == BATCH_STREAM) {
        take_framed(store, out);
        return count;
    }
    const char *values = batch->bytes + batch->from;
    size_t length = values_measure(values, batch->to - batch->from, most, bytes, &count);
    buf_append(out, values, length);
    store_taken(store, count, length);
    return count;
}

size_t store_take_values(struct store *store, struct buf *out, size_t most, size_t bytes)
{
    size_t start = out->length;
    size_t count = 0;
    do {
        count += take_batch(store, out, most - count, bytes - (out->length - start));
    } while (store->messages && count < most && out->length - start < bytes);
    return count;
}

static size_t take_stream_of_values(struct store *store, struct buf *out, size_t most,
                                    struct error *error)
{
    size_t here = store->first->messages;
    size_t count = 0;
    size_t start = out->length;
    do {
        size_t length;
        const char *encoded = first_value(store->first, &length);
        if (framing_encode(store->framing, encoded, length, out, error))
            most = 0; /* told at once, the rest later */
        store_taken(store, 1, sizeof(uint32_t) + length);
        count++;
    } while (count < here && out->length - start < most);
    return count;
}

size_t store_take_stream(struct store *store, struct buf *out, size_t most, struct error *error)
{
    struct batch *batch = store_head(store);
    if (batch->kind == BATCH_VALUES)
        return take_stream_of_values(store, out, most, error);
    const char *bytes = batch->bytes + batch->from;
    size_t length = batch->to - batch->from;
    size_t count = batch->messages;
    if (length > most)
        length = framing_fit(store->framing, bytes, length, most, &count);
    buf_append(out, bytes, length);
    store_taken(store, count, length);
    return count;
}
