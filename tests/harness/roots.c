/* Where the address sanitizer looks for pointers to what was taken, before it tells a leak: what this program and its libraries have of their
 * own, and not the 5 MB of the sanitizer's runtime that are linked into it, which hold none and are never touched: a search went through
 * them page by page, a quarter of what a golden test cost. With use_globals=0 these are all the roots beside stacks, registers and
 * thread-local variables (LSAN_OPTIONS); a root that is missing shows as a leak.
 *
 * The linker lays out what comes from the objects in their order: the runtime's, this one, all others. */
#include <link.h>
#include <sanitizer/lsan_interface.h>
#include <stddef.h>
#include <stdint.h>

extern char __data_start, _edata, _end; /* ld(1), its usual script */

static char first; /* of what is zero at the start */

/* Registers what the library at INFO may write to; the program itself comes first, and is left out. */
static int add_library(struct dl_phdr_info *info, size_t size, void *is_program)
{
    (void)size;
    for (int i = 0; !*(_Bool *)is_program && i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_W)
            __lsan_register_root_region((void *)(uintptr_t)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), info->dlpi_phdr[i].p_memsz);
    *(_Bool *)is_program = 0;
    return 0;
}

__attribute__((constructor)) static void add_roots(void)
{
    __lsan_register_root_region(&__data_start, (size_t)(&_edata - &__data_start));
    __lsan_register_root_region(&first, (size_t)(&_end - &first));
    _Bool is_program = 1;
    dl_iterate_phdr(add_library, &is_program);
}
