/*
 * SipHash-2-4 with 128 bits of output: what tells contents apart, and finds out damage.
 *
 * It is the published function, the same on every machine. With a key that others cannot know,
 * nobody can make two contents of one hash.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE 16

struct hash {
    uint64_t low; /* the first 8 bytes of the hash, little endian */
    uint64_t high;
};

/* The hash of SIZE bytes under KEY, which are 16 bytes in the same order. */
struct hash hash_bytes(const struct hash *key, const void *bytes, size_t size);

/* The member LOW of the same, for less. */
uint64_t hash_low(const struct hash *key, const void *bytes, size_t size);

/* The HASH_SIZE bytes of a hash, and back. */
void hash_write(const struct hash *hash, unsigned char *bytes);
struct hash hash_read(const unsigned char *bytes);

bool hash_equal(const struct hash *a, const struct hash *b);

#endif
