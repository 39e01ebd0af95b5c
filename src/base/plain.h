/* Text as a person sees it on a terminal: without colours, moves of the cursor and other controls. */
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include <stddef.h>

struct buf;

/*
 * Appends to OUT what is to be seen of LENGTH bytes: escape sequences (of ECMA-48) and control characters
 * but the tab are left out. A sequence that has no end takes the rest with it.
 */
void plain_text(struct buf *out, const char *bytes, size_t length);

#endif
