/* Compressing bytes in memory. */
#ifndef LOG_DEFLATE_H
#define LOG_DEFLATE_H

#include <stddef.h>

struct buf;

/* Appends BYTES compressed (RFC 1951, without any header), as browsers call "deflate-raw". */
void deflate_bytes(struct buf *out, const void *bytes, size_t length);

#endif
