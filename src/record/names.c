/* Names, one text each. */
#include "record/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct interned_names {
    char **places; /* by a hash; NULL: a free one */
    size_t capacity; /* a power of two */
    size_t count;
};

struct interned_names *names_new(void)
{
    struct interned_names *names = mem_calloc(1, sizeof(*names));
    names->capacity = 64;
    names->places = mem_calloc(names->capacity, sizeof(*names->places));
    return names;
}

void names_free(struct interned_names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < names->capacity; i++)
        free(names->places[i]);
    free(names->places);
    free(names);
}

static char **place_of(char **places, size_t capacity, const char *bytes, size_t length)
{
    static const struct hash key;
    size_t at = (size_t)hash_low(&key, bytes, length) & (capacity - 1);
    while (places[at] && (strlen(places[at]) != length || memcmp(places[at], bytes, length) != 0))
        at = (at + 1) & (capacity - 1);
    return &places[at];
}

static void grow(struct interned_names *names)
{
    size_t capacity = names->capacity * 2;
    char **places = mem_calloc(capacity, sizeof(*places));
    for (size_t i = 0; i < names->capacity; i++)
        if (names->places[i])
            *place_of(places, capacity, names->places[i], strlen(names->places[i])) = names->places[i];
    free(names->places);
    names->places = places;
    names->capacity = capacity;
}

const char *names_get(struct interned_names *names, const char *bytes, size_t length)
{
    char **place = place_of(names->places, names->capacity, bytes, length);
    if (*place)
        return *place;
    if (2 * ++names->count > names->capacity) {
        grow(names);
        place = place_of(names->places, names->capacity, bytes, length);
    }
    return *place = mem_copy(bytes, length);
}
