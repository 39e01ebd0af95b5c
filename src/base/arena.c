/*
 * A list of blocks, each twice as large as the one before up to a bound.
 *
 * A first touch of a page costs a microsecond, or, in a virtual machine, ten. So what is large lies in whole huge pages, where the
 * system has such.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#define ARENA_FIRST_BLOCK 4096
#define ARENA_LARGEST_BLOCK HUGE_PAGE
#define HUGE_PAGE ((size_t)2 << 20)

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    size_t mapped; /* bytes, of a block that lies in huge pages; 0: it does not */
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

/* SIZE bytes, whole huge pages. */
static struct arena_block *map_block(size_t size)
{
    char *area = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        mem_exhausted();
    size_t before = (HUGE_PAGE - (uintptr_t)area % HUGE_PAGE) % HUGE_PAGE;
    if (before)
        munmap(area, before);
    munmap(area + before + size, HUGE_PAGE - before);
    madvise(area + before, size, MADV_HUGEPAGE);
    struct arena_block *block = (struct arena_block *)(void *)(area + before);
    block->mapped = size;
    return block;
}

/* One with room for SIZE bytes, or some more. */
static struct arena_block *new_block(size_t size)
{
    size_t whole = sizeof(struct arena_block) + size;
    struct arena_block *block;
    if (size < HUGE_PAGE) {
        block = mem_calloc(1, whole);
    } else {
        whole = (whole + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        block = map_block(whole);
    }
    block->size = whole - sizeof(*block);
    return block;
}

static void free_block(struct arena_block *block)
{
    if (block->mapped)
        munmap(block, block->mapped);
    else
        free(block);
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->newest) {
        struct arena_block *block = arena->newest;
        arena->newest = block->next;
        free_block(block);
    }
    free(arena);
}

static void arena_add_block(struct arena *arena)
{
    struct arena_block *block = new_block(arena->next_size);
    if (arena->next_size < ARENA_LARGEST_BLOCK)
        arena->next_size *= 2;
    block->next = arena->newest;
    arena->newest = block;
}

/* A block for SIZE bytes alone, behind the newest, which goes on to be filled. */
static void *add_whole(struct arena *arena, size_t size)
{
    if (!arena->newest)
        arena_add_block(arena);
    struct arena_block *block = new_block(size);
    block->used = size;
    block->next = arena->newest->next;
    arena->newest->next = block;
    return block->bytes;
}

/* SIZE bytes of the newest block, from its end: texts lie there, one behind the other, what has to be aligned at its beginning. */
static char *alloc_text(struct arena *arena, size_t size)
{
    if (size >= arena->next_size / 2)
        return add_whole(arena, size);
    if (!arena->newest || arena->newest->size - arena->newest->used < size)
        arena_add_block(arena);
    arena->newest->size -= size;
    return arena->newest->bytes + arena->newest->size;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded >= arena->next_size / 2)
        return add_whole(arena, rounded);
    if (!arena->newest || arena->newest->size - arena->newest->used < rounded)
        arena_add_block(arena);
    struct arena_block *block = arena->newest;
    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memory;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    char *copy = alloc_text(arena, size + 1);
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
    char *text = alloc_text(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
