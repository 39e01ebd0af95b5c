/* The tokens of a Lua expression. */
#include "template/token.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

/* Behind a long bracket, [[ ]] or [==[ ]==], or NULL where none begins. */
static const char *skip_long(const char *at, const char *end)
{
    const char *open = at + 1;
    while (open < end && *open == '=')
        open++;
    if (open >= end || *open != '[')
        return NULL;
    size_t level = (size_t)(open - at) - 1;
    for (const char *close = open + 1; close < end; close++) {
        size_t equals = 0;
        if (*close != ']')
            continue;
        while (close + 1 + equals < end && close[1 + equals] == '=')
            equals++;
        if (equals == level && close + 1 + equals < end && close[1 + equals] == ']')
            return close + equals + 2;
    }
    return end;
}

const char *token_skip_string(const char *at, const char *end)
{
    char quote = *at;
    if (quote == '[') {
        const char *behind = skip_long(at, end);
        return behind ? behind : at;
    }
    if (quote != '"' && quote != '\'')
        return at;
    for (at++; at < end && *at != quote && *at != '\n'; at++)
        if (*at == '\\' && at + 1 < end)
            at++;
    return at < end ? at + 1 : end;
}

static const char *skip_blanks(const char *at, const char *end)
{
    for (;;) {
        while (at < end && isspace((unsigned char)*at))
            at++;
        if (end - at < 2 || at[0] != '-' || at[1] != '-')
            return at;
        const char *behind = end - at > 2 && at[2] == '[' ? skip_long(at + 2, end) : NULL;
        if (behind) {
            at = behind;
            continue;
        }
        while (at < end && *at != '\n')
            at++;
    }
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static const char *skip_number(const char *at, const char *end)
{
    for (; at < end && (is_name(*at) || *at == '.'); at++)
        if (strchr("eEpP", *at) && at + 1 < end && (at[1] == '+' || at[1] == '-'))
            at++;
    return at;
}

static const char *skip_sign(const char *at, const char *end)
{
    static const char *const signs[] = {"...", "..", "::", "==", "~=", "<=", ">=", "//"};
    for (size_t i = 0; i < countof(signs); i++) {
        size_t length = strlen(signs[i]);
        if ((size_t)(end - at) >= length && memcmp(at, signs[i], length) == 0)
            return at + length;
    }
    return at + 1;
}

struct token token_next(const char **at, const char *end)
{
    const char *begin = skip_blanks(*at, end);
    const char *behind = begin;
    enum token_type type = TOKEN_END;
    if (begin == end) {
        type = TOKEN_END;
    } else if (isdigit((unsigned char)*begin) ||
               (*begin == '.' && begin + 1 < end && isdigit((unsigned char)begin[1]))) {
        type = TOKEN_LITERAL;
        behind = skip_number(begin, end);
    } else if (is_name(*begin)) {
        type = TOKEN_NAME;
        while (behind < end && is_name(*behind))
            behind++;
    } else {
        behind = token_skip_string(begin, end);
        type = behind > begin ? TOKEN_LITERAL : TOKEN_SIGN;
        if (type == TOKEN_SIGN)
            behind = skip_sign(begin, end);
    }
    *at = behind;
    return (struct token){type, begin, (size_t)(behind - begin)};
}

bool token_is(const struct token *token, const char *text)
{
    return token->type != TOKEN_END && token->length == strlen(text) &&
           memcmp(token->text, text, token->length) == 0;
}
