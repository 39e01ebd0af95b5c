/* Which names an expression uses, and whether they are known. Private to this room. */
#ifndef SCRIPT_NAMES_H
#define SCRIPT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct template_fault;
struct template_scope;

/*
 * Checks every free name of an expression whose syntax is good, and that it changes nothing. Tells
 * in *TASK whether a name of the task is among them. 0, or ERROR_FAILED with FAULT filled.
 */
int names_check(struct arena *arena, const char *text, size_t length,
                const struct template_scope *scope, bool *task, struct template_fault *fault);

#endif
