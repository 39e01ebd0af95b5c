/* From a place in the text of a scalar back to the place in the file. */
#ifndef YAML_SCALAR_MARK_H
#define YAML_SCALAR_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct node;

/*
 * The mark for LENGTH bytes at byte OFFSET of the text of NODE. Where the text stands in the file
 * in another form (folded, with escapes) it is the mark of the whole scalar.
 */
struct mark place_in_scalar(const struct source *source, const struct node *node, size_t offset,
                            size_t length);

/* True where a comment cuts a plain scalar of one line off. */
bool place_before_comment(const struct source *source, const struct node *node);

/* The mark for line NUMBER (from 1) of SOURCE: from its first visible character to its end. */
struct mark place_of_line(const struct source *source, uint32_t number);

/* The line of the file in which the text of NODE begins: the one behind a '|'. */
uint32_t place_first_line(const struct source *source, const struct node *node);

#endif
