/* Open addressing over FNV-1a; the table is never more than three quarters full. */
#include "base/name_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NAMES_FIRST 16

struct names_slot {
    const char *name; /* NULL: free */
    uint32_t length;
    uint32_t hash;
    size_t number;
};

void names_release(struct names *names)
{
    free(names->slots);
    *names = (struct names){0};
}

static uint32_t hash_name(const char *name, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(1099511628211);
    return (uint32_t)(hash ^ (hash >> 32));
}

/* The slot that holds NAME, or the free one where it would go. */
static struct names_slot *probe(struct names_slot *slots, size_t capacity, const char *name,
                                size_t length, uint32_t hash)
{
    for (size_t i = hash & (capacity - 1);; i = (i + 1) & (capacity - 1)) {
        struct names_slot *slot = &slots[i];
        if (!slot->name)
            return slot;
        if (slot->hash == hash && slot->length == length && !memcmp(slot->name, name, length))
            return slot;
    }
}

static bool has_room(size_t capacity, size_t count)
{
    return count * 4 < capacity * 3;
}

void names_reserve(struct names *names, size_t count)
{
    size_t capacity = names->capacity ? names->capacity : NAMES_FIRST;
    while (!has_room(capacity, names->count + count))
        capacity *= 2;
    if (capacity == names->capacity)
        return;
    struct names_slot *slots = mem_calloc(capacity, sizeof(*slots));
    for (size_t i = 0; i < names->capacity; i++) {
        const struct names_slot *old = &names->slots[i];
        if (old->name)
            *probe(slots, capacity, old->name, old->length, old->hash) = *old;
    }
    free(names->slots);
    names->slots = slots;
    names->capacity = capacity;
}

size_t *names_slot(struct names *names, const char *name, size_t length)
{
    if (!has_room(names->capacity, names->count))
        names_reserve(names, 1);
    uint32_t hash = hash_name(name, length);
    struct names_slot *slot = probe(names->slots, names->capacity, name, length, hash);
    if (!slot->name) {
        *slot = (struct names_slot){name, (uint32_t)length, hash, NAMES_NONE};
        names->count++;
    }
    return &slot->number;
}

size_t names_find(const struct names *names, const char *name, size_t length)
{
    if (!names->capacity)
        return NAMES_NONE;
    uint32_t hash = hash_name(name, length);
    const struct names_slot *slot = probe(names->slots, names->capacity, name, length, hash);
    return slot->name ? slot->number : NAMES_NONE;
}

void names_put(struct names *names, const char *name, size_t number)
{
    *names_slot(names, name, strlen(name)) = number;
}

bool names_have(const struct names *names, const char *name)
{
    return names_find(names, name, strlen(name)) != NAMES_NONE;
}
