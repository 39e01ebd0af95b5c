/* A line cut into columns: at a character, or where a regular expression matches. */
#ifndef BASE_CUT_H
#define BASE_CUT_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct error;

struct cut {
    const char *separator; /* borrowed; NULL: a line is one column */
    regex_t pattern;       /* of a separator of several characters */
    bool compiled;
};

/* A separator of one character is itself, a longer one an extended regular expression; NULL: there is none. 0,
 * or ERROR_FAILED where it is no expression. To be released in either case. */
int cut_init(struct cut *cut, const char *separator, struct error *error);
void cut_release(struct cut *cut);

/* The length of the column at *BYTES, which are *LENGTH; both move behind it and its separator. *LAST: it was
 * the last one. */
size_t cut_next(const struct cut *cut, const char **bytes, size_t *length, bool *last);

#endif
