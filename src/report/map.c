/* A hash map from numbers to numbers: open addressing, linear probing. */
#include "report/map.h"

#include <stdlib.h>

#include "base/mem.h"

#define CAPACITY_FIRST 64

/* Where KEY should stand: Fibonacci hashing, as keys are mostly consecutive. */
static size_t place_of(const struct map *map, uint64_t key)
{
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (map->capacity - 1);
}

/* The slot that has KEY, or the free one where it would go. */
static size_t find(const struct map *map, uint64_t key)
{
    size_t at = place_of(map, key);
    while (map->slots[at].value && map->slots[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return at;
}

uint32_t map_get(const struct map *map, uint64_t key)
{
    if (!map->count)
        return MAP_NONE;
    return map->slots[find(map, key)].value - 1; /* of a free slot: MAP_NONE */
}

static void grow(struct map *map)
{
    struct map old = *map;
    map->capacity = old.capacity ? old.capacity * 2 : CAPACITY_FIRST;
    map->slots = mem_calloc(map->capacity, sizeof(*map->slots));
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].value)
            map->slots[find(map, old.slots[i].key)] = old.slots[i];
    free(old.slots);
}

void map_put(struct map *map, uint64_t key, uint32_t value)
{
    if ((map->count + 1) * 2 > map->capacity)
        grow(map);
    map->slots[find(map, key)] = (struct map_slot){key, value + 1};
    map->count++;
}

/* What stands behind the gap and could not have been reached without it moves into it. */
void map_remove(struct map *map, uint64_t key)
{
    size_t mask = map->capacity - 1;
    size_t gap = find(map, key);
    for (size_t at = (gap + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        size_t wanted = place_of(map, map->slots[at].key);
        if (((at - wanted) & mask) < ((at - gap) & mask))
            continue;
        map->slots[gap] = map->slots[at];
        gap = at;
    }
    map->slots[gap].value = 0;
    map->count--;
}

void map_release(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}
