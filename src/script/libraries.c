/* Which of Lua's libraries a body gets, and what is taken away from them. */
#include <string.h>

#include "base/mem.h"
#include "script/state.h"

static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base},          {LUA_LOADLIBNAME, luaopen_package},
    {LUA_COLIBNAME, luaopen_coroutine}, {LUA_TABLIBNAME, luaopen_table},
    {LUA_STRLIBNAME, luaopen_string},   {LUA_MATHLIBNAME, luaopen_math},
    {LUA_UTF8LIBNAME, luaopen_utf8},    {LUA_IOLIBNAME, luaopen_io},
    {LUA_OSLIBNAME, luaopen_os},        {LUA_DBLIBNAME, luaopen_debug},
};

/* What a body must not have; with a reason, calling it is an error that gives the reason. */
static const struct removed {
    const char *library;
    const char *name;
    const char *reason;
} removed[] = {
    {"os", "exit", "a body ends by returning, and fails by calling error()"},
    {"os", "execute", "use parrun.run, which ends with the body"},
    {"io", "popen", "use parrun.run, which ends with the body"},
    {"string", "dump", NULL},
    {"package", "loadlib", NULL},
};

static int explain_removed(lua_State *lua)
{
    return luaL_error(lua, "%s is not available: %s", lua_tostring(lua, lua_upvalueindex(1)),
                      lua_tostring(lua, lua_upvalueindex(2)));
}

static void remove_functions(lua_State *lua)
{
    for (size_t i = 0; i < countof(removed); i++) {
        const struct removed *row = &removed[i];
        lua_getfield(lua, SLOT_GLOBALS, row->library);
        if (row->reason) {
            lua_pushfstring(lua, "%s.%s", row->library, row->name);
            lua_pushstring(lua, row->reason);
            lua_pushcclosure(lua, explain_removed, 2);
        } else {
            lua_pushnil(lua);
        }
        lua_setfield(lua, -2, row->name);
        lua_pop(lua, 1);
    }
}

/* Of debug only traceback stays: sethook would switch the limits off. */
static void trim_debug(lua_State *lua)
{
    lua_newtable(lua);
    lua_getfield(lua, SLOT_GLOBALS, "debug");
    lua_getfield(lua, -1, "traceback");
    lua_setfield(lua, -3, "traceback");
    lua_pop(lua, 1);
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(lua, -2);
    lua_setfield(lua, -2, "debug");
    lua_pop(lua, 1);
    lua_setfield(lua, SLOT_GLOBALS, "debug");
}

/* os.getenv over the table env, its upvalue. */
static int get_environment(lua_State *lua)
{
    luaL_checkstring(lua, 1);
    lua_settop(lua, 1);
    lua_rawget(lua, lua_upvalueindex(1));
    return 1;
}

static void replace_getenv(lua_State *lua)
{
    lua_getfield(lua, SLOT_GLOBALS, "os");
    lua_getfield(lua, SLOT_GLOBALS, "env");
    lua_pushcclosure(lua, get_environment, 1);
    lua_setfield(lua, -2, "getenv");
    lua_pop(lua, 1);
}

/* require looks beside the scenario first; a path with ; or ? in it cannot be told to Lua. */
static void extend_path(lua_State *lua, const char *directory)
{
    if (!directory || strpbrk(directory, ";?"))
        return;
    lua_getfield(lua, SLOT_GLOBALS, "package");
    lua_getfield(lua, -1, "path");
    lua_pushfstring(lua, "%s/?.lua;%s/?/init.lua;%s", directory, directory, lua_tostring(lua, -1));
    lua_setfield(lua, -3, "path");
    lua_pop(lua, 2);
}

static void push_environment(lua_State *lua, const char *const *environment)
{
    lua_newtable(lua);
    for (; environment && *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (!equals)
            continue;
        lua_pushlstring(lua, *environment, (size_t)(equals - *environment));
        lua_pushstring(lua, equals + 1);
        lua_rawset(lua, -3);
    }
}

void libraries_open(lua_State *lua, const struct script_options *options)
{
    extern char **environ;
    const char *const *environment = options->environment;
    if (!environment)
        environment = (const char *const *)environ;
    if (options->pure)
        pure_install(lua);
    push_environment(lua, environment);
    lua_setfield(lua, SLOT_GLOBALS, "env");
    if (options->pure)
        return;
    for (size_t i = 0; i < countof(libraries); i++) {
        luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
        lua_pop(lua, 1);
    }
    remove_functions(lua);
    trim_debug(lua);
    if (options->environment)
        replace_getenv(lua);
    extend_path(lua, options->directory);
    protect_install(lua);
    bound_install(lua);
    output_install(lua);
    module_push(lua, options->name);
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(lua, -2);
    lua_setfield(lua, -2, "parrun");
    lua_pop(lua, 1);
    lua_setfield(lua, SLOT_GLOBALS, "parrun");
}
