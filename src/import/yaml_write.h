/* Texts written as YAML. */
#ifndef IMPORT_YAML_WRITE_H
#define IMPORT_YAML_WRITE_H

struct buf;

/* Appends TEXT, well-formed UTF-8, as a YAML scalar that is read back as this text, also inside [ ] and { }. */
void import_quote(struct buf *out, const char *text);

#endif
