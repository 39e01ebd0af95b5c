/* Writing JSON (RFC 8259) by hand into a buffer. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>

struct buf;

/*
 * Appends BYTES as a JSON string with its quotes. What is not well-formed UTF-8 becomes U+FFFD;
 * a caller that must keep the exact bytes writes them with json_base64() beside it.
 */
void json_string(struct buf *out, const char *bytes, size_t length);

/* Appends BYTES in base64 (RFC 4648, padded) with quotes. */
void json_base64(struct buf *out, const char *bytes, size_t length);

#endif
