/* Preloaded into a program: the allocation number MALLOC_FAILS_AT of each process fails, once. */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_long count;

/* Read anew each time: getenv() allocates nothing, and a forked child begins where its parent was. */
static int fails(void)
{
    const char *at = getenv("MALLOC_FAILS_AT");
    if (!at || atomic_fetch_add(&count, 1) + 1 != strtol(at, NULL, 10))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return fails() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}
