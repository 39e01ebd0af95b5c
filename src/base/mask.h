/*
 * Secrets, and texts without them: each place where one stands becomes "***". Secrets that overlap
 * become one; of two that begin alike the longer counts.
 *
 * A secret of several lines is masked line by line, so a match never spans a newline. Its forms in
 * quotes of the shell and of JSON are known too.
 */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct mask;

/* A shorter line of a secret is not masked: it would be found everywhere. */
#define MASK_LEAST 4

/* The part of a text that comes in pieces which may be the beginning of a secret; zeroed at first,
 * released with mask_stream_release(). */
struct mask_stream {
    struct buf held;
    size_t covered; /* of it, bytes that are masked already */
};

struct mask *mask_new(void);
void mask_free(struct mask *mask);

/* True where there is nothing to mask. */
bool mask_is_empty(const struct mask *mask);

/* Adds a secret; lines shorter than MASK_LEAST are passed over. */
void mask_add(struct mask *mask, const char *bytes, size_t length);

/* Appends BYTES without the secrets; MASK may be NULL: there are none. */
void mask_text(const struct mask *mask, struct buf *out, const char *bytes, size_t length);

/* The same in place. */
void mask_buf(const struct mask *mask, struct buf *text);

/* The next piece of a text: appends what can be told of it. A whole line always can. */
void mask_put(const struct mask *mask, struct mask_stream *stream, struct buf *out,
              const char *bytes, size_t length);

/* The end of the text: appends what was held back. */
void mask_end(const struct mask *mask, struct mask_stream *stream, struct buf *out);

void mask_stream_release(struct mask_stream *stream);

#endif
