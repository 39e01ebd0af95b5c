/* Texts written as YAML. */
#ifndef SCENARIO_IMPORT_QUOTE_H
#define SCENARIO_IMPORT_QUOTE_H

struct buf;

/* Appends TEXT, well-formed UTF-8, as a YAML scalar that is read back as this text, also inside [ ] and { }. */
void import_quote(struct buf *out, const char *text);

#endif
