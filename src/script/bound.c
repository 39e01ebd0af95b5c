/*
 * Library functions in place of Lua's own: tostring, which keeps every digit of a number, and those that could run
 * for ever in one call, where no hook is called: done so that the body can end in between.
 */
#include <string.h>

#include "base/mem.h"
#include "script/state.h"

/* Elements that table.move moves between two looks at the limits. */
#define MOVE_PIECE 100000

/* A string may be so long; Lua's own bound is higher, but nothing could be done with such a one. */
#define STRING_MOST ((size_t)1 << 40)

/* string.rep: of nothing, any number of times, is nothing. */
static int repeat(lua_State *lua)
{
    size_t length, between;
    const char *text = luaL_checklstring(lua, 1, &length);
    lua_Integer count = luaL_checkinteger(lua, 2);
    const char *separator = luaL_optlstring(lua, 3, "", &between);
    if (count <= 0 || !(length + between)) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if ((lua_Unsigned)count > STRING_MOST / (length + between))
        return luaL_error(lua, "string.rep: resulting string too large");
    size_t total = (size_t)count * (length + between) - between;
    luaL_Buffer out;
    char *at = luaL_buffinitsize(lua, &out, total);
    for (lua_Integer i = 0; i < count; i++) {
        memcpy(at, text, length);
        at += length;
        if (between && i + 1 < count) {
            memcpy(at, separator, between);
            at += between;
        }
    }
    luaL_pushresultsize(&out, total);
    return 1;
}

/* What table.move reads from (__index) or writes to (__newindex) is a table or acts like one. */
static void check_movable(lua_State *lua, int index, const char *metamethod)
{
    if (lua_type(lua, index) == LUA_TTABLE)
        return;
    luaL_argexpected(lua, luaL_getmetafield(lua, index, metamethod) != LUA_TNIL, index, "table");
    lua_pop(lua, 1);
}

/* table.move; backwards where the ranges overlap so that it must be. */
static int move(lua_State *lua)
{
    lua_Integer from = luaL_checkinteger(lua, 2);
    lua_Integer last = luaL_checkinteger(lua, 3);
    lua_Integer to = luaL_checkinteger(lua, 4);
    int target = lua_isnoneornil(lua, 5) ? 1 : 5;
    check_movable(lua, 1, "__index");
    check_movable(lua, target, "__newindex");
    if (last >= from) {
        luaL_argcheck(lua, from > 0 || last < LUA_MAXINTEGER + from, 3,
                      "too many elements to move");
        lua_Integer count = last - from + 1;
        luaL_argcheck(lua, to <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
        bool backwards =
            to > from && to <= last && (target == 1 || lua_compare(lua, 1, target, LUA_OPEQ));
        for (lua_Integer i = 0; i < count; i++) {
            lua_Integer offset = backwards ? count - 1 - i : i;
            if (i % MOVE_PIECE == MOVE_PIECE - 1)
                hook_poll(lua);
            lua_geti(lua, 1, from + offset);
            lua_seti(lua, target, to + offset);
        }
    }
    lua_pushvalue(lua, target);
    return 1;
}

/* setmetatable: a finalizer written in Lua would run with hooks switched off. */
static int set_metatable(lua_State *lua)
{
    int type = lua_type(lua, 2);
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argexpected(lua, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL)
        return luaL_error(lua, "cannot change a protected metatable");
    if (type == LUA_TTABLE) {
        lua_pushliteral(lua, "__gc");
        lua_rawget(lua, 2);
        if (!lua_isnil(lua, -1) && !lua_iscfunction(lua, -1))
            return luaL_error(lua, "setmetatable: a __gc would run at any moment, amid other work; use "
                                   "__close, and 'local x <close>'");
    }
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

static int to_string(lua_State *lua)
{
    luaL_checkany(lua, 1);
    convert_text(lua, 1, NULL);
    return 1;
}

static const struct bounded {
    const char *library;
    const char *name;
    lua_CFunction function;
} bounded[] = {
    {"string", "rep", repeat},
    {"table", "move", move},
    {LUA_GNAME, "setmetatable", set_metatable},
    {LUA_GNAME, "tostring", to_string},
};

void bound_install(lua_State *lua)
{
    pattern_install(lua);
    for (size_t i = 0; i < countof(bounded); i++) {
        lua_getfield(lua, SLOT_GLOBALS, bounded[i].library);
        lua_pushcfunction(lua, bounded[i].function);
        lua_setfield(lua, -2, bounded[i].name);
        lua_pop(lua, 1);
    }
}
