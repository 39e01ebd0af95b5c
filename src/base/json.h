/* Writing JSON (RFC 8259) by hand into a buffer. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * Appends BYTES as a JSON string with its quotes. What is not well-formed UTF-8 becomes U+FFFD, and the result is
 * false: a caller that must keep the exact bytes writes them with json_base64() beside it.
 */
bool json_quote(struct buf *out, const char *bytes, size_t length);

/* Appends BYTES in base64 (RFC 4648, padded) with quotes. */
void json_base64(struct buf *out, const char *bytes, size_t length);

/* Appends JSON that is well-formed and without blanks, each member on a line of its own, indented
 * by two blanks a level; arrays and objects that are short and hold no object stay on one line. */
void json_lay_out(struct buf *out, const char *json, size_t length);

#endif
