/* Templates: parsed into pieces of text and expressions, and put together again with values. */
#include "template/template.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "script/state.h"
#include "template/expression.h"
#include "template/shell_quote.h"

#define OPEN "${{"
#define CLOSE "}}"

/* Of an item, so many bytes are shown in a message. */
#define ITEM_SHOWN 200

/* Text and the expression behind it. */
struct segment {
    const char *text;
    size_t length;
    struct expression expression;
    enum shell_place place; /* of shell templates */
};

struct template
{
    const char *source;
    size_t length;
    size_t tail; /* where the text behind the last expression begins */
    const char *open_quote;
    struct segment *segments;
    uint32_t count;
    unsigned char use; /* enum template_use */
    bool task;
    bool output_tmp;
    bool variables; /* a value goes by a shell variable */
};

/* A template while it is parsed. */
struct parser {
    struct arena *arena;
    struct template *parsed;
    struct script_compiler *compiler;
    const struct template_scope *scope;
    struct template_fault *fault;
    struct shell shell;
    size_t capacity;
};

static int fail(struct parser *parser, size_t offset, size_t length, const char *text,
                const char *hint)
{
    *parser->fault = (struct template_fault){
        .offset = offset,
        .length = length,
        .text = arena_strdup(parser->arena, text),
        .hint = hint ? arena_strdup(parser->arena, hint) : NULL,
    };
    return ERROR_FAILED;
}

static struct segment *add_segment(struct parser *parser)
{
    struct template *parsed = parser->parsed;
    if (parsed->count == parser->capacity) {
        parser->capacity = parser->capacity ? parser->capacity * 2 : 4;
        struct segment *segments = arena_alloc(parser->arena, parser->capacity * sizeof(*segments));
        if (parsed->count)
            memcpy(segments, parsed->segments, parsed->count * sizeof(*segments));
        parsed->segments = segments;
    }
    return &parsed->segments[parsed->count++];
}

/* The place of the value whose template takes LENGTH bytes at OFFSET. */
static int find_place(struct parser *parser, struct segment *segment, bool *dropped, size_t offset,
                      size_t length)
{
    const char *text, *hint;
    const char *source = parser->parsed->source;
    if (parser->parsed->use == TEMPLATE_TEXT)
        return 0;
    shell_read(&parser->shell, segment->text, segment->length);
    segment->place = shell_value(&parser->shell, &text, &hint);
    *dropped = segment->place == SHELL_NOWHERE;
    if (segment->place != SHELL_WRONG)
        return 0;
    /* raw() puts in a part of the command, not a value; it may stand anywhere */
    const char *name = source + offset + strlen(OPEN);
    name += strspn(name, " \t\n");
    return strncmp(name, "raw", 3) == 0 ? 0 : fail(parser, offset, length, text, hint);
}

/* The expression at OFFSET, the text before it beginning at FROM; *NEXT is behind it. */
static int parse_segment(struct parser *parser, size_t from, size_t offset, size_t *next)
{
    struct template *parsed = parser->parsed;
    size_t begin = offset + strlen(OPEN);
    size_t size = expression_end(parsed->source + begin, parsed->length - begin);
    bool dropped = false;
    if (begin + size == parsed->length)
        return fail(parser, offset, strlen(OPEN), "'${{' without its '}}'", NULL);
    *next = begin + size + strlen(CLOSE);
    struct segment segment = {.text = parsed->source + from, .length = offset - from};
    int code = find_place(parser, &segment, &dropped, offset, *next - offset);
    if (!code && !dropped) {
        code = expression_parse(parser->arena, parser->compiler, parsed->source + begin, size, parser->scope,
                                &segment.expression, parser->fault);
        if (code)
            parser->fault->offset += begin;
    }
    bool wrong = segment.place == SHELL_WRONG && !segment.expression.raw;
    if (!code && parsed->use != TEMPLATE_TEXT && (wrong || segment.expression.raw_inside))
        code = fail(parser, offset, *next - offset, "raw() must be the whole expression", NULL);
    const char *mapping = segment.expression.mapping;
    if (!code && parsed->use != TEMPLATE_TEXT && mapping)
        code = fail(parser, offset, *next - offset, arena_printf(parser->arena, "%s is a mapping, no word of a command", mapping),
                    arena_printf(parser->arena, "write %s.NAME for one of its values", mapping));
    if (code)
        return code;
    *add_segment(parser) = segment;
    parsed->task |= segment.expression.task;
    parsed->output_tmp |= segment.expression.output_tmp;
    parsed->variables |= segment.place >= SHELL_VARIABLE && !segment.expression.raw;
    return 0;
}

static int parse_text(struct parser *parser)
{
    struct template *template = parser->parsed;
    size_t length = template->length, from = 0;
    for (;;) {
        const char *open = memmem(template->source + from, length - from, OPEN, strlen(OPEN));
        if (!open)
            break;
        size_t next = from;
        int code = parse_segment(parser, from, (size_t)(open - template->source), &next);
        if (code)
            return code;
        from = next;
    }
    template->tail = from;
    shell_read(&parser->shell, template->source + from, length - from);
    template->open_quote = template->use == TEMPLATE_SHELL ? shell_open_quote(&parser->shell) : NULL;
    return 0;
}

int template_parse(struct arena *arena, const char *text, size_t length, enum template_use use,
                   const struct template_scope *scope, struct template **parsed,
                   struct template_fault *fault)
{
    struct script_compiler own = {0};
    struct template *template = arena_alloc(arena, sizeof(*template));
    template->use = (unsigned char)use;
    template->source = arena_copy(arena, text, length);
    template->length = length;
    struct parser parser = {.arena = arena, .parsed = template, .scope = scope, .fault = fault};
    parser.compiler = scope->compiler ? scope->compiler : &own;
    shell_init(&parser.shell, use);
    int code = parse_text(&parser);
    script_compiler_release(&own);
    if (!code)
        *parsed = template;
    return code;
}

const char *template_source(const struct template *parsed, size_t *length)
{
    *length = parsed->length;
    return parsed->source;
}

const char *template_open_quote(const struct template *parsed)
{
    return parsed->open_quote;
}

bool template_is_constant(const struct template *parsed)
{
    return !parsed->count;
}

bool template_uses_output_tmp(const struct template *parsed)
{
    return parsed->output_tmp;
}

bool template_uses_task(const struct template *parsed)
{
    return parsed->task;
}

/* Appends the Lua value at INDEX as text. */
static int append_text(lua_State *lua, int index, struct buf *out, struct error *error)
{
    struct buf encoded = {0};
    size_t length;
    if (lua_type(lua, index) == LUA_TSTRING) {
        const char *text = lua_tolstring(lua, index, &length);
        buf_append(out, text, length);
        return 0;
    }
    int code = convert_encode(lua, index, "put into a template", &encoded, error);
    if (!code) {
        struct arena *arena = arena_new();
        struct value value;
        const char *at = encoded.data;
        length = encoded.length;
        code = value_decode(arena, &at, &length, &value, error);
        if (!code)
            value_text(out, &value);
        arena_free(arena);
    }
    buf_release(&encoded);
    return code;
}

/* A template while it is rendered. */
struct rendering {
    const struct template *template;
    struct script *script;
    struct buf *out;
    struct buf before; /* assignments of shell variables */
};

/* Appends the value at INDEX to OUT for the shell, quoted as PLACE says. */
static int append_quoted(const struct rendering *rendering, int index, enum shell_place place,
                         struct buf *out, struct error *error)
{
    lua_State *lua = rendering->script->lua;
    struct buf text = {0};
    int code = append_text(lua, index, &text, error);
    if (!code && memchr(buf_string(&text), '\0', text.length))
        code = error_set(error, ERROR_FAILED, "a NUL byte cannot be part of a command");
    if (!code)
        shell_write(out, rendering->template->use, place, buf_string(&text), text.length);
    buf_release(&text);
    return code;
}

static bool is_list(lua_State *lua, int index)
{
    lua_pushnil(lua);
    bool empty = !lua_next(lua, index);
    lua_settop(lua, index);
    return empty || lua_rawlen(lua, index);
}

/* The first by the alphabet of the names that the mapping at INDEX has for one value; NULL: none that can stand behind a '.'. */
static const char *first_name(lua_State *lua, int index)
{
    const char *first = NULL;
    for (lua_pushnil(lua); lua_next(lua, index); lua_pop(lua, 1)) {
        const char *name = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
        if (is_identifier(name) && !lua_istable(lua, -1) && (!first || strcmp(name, first) < 0))
            first = name;
    }
    return first;
}

/* EXPRESSION gave the mapping at INDEX where one word is to stand. */
static int say_mapping(lua_State *lua, int index, const char *expression, struct error *error)
{
    const char *name = first_name(lua, index);
    bool plain = !expression[strspn(expression, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")];
    if (!name || !plain)
        return error_set(error, ERROR_FAILED, "a mapping cannot be put into a command, one of its values can");
    return error_set(error, ERROR_FAILED, "a mapping cannot be put into a command, one of its values can: write ${{ %s.%s }}",
                     expression, name);
}

/* A list stands for its elements, each a word. */
static int append_list(const struct rendering *rendering, int index, const struct expression *expression, struct error *error)
{
    lua_State *lua = rendering->script->lua;
    lua_Unsigned count = lua_rawlen(lua, index);
    if (!is_list(lua, index))
        return say_mapping(lua, index, expression->text, error);
    for (lua_Unsigned i = 1; i <= count; i++) {
        if (i > 1)
            buf_char(rendering->out, ' ');
        lua_rawgeti(lua, index, (lua_Integer)i);
        int code = append_quoted(rendering, index + 1, SHELL_BARE, rendering->out, error);
        lua_settop(lua, index);
        if (code)
            return code;
    }
    return 0;
}

/* Arithmetic takes digits alone: what else a value may be, the shell would evaluate. */
static int append_number(lua_State *lua, int index, struct buf *out, struct error *error)
{
    int whole;
    lua_Integer number = lua_tointegerx(lua, index, &whole);
    if (!whole)
        return error_set(error, ERROR_FAILED, "arithmetic takes a whole number, not a %s",
                         luaL_typename(lua, index));
    buf_text(out, number < 0 ? "(" : "");
    buf_number(out, number);
    buf_text(out, number < 0 ? ")" : "");
    return 0;
}

static void append_variable(struct buf *out, enum shell_place place, size_t number)
{
    static const char *const around[] = {
        [SHELL_VARIABLE] = "",
        [SHELL_VARIABLE_BARE] = "\"",
        [SHELL_VARIABLE_SINGLE] = "'\"",
    };
    buf_text(out, around[place]);
    buf_printf(out, "${_parrun%zu}", number);
    for (size_t i = strlen(around[place]); i--;)
        buf_char(out, around[place][i]);
}

/* Appends the value on top of the stack where SEGMENT has it. */
static int append_value(struct rendering *rendering, size_t number, struct error *error)
{
    const struct segment *segment = &rendering->template->segments[number];
    lua_State *lua = rendering->script->lua;
    struct buf *out = rendering->out;
    int index = lua_gettop(lua);
    if (rendering->template->use == TEMPLATE_TEXT || segment->expression.raw)
        return append_text(lua, index, out, error);
    if (segment->place == SHELL_BARE && lua_type(lua, index) == LUA_TTABLE)
        return append_list(rendering, index, &segment->expression, error);
    if (segment->place == SHELL_NUMBER)
        return append_number(lua, index, out, error);
    if (segment->place < SHELL_VARIABLE)
        return append_quoted(rendering, index, segment->place, out, error);
    append_variable(out, segment->place, number + 1);
    buf_printf(&rendering->before, "_parrun%zu=", number + 1);
    int code = append_quoted(rendering, index, SHELL_BARE, &rendering->before, error);
    buf_text(&rendering->before, "; ");
    return code;
}

/* What is under NAME in an item: "item.NAME" and the like that give nil are slips. */
static bool is_part_of_item(const struct expression *expression)
{
    const char *text = expression->text;
    if (expression->raw)
        text += strcspn(text, "(") + 1;
    text += strspn(text, " ");
    return !strncmp(text, "item", 4) && (text[4] == '.' || text[4] == '[');
}

/* The item has not what an expression asks for. */
static int say_missing(lua_State *lua, struct error *error)
{
    struct buf item = {0};
    struct error ignored = {0};
    lua_pushvalue(lua, SLOT_ITEM);
    lua_rawget(lua, SLOT_GLOBALS);
    append_text(lua, lua_gettop(lua), &item, &ignored);
    lua_pop(lua, 1);
    error_release(&ignored);
    int code = error_set(error, ERROR_FAILED, "there is no such thing in the item %.*s%s",
                         ITEM_SHOWN, buf_string(&item), item.length > ITEM_SHOWN ? "..." : "");
    buf_release(&item);
    return code;
}

static int render_segment(struct rendering *rendering, size_t number, struct error *error)
{
    const struct template *template = rendering->template;
    const struct segment *segment = &template->segments[number];
    buf_append(rendering->out, segment->text, segment->length);
    if (template->use != TEMPLATE_TEXT && segment->place == SHELL_NOWHERE)
        return 0;
    int code = expression_evaluate(&segment->expression, rendering->script, error);
    if (code)
        return code;
    lua_State *lua = rendering->script->lua;
    if (lua_isnil(lua, -1) && is_part_of_item(&segment->expression))
        code = say_missing(lua, error);
    else
        code = append_value(rendering, number, error);
    if (code)
        error_wrap(error, "${{ %s }}", segment->expression.text);
    expression_done(rendering->script);
    return code;
}

static int render_all(struct rendering *rendering, struct error *error)
{
    const struct template *template = rendering->template;
    for (size_t i = 0; i < template->count; i++) {
        int code = render_segment(rendering, i, error);
        if (code)
            return code;
    }
    buf_append(rendering->out, template->source + template->tail, template->length - template->tail);
    return 0;
}

int template_render(const struct template *parsed, struct script *script, struct buf *out,
                    struct error *error)
{
    struct buf body = {0};
    size_t start = out->length;
    struct rendering rendering = {.template = parsed, .script = script, .out = out};
    if (parsed->variables)
        rendering.out = &body;
    int code = render_all(&rendering, error);
    if (code) {
        buf_truncate(out, start);
    } else if (parsed->variables) {
        buf_append(out, buf_string(&rendering.before), rendering.before.length);
        buf_append(out, buf_string(&body), body.length);
    }
    buf_release(&rendering.before);
    buf_release(&body);
    return code;
}

/* One expression and nothing around it. */
static bool is_single(const struct template *parsed)
{
    return parsed->use == TEMPLATE_TEXT && parsed->count == 1 && !parsed->segments[0].length &&
           parsed->tail == parsed->length;
}

/* What stands in OUT from START on is one argument. */
static int end_argument(struct buf *out, size_t start, size_t *count, struct error *error)
{
    if (memchr(buf_string(out) + start, '\0', out->length - start))
        return error_set(error, ERROR_FAILED, "a value with a NUL byte cannot be passed to a command");
    buf_char(out, '\0');
    ++*count;
    return 0;
}

static int append_argument(lua_State *lua, int index, struct buf *out, size_t *count,
                           struct error *error)
{
    size_t start = out->length;
    int code = append_text(lua, index, out, error);
    return code ? code : end_argument(out, start, count, error);
}

/* The value on top of the stack. */
static int append_arguments(lua_State *lua, struct buf *out, size_t *count, struct error *error)
{
    int index = lua_gettop(lua);
    if (lua_type(lua, index) != LUA_TTABLE || !is_list(lua, index))
        return append_argument(lua, index, out, count, error);
    lua_Unsigned elements = lua_rawlen(lua, index);
    int code = 0;
    for (lua_Unsigned i = 1; !code && i <= elements; i++) {
        lua_rawgeti(lua, index, (lua_Integer)i);
        code = append_argument(lua, index + 1, out, count, error);
        lua_settop(lua, index);
    }
    return code;
}

int template_arguments(const struct template *parsed, struct script *script, struct buf *out,
                       size_t *count, struct error *error)
{
    size_t start = out->length;
    if (!is_single(parsed)) {
        int code = template_render(parsed, script, out, error);
        return code ? code : end_argument(out, start, count, error);
    }
    const struct expression *expression = &parsed->segments[0].expression;
    int code = expression_evaluate(expression, script, error);
    if (code)
        return code;
    code = lua_isnil(script->lua, -1) && is_part_of_item(expression)
               ? say_missing(script->lua, error)
               : append_arguments(script->lua, out, count, error);
    if (code)
        error_wrap(error, "${{ %s }}", expression->text);
    expression_done(script);
    return code;
}

int template_value(const struct template *parsed, struct script *script, struct arena *arena,
                   struct value *value, struct error *error)
{
    struct buf bytes = {0};
    int code;
    if (!is_single(parsed)) {
        code = template_render(parsed, script, &bytes, error);
        if (!code) {
            *value = (struct value){.type = VALUE_STRING};
            value->string.bytes = arena_copy(arena, buf_string(&bytes), bytes.length);
            value->string.length = bytes.length;
        }
        buf_release(&bytes);
        return code;
    }
    const struct expression *expression = &parsed->segments[0].expression;
    code = expression_evaluate(expression, script, error);
    if (code)
        return code;
    code = convert_encode(script->lua, -1, "the value of a template", &bytes, error);
    expression_done(script);
    if (code) {
        error_wrap(error, "${{ %s }}", expression->text);
    } else {
        const char *at = arena_copy(arena, bytes.data, bytes.length);
        size_t left = bytes.length;
        code = value_decode(arena, &at, &left, value, error);
    }
    buf_release(&bytes);
    return code;
}
