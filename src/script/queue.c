/* parrun.queue(name): one end of a queue, for a producer and a consumer alike. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "script/state.h"

/* The metatable's name; the object is a userdata that holds the queue's name. */
#define QUEUE_TYPE "parrun.queue"

/* A message is put off for no longer, in seconds. */
#define DELAY_MOST (366.0 * 24 * 3600)

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

/* The number that stands under KEY in the options at index 3, or nothing. */
static bool option_number(lua_State *lua, const char *key, double *number)
{
    int type = lua_getfield(lua, 3, key);
    if (type == LUA_TNIL) {
        lua_pop(lua, 1);
        return false;
    }
    int right;
    *number = lua_tonumberx(lua, -1, &right);
    lua_pop(lua, 1);
    if (!right || type != LUA_TNUMBER)
        luaL_error(lua, "queue:put: '%s' is a number", key);
    return true;
}

/* A key that is none would be a wish that nobody hears. */
static void check_options(lua_State *lua)
{
    static const char *const keys[] = {"timeout", "delay", "priority"};
    lua_pushnil(lua);
    while (lua_next(lua, 3)) {
        bool known = false;
        for (size_t i = 0; i < countof(keys) && lua_type(lua, -2) == LUA_TSTRING; i++)
            known = known || !strcmp(lua_tostring(lua, -2), keys[i]);
        if (!known)
            luaL_error(lua, "queue:put: options are timeout, delay and priority, not '%s'",
                       luaL_tolstring(lua, -2, NULL));
        lua_pop(lua, 1);
    }
}

static struct script_put put_options(lua_State *lua)
{
    struct script_put options = {.timeout = -1};
    double priority = 0;
    if (!lua_istable(lua, 3)) {
        options.timeout = argument_timeout(lua, 3);
        return options;
    }
    check_options(lua);
    if (option_number(lua, "timeout", &options.timeout)) {
        luaL_argcheck(lua, options.timeout >= 0, 3, "timeout cannot be negative");
        options.timeout = isinf(options.timeout) ? -1 : options.timeout;
    }
    if (option_number(lua, "delay", &options.delay))
        luaL_argcheck(lua, options.delay >= 0 && options.delay <= DELAY_MOST, 3,
                      "delay is 0 to a year, in seconds");
    if (option_number(lua, "priority", &priority))
        luaL_argcheck(lua, priority >= 0 && priority <= SCRIPT_PRIORITY_MOST && floor(priority) >= priority, 3,
                      "priority is a whole number from 0 to 9");
    options.priority = (int)priority;
    return options;
}

static int queue_put(lua_State *lua)
{
    struct script *script = script_of(lua);
    const char *name = checked_queue(lua);
    struct script_put options = put_options(lua);
    luaL_argcheck(lua, !lua_isnoneornil(lua, 2), 2, "nil cannot be put into a queue");
    if (!script->host->put)
        return host_missing(lua, "queue:put");
    convert_input(lua, 2, "queue:put", "put into a queue");
    int code = script->host->put(script->host_arg, name, buf_string(&script->input),
                                 script->input.length, &options, &script->error);
    buf_clear(&script->input);
    buf_trim(&script->input);
    if (code < 0)
        return host_failed(lua, code, "queue:put");
    lua_pushboolean(lua, code);
    return 1;
}

/* Pushes a message and returns GET_VALUE, or returns one of the others. */
static int receive(lua_State *lua, const char *name, double timeout, bool keep,
                   const char *function)
{
    struct script *script = script_of(lua);
    if (!script->host->get)
        host_missing(lua, function);
    buf_clear(&script->output);
    int code = script->host->get(script->host_arg, name, timeout, keep, &script->output,
                                 &script->error);
    if (code < 0)
        host_failed(lua, code, function);
    if (code == GET_VALUE)
        convert_push(lua, buf_string(&script->output), script->output.length);
    return code;
}

static int queue_get(lua_State *lua)
{
    const char *name = checked_queue(lua);
    int code = receive(lua, name, argument_timeout(lua, 2), false, "queue:get");
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
    if (receive(lua, name, -1, true, "queue:each") != GET_VALUE)
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
