/*
 * What a body writes: print, io.write and io.stdout:write through host->output.
 *
 * Files that a body opens, and another default output that it sets, stay Lua's own.
 */
#include <stdio.h>

#include "script/state.h"

/* Upvalues of the functions below: Lua's own function, and the file that is io.stdout. */
enum { UP_ORIGINAL = 1, UP_STDOUT, UP_DEFAULT };

static void put_out(lua_State *lua, struct script *script, const char *function)
{
    int code = script->host->output(script->host_arg, buf_string(&script->input),
                                    script->input.length, &script->error);
    if (code)
        host_failed(lua, code, function);
}

static int print(lua_State *lua)
{
    struct script *script = script_of(lua);
    int count = lua_gettop(lua);
    luaL_checkstack(lua, count, "too many arguments to print");
    for (int i = 1; i <= count; i++)
        convert_text(lua, i, NULL);
    buf_clear(&script->input);
    for (int i = 1; i <= count; i++) {
        size_t length;
        const char *text = lua_tolstring(lua, count + i, &length);
        if (i > 1)
            buf_char(&script->input, '\t');
        buf_append(&script->input, text, length);
    }
    buf_char(&script->input, '\n');
    put_out(lua, script, "print");
    return 0;
}

/* Puts out the arguments from FIRST on: strings and numbers, as file:write takes them. */
static void write_arguments(lua_State *lua, int first, const char *function)
{
    struct script *script = script_of(lua);
    int last = lua_gettop(lua);
    for (int i = first; i <= last; i++)
        if (!lua_isstring(lua, i)) /* a number stays one, for all of its digits */
            luaL_checkstring(lua, i);
    buf_clear(&script->input);
    for (int i = first; i <= last; i++) {
        size_t length;
        const char *text = convert_text(lua, i, &length);
        buf_append(&script->input, text, length);
        lua_pop(lua, 1);
    }
    if (script->input.length)
        put_out(lua, script, function);
    lua_pushvalue(lua, lua_upvalueindex(UP_STDOUT));
}

static int call_original(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(UP_ORIGINAL));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

static int file_write(lua_State *lua)
{
    if (!lua_rawequal(lua, 1, lua_upvalueindex(UP_STDOUT)))
        return call_original(lua);
    write_arguments(lua, 2, "io.stdout:write");
    return 1;
}

static int default_write(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(UP_DEFAULT));
    lua_call(lua, 0, 1);
    bool elsewhere = !lua_rawequal(lua, -1, lua_upvalueindex(UP_STDOUT));
    lua_pop(lua, 1);
    if (elsewhere)
        return call_original(lua);
    write_arguments(lua, 1, "io.write");
    return 1;
}

/* The table at OWNER gets FUNCTION in place of "write"; io is on top of the stack. */
static void replace_write(lua_State *lua, int owner, lua_CFunction function)
{
    int io = lua_gettop(lua);
    lua_getfield(lua, owner, "write");
    lua_getfield(lua, io, "stdout");
    lua_getfield(lua, io, "output");
    lua_pushcclosure(lua, function, 3);
    lua_setfield(lua, owner, "write");
}

void output_install(lua_State *lua)
{
    if (!script_of(lua)->host->output) {
        setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen when it is written, also in a pipe */
        return;
    }
    lua_pushcfunction(lua, print);
    lua_setfield(lua, SLOT_GLOBALS, "print");
    luaL_getmetatable(lua, LUA_FILEHANDLE);
    lua_getfield(lua, -1, "__index");
    int methods = lua_gettop(lua);
    lua_getfield(lua, SLOT_GLOBALS, "io");
    replace_write(lua, methods, file_write);
    replace_write(lua, lua_gettop(lua), default_write);
    lua_settop(lua, SLOT_LAST);
}
