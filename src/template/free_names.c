/*
 * The names of an expression. The checker reads tokens, not a tree: a name is free unless it stands
 * behind '.' or ':', is the key in a table, or was declared by a function inside the expression.
 */
#include "template/free_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "script/pure.h"
#include "script/state.h"
#include "template/dialect.h"
#include "template/template.h"
#include "template/token.h"

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

/* The key of TABLE at number INDEX as a C string, "" for one that is no string. */
static const char *key_name(const struct value *table, size_t index)
{
    const struct value *key = &table->table.pairs[index].key;
    return key->type == VALUE_STRING ? key->string.bytes : "";
}

static size_t key_count(const struct value *table)
{
    return table && table->type == VALUE_TABLE ? table->table.count : 0;
}

/* What TABLE has under the name that TOKEN is; NULL: nothing. */
static const struct value *find_key(const struct value *table, const struct token *token)
{
    for (size_t i = 0; i < key_count(table); i++) {
        const struct value *key = &table->table.pairs[i].key;
        if (key->type == VALUE_STRING && key->string.length == token->length &&
            memcmp(key->string.bytes, token->text, token->length) == 0)
            return &table->table.pairs[i].value;
    }
    return NULL;
}

/* "it has a, b"; NULL where there are none, or more than a list is read for. */
static char *list_keys(struct checker *checker, const struct value *table)
{
    size_t count = key_count(table);
    char *list = "it has ";
    if (!count || count > VARS_LISTED)
        return NULL;
    for (size_t i = 0; i < count; i++)
        list = arena_printf(checker->arena, "%s%s%s", list, i ? ", " : "", key_name(table, i));
    return list;
}

/* TABLE, which is called OWNER, has no key that is called as TOKEN. */
static int unknown_key(struct checker *checker, const char *owner, const struct value *table,
                       const struct token *token)
{
    struct nearest nearest = {.wrong = copy_text(checker, token)};
    const char *same = NULL;
    for (size_t i = 0; i < key_count(table); i++) {
        char *name = arena_strdup(checker->arena, key_name(table, i));
        nearest_offer(&nearest, name);
        if (!strcasecmp(name, nearest.wrong))
            same = name;
    }
    const char *meant = same ? same : nearest.name;
    if (!key_count(table) && !strcmp(owner, "vars"))
        return fail(checker, token, arena_printf(checker->arena, "vars has no '%s'", nearest.wrong),
                    arena_printf(checker->arena, "declare it: vars: {%s: VALUE}", nearest.wrong));
    return fail(checker, token, arena_printf(checker->arena, "%s has no '%s'", owner, nearest.wrong),
                meant ? did_you_mean(checker, "", meant) : list_keys(checker, table));
}

/* vars.NAME.KEY at AT: what is no table has no KEY, but for a text Lua's functions of strings. */
static int check_inside(struct checker *checker, const struct token *name, const struct value *value,
                        const char *at)
{
    static const char *const kinds[] = {
        [VALUE_NIL] = "null",        [VALUE_BOOLEAN] = "true or false", [VALUE_INTEGER] = "a number",
        [VALUE_NUMBER] = "a number", [VALUE_STRING] = "a text",
    };
    struct token dot = token_next(&at, checker->end);
    struct token key = token_next(&at, checker->end);
    struct token call = token_next(&at, checker->end);
    if (value->type == VALUE_TABLE || !token_is(&dot, ".") || key.type != TOKEN_NAME ||
        (value->type == VALUE_STRING && token_is(&call, "(")))
        return 0;
    return fail(checker, &key,
                arena_printf(checker->arena, "vars.%s is %s and has no '%s'", copy_text(checker, name),
                             kinds[value->type], copy_text(checker, &key)),
                NULL);
}

/* vars.NAME: NAME must be one of the scenario's. */
static int check_var(struct checker *checker, const struct token *token, const char *behind)
{
    const struct value *value = find_key(checker->scope->vars, token);
    if (!value)
        return unknown_key(checker, "vars", checker->scope->vars, token);
    return check_inside(checker, token, value, behind);
}

/* item.NAME as the whole of the expression: where it is nil, every task fails. */
static int check_item(struct checker *checker, const struct token *item)
{
    const char *at = checker->at;
    struct token dot = token_next(&at, checker->end);
    struct token key = token_next(&at, checker->end);
    struct token end = token_next(&at, checker->end);
    const struct value *keys = checker->scope->item;
    if (!keys || checker->before.type != TOKEN_END || !token_is(&dot, ".") ||
        key.type != TOKEN_NAME || end.type != TOKEN_END || find_key(keys, &key))
        return 0;
    if (key_count(keys))
        return unknown_key(checker, copy_text(checker, item), keys, &key);
    return fail(checker, &key,
                arena_printf(checker->arena, "item has no '%s'", copy_text(checker, &key)),
                arena_strdup(checker->arena, "it is a single value: write item"));
}

/* "item.first-size" is a subtraction in Lua; NULL where NAME stands in no such word. */
static char *meant_key(struct checker *checker, const struct token *token)
{
    static const char *const owners[] = {"item.", "vars."};
    const char *start = token->text, *end = token->text + token->length;
    while (start > checker->text && (isalnum((unsigned char)start[-1]) || strchr("_.-", start[-1])))
        start--;
    while (end < checker->end && (isalnum((unsigned char)*end) || strchr("_-", *end)))
        end++;
    for (size_t i = 0; start < token->text && i < countof(owners); i++)
        if (!strncmp(start, owners[i], strlen(owners[i])))
            return arena_printf(checker->arena, "write %.4s[\"%.*s\"]", start, (int)(end - start - 5),
                                start + 5);
    return NULL;
}

static int unknown_name(struct checker *checker, const struct token *token)
{
    struct nearest nearest = {.wrong = copy_text(checker, token)};
    char *text = arena_printf(checker->arena, "unknown name '%s'", nearest.wrong);
    char *key = meant_key(checker, token);
    if (key)
        return fail(checker, token, text, key);
    if (find_key(checker->scope->vars, token))
        return fail(checker, token, text, did_you_mean(checker, "vars.", nearest.wrong));
    if (dialect_name(nearest.wrong))
        return fail(checker, token, text,
                    arena_printf(checker->arena, "write %s", dialect_name(nearest.wrong)));
    for (size_t i = 0; i < countof(always); i++)
        nearest_offer(&nearest, always[i]);
    if (checker->scope->message)
        nearest_offer(&nearest, "message");
    if (checker->scope->uses)
        nearest_offer(&nearest, "uses");
    if (checker->scope->output_tmp)
        nearest_offer(&nearest, "output_tmp");
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

/* uses.NAME: what the process or the task was given of a resource; of an empty table nobody knows what it has. */
static int check_uses(struct checker *checker, const struct token *token)
{
    const struct value *uses = checker->scope->uses;
    const char *at = checker->at;
    struct token dot = token_next(&at, checker->end);
    struct token key = token_next(&at, checker->end);
    checker->used->task |= checker->scope->task;
    if (!uses)
        return fail(checker, token, arena_strdup(checker->arena, "there is no 'uses' here"),
                    arena_strdup(checker->arena, "it has what 'uses' of a process, or of a pool whose tasks are commands of "
                                                 "their own or Lua, names"));
    if (token_is(&dot, ".") && key.type == TOKEN_NAME && key_count(uses) && !find_key(uses, &key))
        return unknown_key(checker, "uses", uses, &key);
    return 0;
}

/* output_tmp: what a command writes that `creates` a file. */
static int check_output_tmp(struct checker *checker, const struct token *token)
{
    checker->used->output_tmp = true;
    checker->used->task |= checker->scope->task;
    if (checker->scope->output_tmp)
        return 0;
    return fail(checker, token, arena_strdup(checker->arena, "there is no 'output_tmp' here"),
                arena_strdup(checker->arena, "it is known in 'run' and 'exec' of a process or pool that has 'creates': the "
                                             "path that becomes that file at success"));
}

/* A name that no function inside the expression has declared. */
static int check_free(struct checker *checker, const struct token *token)
{
    if (token_is(token, "uses"))
        return check_uses(checker, token);
    if (token_is(token, "output_tmp"))
        return check_output_tmp(checker, token);
    if (checker->scope->replica && token_is(token, "index"))
        return 0;
    if (in_list(token, task_names, TASK_NAME_COUNT)) {
        checker->used->task = true;
        if (checker->scope->task && token_is(token, "item"))
            return check_item(checker, token);
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
            return check_var(checker, &key, at);
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
