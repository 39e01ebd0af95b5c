/* Regular expressions, compared within bounds whatever the expression and the text. */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H

#include <stddef.h>

struct error;
struct regex;

/*
 * TEXT as an expression of PCRE2, of which POSIX extended ones are a part; to be freed. NULL where it is none, or one
 * that would take more memory or a deeper stack than it may: ERROR says why.
 */
struct regex *regex_new(const char *text, struct error *error);

/* NULL is allowed. */
void regex_free(struct regex *regex);

/* 1 where it matches anywhere in the bytes, 0 where it does not, -1 where it took too many steps to tell. */
int regex_match(struct regex *regex, const char *bytes, size_t length);

/* The same for the first match that is not empty: it begins at *AT and is *SIZE bytes long. */
int regex_find(struct regex *regex, const char *bytes, size_t length, size_t *at, size_t *size);

#endif
