/* Texts written as YAML. */
#ifndef IMPORT_YAML_WRITE_H
#define IMPORT_YAML_WRITE_H

#include <stdarg.h>

struct arena;
struct buf;
struct node;

/* Appends TEXT, well-formed UTF-8, as a YAML scalar that is read back as this text, also inside [ ] and { }. */
void import_quote(struct buf *out, const char *text);

/* The same in the arena. */
const char *import_quoted(struct arena *arena, const char *text);

/* Appends a comment line. What is printed has to be safe. */
void import_comment(struct buf *out, int indent, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

/* Appends NODE in short for a comment. */
void import_show(struct buf *out, const struct node *node);

#endif
