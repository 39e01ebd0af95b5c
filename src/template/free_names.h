/* Which names an expression uses, and whether they are known. Private to this room. */
#ifndef TEMPLATE_FREE_NAMES_H
#define TEMPLATE_FREE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct template_fault;
struct template_scope;

/* What an expression uses, and is. */
struct names_used {
    bool task; /* item, index, worker, attempt, or what a task uses */
    bool output_tmp;
    bool raw;
    const char *mapping; /* the whole of it is this mapping, which is no word of a command; NULL: it is not known to be one */
};

/*
 * Checks every free name of an expression whose syntax is good, and that it changes nothing. 0, or
 * ERROR_FAILED with FAULT filled.
 */
int names_check(struct arena *arena, const char *text, size_t length,
                const struct template_scope *scope, struct names_used *used,
                struct template_fault *fault);

#endif
