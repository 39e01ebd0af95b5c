/*
 * Lines that are indented wrongly, or that lack their ':': which line belongs to which.
 *
 * Each function looks at the line of byte OFFSET of SOURCE, where the parser of YAML could not go
 * on, and adds one error to DIAGS where the lines above tell more than the parser knows. False:
 * they do not, and nothing was added.
 */
#ifndef YAML_INDENTATION_H
#define YAML_INDENTATION_H

#include <stdbool.h>
#include <stddef.h>

struct diags;
struct source;

/* The line is no 'key: value'. */
bool layout_no_key(const struct source *source, size_t offset, struct diags *diags);

/* A key stands where the text above it goes on. */
bool layout_in_text(const struct source *source, size_t offset, struct diags *diags);

/* The line begins in a column where none above it does, or is an entry '-' among keys. */
bool layout_between(const struct source *source, size_t offset, struct diags *diags);

/* A quote closes before OFFSET a text that was opened lines above: says so, and shows where it was. */
bool layout_late_quote(const struct source *source, size_t offset, struct diags *diags);

/* The end of the file, with a bracket that is still open: says so, and shows the innermost one. */
bool layout_unclosed(const struct source *source, size_t offset, struct diags *diags);

#endif
