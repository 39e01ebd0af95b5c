/* The table behind parrun.shared: open addressing under one mutex. */
#include "script/shared.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "value/value.h"

/* Room for so many entries at first; always a power of two. */
#define SHARED_FIRST 16

/* A key that was taken away stays as a slot with an empty value, until the table grows. */
struct shared_slot {
    char *key; /* NULL: never used */
    size_t length;
    char *value; /* encoded; NULL: nothing there */
    size_t size;
};

struct shared {
    pthread_mutex_t lock;
    struct shared_slot *slots;
    size_t capacity;
    size_t used; /* slots with a key */
};

struct shared *shared_new(void)
{
    struct shared *shared = mem_calloc(1, sizeof(*shared));
    pthread_mutex_init(&shared->lock, NULL);
    shared->capacity = SHARED_FIRST;
    shared->slots = mem_calloc(shared->capacity, sizeof(*shared->slots));
    return shared;
}

void shared_free(struct shared *shared)
{
    if (!shared)
        return;
    for (size_t i = 0; i < shared->capacity; i++) {
        free(shared->slots[i].key);
        free(shared->slots[i].value);
    }
    free(shared->slots);
    pthread_mutex_destroy(&shared->lock);
    free(shared);
}

/* FNV-1a. */
static uint64_t hash(const char *key, size_t length)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)key[i]) * UINT64_C(0x100000001b3);
    return sum;
}

/* The slot of KEY, or the free one where it belongs. */
static struct shared_slot *find(struct shared *shared, const char *key, size_t length)
{
    size_t at = hash(key, length) & (shared->capacity - 1);
    for (;; at = (at + 1) & (shared->capacity - 1)) {
        struct shared_slot *slot = &shared->slots[at];
        if (!slot->key || (slot->length == length && memcmp(slot->key, key, length) == 0))
            return slot;
    }
}

/* Moves what holds a value into a table that is at most half full. */
static void grow(struct shared *shared)
{
    struct shared_slot *old = shared->slots;
    size_t old_capacity = shared->capacity;
    size_t live = 0;
    for (size_t i = 0; i < old_capacity; i++)
        live += old[i].value != NULL;
    while (shared->capacity < (live + 1) * 4)
        shared->capacity *= 2;
    shared->slots = mem_calloc(shared->capacity, sizeof(*shared->slots));
    shared->used = live;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].value)
            *find(shared, old[i].key, old[i].length) = old[i];
        else
            free(old[i].key);
    }
    free(old);
}

static void put(struct shared *shared, const char *key, size_t length, const char *encoded,
                size_t size)
{
    struct shared_slot *slot = find(shared, key, length);
    bool nothing = size == 1 && encoded[0] == VALUE_NIL;
    if (nothing && !slot->value)
        return;
    if (!slot->key) {
        if ((shared->used + 1) * 4 > shared->capacity * 3) {
            grow(shared);
            slot = find(shared, key, length);
        }
        slot->key = mem_copy(key, length);
        slot->length = length;
        shared->used++;
    }
    free(slot->value);
    slot->value = nothing ? NULL : mem_copy(encoded, size);
    slot->size = size;
}

static void read_slot(const struct shared_slot *slot, struct buf *encoded)
{
    if (slot->value)
        buf_append(encoded, slot->value, slot->size);
    else
        value_encode_nil(encoded);
}

void shared_get(struct shared *shared, const char *key, size_t length, struct buf *encoded)
{
    pthread_mutex_lock(&shared->lock);
    read_slot(find(shared, key, length), encoded);
    pthread_mutex_unlock(&shared->lock);
}

void shared_set(struct shared *shared, const char *key, size_t length, const char *encoded,
                size_t size)
{
    pthread_mutex_lock(&shared->lock);
    put(shared, key, length, encoded, size);
    pthread_mutex_unlock(&shared->lock);
}

static bool is_number(const struct value *value)
{
    return value->type == VALUE_INTEGER || value->type == VALUE_NUMBER;
}

static double to_double(const struct value *value)
{
    return value->type == VALUE_INTEGER ? (double)value->integer : value->number;
}

/* As Lua adds: two integers wrap around, anything else is a float. */
static void add(const struct value *a, const struct value *b, struct buf *sum)
{
    if (a->type == VALUE_INTEGER && b->type == VALUE_INTEGER)
        value_encode_integer(sum, (int64_t)((uint64_t)a->integer + (uint64_t)b->integer));
    else
        value_encode_number(sum, to_double(a) + to_double(b));
}

int shared_add(struct shared *shared, const char *key, size_t length, const char *encoded,
               size_t size, struct buf *result, struct error *error)
{
    struct value addend, there = {.type = VALUE_INTEGER};
    size_t before = result->length;
    const char *at = encoded;
    if (value_size(encoded, size) != size)
        return error_set(error, ERROR_FAILED, "only a number can be added");
    value_head(&at, &addend);
    if (!is_number(&addend))
        return error_set(error, ERROR_FAILED, "only a number can be added");
    pthread_mutex_lock(&shared->lock);
    struct shared_slot *slot = find(shared, key, length);
    at = slot->value;
    if (at)
        value_head(&at, &there);
    bool fits = is_number(&there);
    if (fits) {
        add(&there, &addend, result);
        put(shared, key, length, result->data + before, result->length - before);
    }
    pthread_mutex_unlock(&shared->lock);
    if (!fits)
        return error_set(error, ERROR_FAILED, "'%.*s' holds no number", (int)length, key);
    return 0;
}

/* Encoded values are equal byte by byte, but that 1 equals 1.0 as in Lua. */
static bool equal(const char *a, size_t a_size, const char *b, size_t b_size)
{
    struct value x, y;
    if (a_size == b_size && memcmp(a, b, a_size) == 0)
        return true;
    value_head(&a, &x);
    value_head(&b, &y);
    return is_number(&x) && is_number(&y) && x.type != y.type && to_double(&x) <= to_double(&y) &&
           to_double(&x) >= to_double(&y);
}

bool shared_cas(struct shared *shared, const char *key, size_t length, const char *expected,
                size_t expected_size, const char *fresh, size_t fresh_size)
{
    static const char nothing[] = {VALUE_NIL};
    pthread_mutex_lock(&shared->lock);
    const struct shared_slot *slot = find(shared, key, length);
    bool same = equal(slot->value ? slot->value : nothing, slot->value ? slot->size : 1, expected,
                      expected_size);
    if (same)
        put(shared, key, length, fresh, fresh_size);
    pthread_mutex_unlock(&shared->lock);
    return same;
}
