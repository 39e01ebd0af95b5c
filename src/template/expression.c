/* One expression of a template. */
#include "template/expression.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "script/state.h"
#include "template/dialect.h"
#include "template/free_names.h"
#include "template/template.h"
#include "template/token.h"

/* How Lua calls the chunk in its messages; taken out of them. */
#define CHUNK "expression"

size_t expression_end(const char *text, size_t length)
{
    const char *end = text + length;
    unsigned braces = 0;
    for (const char *at = text; at < end; at++) {
        const char *behind = token_skip_string(at, end);
        if (behind > at) {
            at = behind - 1;
        } else if (*at == '{') {
            braces++;
        } else if (*at == '}') {
            if (!braces && at + 1 < end && at[1] == '}')
                return (size_t)(at - text);
            braces -= braces > 0;
        }
    }
    return length;
}

/* A message of Lua without the chunk's name and line. */
static const char *plain_message(const char *message)
{
    if (strncmp(message, CHUNK ":", sizeof(CHUNK)) != 0)
        return message;
    const char *at = message + sizeof(CHUNK);
    at += strspn(at, "0123456789");
    return strncmp(at, ": ", 2) == 0 ? at + 2 : message;
}

/* What Lua says of an expression that is wrong, in words that fit an expression. */
static char *syntax_message(struct arena *arena, const char *message)
{
    static const char ended[] = " near <eof>";
    static const char expected[] = "<eof> expected near ";
    message = plain_message(message);
    size_t length = strlen(message);
    if (strstr(message, " near '<\\"))
        return arena_strdup(arena, "unexpected character");
    if (length >= sizeof(ended) && strcmp(message + length - sizeof(ended) + 1, ended) == 0) {
        const char *missing = strstr(message, " expected");
        return missing ? arena_printf(arena, "the expression is not complete: %.*s is missing", (int)(missing - message), message)
                       : arena_strdup(arena, "the expression is not complete: a value is missing at its end");
    }
    if (strncmp(message, expected, sizeof(expected) - 1) == 0)
        return arena_printf(arena, "unexpected %s", message + sizeof(expected) - 1);
    return arena_strdup(arena, message);
}

/* Compiles PREFIX, the text, SUFFIX. NULL, or what is wrong. */
static char *compile(struct arena *arena, struct script_compiler *compiler, const char *prefix, const char *text,
                     size_t length, const char *suffix)
{
    lua_State *lua = compiler_state(compiler);
    struct buf chunk = {0};
    buf_text(&chunk, prefix);
    buf_append(&chunk, text, length);
    buf_text(&chunk, suffix);
    int status = luaL_loadbufferx(lua, chunk.data, chunk.length, "=" CHUNK, "t");
    buf_release(&chunk);
    char *wrong = status == LUA_OK ? NULL : syntax_message(arena, lua_tostring(lua, -1));
    return wrong;
}

/* "write a or b" for "a || b"; NULL where no other language is known by TEXT. */
static char *lua_hint(struct arena *arena, struct script_compiler *compiler, const struct expression *expression)
{
    char *meant = dialect_lua(arena, expression->text, expression->length);
    if (!meant || compile(arena, compiler, "return (", meant, strlen(meant), "\n)"))
        return NULL;
    return arena_printf(arena, "write %s", meant);
}

/* The second form tells one value from a list of them, and from statements. */
static int check_syntax(struct arena *arena, struct script_compiler *compiler, const struct expression *expression,
                        struct template_fault *fault)
{
    const char *text = expression->text;
    size_t length = expression->length;
    char *wrong = length ? compile(arena, compiler, "return ", text, length, "") : arena_strdup(arena, "the expression is empty");
    if (!wrong && compile(arena, compiler, "return (", text, length, "\n)"))
        wrong = arena_strdup(arena, "an expression is one value");
    if (!wrong && dialect_has_filter(text, length))
        wrong = arena_strdup(arena, "a function behind '|' is no filter in Lua");
    fault->hint = wrong ? lua_hint(arena, compiler, expression) : NULL;
    if (!wrong)
        return 0;
    fault->length = length ? length : 1;
    fault->text = wrong;
    return ERROR_FAILED;
}

/* Recognizes what can be looked up: NAME and vars.NAME. */
static void recognize(struct arena *arena, struct expression *expression)
{
    const char *at = expression->text;
    const char *end = at + expression->length;
    struct token first = token_next(&at, end);
    struct token second = token_next(&at, end);
    struct token third = token_next(&at, end);
    struct token fourth = token_next(&at, end);
    static const char *const globals[] = {"item", "index", "worker", "attempt",
                                          "vars", "env",   "name"};
    if (token_is(&first, "vars") && token_is(&second, ".") && third.type == TOKEN_NAME &&
        fourth.type == TOKEN_END) {
        expression->kind = EXPRESSION_VAR;
        expression->name = arena_copy(arena, third.text, third.length);
    }
    for (size_t i = 0; second.type == TOKEN_END && i < countof(globals); i++) {
        if (token_is(&first, globals[i])) {
            expression->kind = EXPRESSION_GLOBAL;
            expression->name = globals[i];
        }
    }
}

/* True for raw( ) whose closing parenthesis is the end. */
static bool is_raw(const struct expression *expression)
{
    const char *at = expression->text;
    const char *end = at + expression->length;
    struct token first = token_next(&at, end);
    struct token second = token_next(&at, end);
    unsigned depth = 1;
    if (!token_is(&first, "raw") || !token_is(&second, "("))
        return false;
    while (depth) {
        struct token token = token_next(&at, end);
        if (token.type == TOKEN_END)
            return false;
        depth += token_is(&token, "(");
        depth -= token_is(&token, ")");
    }
    return token_next(&at, end).type == TOKEN_END;
}

int expression_parse(struct arena *arena, struct script_compiler *compiler, const char *text, size_t length,
                     const struct template_scope *scope, struct expression *expression,
                     struct template_fault *fault)
{
    struct names_used used = {0};
    size_t begin = 0;
    while (begin < length && isspace((unsigned char)text[begin]))
        begin++;
    while (length > begin && isspace((unsigned char)text[length - 1]))
        length--;
    *expression = (struct expression){
        .text = arena_copy(arena, text + begin, length - begin),
        .length = length - begin,
    };
    int code = check_syntax(arena, compiler, expression, fault);
    fault->offset = 0;
    if (!code)
        code = names_check(arena, expression->text, expression->length, scope, &used, fault);
    if (code) {
        fault->offset += length > begin ? begin : 0;
        return code;
    }
    recognize(arena, expression);
    expression->task = used.task;
    expression->output_tmp = used.output_tmp;
    expression->mapping = used.mapping;
    expression->raw = used.raw && is_raw(expression);
    expression->raw_inside = used.raw && !expression->raw;
    return 0;
}

/* The compiled function, from the script's cache or into it. */
static int push_function(const struct expression *expression, struct script *script,
                         struct error *error)
{
    lua_State *lua = script->lua;
    lua_pushlstring(lua, expression->text, expression->length);
    if (lua_rawget(lua, SLOT_CACHE) == LUA_TFUNCTION)
        return 0;
    lua_pop(lua, 1);
    buf_clear(&script->input);
    buf_text(&script->input, "return ");
    buf_append(&script->input, expression->text, expression->length);
    if (luaL_loadbufferx(lua, script->input.data, script->input.length, "=" CHUNK, "t")) {
        error_set(error, ERROR_FAILED, "%s", plain_message(lua_tostring(lua, -1)));
        lua_pop(lua, 1);
        return ERROR_FAILED;
    }
    lua_pushlstring(lua, expression->text, expression->length);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, SLOT_CACHE);
    return 0;
}

/* Of Lua's message the first line: the traceback of an expression says nothing. */
static int name_expression(const struct expression *expression, int code, struct error *error)
{
    const char *message = plain_message(error->text);
    struct error named = {0};
    error_set(&named, code, "${{ %s }}: %.*s", expression->text, (int)strcspn(message, "\n"),
              message);
    error_release(error);
    *error = named;
    return code;
}

int expression_evaluate(const struct expression *expression, struct script *script,
                        struct error *error)
{
    lua_State *lua = script->lua;
    int code = 0;
    script->memory_open = true; /* outside of a protected call */
    if (expression->kind == EXPRESSION_LUA) {
        code = push_function(expression, script, error);
    } else {
        lua_pushstring(lua, expression->name);
        lua_rawget(lua, expression->kind == EXPRESSION_VAR ? SLOT_VARS : SLOT_GLOBALS);
    }
    script->memory_open = false;
    if (!code && expression->kind == EXPRESSION_LUA)
        code = script_run(script, error);
    return code ? name_expression(expression, code, error) : 0;
}

void expression_done(struct script *script)
{
    lua_settop(script->lua, SLOT_LAST);
}
