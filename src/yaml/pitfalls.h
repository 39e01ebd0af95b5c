/* What YAML reads without a word, or with a word that misleads: traps that are told by their name.
 */
#ifndef YAML_PITFALLS_H
#define YAML_PITFALLS_H

#include <stdbool.h>
#include <stddef.h>

struct diags;
struct source;

/* Reports the marks that a merge has left in SOURCE; false where there is none. */
bool trap_merge_conflict(const struct source *source, struct diags *diags);

/*
 * Where in the plain text TEXT a no-break space stands as if it were a space of YAML: at an end, or
 * behind a ':'. SIZE where there is none; else *LENGTH is its bytes.
 */
size_t trap_no_break_space(const char *text, size_t size, size_t *length);

/* Bytes of the typographic quote with which TEXT begins; 0 where it does not. */
size_t trap_quote(const char *text, size_t size);

#endif
