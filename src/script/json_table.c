/* parrun.json: values of Lua as JSON (RFC 8259), and back. */
#include <math.h>

#include "base/arena.h"
#include "base/str.h"
#include "script/state.h"

/* Instructions that so many bytes count as. */
#define BYTES_AN_INSTRUCTION 16

static bool is_named(const struct value *table)
{
    for (size_t i = 0; i < table->table.count; i++)
        if (table->table.pairs[i].key.type != VALUE_STRING)
            return false;
    return true;
}

static const char *find_odd(const struct value *value, struct buf *path);

/* The same of what is under the keys of a table; a key that leads to something is put before PATH. */
static const char *find_odd_inside(const struct value *table, struct buf *path)
{
    for (size_t i = 0; i < table->table.count; i++) {
        const struct value_pair *pair = &table->table.pairs[i];
        const char *odd = find_odd(&pair->key, path);
        odd = odd ? odd : find_odd(&pair->value, path);
        if (!odd)
            continue;
        struct buf whole = {0};
        value_text(&whole, &pair->key);
        if (path->length)
            buf_printf(&whole, ".%s", path->data);
        buf_release(path);
        *path = whole;
        return odd;
    }
    return NULL;
}

/* What JSON has no text for, or NULL; PATH leads to it. */
static const char *find_odd(const struct value *value, struct buf *path)
{
    switch (value->type) {
    case VALUE_NUMBER:
        return isfinite(value->number) ? NULL : "a number that is not finite";
    case VALUE_STRING:
        return utf8_valid(value->string.bytes, value->string.length) ? NULL : "a string that is not UTF-8";
    case VALUE_TABLE:
        if (!value_is_list(value) && !is_named(value))
            return "a table whose keys are neither 1 to n nor all strings";
        return find_odd_inside(value, path);
    default:
        return NULL;
    }
}

/* Puts into script->output the JSON of the value that script->input has. */
static int encode_input(struct script *script)
{
    struct arena *arena = arena_new();
    struct value value;
    struct buf path = {0};
    const char *at = script->input.data;
    size_t left = script->input.length;
    int result = value_decode(arena, &at, &left, &value, &script->error);
    const char *odd = result ? NULL : find_odd(&value, &path);
    buf_clear(&script->output);
    if (odd)
        result = error_set(&script->error, ERROR_FAILED, "%s cannot be encoded as JSON%s%s%s", odd,
                           path.length ? " (at key '" : "", buf_string(&path), path.length ? "')" : "");
    else if (!result)
        value_json(&script->output, &value);
    buf_release(&path);
    arena_free(arena);
    return result;
}

static int json_encode(lua_State *lua)
{
    struct script *script = script_of(lua);
    luaL_checkany(lua, 1);
    if (lua_isnil(lua, 1) || convert_is_null(lua, 1)) {
        lua_pushliteral(lua, "null");
        return 1;
    }
    convert_input(lua, 1, "parrun.json.encode", "encoded as JSON");
    hook_spend(lua, (int64_t)(script->input.length / BYTES_AN_INSTRUCTION));
    if (encode_input(script))
        return luaL_error(lua, "parrun.json.encode: %s", script->error.text);
    lua_pushlstring(lua, buf_string(&script->output), script->output.length);
    return 1;
}

/* Puts into script->input the value that the JSON is. */
static int decode_text(struct script *script, const char *text, size_t length)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    int result = value_from_json(arena, text, length, &value, &script->error);
    buf_clear(&script->input);
    if (!result)
        value_encode(&script->input, &value);
    arena_free(arena);
    return result;
}

static int json_decode(lua_State *lua)
{
    struct script *script = script_of(lua);
    size_t length;
    const char *text = luaL_checklstring(lua, 1, &length);
    luaL_argcheck(lua, length <= JSON_MOST, 1, "more than 256 MiB of JSON");
    hook_spend(lua, (int64_t)(length / BYTES_AN_INSTRUCTION));
    if (decode_text(script, text, length))
        return luaL_error(lua, "parrun.json.decode: %s", script->error.text);
    convert_push_nulls(lua, script->input.data, script->input.length);
    return 1;
}

void json_table_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {{"encode", json_encode}, {"decode", json_decode}, {NULL, NULL}};
    luaL_newlib(lua, functions);
    convert_push_null(lua);
    lua_setfield(lua, -2, "null");
}
