/* parrun.run: a command, run and waited for. */
#include <string.h>

#include "script/state.h"

#define SHELL "/bin/sh"

static const char *checked_argument(lua_State *lua, int index, int number)
{
    size_t length;
    const char *text = lua_isstring(lua, index) ? convert_text(lua, index, &length) : NULL;
    if (!text)
        luaL_error(lua, "parrun.run: argument %d is a %s, not a string", number,
                   luaL_typename(lua, index));
    else if (memchr(text, '\0', length))
        luaL_error(lua, "parrun.run: argument %d holds a NUL byte", number);
    return text;
}

/* The arguments of the table at 1; they stay on the stack, so that they live as long as the call.
 */
static const char **list_arguments(lua_State *lua)
{
    lua_Unsigned count = lua_rawlen(lua, 1);
    luaL_argcheck(lua, count > 0, 1, "a program is missing");
    luaL_argcheck(lua, count < 100000, 1, "too many arguments");
    luaL_checkstack(lua, 2 * (int)count + 4, "too many arguments to parrun.run");
    const char **argv = lua_newuserdatauv(lua, (size_t)(count + 1) * sizeof(*argv), 0);
    for (int i = 0; i < (int)count; i++) {
        lua_rawgeti(lua, 1, i + 1);
        argv[i] = checked_argument(lua, lua_gettop(lua), i + 1);
    }
    argv[count] = NULL;
    return argv;
}

static const char **shell_arguments(lua_State *lua)
{
    const char **argv = lua_newuserdatauv(lua, 4 * sizeof(*argv), 0);
    argv[0] = SHELL;
    argv[1] = "-c";
    argv[2] = checked_argument(lua, 1, 1);
    argv[3] = NULL;
    return argv;
}

static void push_result(lua_State *lua, const struct script_result *result)
{
    lua_createtable(lua, 0, 4);
    lua_pushinteger(lua, result->signal ? result->signal : result->code);
    lua_setfield(lua, -2, result->signal ? "signal" : "code");
    lua_pushlstring(lua, buf_string(&result->out), result->out.length);
    lua_setfield(lua, -2, "out");
    lua_pushlstring(lua, buf_string(&result->err), result->err.length);
    lua_setfield(lua, -2, "err");
}

int command_run(lua_State *lua)
{
    struct script *script = script_of(lua);
    struct script_result *result = &script->result;
    bool list = lua_type(lua, 1) == LUA_TTABLE;
    if (!list)
        luaL_checkstring(lua, 1);
    lua_settop(lua, 1);
    if (!script->host->run)
        return host_missing(lua, "parrun.run");
    struct script_command command = {list ? list_arguments(lua) : shell_arguments(lua)};
    buf_release(&result->out);
    buf_release(&result->err);
    *result = (struct script_result){0};
    int code = script->host->run(script->host_arg, &command, result, &script->error);
    if (code)
        return host_failed(lua, code, "parrun.run");
    push_result(lua, result);
    buf_release(&result->out);
    buf_release(&result->err);
    return 1;
}
