/* What a YAML scalar means, by the core schema of YAML 1.2, and nothing beyond it. */
#ifndef YAML_SCALAR_H
#define YAML_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

#include "value/value.h"

struct node;

/*
 * The value of a plain text: null, ~ and nothing; true and false; 12, -3, 0x1F, 0o17; 1.5, 1e3,
 * .inf, .nan; anything else is a string, which borrows TEXT. A decimal number with a leading zero
 * (012) is a string too: as a number it would lose the zero.
 */
struct value scalar_plain(const char *text, size_t length);

/* The value of a scalar node: a string where it is quoted or a block, else by its text and tag. */
struct value scalar_value(const struct node *node);

/* True for 012 and the like: digits that another reader might take as octal. */
bool scalar_is_padded(const char *text, size_t length);

/* True where the plain scalar TEXT is a text to us, and something else to a reader of YAML 1.1 or of the core schema of
 * 1.2: a yes, or a True. */
bool scalar_is_doubtful(const char *text);

#endif
