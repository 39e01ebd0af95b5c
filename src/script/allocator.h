/*
 * Where a Lua state has its small blocks: one piece of memory, which is taken at once and given
 * back at once. A body makes and drops blocks of the same few sizes again and again; here that is
 * a list a size, without a lock and without a header. What does not fit is its caller's to get
 * elsewhere, so a state's size has no bound here.
 */
#ifndef SCRIPT_ALLOCATOR_H
#define SCRIPT_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/* Larger blocks are never taken from a region. */
#define REGION_BLOCK_MOST 256
#define REGION_STEP 16 /* sizes are rounded up to a multiple of this, which is their alignment too */

struct region {
    char *memory;
    char *next; /* from here on nothing was ever given */
    char *end;
    void *free[REGION_BLOCK_MOST / REGION_STEP + 1];
};

/* SIZE bytes are taken; 0: nothing is, and the region never has room. */
void region_init(struct region *region, size_t size);

/* With all of its blocks. */
void region_release(struct region *region);

/* A block of SIZE bytes, more than 0; NULL where there is no room for it. */
void *region_take(struct region *region, size_t size);

/* Takes back what region_take() gave for SIZE bytes. */
void region_give(struct region *region, void *block, size_t size);

/* Whether BLOCK, of at least a byte, is the region's. */
static inline bool region_has(const struct region *region, const void *block)
{
    const char *at = block;
    return at >= region->memory && at < region->end;
}

/* Whether a block of OLD bytes is as good for SIZE bytes. */
static inline bool region_fits(size_t old, size_t size)
{
    return (old + REGION_STEP - 1) / REGION_STEP == (size + REGION_STEP - 1) / REGION_STEP;
}

#endif
