/* Allocation that either succeeds or ends the process with a message. */
#include "base/mem.h"
#include "base/mem_exit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void (*before_exit)(void);

void mem_before_exit(void (*function)(void))
{
    before_exit = function;
}

_Noreturn void mem_exhausted(void)
{
    static const char message[] = "parrun: error: out of memory\n";
    if (before_exit)
        before_exit();
    ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);
    (void)ignored;
    _exit(MEM_EXIT_STATUS);
}

void *mem_calloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        mem_exhausted();
    return memory;
}

void *mem_realloc(void *memory, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        mem_exhausted();
    size_t bytes = count * size;
    void *grown = realloc(memory, bytes ? bytes : 1);
    if (!grown)
        mem_exhausted();
    return grown;
}

char *mem_copy(const void *bytes, size_t size)
{
    if (size == SIZE_MAX)
        mem_exhausted();
    char *copy = mem_realloc(NULL, size + 1, 1);
    if (size)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_copy(text, strlen(text));
}

void *mem_grow(void *items, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return items;
    size_t grown = *capacity < 8 ? 8 : *capacity * 2;
    if (grown < needed)
        grown = needed;
    *capacity = grown;
    return mem_realloc(items, grown, size);
}

/* What is smaller is not worth a call. */
#define MOVE_LARGE ((size_t)4 << 20)
#define MOVE_STEP ((size_t)1 << 20)

/* The whole pages of what lies from BEGIN up to END. */
static void give_back(uintptr_t begin, uintptr_t end)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    begin = (begin + page - 1) / page * page;
    end = end / page * page;
    if (begin < end)
        madvise((void *)begin, end - begin, MADV_DONTNEED);
}

void mem_move(void *to, void *from, size_t size)
{
    if (size < MOVE_LARGE) {
        memcpy(to, from, size);
        return;
    }
    uintptr_t begin = (uintptr_t)from;
    for (size_t done = 0, step; done < size; done += step) {
        step = size - done < MOVE_STEP ? size - done : MOVE_STEP;
        memcpy((char *)to + done, (char *)from + done, step);
        give_back(done ? begin + done - MOVE_STEP : begin, begin + done + step);
    }
}
