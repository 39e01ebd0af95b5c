/* parrun.csv: rows of CSV (RFC 4180) as tables of Lua, and back. */
#include <string.h>

#include "base/csv.h"
#include "script/state.h"

/* What is read of a text: the rows so far in script->output, encoded. */
struct csv_rows {
    struct script *script;
    struct csv csv;
    size_t count;
    bool named;        /* the first row has the names of the columns */
    struct buf names;  /* these, encoded one after the other */
    size_t name_count; /* 0: none yet */
};

static int take_names(struct csv_rows *rows)
{
    for (size_t i = 0; i < rows->csv.count; i++) {
        size_t length;
        const char *name = csv_field(&rows->csv, i, &length);
        value_encode_string(&rows->names, name, length);
    }
    rows->name_count = rows->csv.count;
    return 0;
}

static int take_row(struct csv_rows *rows)
{
    struct buf *out = &rows->script->output;
    const char *name = rows->names.data;
    size_t count = rows->csv.count;
    if (rows->named && !rows->name_count)
        return take_names(rows);
    if (rows->named && count != rows->name_count)
        return error_set(&rows->script->error, ERROR_FAILED, "line %lld: a row of %zu field%s, and the header has %zu",
                         (long long)rows->csv.row, count, count == 1 ? "" : "s", rows->name_count);
    value_encode_integer(out, (int64_t)++rows->count);
    value_encode_table(out, count);
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *field = csv_field(&rows->csv, i, &length);
        size_t size = rows->named ? value_size(name, SIZE_MAX / 2) : 0;
        if (rows->named)
            buf_append(out, name, size);
        else
            value_encode_integer(out, (int64_t)i + 1);
        name += size;
        value_encode_string(out, field, length);
    }
    return 0;
}

static int read_rows(struct csv_rows *rows, const char *text, size_t length)
{
    struct error wrong = {0};
    int result = 0;
    enum csv_result row = CSV_ROW;
    while (!result && row == CSV_ROW) {
        size_t taken = 0;
        bool ends = !length;
        row = ends ? csv_end(&rows->csv, &wrong) : csv_take(&rows->csv, text, length, &taken, &wrong);
        text += taken;
        length -= taken;
        if (row == CSV_ROW)
            result = take_row(rows);
        else if (row == CSV_MORE && !ends)
            row = CSV_ROW; /* the text has ended: csv_end() says what it leaves */
        else if (row == CSV_WRONG)
            result = error_set(&rows->script->error, ERROR_FAILED, "line %lld: %s", (long long)rows->csv.row, wrong.text);
        if (ends)
            break;
    }
    error_release(&wrong);
    return result;
}

static int csv_decode(lua_State *lua)
{
    struct script *script = script_of(lua);
    size_t length;
    const char *text = luaL_checklstring(lua, 1, &length);
    struct csv_rows rows = {.script = script, .named = lua_toboolean(lua, 2)};
    luaL_argcheck(lua, length <= JSON_MOST, 1, "more than 256 MiB of CSV");
    hook_spend(lua, (int64_t)length);
    buf_clear(&script->output);
    int result = read_rows(&rows, text, length);
    buf_clear(&script->input);
    value_encode_table(&script->input, rows.count);
    buf_append(&script->input, script->output.data, script->output.length);
    csv_release(&rows.csv);
    buf_release(&rows.names);
    if (result)
        return luaL_error(lua, "parrun.csv.decode: %s", script->error.text);
    convert_push(lua, script->input.data, script->input.length);
    return 1;
}

/* The value on top of the stack, which goes, as a field. */
static void encode_field(lua_State *lua, lua_Integer row, lua_Integer column, bool alone)
{
    struct buf *out = &script_of(lua)->output;
    size_t length = 0;
    int type = lua_type(lua, -1);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN && type != LUA_TNIL && !convert_is_null(lua, -1))
        luaL_error(lua, "parrun.csv.encode: a %s cannot be a field (row %I, field %I)", lua_typename(lua, type), row, column);
    bool empty = type == LUA_TNIL || type == LUA_TLIGHTUSERDATA;
    const char *field = empty ? lua_pushliteral(lua, "") : convert_text(lua, -1, &length);
    if (column > 1)
        buf_char(out, ',');
    csv_put(out, field, length, ',', alone); /* a row of one empty field would be no row */
    lua_pop(lua, 2);
}

/* The row on top of the stack, which goes; COLUMNS: the index of the names in their order, or 0. */
static void encode_row(lua_State *lua, lua_Integer number, int columns)
{
    if (lua_type(lua, -1) != LUA_TTABLE)
        luaL_error(lua, "parrun.csv.encode: row %I is a %s, not a table", number, luaL_typename(lua, -1));
    lua_Integer count = luaL_len(lua, columns ? columns : -1);
    for (lua_Integer i = 1; i <= count; i++) {
        if (columns) {
            lua_rawgeti(lua, columns, i);
            lua_rawget(lua, -2);
        } else {
            lua_rawgeti(lua, -1, i);
        }
        encode_field(lua, number, i, count == 1);
    }
    buf_char(&script_of(lua)->output, '\n');
    lua_pop(lua, 1);
}

static int csv_encode(lua_State *lua)
{
    struct script *script = script_of(lua);
    int columns = lua_isnoneornil(lua, 2) ? 0 : 2;
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (columns)
        luaL_checktype(lua, 2, LUA_TTABLE);
    buf_clear(&script->output);
    if (columns) {
        lua_pushvalue(lua, 2);
        encode_row(lua, 0, 0);
    }
    lua_Integer count = luaL_len(lua, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(lua, 1, i);
        encode_row(lua, i, columns);
    }
    hook_spend(lua, (int64_t)script->output.length);
    lua_pushlstring(lua, buf_string(&script->output), script->output.length);
    return 1;
}

void csv_table_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {{"encode", csv_encode}, {"decode", csv_decode}, {NULL, NULL}};
    luaL_newlib(lua, functions);
}
