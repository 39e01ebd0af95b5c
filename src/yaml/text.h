/* Writing one text as YAML, so that it is read back as this text. */
#ifndef YAML_TEXT_H
#define YAML_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;

/*
 * Appends TEXT, well-formed UTF-8, as a scalar on one line that may stand inside [ ] and { } too: plain where no reader of YAML, of
 * 1.1 either, takes it for anything else.
 */
void yaml_quote(struct buf *out, const char *text);

/* The same in the arena. */
const char *yaml_quoted(struct arena *arena, const char *text);

/* Appends TEXT as a literal block, its lines behind INDENT blanks, with the end of the last; false, with nothing, where none holds it. */
bool yaml_block(struct buf *out, const char *text, size_t indent);

#endif
