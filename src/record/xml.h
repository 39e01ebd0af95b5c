/* Texts in XML 1.0: what it cannot hold is shown. */
#ifndef RECORD_XML_H
#define RECORD_XML_H

#include <stddef.h>

struct buf;

/*
 * Appends BYTES as text of an element. Colours of a terminal are left out, other control characters and bytes that are no
 * UTF-8 are shown as \x1b: XML 1.0 has no way to write them.
 */
void xml_text(struct buf *out, const char *bytes, size_t length);

/* Appends ` NAME="TEXT"`: one line, of 1000 bytes at most. */
void xml_attribute(struct buf *out, const char *name, const char *text);

#endif
