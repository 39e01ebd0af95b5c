/* Texts for the page: what others wrote as text, and numbers for a person. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * Appends what a person would see of LENGTH bytes: lines without colours, other escape sequences and control
 * characters; of a line that was written over (a carriage return) what came last; U+FFFD for what is no UTF-8. Of
 * what is longer than MOST bytes the beginning, and "..." at its end.
 */
void markup_clean(struct buf *out, const char *bytes, size_t length, size_t most);

/* The same of the end: the last MOST bytes, from the beginning of a line where there is one. */
void markup_clean_end(struct buf *out, const char *bytes, size_t length, size_t most);

/* Appends TEXT, which is clean, for any place in HTML: between tags or in an attribute's quotes. */
void markup_escape(struct buf *out, const char *text, size_t length);

/* Appends JSON for a script element: '<' is \u003c, U+2028 and U+2029 are escapes. */
void markup_json(struct buf *out, const char *json, size_t length);

/* "0.42 ms", "1.23 s", "2 min 03 s", "1 h 02 min", "3 d 4 h". */
void markup_duration(struct buf *out, int64_t ns);

/* "12,345" */
void markup_count(struct buf *out, int64_t number);

/* "1.5 MiB" */
void markup_bytes(struct buf *out, int64_t bytes);

#endif
