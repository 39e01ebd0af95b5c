/*
 * The names of an expression. The checker reads tokens, not a tree: a name is free unless it stands
 * behind '.' or ':', is the key in a table, or was declared by a function inside the expression.
 */
#include "template/free_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "template/names_check.h"

static const char *const keywords[] = {
    "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
    "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
    "repeat",   "return", "then", "true", "until",  "while",
};

static bool is_local(const struct checker *checker, const struct token *token)
{
    for (size_t i = 0; i < checker->local_count; i++)
        if (checker->locals[i].length == token->length &&
            memcmp(checker->locals[i].text, token->text, token->length) == 0)
            return true;
    return false;
}

static void declare(struct checker *checker, const struct token *token)
{
    checker->locals = mem_grow(checker->locals, &checker->local_capacity, checker->local_count + 1,
                               sizeof(*checker->locals));
    checker->locals[checker->local_count++] = *token;
}

/* The token behind the current one, which stays where it is. */
static struct token peek(const struct checker *checker)
{
    const char *at = checker->at;
    return token_next(&at, checker->end);
}

static int check_name(struct checker *checker, const struct token *token)
{
    struct token next = peek(checker);
    char inside = checker->depth ? checker->nesting[checker->depth - 1] : 0;
    bool field = token_is(&checker->before, ".") || token_is(&checker->before, ":");
    bool label = token_is(&checker->before, "::") || token_is(&checker->before, "goto");
    if (field || label)
        return 0;
    if (inside == '{' && token_is(&next, "=") &&
        (token_is(&checker->before, "{") || token_is(&checker->before, ",") ||
         token_is(&checker->before, ";")))
        return 0;
    if (checker->declares || checker->parameters) {
        declare(checker, token);
        return 0;
    }
    return is_local(checker, token) ? 0 : names_check_free(checker, token);
}

/* Only locals of a function inside the expression may be set: it changes nothing outside. */
static int check_assignment(struct checker *checker, const struct token *token)
{
    bool key = checker->depth && checker->nesting[checker->depth - 1] == '{';
    bool field = token_is(&checker->earlier, ".");
    if (key || checker->declares ||
        (checker->before.type == TOKEN_NAME && !field && is_local(checker, &checker->before)))
        return 0;
    return names_fail(checker, token,
                arena_strdup(checker->arena, "an expression cannot change anything"), NULL);
}

static int nest(struct checker *checker, const struct token *token, char kind)
{
    if (checker->depth == NESTING_MOST)
        return names_fail(checker, token, arena_strdup(checker->arena, "nested too deep"), NULL);
    checker->nesting[checker->depth++] = kind;
    return 0;
}

static int check_keyword(struct checker *checker, const struct token *token)
{
    checker->declares = token_is(token, "local") || token_is(token, "for");
    if (token_is(token, "function")) {
        /* "local function f" declares f, "function" alone its parameters */
        struct token next = peek(checker);
        checker->declares = token_is(&checker->before, "local");
        checker->parameters = !checker->declares;
        if (next.type == TOKEN_NAME && !checker->declares)
            return names_fail(checker, &next, arena_strdup(checker->arena, "a function here has no name"),
                        NULL);
        return nest(checker, token, 'e');
    }
    if (token_is(token, "do") || token_is(token, "if"))
        return nest(checker, token, 'e');
    if (token_is(token, "end") && checker->depth)
        checker->depth--;
    return 0;
}

static int check_sign(struct checker *checker, const struct token *token)
{
    char sign = token->length == 1 ? *token->text : 0;
    if (sign == '=') {
        int code = check_assignment(checker, token);
        checker->declares = false;
        return code;
    }
    if (sign && strchr("([{", sign)) {
        if (checker->declares) { /* local function f( */
            checker->declares = false;
            checker->parameters = true;
        }
        return nest(checker, token, sign);
    }
    if (sign && strchr(")]}", sign)) {
        checker->parameters = false;
        if (checker->depth)
            checker->depth--;
    }
    if (sign != ',' && sign != '<' && sign != '>')
        checker->declares = false;
    return 0;
}

static int check_token(struct checker *checker, const struct token *token)
{
    if (token->type == TOKEN_SIGN)
        return check_sign(checker, token);
    if (token->type != TOKEN_NAME)
        return 0;
    if (!names_has(token, keywords, countof(keywords)))
        return check_name(checker, token);
    return check_keyword(checker, token);
}

int names_check(struct arena *arena, const char *text, size_t length,
                const struct template_scope *scope, struct names_used *used,
                struct template_fault *fault)
{
    struct checker checker = {
        .arena = arena,
        .scope = scope,
        .fault = fault,
        .used = used,
        .text = text,
        .at = text,
        .end = text + length,
    };
    int code = 0;
    while (!code) {
        struct token token = token_next(&checker.at, checker.end);
        if (token.type == TOKEN_END)
            break;
        code = check_token(&checker, &token);
        checker.earlier = checker.before;
        checker.before = token;
    }
    free(checker.locals);
    return code;
}
