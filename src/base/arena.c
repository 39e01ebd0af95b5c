/* A list of blocks, each twice as large as the one before up to a bound. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ARENA_FIRST_BLOCK 4096
#define ARENA_LARGEST_BLOCK (1 << 20)

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct arena_block *newest;
    size_t next_size;
};

struct arena *arena_new(void)
{
    struct arena *arena = mem_calloc(1, sizeof(*arena));
    arena->next_size = ARENA_FIRST_BLOCK;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->newest) {
        struct arena_block *block = arena->newest;
        arena->newest = block->next;
        free(block);
    }
    free(arena);
}

static void arena_add_block(struct arena *arena, size_t needed)
{
    size_t size = arena->next_size;
    if (size < needed)
        size = needed;
    if (arena->next_size < ARENA_LARGEST_BLOCK)
        arena->next_size *= 2;
    struct arena_block *block = mem_calloc(1, sizeof(*block) + size);
    block->size = size;
    block->next = arena->newest;
    arena->newest = block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (!arena->newest || arena->newest->size - arena->newest->used < rounded)
        arena_add_block(arena, rounded);
    struct arena_block *block = arena->newest;
    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memory;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
