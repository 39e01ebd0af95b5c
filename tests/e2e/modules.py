"""Modules of Lua that are written in C: they find the functions of Lua in the program itself."""
import subprocess

from harness.parrun import Directory, check_nothing_left, check_status, complete

SOURCE = r"""
#include <lauxlib.h>
#include <lua.h>

static int twice(lua_State *lua)
{
    luaL_Buffer buffer;
    size_t length;
    const char *text = luaL_checklstring(lua, 1, &length);
    luaL_buffinit(lua, &buffer);
    luaL_addlstring(&buffer, text, length);
    luaL_addlstring(&buffer, text, length);
    luaL_pushresult(&buffer);
    return 1;
}

int luaopen_doubled(lua_State *lua)
{
    static const luaL_Reg functions[] = {{"twice", twice}, {0, 0}};
    luaL_newlib(lua, functions);
    return 1;
}
"""


def test_a_module_in_c():
    directory = Directory()
    source = directory.file("doubled.c", SOURCE)
    flags = subprocess.run(["pkg-config", "--cflags", "lua5.4"], check=True, capture_output=True, text=True).stdout.split()
    subprocess.run(["gcc", "-shared", "-fPIC", *flags, "-o", directory.path / "doubled.so", source], check=True)
    body = 'package.cpath = "./?.so" print(require("doubled").twice("abc"))'
    status, out, err = complete(f"""
        processes: {{p: {{lua: '{body}'}}}}
        pools: {{q: {{tasks: 1, lua: '{body}'}}}}
        threads: {{t: {{lua: '{body}'}}}}
    """, directory=directory)
    check_status(status, 0, out + err)
    assert out.count(b"abcabc") == 3, out
    check_nothing_left()
