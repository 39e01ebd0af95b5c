/* Small facts about strings: shell quoting, UTF-8, and making output safe to show. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Appends BYTES as one word of a POSIX shell command: unchanged where it needs no quotes. */
void shell_quote(struct buf *out, const char *bytes, size_t length);

/* True where BYTES are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). */
bool utf8_valid(const char *bytes, size_t length);

/* Number of bytes of the well-formed UTF-8 character at BYTES, 0 where there is none. */
size_t utf8_char(const char *bytes, size_t length);

/* Bytes at the end of BYTES that begin a character whose rest is still to come: 0 to 3. */
size_t utf8_tail(const char *bytes, size_t length);

/* True where NAME is a name as variables of a shell have them: a letter or '_', then letters, digits and '_'. */
bool is_identifier(const char *name);

/* True where TEXT matches PATTERN, in which '*' stands for any run of characters. */
bool wildcard_match(const char *pattern, const char *text);

#endif
