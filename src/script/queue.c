/* parrun.queue(name): one end of a queue, for a producer and a consumer alike. */
#include <string.h>

#include "script/state.h"

/* The metatable's name; the object is a userdata that holds the queue's name. */
#define QUEUE_TYPE "parrun.queue"

/* What host->get says, besides errors. */
enum { GET_TIMEOUT = 0, GET_VALUE = 1, GET_CLOSED = 2 };

static const char *checked_queue(lua_State *lua)
{
    return luaL_checkudata(lua, 1, QUEUE_TYPE);
}

static int queue_open(lua_State *lua)
{
    size_t length;
    const char *name = luaL_checklstring(lua, 1, &length);
    luaL_argcheck(lua, strlen(name) == length, 1, "a queue's name holds no NUL byte");
    memcpy(lua_newuserdatauv(lua, length + 1, 0), name, length + 1);
    luaL_setmetatable(lua, QUEUE_TYPE);
    return 1;
}

static int queue_put(lua_State *lua)
{
    struct script *script = script_of(lua);
    const char *name = checked_queue(lua);
    double timeout = argument_timeout(lua, 3);
    luaL_argcheck(lua, !lua_isnoneornil(lua, 2), 2, "nil cannot be put into a queue");
    if (!script->host->put)
        return host_missing(lua, "queue:put");
    convert_input(lua, 2, "queue:put", "put into a queue");
    int code = script->host->put(script->host_arg, name, buf_string(&script->input),
                                 script->input.length, timeout, &script->error);
    if (code < 0)
        return host_failed(lua, code, "queue:put");
    lua_pushboolean(lua, code);
    return 1;
}

/* Pushes a message and returns GET_VALUE, or returns one of the others. */
static int receive(lua_State *lua, const char *name, double timeout, const char *function)
{
    struct script *script = script_of(lua);
    if (!script->host->get)
        host_missing(lua, function);
    buf_clear(&script->output);
    int code = script->host->get(script->host_arg, name, timeout, &script->output, &script->error);
    if (code < 0)
        host_failed(lua, code, function);
    if (code == GET_VALUE)
        convert_push(lua, buf_string(&script->output), script->output.length);
    return code;
}

static int queue_get(lua_State *lua)
{
    const char *name = checked_queue(lua);
    int code = receive(lua, name, argument_timeout(lua, 2), "queue:get");
    if (code == GET_VALUE)
        return 1;
    lua_pushnil(lua);
    if (code == GET_CLOSED)
        return 1;
    lua_pushliteral(lua, "timeout");
    return 2;
}

static int queue_next(lua_State *lua)
{
    const char *name = lua_touserdata(lua, lua_upvalueindex(1));
    if (receive(lua, name, -1, "queue:each") != GET_VALUE)
        lua_pushnil(lua);
    return 1;
}

static int queue_each(lua_State *lua)
{
    checked_queue(lua);
    lua_settop(lua, 1);
    lua_pushcclosure(lua, queue_next, 1);
    return 1;
}

static int queue_length(lua_State *lua)
{
    struct script *script = script_of(lua);
    const char *name = checked_queue(lua);
    if (!script->host->length)
        return host_missing(lua, "a queue's length");
    int64_t length = script->host->length(script->host_arg, name, &script->error);
    if (length < 0)
        return host_failed(lua, (int)length, "a queue's length");
    lua_pushinteger(lua, length);
    return 1;
}

static int queue_text(lua_State *lua)
{
    lua_pushfstring(lua, "queue '%s'", checked_queue(lua));
    return 1;
}

static const luaL_Reg methods[] = {
    {"put", queue_put},
    {"get", queue_get},
    {"each", queue_each},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__len", queue_length},
    {"__tostring", queue_text},
    {NULL, NULL},
};

void queue_push_constructor(lua_State *lua)
{
    luaL_newmetatable(lua, QUEUE_TYPE);
    luaL_setfuncs(lua, metamethods, 0);
    luaL_newlib(lua, methods);
    lua_setfield(lua, -2, "__index");
    lua_pop(lua, 1);
    lua_pushcfunction(lua, queue_open);
}
