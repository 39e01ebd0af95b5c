/* parrun.shared: the functions get, set, add and cas, and the table's keys as fields. */
#include "script/shared.h"

#include "script/state.h"

#define PUT_THERE "put into parrun.shared"

static struct shared *checked_shared(lua_State *lua, const char *function)
{
    struct shared *shared = script_of(lua)->shared;
    if (!shared)
        host_missing(lua, function);
    return shared;
}

/* Pushes what is under the key at INDEX. */
static int push_field(lua_State *lua, int index, const char *function)
{
    struct script *script = script_of(lua);
    size_t length;
    const char *key = luaL_checklstring(lua, index, &length);
    buf_clear(&script->output);
    shared_get(checked_shared(lua, function), key, length, &script->output);
    convert_push(lua, script->output.data, script->output.length);
    return 1;
}

/* Sets the key at INDEX to the value behind it. */
static int set_field(lua_State *lua, int index, const char *function)
{
    struct script *script = script_of(lua);
    size_t length;
    const char *key = luaL_checklstring(lua, index, &length);
    luaL_checkany(lua, index + 1);
    struct shared *shared = checked_shared(lua, function);
    convert_input(lua, index + 1, function, PUT_THERE);
    shared_set(shared, key, length, script->input.data, script->input.length);
    return 0;
}

static int get(lua_State *lua)
{
    return push_field(lua, 1, "parrun.shared.get");
}

static int set(lua_State *lua)
{
    return set_field(lua, 1, "parrun.shared.set");
}

static int add(lua_State *lua)
{
    struct script *script = script_of(lua);
    size_t length;
    const char *key = luaL_checklstring(lua, 1, &length);
    luaL_checktype(lua, 2, LUA_TNUMBER);
    struct shared *shared = checked_shared(lua, "parrun.shared.add");
    convert_input(lua, 2, "parrun.shared.add", PUT_THERE);
    buf_clear(&script->output);
    int code = shared_add(shared, key, length, script->input.data, script->input.length,
                          &script->output, &script->error);
    if (code)
        return host_failed(lua, code, "parrun.shared.add");
    convert_push(lua, script->output.data, script->output.length);
    return 1;
}

/* cas(key, expected, new): "compare and set". */
static int cas(lua_State *lua)
{
    struct script *script = script_of(lua);
    size_t length;
    const char *key = luaL_checklstring(lua, 1, &length);
    luaL_checkany(lua, 3);
    struct shared *shared = checked_shared(lua, "parrun.shared.cas");
    convert_input(lua, 2, "parrun.shared.cas", PUT_THERE);
    size_t middle = script->input.length;
    if (convert_encode(lua, 3, PUT_THERE, &script->input, &script->error))
        return host_failed(lua, ERROR_FAILED, "parrun.shared.cas");
    const char *expected = script->input.data;
    lua_pushboolean(lua, shared_cas(shared, key, length, expected, middle, expected + middle,
                                    script->input.length - middle));
    return 1;
}

/* A field that is none of the functions is a key. */
static int index_field(lua_State *lua)
{
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    return push_field(lua, 2, "parrun.shared");
}

static int set_index(lua_State *lua)
{
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL)
        return luaL_error(lua, "parrun.shared: '%s' is a function; use parrun.shared.set",
                          lua_tostring(lua, 2));
    lua_pop(lua, 1);
    return set_field(lua, 2, "parrun.shared");
}

static const luaL_Reg functions[] = {
    {"get", get}, {"set", set}, {"add", add}, {"cas", cas}, {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__index", index_field},
    {"__newindex", set_index},
    {NULL, NULL},
};

void shared_table_push(lua_State *lua)
{
    lua_newuserdatauv(lua, 0, 0);
    lua_createtable(lua, 0, 2);
    luaL_newlib(lua, functions);
    luaL_setfuncs(lua, metamethods, 1);
    lua_setmetatable(lua, -2);
}
