/* The last lines of what somebody wrote. */
#ifndef BASE_TAIL_H
#define BASE_TAIL_H

#include <stddef.h>

struct buf;
struct tail;

/* NULL is an empty one: it is made when the first line is added. */
void tail_add(struct tail **tail, const char *bytes, size_t length);

/* Appends the lines, each behind PREFIX and with a newline; long ones are cut, and what a terminal
 * would obey is shown as '?'. */
void tail_print(const struct tail *tail, const char *prefix, struct buf *out);

/* NULL is accepted. */
void tail_free(struct tail *tail);

#endif
