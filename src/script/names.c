/*
 * The names of an expression. The checker reads tokens, not a tree: a name is free unless it stands
 * behind '.' or ':', is the key in a table, or was declared by a function inside the expression.
 */
#include "script/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "script/pure.h"
#include "script/state.h"
#include "script/template.h"
#include "script/token.h"

#define VARS_LISTED 10

/* What brackets and blocks may be nested; Lua itself allows no more. */
#define NESTING_MOST 200

struct checker {
    struct arena *arena;
    const struct template_scope *scope;
    struct template_fault *fault;
    const char *text;
    const char *at;
    const char *end;
    struct token before; /* the token before the current one, and the one before that */
    struct token earlier;
    char nesting[NESTING_MOST + 1]; /* '(' '[' '{', or 'e' for a block that ends with "end" */
    size_t depth;
    bool declares; /* between local or for and what ends their names */
    bool parameters;
    struct token *locals;
    size_t local_count;
    size_t local_capacity;
    struct names_used *used;
};

static const char *const keywords[] = {
    "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
    "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
    "repeat",   "return", "then", "true", "until",  "while",
};

static const char *const always[] = {"vars", "env", "name"};

static bool in_list(const struct token *token, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (token_is(token, list[i]))
            return true;
    return false;
}

/* TEXT and HINT are in the arena, and go to the caller with the fault. */
static int fail(struct checker *checker, const struct token *token, char *text, char *hint)
{
    checker->fault->offset = (size_t)(token->text - checker->text);
    checker->fault->length = token->length;
    checker->fault->text = text;
    checker->fault->hint = hint;
    return ERROR_FAILED;
}

static char *copy_text(struct checker *checker, const struct token *token)
{
    return arena_copy(checker->arena, token->text, token->length);
}

static char *did_you_mean(struct checker *checker, const char *prefix, const char *name)
{
    return name ? arena_printf(checker->arena, "did you mean '%s%s'?", prefix, name) : NULL;
}

/* The key of vars at number INDEX as a C string, "" for one that is no string. */
static const char *var_name(const struct template_scope *scope, size_t index)
{
    const struct value *key = &scope->vars->table.pairs[index].key;
    return key->type == VALUE_STRING ? key->string.bytes : "";
}

static size_t var_count(const struct template_scope *scope)
{
    return scope->vars && scope->vars->type == VALUE_TABLE ? scope->vars->table.count : 0;
}

static bool is_var(const struct template_scope *scope, const struct token *token)
{
    for (size_t i = 0; i < var_count(scope); i++) {
        const struct value *key = &scope->vars->table.pairs[i].key;
        if (key->type == VALUE_STRING && key->string.length == token->length &&
            memcmp(key->string.bytes, token->text, token->length) == 0)
            return true;
    }
    return false;
}

/* "it has a, b"; NULL where there are none, or more than a list is read for. */
static char *list_vars(struct checker *checker)
{
    size_t count = var_count(checker->scope);
    char *list = "it has ";
    if (!count || count > VARS_LISTED)
        return NULL;
    for (size_t i = 0; i < count; i++)
        list = arena_printf(checker->arena, "%s%s%s", list, i ? ", " : "", var_name(checker->scope, i));
    return list;
}

/* vars.NAME: NAME must be one of the scenario's. */
static int check_var(struct checker *checker, const struct token *token)
{
    const struct template_scope *scope = checker->scope;
    if (is_var(scope, token))
        return 0;
    struct nearest nearest = {.wrong = copy_text(checker, token)};
    for (size_t i = 0; i < var_count(scope); i++)
        nearest_offer(&nearest, arena_strdup(checker->arena, var_name(scope, i)));
    return fail(checker, token, arena_printf(checker->arena, "vars has no '%s'", nearest.wrong),
                nearest.name ? did_you_mean(checker, "", nearest.name) : list_vars(checker));
}

static int unknown_name(struct checker *checker, const struct token *token)
{
    struct nearest nearest = {.wrong = copy_text(checker, token)};
    char *text = arena_printf(checker->arena, "unknown name '%s'", nearest.wrong);
    if (is_var(checker->scope, token))
        return fail(checker, token, text, did_you_mean(checker, "vars.", nearest.wrong));
    for (size_t i = 0; i < countof(always); i++)
        nearest_offer(&nearest, always[i]);
    if (checker->scope->message)
        nearest_offer(&nearest, "message");
    for (size_t i = 0; checker->scope->task && i < TASK_NAME_COUNT; i++)
        nearest_offer(&nearest, task_names[i]);
    for (size_t i = 0; pure_name(i); i++)
        nearest_offer(&nearest, pure_name(i));
    return fail(checker, token, text, did_you_mean(checker, "", nearest.name));
}

static bool is_local(const struct checker *checker, const struct token *token)
{
    for (size_t i = 0; i < checker->local_count; i++)
        if (checker->locals[i].length == token->length &&
            memcmp(checker->locals[i].text, token->text, token->length) == 0)
            return true;
    return false;
}

static bool is_pure(const struct token *token)
{
    for (size_t i = 0; pure_name(i); i++)
        if (token_is(token, pure_name(i)))
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

/* A name that no function inside the expression has declared. */
static int check_free(struct checker *checker, const struct token *token)
{
    if (checker->scope->replica && token_is(token, "index"))
        return 0;
    if (in_list(token, task_names, TASK_NAME_COUNT)) {
        checker->used->task = true;
        if (checker->scope->task || (checker->scope->worker && token_is(token, "worker")))
            return 0;
        char *text = arena_printf(checker->arena,
                                  checker->scope->worker
                                      ? "'%s' is a task's, and the program is started once for all"
                                      : "'%s' exists only in pools",
                                  copy_text(checker, token));
        return fail(checker, token, text, NULL);
    }
    if (token_is(token, "message") && checker->scope->message)
        return 0;
    if (!in_list(token, always, countof(always)) && !is_pure(token))
        return unknown_name(checker, token);
    checker->used->raw |= token_is(token, "raw");
    if (token_is(token, "vars")) {
        const char *at = checker->at;
        struct token dot = token_next(&at, checker->end);
        struct token key = token_next(&at, checker->end);
        if (token_is(&dot, ".") && key.type == TOKEN_NAME)
            return check_var(checker, &key);
    }
    return 0;
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
    return is_local(checker, token) ? 0 : check_free(checker, token);
}

/* Only locals of a function inside the expression may be set: it changes nothing outside. */
static int check_assignment(struct checker *checker, const struct token *token)
{
    bool key = checker->depth && checker->nesting[checker->depth - 1] == '{';
    bool field = token_is(&checker->earlier, ".");
    if (key || checker->declares ||
        (checker->before.type == TOKEN_NAME && !field && is_local(checker, &checker->before)))
        return 0;
    return fail(checker, token,
                arena_strdup(checker->arena, "an expression cannot change anything"), NULL);
}

static int nest(struct checker *checker, const struct token *token, char kind)
{
    if (checker->depth == NESTING_MOST)
        return fail(checker, token, arena_strdup(checker->arena, "nested too deep"), NULL);
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
            return fail(checker, &next, arena_strdup(checker->arena, "a function here has no name"),
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
    if (!in_list(token, keywords, countof(keywords)))
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
