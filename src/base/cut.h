/* A line cut into columns: at a character, or where a regular expression matches. */
#ifndef BASE_CUT_H
#define BASE_CUT_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct regex;

struct cut {
    const char *separator; /* borrowed; NULL: a line is one column */
    struct regex *regex;   /* of a separator of several characters */
};

/* A separator of one character is itself, a longer one a regular expression (base/regex.h); NULL: there is none. 0,
 * or ERROR_FAILED where it is no expression. To be released in either case. */
int cut_init(struct cut *cut, const char *separator, struct error *error);
void cut_release(struct cut *cut);

/* The length of the column at *BYTES, which are *LENGTH; both move behind it and its separator, which is never
 * empty. *LAST: it was the last one. */
size_t cut_next(const struct cut *cut, const char **bytes, size_t *length, bool *last);

#endif
