/* What the free names of an expression are, and what may stand behind each. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "script/pure.h"
#include "script/state.h"
#include "template/dialect.h"
#include "template/names_check.h"

#define VARS_LISTED 10

static const char *const always[] = {"vars", "env", "name"};

/* What is known of a name before there is a value. */
static const struct value a_text = {.type = VALUE_STRING}, a_number = {.type = VALUE_INTEGER};

bool names_has(const struct token *token, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (token_is(token, list[i]))
            return true;
    return false;
}

/* TEXT and HINT are in the arena, and go to the caller with the fault. */
int names_fail(struct checker *checker, const struct token *token, char *text, char *hint)
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
static char *list_keys(struct checker *checker, const char *owner, const struct value *table)
{
    size_t count = key_count(table);
    char *list = "it has ";
    if (count && table->table.pairs[0].key.type != VALUE_STRING)
        return arena_printf(checker->arena, "it is a list: %s[1] is its first item", owner);
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
        return names_fail(checker, token, arena_printf(checker->arena, "vars has no '%s'", nearest.wrong),
                    arena_printf(checker->arena, "declare it: vars: {%s: VALUE}", nearest.wrong));
    return names_fail(checker, token, arena_printf(checker->arena, "%s has no '%s'", owner, nearest.wrong),
                meant ? did_you_mean(checker, "", meant) : list_keys(checker, owner, table));
}

/* True where the whole of the expression is what stands before AT. */
static bool is_whole(const struct checker *checker, const char *at)
{
    return checker->before.type == TOKEN_END && token_next(&at, checker->end).type == TOKEN_END;
}

/*
 * The names at AT, each behind a '.', of VALUE, which is called OWNER. What is no table has none, but for a text Lua's
 * functions of strings. Of a table the first must be there; a later one where the whole expression would be nil.
 */
static int check_fields(struct checker *checker, const char *owner, const struct value *value, const char *at)
{
    static const char *const kinds[] = {
        [VALUE_NIL] = "null",        [VALUE_BOOLEAN] = "true or false", [VALUE_INTEGER] = "a number",
        [VALUE_NUMBER] = "a number", [VALUE_STRING] = "a text",
    };
    static const struct value nothing = {.type = VALUE_TABLE};
    value = value ? value : &nothing;
    for (bool first = true;; first = false) {
        const char *behind = at;
        struct token dot = token_next(&behind, checker->end);
        struct token key = token_next(&behind, checker->end);
        if (!token_is(&dot, ".") || key.type != TOKEN_NAME) {
            bool list = value->type != VALUE_TABLE || (!first && !value->table.object);
            checker->used->mapping = !list && is_whole(checker, at) ? owner : NULL;
            return 0;
        }
        at = behind;
        struct token call = token_next(&behind, checker->end);
        if (value->type == VALUE_STRING && token_is(&call, "("))
            return 0;
        if (value->type != VALUE_TABLE)
            return names_fail(checker, &key,
                        arena_printf(checker->arena, "%s is %s and has no '%s'", owner, kinds[value->type],
                                     copy_text(checker, &key)),
                        NULL);
        const struct value *found = find_key(value, &key);
        if (!found)
            return first || is_whole(checker, at) ? unknown_key(checker, owner, value, &key) : 0;
        owner = arena_printf(checker->arena, "%s.%s", owner, copy_text(checker, &key));
        value = found;
    }
}

/* env.NAME is a text, or nil; its own names may be any. */
static int check_env(struct checker *checker)
{
    const char *at = checker->at;
    struct token dot = token_next(&at, checker->end);
    struct token key = token_next(&at, checker->end);
    if (!token_is(&dot, ".") || key.type != TOKEN_NAME)
        return token_is(&dot, "[") ? 0 : check_fields(checker, "env", NULL, checker->at);
    return check_fields(checker, arena_printf(checker->arena, "env.%s", copy_text(checker, &key)), &a_text, at);
}

/* item.NAME as the whole of the expression: where it is nil, every task fails. */
static int check_item(struct checker *checker)
{
    const char *at = checker->at;
    struct token dot = token_next(&at, checker->end);
    struct token key = token_next(&at, checker->end);
    const struct value *keys = checker->scope->item;
    if (!keys || !token_is(&dot, ".") || key.type != TOKEN_NAME || !is_whole(checker, at) || find_key(keys, &key))
        return 0;
    if (key_count(keys))
        return unknown_key(checker, "item", keys, &key);
    return names_fail(checker, &key,
                arena_printf(checker->arena, "item has no '%s'", copy_text(checker, &key)),
                arena_strdup(checker->arena, "it is a single value: write item"));
}

/* A function of expressions, or a library of them. */
static int check_pure(struct checker *checker, const struct token *token)
{
    static const char *const libraries[] = {"string", "math", "table"};
    checker->used->raw |= token_is(token, "raw");
    if (!is_whole(checker, checker->at))
        return 0;
    char *name = copy_text(checker, token);
    bool library = names_has(token, libraries, countof(libraries));
    return names_fail(checker, token, arena_printf(checker->arena, "'%s' alone is %s, no value", name, library ? "a library" : "a function"),
                library ? NULL : arena_printf(checker->arena, "write %s(VALUE)", name));
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

/* What is known where the expression stands, beside functions. */
static char *list_names(struct checker *checker)
{
    struct buf list = {0};
    buf_text(&list, "known here are ");
    for (size_t i = 0; i < countof(always); i++)
        buf_printf(&list, "%s%s", i ? ", " : "", always[i]);
    for (size_t i = 0; checker->scope->task && i < TASK_NAME_COUNT; i++)
        buf_printf(&list, ", %s", task_names[i]);
    if (!checker->scope->task)
        buf_text(&list, "; item and index in a pool");
    char *text = arena_strdup(checker->arena, list.data);
    buf_release(&list);
    return text;
}

static int unknown_name(struct checker *checker, const struct token *token)
{
    struct nearest nearest = {.wrong = copy_text(checker, token)};
    char *text = arena_printf(checker->arena, "unknown name '%s'", nearest.wrong);
    char *key = meant_key(checker, token);
    if (key)
        return names_fail(checker, token, text, key);
    if (find_key(checker->scope->vars, token))
        return names_fail(checker, token, text, did_you_mean(checker, "vars.", nearest.wrong));
    if (dialect_name(nearest.wrong))
        return names_fail(checker, token, text,
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
    return names_fail(checker, token, text, nearest.name ? did_you_mean(checker, "", nearest.name) : list_names(checker));
}

static bool is_pure(const struct token *token)
{
    for (size_t i = 0; pure_name(i); i++)
        if (token_is(token, pure_name(i)))
            return true;
    return false;
}

/* uses.NAME: what the process or the task was given of a resource; of an empty table nobody knows what it has. */
static int check_uses(struct checker *checker, const struct token *token)
{
    const struct value *uses = checker->scope->uses;
    checker->used->task |= checker->scope->task;
    if (!uses)
        return names_fail(checker, token, arena_strdup(checker->arena, "there is no 'uses' here"),
                    arena_strdup(checker->arena, "it has what 'uses' of a process, or of a pool whose tasks are commands of "
                                                 "their own or Lua, names"));
    return key_count(uses) ? check_fields(checker, "uses", uses, checker->at) : 0;
}

/* output_tmp: what a command writes that `creates` a file. */
static int check_output_tmp(struct checker *checker, const struct token *token)
{
    checker->used->output_tmp = true;
    checker->used->task |= checker->scope->task;
    if (checker->scope->output_tmp)
        return check_fields(checker, "output_tmp", &a_text, checker->at);
    return names_fail(checker, token, arena_strdup(checker->arena, "there is no 'output_tmp' here"),
                arena_strdup(checker->arena, "it is known in 'run' and 'exec' of a process or pool that has 'creates': the "
                                             "path that becomes that file at success"));
}

/* item, index, worker or attempt. */
static int check_task_name(struct checker *checker, const struct token *token)
{
    const struct template_scope *scope = checker->scope;
    char *name = copy_text(checker, token);
    if (scope->replica && token_is(token, "index"))
        return check_fields(checker, name, &a_number, checker->at);
    checker->used->task = true;
    if (scope->task && token_is(token, "item"))
        return check_item(checker);
    if (scope->task || (scope->worker && token_is(token, "worker")))
        return check_fields(checker, name, &a_number, checker->at);
    return names_fail(checker, token,
                arena_printf(checker->arena,
                             scope->worker ? "'%s' is a task's, and the program is started once for all" : "'%s' exists only in pools",
                             name),
                NULL);
}

/* A name that no function inside the expression has declared. */
int names_check_free(struct checker *checker, const struct token *token)
{
    if (token_is(token, "uses"))
        return check_uses(checker, token);
    if (token_is(token, "output_tmp"))
        return check_output_tmp(checker, token);
    if (token_is(token, "vars"))
        return !checker->scope->vars ? 0 : check_fields(checker, "vars", checker->scope->vars, checker->at);
    if (token_is(token, "env"))
        return check_env(checker);
    if (token_is(token, "name"))
        return check_fields(checker, "name", &a_text, checker->at);
    if (names_has(token, task_names, TASK_NAME_COUNT))
        return check_task_name(checker, token);
    if (token_is(token, "message") && checker->scope->message)
        return 0;
    return is_pure(token) ? check_pure(checker, token) : unknown_name(checker, token);
}

