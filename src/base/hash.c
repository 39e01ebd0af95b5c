/* SipHash-2-4 with 128 bits of output, by its authors' description. */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static uint64_t load(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return le64toh(word);
}

/* The bytes behind the last whole word of SIZE bytes, fewer than 8. */
static uint64_t load_rest(const unsigned char *bytes, size_t size)
{
    size_t rest = size & 7;
    uint64_t word = 0;
    if (rest && size >= 8)
        return load(bytes + size - 8) >> (8 * (8 - rest));
    for (size_t i = 0; i < rest; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

static inline void mix(struct state *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline void take_word(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s);
    mix(s);
    s->v0 ^= word;
}

static inline void mix_last(struct state *s)
{
    mix(s);
    mix(s);
    mix(s);
    mix(s);
}

static uint64_t fold(const struct state *s)
{
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static struct state take_bytes(const struct hash *key, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    size_t whole = size & ~(size_t)7;
    struct state s = {
        .v0 = key->low ^ UINT64_C(0x736f6d6570736575),
        .v1 = key->high ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        .v2 = key->low ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->high ^ UINT64_C(0x7465646279746573),
    };
    for (size_t i = 0; i < whole; i += 8)
        take_word(&s, load(at + i));
    take_word(&s, (uint64_t)size << 56 | load_rest(at, size));
    s.v2 ^= 0xee;
    mix_last(&s);
    return s;
}

struct hash hash_bytes(const struct hash *key, const void *bytes, size_t size)
{
    struct state s = take_bytes(key, bytes, size);
    struct hash hash = {.low = fold(&s)};
    s.v1 ^= 0xdd;
    mix_last(&s);
    hash.high = fold(&s);
    return hash;
}

uint64_t hash_low(const struct hash *key, const void *bytes, size_t size)
{
    struct state s = take_bytes(key, bytes, size);
    return fold(&s);
}

void hash_write(const struct hash *hash, unsigned char *bytes)
{
    uint64_t words[] = {htole64(hash->low), htole64(hash->high)};
    memcpy(bytes, words, sizeof(words));
}

struct hash hash_read(const unsigned char *bytes)
{
    return (struct hash){.low = load(bytes), .high = load(bytes + sizeof(uint64_t))};
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return a->low == b->low && a->high == b->high;
}
