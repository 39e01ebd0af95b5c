/* The module parrun: what a body has of the program that runs it. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/unit.h"
#include "script/state.h"

int host_failed(lua_State *lua, int code, const char *function)
{
    struct script *script = script_of(lua);
    if (code == ERROR_STOPPED)
        return hook_end(lua, code, "the run is being stopped", 1);
    if (code == ERROR_TIMEOUT)
        return hook_end(lua, code, "the time limit passed", 1);
    return luaL_error(lua, "%s: %s", function, script->error.text ? script->error.text : "failed");
}

int host_missing(lua_State *lua, const char *function)
{
    return luaL_error(lua, "%s is not available here", function);
}

double argument_timeout(lua_State *lua, int index)
{
    if (lua_isnoneornil(lua, index))
        return -1;
    double seconds = luaL_checknumber(lua, index);
    luaL_argcheck(lua, seconds >= 0, index, "seconds cannot be negative");
    return isinf(seconds) ? -1 : seconds;
}

static int module_sleep(lua_State *lua)
{
    struct script *script = script_of(lua);
    double seconds = luaL_checknumber(lua, 1);
    luaL_argcheck(lua, seconds >= 0, 1, "seconds cannot be negative");
    if (!script->host->sleep)
        return host_missing(lua, "parrun.sleep");
    int code = script->host->sleep(script->host_arg, seconds, &script->error);
    return code ? host_failed(lua, code, "parrun.sleep") : 0;
}

static int module_now(lua_State *lua)
{
    lua_pushnumber(lua, (double)clock_machine() / (double)NS_PER_S);
    return 1;
}

static int module_pid(lua_State *lua)
{
    lua_pushinteger(lua, script_of(lua)->pid);
    return 1;
}

static int module_log(lua_State *lua)
{
    struct script *script = script_of(lua);
    int count = lua_gettop(lua);
    if (!script->host->log)
        return host_missing(lua, "parrun.log");
    luaL_checkany(lua, 1);
    luaL_checkstack(lua, 2 * count + 2, "too many arguments to parrun.log");
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            lua_pushliteral(lua, " ");
        convert_text(lua, i, NULL);
    }
    lua_concat(lua, 2 * count - 1);
    size_t left;
    const char *line = lua_tolstring(lua, -1, &left);
    for (const char *end; line; line = end ? end + 1 : NULL) {
        end = memchr(line, '\n', left);
        size_t length = end ? (size_t)(end - line) : left;
        left -= end ? length + 1 : length;
        int code = script->host->log(script->host_arg, line, length, &script->error);
        if (code)
            return host_failed(lua, code, "parrun.log");
        if (end && !left)
            break;
    }
    return 0;
}

/* emit(item): in a chunk that makes the tasks of a pool. */
static int emit(lua_State *lua)
{
    struct script *script = script_of(lua);
    luaL_checkany(lua, 1);
    convert_input(lua, 1, "emit", "a task's item");
    int code = script->host->emit(script->host_arg, buf_string(&script->input),
                                  script->input.length, &script->error);
    return code ? host_failed(lua, code, "emit") : 0;
}

/* parrun.item and its like are the globals of the task. */
static int module_index(lua_State *lua)
{
    for (int i = 0; i < TASK_NAME_COUNT; i++) {
        lua_pushstring(lua, task_names[i]);
        if (lua_rawequal(lua, 2, -1)) {
            lua_rawget(lua, lua_upvalueindex(1));
            return 1;
        }
    }
    lua_pushnil(lua);
    return 1;
}

static const luaL_Reg functions[] = {
    {"sleep", module_sleep}, {"now", module_now},  {"pid", module_pid},
    {"log", module_log},     {"run", command_run}, {NULL, NULL},
};

void module_push(lua_State *lua, const char *name)
{
    struct script *script = script_of(lua);
    lua_newtable(lua);
    luaL_setfuncs(lua, functions, 0);
    lua_pushstring(lua, name);
    lua_setfield(lua, -2, "name");
    lua_pushvalue(lua, SLOT_VARS);
    lua_setfield(lua, -2, "vars");
    queue_push_constructor(lua);
    lua_setfield(lua, -2, "queue");
    shared_table_push(lua);
    lua_setfield(lua, -2, "shared");
    json_table_push(lua);
    lua_setfield(lua, -2, "json");
    csv_table_push(lua);
    lua_setfield(lua, -2, "csv");
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, SLOT_GLOBALS);
    lua_pushcclosure(lua, module_index, 1);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    if (script->host->emit) {
        lua_pushcfunction(lua, emit);
        lua_setfield(lua, SLOT_GLOBALS, "emit");
    }
}
