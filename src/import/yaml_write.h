/* Texts written as YAML. */
#ifndef IMPORT_YAML_WRITE_H
#define IMPORT_YAML_WRITE_H

struct arena;
struct buf;
struct node;

/* Appends TEXT, well-formed UTF-8, as a YAML scalar that is read back as this text, also inside [ ] and { }. */
void import_quote(struct buf *out, const char *text);

/* The same in the arena. */
const char *import_quoted(struct arena *arena, const char *text);

/* Appends NODE in short for a comment. */
void import_show(struct buf *out, const struct node *node);

#endif
