/* A hash map from numbers to numbers. A zeroed one is empty; map_release() frees it. */
#ifndef REPORT_MAP_H
#define REPORT_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key;
    uint32_t value; /* plus 1; 0: the slot is free */
};

struct map {
    struct map_slot *slots;
    size_t capacity; /* 0, or a power of two */
    size_t count;
};

#define MAP_NONE UINT32_MAX

/* The value of KEY; MAP_NONE where it is not there. */
uint32_t map_get(const struct map *map, uint64_t key);

/* KEY must not be there; VALUE is less than MAP_NONE. */
void map_put(struct map *map, uint64_t key, uint32_t value);

/* Takes KEY, which must be there, out. */
void map_remove(struct map *map, uint64_t key);

void map_release(struct map *map);

#endif
