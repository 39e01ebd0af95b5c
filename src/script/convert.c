/* Values on their way into a Lua state and out of it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "script/state.h"

/* A value may take so many bytes encoded: tables that share parts can unfold to any size. */
#define ENCODED_MOST VALUE_MOST

/* So many tables are encoded before it is asked how many of them are one and the same; they may unfold to so many times the
 * pairs that there are. */
#define TABLES_UNASKED ((size_t)1 << 18)
#define UNFOLDED_MOST 16

struct encoder {
    lua_State *lua;
    struct buf *out;
    size_t start;
    unsigned depth;
    int root;           /* the value's place on the stack */
    size_t tables;      /* encoded so far, and */
    size_t tables_most; /* at most */
    const void *parents[VALUE_DEPTH]; /* the tables that the value is in */
    const char *what;
    struct error *error;
    struct buf path; /* after a failure: the keys that lead to it */
};

static int encode_any(struct encoder *encoder, int index);

static int refuse(struct encoder *encoder, const char *thing)
{
    return error_set(encoder->error, ERROR_FAILED, "%s cannot be %s", thing, encoder->what);
}

/* The encoded key at the front of A is less than, equal to or greater than that of B. */
static int key_compare(const char *a, const char *b)
{
    struct value x, y;
    value_head(&a, &x);
    value_head(&b, &y);
    if (x.type != y.type)
        return x.type < y.type ? -1 : 1;
    if (x.type == VALUE_INTEGER)
        return (x.integer > y.integer) - (x.integer < y.integer);
    if (x.type == VALUE_NUMBER)
        return (x.number > y.number) - (x.number < y.number);
    size_t p = x.string.length, q = y.string.length;
    int order = memcmp(x.string.bytes, y.string.bytes, p < q ? p : q);
    return order ? order : (p > q) - (p < q);
}

/* A pair in its encoded form. */
struct encoded_pair {
    const char *bytes;
    size_t length;
};

static int span_compare(const void *a, const void *b)
{
    return key_compare(((const struct encoded_pair *)a)->bytes,
                       ((const struct encoded_pair *)b)->bytes);
}

/* Puts the COUNT pairs from START to the end in the order of their keys. */
static void sort_pairs(struct buf *out, size_t start, size_t count)
{
    size_t length = out->length - start;
    char *copy = mem_copy(out->data + start, length);
    struct encoded_pair *spans = mem_calloc(count, sizeof(*spans));
    const char *at = copy;
    for (size_t i = 0; i < count; i++) {
        spans[i].bytes = at;
        at += value_size(at, SIZE_MAX / 2);
        at += value_size(at, SIZE_MAX / 2);
        spans[i].length = (size_t)(at - spans[i].bytes);
    }
    qsort(spans, count, sizeof(*spans), span_compare);
    buf_truncate(out, start);
    for (size_t i = 0; i < count; i++)
        buf_append(out, spans[i].bytes, spans[i].length);
    free(spans);
    free(copy);
}

static int encode_key(struct encoder *encoder, int index)
{
    int type = lua_type(encoder->lua, index);
    if (type == LUA_TSTRING || type == LUA_TNUMBER)
        return encode_any(encoder, index);
    return error_set(encoder->error, ERROR_FAILED, "a table with a %s as key cannot be %s",
                     lua_typename(encoder->lua, type), encoder->what);
}

/* Notes that a failure is under the key at INDEX. */
static void lead_to(struct encoder *encoder, int index)
{
    struct buf path = {0};
    if (lua_type(encoder->lua, index) == LUA_TSTRING)
        buf_text(&path, lua_tostring(encoder->lua, index));
    else if (lua_isinteger(encoder->lua, index))
        buf_printf(&path, "%lld", (long long)lua_tointeger(encoder->lua, index));
    else
        value_number_text(&path, lua_tonumber(encoder->lua, index));
    if (encoder->path.length)
        buf_printf(&path, ".%s", encoder->path.data);
    buf_release(&encoder->path);
    encoder->path = path;
}

static int encode_pairs(struct encoder *encoder, int index, size_t *count, bool *ordered)
{
    lua_State *lua = encoder->lua;
    struct buf *out = encoder->out;
    size_t previous = 0;
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        size_t start = out->length;
        int code = encode_key(encoder, -2);
        if (!code && (code = encode_any(encoder, lua_gettop(lua))))
            lead_to(encoder, -2);
        if (code) {
            lua_pop(lua, 2);
            return code;
        }
        if (*count && key_compare(out->data + previous, out->data + start) > 0)
            *ordered = false;
        previous = start;
        ++*count;
        lua_pop(lua, 1);
    }
    return 0;
}

/* Of an empty table that came as an object of JSON, and shall be one again. */
#define OBJECT "parrun.object"

static void mark_object(lua_State *lua)
{
    luaL_newmetatable(lua, OBJECT);
    lua_setmetatable(lua, -2);
}

static bool is_object(lua_State *lua, int index)
{
    if (!lua_getmetatable(lua, index))
        return false;
    luaL_getmetatable(lua, OBJECT);
    bool is = lua_rawequal(lua, -1, -2);
    lua_pop(lua, 2);
    return is;
}

/* Pairs in the table at the top of the stack and in all that it refers to, each table once; SEEN is the place of a table that
 * has those that were counted. */
static size_t count_pairs(lua_State *lua, int seen, unsigned depth)
{
    size_t count = 0;
    if (depth == VALUE_DEPTH || !lua_checkstack(lua, 6))
        return 0;
    bool counted = lua_rawgetp(lua, seen, lua_topointer(lua, -1)) != LUA_TNIL;
    lua_pop(lua, 1);
    if (counted)
        return 0;
    lua_pushboolean(lua, true);
    lua_rawsetp(lua, seen, lua_topointer(lua, -2));
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        count++;
        if (lua_istable(lua, -1))
            count += count_pairs(lua, seen, depth + 1);
        lua_pop(lua, 1);
    }
    return count;
}

/* False where the tables are referred to so often that, written out, they are far more than they are. */
static bool may_unfold(struct encoder *encoder)
{
    lua_State *lua = encoder->lua;
    if (++encoder->tables < encoder->tables_most)
        return true;
    if (encoder->tables > TABLES_UNASKED)
        return false;
    int top = lua_gettop(lua);
    if (!lua_checkstack(lua, 4))
        return false;
    lua_newtable(lua);
    lua_pushvalue(lua, encoder->root);
    encoder->tables_most = TABLES_UNASKED + UNFOLDED_MOST * count_pairs(lua, top + 1, 0);
    lua_settop(lua, top);
    return encoder->tables < encoder->tables_most;
}

static int encode_table(struct encoder *encoder, int index)
{
    const void *table = lua_topointer(encoder->lua, index);
    struct buf *out = encoder->out;
    size_t count = 0;
    bool ordered = true;
    for (unsigned i = 0; i < encoder->depth; i++)
        if (encoder->parents[i] == table)
            return refuse(encoder, "a table that holds itself");
    if (encoder->depth == VALUE_DEPTH || !lua_checkstack(encoder->lua, 4))
        return refuse(encoder, "a table nested so deep");
    if (!may_unfold(encoder))
        return refuse(encoder, "a table that refers so often to the same tables");
    encoder->parents[encoder->depth++] = table;
    value_encode_table(out, 0); /* the count is put in when it is known */
    size_t start = out->length;
    int code = encode_pairs(encoder, index, &count, &ordered);
    encoder->depth--;
    if (code)
        return code;
    if (!ordered)
        sort_pairs(out, start, count);
    for (size_t i = 0; i < 4; i++)
        out->data[start - 4 + i] = (char)(unsigned char)(count >> (8 * i));
    if (!count && is_object(encoder->lua, index))
        value_mark_object(out->data + start - 4);
    return 0;
}

static int encode_any(struct encoder *encoder, int index)
{
    lua_State *lua = encoder->lua;
    const char *bytes;
    size_t length;
    if (encoder->out->length - encoder->start > ENCODED_MOST)
        return refuse(encoder, "a value of more than 2 GiB");
    switch (lua_type(lua, index)) {
    case LUA_TNIL:
        value_encode_nil(encoder->out);
        return 0;
    case LUA_TBOOLEAN:
        value_encode_boolean(encoder->out, lua_toboolean(lua, index));
        return 0;
    case LUA_TNUMBER:
        if (lua_isinteger(lua, index))
            value_encode_integer(encoder->out, lua_tointeger(lua, index));
        else
            value_encode_number(encoder->out, lua_tonumber(lua, index));
        return 0;
    case LUA_TSTRING:
        bytes = lua_tolstring(lua, index, &length);
        if (length > ENCODED_MOST - (encoder->out->length - encoder->start))
            return refuse(encoder, "a value of more than 2 GiB");
        value_encode_string(encoder->out, bytes, length);
        return 0;
    case LUA_TTABLE:
        return encode_table(encoder, index);
    case LUA_TFUNCTION:
        return refuse(encoder, "a function");
    case LUA_TTHREAD:
        return refuse(encoder, "a coroutine");
    case LUA_TLIGHTUSERDATA:
        if (!encoder->depth || !convert_is_null(lua, index))
            return refuse(encoder, "userdata");
        value_encode_nil(encoder->out);
        return 0;
    default:
        return refuse(encoder, "userdata");
    }
}

int convert_encode(lua_State *lua, int index, const char *what, struct buf *out,
                   struct error *error)
{
    struct encoder encoder; /* PARENTS stay as they are: to clear them takes longer than a short value */
    encoder.lua = lua;
    encoder.out = out;
    encoder.start = out->length;
    encoder.depth = 0;
    encoder.root = lua_absindex(lua, index);
    encoder.tables = 0;
    encoder.tables_most = TABLES_UNASKED;
    encoder.what = what;
    encoder.error = error;
    encoder.path = (struct buf){0};
    int code = encode_any(&encoder, encoder.root);
    if (!code)
        return 0;
    if (encoder.path.length)
        error_set(error, code, "%s (at key '%s')", encoder.error->text, encoder.path.data);
    buf_release(&encoder.path);
    out->length = encoder.start;
    return code;
}

void convert_input(lua_State *lua, int index, const char *function, const char *what)
{
    struct script *script = script_of(lua);
    buf_clear(&script->input);
    if (convert_encode(lua, index, what, &script->input, &script->error))
        luaL_error(lua, "%s: %s", function, script->error.text);
}

void convert_push_null(lua_State *lua)
{
    lua_pushlightuserdata(lua, NULL);
}

bool convert_is_null(lua_State *lua, int index)
{
    return lua_islightuserdata(lua, index) && !lua_touserdata(lua, index);
}

static void push_encoded(lua_State *lua, const char **at, bool nulls)
{
    struct value value;
    value_head(at, &value);
    if (nulls && value.type == VALUE_NIL) {
        convert_push_null(lua);
        return;
    }
    if (value.type != VALUE_TABLE) {
        convert_push_value(lua, &value);
        return;
    }
    luaL_checkstack(lua, 4, "a table nested so deep");
    lua_newtable(lua);
    if (value.table.object)
        mark_object(lua);
    for (size_t i = 0; i < value.table.count; i++) {
        push_encoded(lua, at, nulls);
        push_encoded(lua, at, nulls);
        lua_rawset(lua, -3);
    }
}

void convert_push(lua_State *lua, const char *encoded, size_t length)
{
    if (!length || value_size(encoded, length) != length)
        luaL_error(lua, "%d bytes that are no value", (int)length);
    push_encoded(lua, &encoded, false);
}

void convert_push_nulls(lua_State *lua, const char *encoded, size_t length)
{
    if (!length || value_size(encoded, length) != length)
        luaL_error(lua, "%d bytes that are no value", (int)length);
    push_encoded(lua, &encoded, true);
}

static void push_pairs(lua_State *lua, const struct value *table)
{
    luaL_checkstack(lua, 4, "a table nested so deep");
    lua_newtable(lua);
    if (table->table.object && !table->table.count)
        mark_object(lua);
    for (size_t i = 0; i < table->table.count; i++) {
        const struct value_pair *pair = &table->table.pairs[i];
        if (!value_is_key(&pair->key))
            continue;
        convert_push_value(lua, &pair->key);
        convert_push_value(lua, &pair->value);
        lua_rawset(lua, -3);
    }
}

void convert_push_value(lua_State *lua, const struct value *value)
{
    switch (value->type) {
    case VALUE_NIL:
        lua_pushnil(lua);
        break;
    case VALUE_BOOLEAN:
        lua_pushboolean(lua, value->boolean);
        break;
    case VALUE_INTEGER:
        lua_pushinteger(lua, value->integer);
        break;
    case VALUE_NUMBER:
        lua_pushnumber(lua, value->number);
        break;
    case VALUE_STRING:
        lua_pushlstring(lua, value->string.bytes, value->string.length);
        break;
    case VALUE_TABLE:
        push_pairs(lua, value);
        break;
    }
}

const char *convert_text(lua_State *lua, int index, size_t *length)
{
    if (lua_type(lua, index) != LUA_TNUMBER || lua_isinteger(lua, index))
        return luaL_tolstring(lua, index, length);
    struct buf *scratch = &script_of(lua)->digits;
    buf_clear(scratch);
    value_number_text(scratch, lua_tonumber(lua, index));
    if (length)
        *length = scratch->length;
    return lua_pushlstring(lua, scratch->data, scratch->length);
}
