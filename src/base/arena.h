/*
 * An arena: many small allocations that live and die together.
 *
 * What arena_* returns stays valid, and at the same address, until arena_free().
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

/* A new empty arena; free it with arena_free(). */
struct arena *arena_new(void);

/* Frees the arena and all that was allocated from it; NULL is accepted. */
void arena_free(struct arena *arena);

/* SIZE zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of SIZE bytes with a NUL behind them; a text, which is not aligned. */
char *arena_copy(struct arena *arena, const void *bytes, size_t size);

/* A copy of a C string. */
char *arena_strdup(struct arena *arena, const char *text);

/* A formatted string. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
