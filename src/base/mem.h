/*
 * Memory that is there or the program is not.
 *
 * None of these returns NULL. When the system has no memory left they write one line to standard
 * error and end the process with status MEM_EXIT_STATUS; what the process had started is ended by
 * the guard (os/guard.h), so there is nothing a caller could do better.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* The exit status for "the system refused what the run needs", see parrun(1). */
#define MEM_EXIT_STATUS 4

/* Number of elements of an array whose size the compiler knows. */
#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* Ends the process as above: for callers of libraries that report their own failed allocation. */
_Noreturn void mem_exhausted(void);

/* Zeroed memory for COUNT elements of SIZE bytes; the caller frees it with free(). */
void *mem_calloc(size_t count, size_t size);

/* Grows or shrinks MEMORY (may be NULL) to COUNT elements of SIZE bytes; new bytes are undefined. */
void *mem_realloc(void *memory, size_t count, size_t size);

/* A copy of SIZE bytes with a NUL behind them; the caller frees it. */
char *mem_copy(const void *bytes, size_t size);

/* A copy of a C string; the caller frees it. */
char *mem_strdup(const char *text);

/* Makes room in a growable array: returns ITEMS with room for at least NEEDED elements. */
void *mem_grow(void *items, size_t *capacity, size_t needed, size_t size);

/*
 * Copies SIZE bytes, as memcpy() does, of which the original is not needed any more. What is large is given back to the system as it
 * is copied, so that there are never two of it: the bytes at FROM mean nothing afterwards.
 */
void mem_move(void *to, void *from, size_t size);

#endif
