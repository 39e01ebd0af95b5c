/* The tokens of a Lua expression, as far as checking its names needs them. Private to this room. */
#ifndef TEMPLATE_TOKEN_H
#define TEMPLATE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_type {
    TOKEN_END,
    TOKEN_NAME, /* keywords too */
    TOKEN_LITERAL,
    TOKEN_SIGN, /* anything else, a character or "==" ".." "..." "::" and their like */
};

struct token {
    enum token_type type;
    const char *text;
    size_t length;
};

/* The token at *AT, which moves behind it; comments and blanks are passed over. */
struct token token_next(const char **at, const char *end);

/* True where the token's text is TEXT. */
bool token_is(const struct token *token, const char *text);

/* Behind the string or long bracket that begins at AT; AT where none begins. */
const char *token_skip_string(const char *at, const char *end);

#endif
