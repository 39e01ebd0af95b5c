/*
 * An index from names to numbers, for the time of loading: anchors, keys of a mapping, objects.
 *
 * A zeroed struct names is an empty one; names_release() frees it. The names are borrowed and must
 * outlive the index.
 */
#ifndef BASE_NAME_INDEX_H
#define BASE_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of a name that has none yet. */
#define NAMES_NONE SIZE_MAX

struct names_slot;

struct names {
    struct names_slot *slots;
    size_t count;
    size_t capacity; /* a power of two, or 0 */
};

/* Frees the index and makes it empty. */
void names_release(struct names *names);

/* Makes room for COUNT more names at once, which spares it to grow with each doubling. */
void names_reserve(struct names *names, size_t count);

/*
 * Where the number of NAME stands; a name that was not there is added with NAMES_NONE. Valid until
 * the next call.
 */
size_t *names_slot(struct names *names, const char *name, size_t length);

/* The number of NAME, NAMES_NONE where it is not in the index. */
size_t names_find(const struct names *names, const char *name, size_t length);

/* NUMBER for the C string NAME, whatever it had; true where it has one. */
void names_put(struct names *names, const char *name, size_t number);
bool names_have(const struct names *names, const char *name);

#endif
