/* The small blocks of a Lua state. */
#include "script/allocator.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void **list_of(struct region *region, size_t size)
{
    return &region->free[(size + REGION_STEP - 1) / REGION_STEP];
}

void region_init(struct region *region, size_t size)
{
    *region = (struct region){0};
    if (!size)
        return;
    region->memory = region->next = mem_realloc(NULL, size, 1);
    region->end = region->memory + size;
}

void region_release(struct region *region)
{
    free(region->memory);
    *region = (struct region){0};
}

void *region_take(struct region *region, size_t size)
{
    if (size > REGION_BLOCK_MOST)
        return NULL;
    void **list = list_of(region, size);
    void *block = *list;
    if (block) {
        memcpy(list, block, sizeof(*list));
        return block;
    }
    size_t rounded = (size + REGION_STEP - 1) / REGION_STEP * REGION_STEP;
    if ((size_t)(region->end - region->next) < rounded)
        return NULL;
    block = region->next;
    region->next += rounded;
    return block;
}

void region_give(struct region *region, void *block, size_t size)
{
    void **list = list_of(region, size);
    memcpy(block, list, sizeof(*list));
    *list = block;
}
