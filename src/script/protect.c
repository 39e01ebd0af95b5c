/*
 * The functions of Lua that catch errors, made so that none of them catches the end of a body.
 *
 * Lua's own would do so: a loop around pcall survives any number of errors that a hook raises, and
 * a handler of xpcall that is called for such an error runs with hooks switched off.
 */
#include "script/state.h"

/* Behind pcall and xpcall: SKIP values under the results do not belong to them. */
static int finish(lua_State *lua, int status, lua_KContext skip)
{
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(lua) - (int)skip;
    hook_check(lua);
    lua_pushboolean(lua, 0);
    lua_insert(lua, -2);
    return 2;
}

static int protected_call(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_pushboolean(lua, 1);
    lua_insert(lua, 1);
    return finish(lua, lua_pcallk(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0, 0, finish), 0);
}

/* Calls the handler of xpcall, its upvalue, unless the body is ending. */
static int handle(lua_State *lua)
{
    lua_settop(lua, 1);
    if (script_of(lua)->ending)
        return 1;
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 1, LUA_MULTRET);
    return lua_gettop(lua);
}

static int protected_call_handled(lua_State *lua)
{
    int arguments = lua_gettop(lua) - 2;
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    if (!lua_iscfunction(lua, 2)) {
        lua_pushvalue(lua, 2);
        lua_pushcclosure(lua, handle, 1);
        lua_replace(lua, 2);
    }
    lua_pushboolean(lua, 1);
    lua_pushvalue(lua, 1);
    lua_rotate(lua, 3, 2); /* function, handler, true, function, arguments */
    return finish(lua, lua_pcallk(lua, arguments, LUA_MULTRET, 2, 2, finish), 2);
}

/* Resumes CO with COUNT arguments from the stack: the number of results on it, or -1, error on it.
 */
static int resume(lua_State *lua, lua_State *co, int count)
{
    int results;
    if (!lua_checkstack(co, count)) {
        lua_pushliteral(lua, "too many arguments to resume");
        return -1;
    }
    lua_xmove(lua, co, count);
    int status = lua_resume(co, lua, count, &results);
    if (status == LUA_OK || status == LUA_YIELD) {
        if (lua_checkstack(lua, results + 1)) {
            lua_xmove(co, lua, results);
            return results;
        }
        lua_pop(co, results);
        lua_pushliteral(lua, "too many results to resume");
        return -1;
    }
    hook_check(lua);
    lua_xmove(co, lua, 1);
    return -1;
}

static int coroutine_resume(lua_State *lua)
{
    lua_State *co = lua_tothread(lua, 1);
    luaL_argexpected(lua, co, 1, "coroutine");
    int results = resume(lua, co, lua_gettop(lua) - 1);
    lua_pushboolean(lua, results >= 0);
    if (results < 0)
        results = 1;
    lua_insert(lua, -1 - results);
    return results + 1;
}

/* What coroutine.wrap returns: an error inside closes the coroutine and goes on to the caller. */
static int resume_wrapped(lua_State *lua)
{
    lua_State *co = lua_tothread(lua, lua_upvalueindex(1));
    int results = resume(lua, co, lua_gettop(lua));
    if (results >= 0)
        return results;
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_pushvalue(lua, -1);
        lua_xmove(lua, co, 1); /* variables to be closed get the error */
        status = lua_resetthread(co);
        lua_xmove(co, lua, 1);
        hook_check(lua);
    }
    if (status != LUA_ERRMEM && lua_type(lua, -1) == LUA_TSTRING) {
        luaL_where(lua, 1);
        lua_insert(lua, -2);
        lua_concat(lua, 2);
    }
    return lua_error(lua);
}

static int coroutine_wrap(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(lua);
    lua_pushvalue(lua, 1);
    lua_xmove(lua, co, 1);
    lua_pushcclosure(lua, resume_wrapped, 1);
    return 1;
}

/* Calls Lua's own function, the upvalue, with its argument number MODE set to text chunks alone. */
static int call_as_text(lua_State *lua, int mode)
{
    if (lua_gettop(lua) < mode)
        lua_settop(lua, mode);
    lua_pushliteral(lua, "t");
    lua_replace(lua, mode);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    hook_check(lua);
    return lua_gettop(lua);
}

static int load_text(lua_State *lua)
{
    return call_as_text(lua, 3);
}

static int load_text_file(lua_State *lua)
{
    return call_as_text(lua, 2);
}

/* Puts FUNCTION in place of what the table on the stack holds under NAME, that as its upvalue. */
static void wrap(lua_State *lua, const char *name, lua_CFunction function)
{
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, name);
}

void protect_install(lua_State *lua)
{
    lua_pushvalue(lua, SLOT_GLOBALS);
    wrap(lua, "pcall", protected_call);
    wrap(lua, "xpcall", protected_call_handled);
    wrap(lua, "load", load_text);
    wrap(lua, "loadfile", load_text_file);
    lua_getfield(lua, -1, "coroutine");
    wrap(lua, "resume", coroutine_resume);
    wrap(lua, "wrap", coroutine_wrap);
    lua_pop(lua, 2);
}
