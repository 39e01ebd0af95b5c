/* Sums over the messages of a queue file. */
#include "store/queue_sum.h"

#include <endian.h>
#include <string.h>

#include "base/hash.h"
#include "store/stored_value.h"

/* Chance is what damages a file, not somebody who computes: everybody may know the keys. */
static const struct hash row_key = {UINT64_C(0x5175657565206669), UINT64_C(0x6c6520726f772031)};
static const struct hash body_key = {UINT64_C(0x5175657565206669), UINT64_C(0x6c6520626f647931)};
static const struct hash id_key = {UINT64_C(0x5175657565206669), UINT64_C(0x6c65206964203120)};

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    return htole64(bits);
}

static uint64_t sum_bytes(const char *bytes, size_t length)
{
    return htole64(hash_low(&body_key, bytes, length));
}

static uint64_t sum_text(const char *text)
{
    return text ? sum_bytes(text, strlen(text)) : 0;
}

static uint64_t sum_body(const struct stored_value *body)
{
    switch (body->type) {
    case STORED_NULL:
        return 0;
    case STORED_INTEGER:
        return htole64((uint64_t)body->integer);
    case STORED_NUMBER:
        return bits_of(body->number);
    case STORED_TEXT:
    case STORED_BLOB:
        return sum_bytes(body->bytes, body->length);
    }
    return 0;
}

int64_t queue_sum(const struct queue_row *row)
{
    const uint64_t words[] = {
        htole64((uint64_t)row->id),
        sum_text(row->queue),
        htole64((uint64_t)row->body->type),
        sum_text(row->body->form),
        sum_body(row->body),
        htole64((uint64_t)row->priority),
        bits_of(row->due),
        bits_of(row->put),
    };
    return (int64_t)hash_low(&row_key, words, sizeof(words));
}

static uint64_t fold_id(int64_t id)
{
    uint64_t number = htole64((uint64_t)id);
    return hash_low(&id_key, &number, sizeof(number));
}

void queue_tally_add(struct queue_tally *tally, int64_t id)
{
    tally->count++;
    tally->ids ^= fold_id(id);
}

void queue_tally_remove(struct queue_tally *tally, int64_t id)
{
    tally->count--;
    tally->ids ^= fold_id(id);
}
