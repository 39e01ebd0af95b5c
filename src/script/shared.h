/*
 * parrun.shared: a table of values that every thread of one process sees, each operation atomic.
 * All functions may be called from any thread.
 */
#ifndef SCRIPT_SHARED_H
#define SCRIPT_SHARED_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct error;

struct shared;

struct shared *shared_new(void);
void shared_free(struct shared *shared);

/* Appends the encoded value (value/value.h) under KEY, encoded nil where there is none. */
void shared_get(struct shared *shared, const char *key, size_t length, struct buf *encoded);

/* Puts a copy of the ENCODED value under KEY; an encoded nil takes the key away. */
void shared_set(struct shared *shared, const char *key, size_t length, const char *encoded,
                size_t size);

/*
 * Adds the encoded number to what is there (nothing counts as 0) and appends the encoded sum to
 * RESULT. 0, or ERROR_FAILED where either is no number.
 */
int shared_add(struct shared *shared, const char *key, size_t length, const char *encoded,
               size_t size, struct buf *result, struct error *error);

/* Puts FRESH under KEY if what is there equals EXPECTED (both encoded); tells whether it did. */
bool shared_cas(struct shared *shared, const char *key, size_t length, const char *expected,
                size_t expected_size, const char *fresh, size_t fresh_size);

#endif
