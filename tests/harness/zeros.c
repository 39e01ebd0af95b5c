/* The runtimes of the sanitizers write zeros over half a megabyte of their own that is zero already, in each process, when it frees for the
 * first time: 129 pages, a tenth of a short run. The linker (--wrap, ld(1)) leads their calls here, where the system takes back such
 * pages of the program's own: they are zero when they are touched, and most never are. */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define LARGE ((size_t)64 << 10)
#define PAGE ((uintptr_t)4096)

extern char __bss_start, _end; /* ld(1), its usual script */

void *__real__ZN11__sanitizer15internal_memsetEPvim(void *bytes, int value, size_t length);
void *__wrap__ZN11__sanitizer15internal_memsetEPvim(void *bytes, int value, size_t length);

void *__wrap__ZN11__sanitizer15internal_memsetEPvim(void *bytes, int value, size_t length)
{
    uintptr_t from = (uintptr_t)bytes, to = from + length;
    uintptr_t first = (from + PAGE - 1) & ~(PAGE - 1), end = to & ~(PAGE - 1);
    if (value || length < LARGE || from < (uintptr_t)&__bss_start || to > (uintptr_t)&_end || madvise((void *)first, end - first, MADV_DONTNEED))
        return __real__ZN11__sanitizer15internal_memsetEPvim(bytes, value, length);
    __real__ZN11__sanitizer15internal_memsetEPvim(bytes, 0, first - from);
    __real__ZN11__sanitizer15internal_memsetEPvim((void *)end, 0, to - end);
    return bytes;
}
