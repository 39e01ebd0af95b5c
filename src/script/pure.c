/*
 * The globals of a state for expressions. Nothing here reads or changes anything outside, and
 * nothing in it changes vars or item: a template gives the same text whoever renders it.
 */
#include "script/pure.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "script/state.h"

/* The part of PATH behind the last slash; slashes at the end do not count. */
static const char *last_part(const char *path, size_t *length)
{
    while (*length > 1 && path[*length - 1] == '/')
        --*length;
    const char *slash = *length > 1 ? memrchr(path, '/', *length) : NULL;
    const char *part = slash ? slash + 1 : path;
    *length -= (size_t)(part - path);
    return part;
}

/* Where the ending of a file's name begins: the last dot, if it is not the first character. */
static size_t ending_at(const char *name, size_t length)
{
    const char *dot = memrchr(name, '.', length);
    return dot && dot != name ? (size_t)(dot - name) : length;
}

static int pure_basename(lua_State *lua)
{
    size_t length;
    const char *part = luaL_checklstring(lua, 1, &length);
    part = last_part(part, &length);
    lua_pushlstring(lua, part, length);
    return 1;
}

static int pure_dirname(lua_State *lua)
{
    size_t length, rest;
    const char *path = luaL_checklstring(lua, 1, &length);
    rest = length;
    rest = (size_t)(last_part(path, &rest) - path);
    while (rest > 1 && path[rest - 1] == '/')
        rest--;
    if (rest)
        lua_pushlstring(lua, path, rest);
    else
        lua_pushstring(lua, length && path[0] == '/' ? "/" : ".");
    return 1;
}

static int pure_stem(lua_State *lua)
{
    size_t length;
    const char *part = luaL_checklstring(lua, 1, &length);
    part = last_part(part, &length);
    lua_pushlstring(lua, part, ending_at(part, length));
    return 1;
}

static int pure_ext(lua_State *lua)
{
    size_t length;
    const char *part = luaL_checklstring(lua, 1, &length);
    part = last_part(part, &length);
    size_t at = ending_at(part, length);
    lua_pushlstring(lua, part + at, length - at);
    return 1;
}

/* The whole path but the ending: "a/b.tar.gz" -> "a/b.tar". */
static int pure_noext(lua_State *lua)
{
    size_t length, part_length;
    const char *path = luaL_checklstring(lua, 1, &length);
    part_length = length;
    const char *part = last_part(path, &part_length);
    size_t end = ending_at(part, part_length);
    lua_pushlstring(lua, path, (size_t)(part - path) + (end < part_length ? end : part_length));
    return 1;
}

static int pure_join(lua_State *lua)
{
    size_t length;
    luaL_checktype(lua, 1, LUA_TTABLE);
    const char *separator = luaL_optlstring(lua, 2, " ", &length);
    lua_Unsigned count = lua_rawlen(lua, 1);
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    for (lua_Unsigned i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addlstring(&out, separator, length);
        lua_rawgeti(lua, 1, (lua_Integer)i);
        convert_text(lua, -1, NULL);
        lua_remove(lua, -2);
        luaL_addvalue(&out);
    }
    luaL_pushresult(&out);
    return 1;
}

/* The parts of a text between separators, as a list; of an empty text it is empty. */
static int pure_split(lua_State *lua)
{
    size_t length, width;
    const char *text = luaL_checklstring(lua, 1, &length);
    const char *separator = luaL_checklstring(lua, 2, &width);
    luaL_argcheck(lua, width, 2, "an empty separator");
    lua_newtable(lua);
    const char *end = length ? text : NULL;
    for (lua_Integer number = 1; end; number++) {
        end = memmem(text, length, separator, width);
        size_t part = end ? (size_t)(end - text) : length;
        lua_pushlstring(lua, text, part);
        lua_rawseti(lua, -2, number);
        text += part + (end ? width : 0);
        length -= end ? part + width : 0;
    }
    return 1;
}

static int pure_trim(lua_State *lua)
{
    size_t length;
    const char *text = luaL_checklstring(lua, 1, &length);
    for (; length && isspace((unsigned char)*text); text++)
        length--;
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    lua_pushlstring(lua, text, length);
    return 1;
}

/* raw(x) is x: what it means for a shell template is decided where the template is parsed. */
static int pure_raw(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_settop(lua, 1);
    return 1;
}

/* A name; its function, or NULL for one that comes from Lua's own LIBRARY ("" is the base). */
static const struct pure {
    const char *name;
    lua_CFunction function;
    const char *library;
    const char *original; /* the name there; NULL: the library itself */
} pure[] = {
    {"basename", pure_basename, NULL, NULL},
    {"dirname", pure_dirname, NULL, NULL},
    {"stem", pure_stem, NULL, NULL},
    {"ext", pure_ext, NULL, NULL},
    {"noext", pure_noext, NULL, NULL},
    {"join", pure_join, NULL, NULL},
    {"split", pure_split, NULL, NULL},
    {"upper", NULL, "string", "upper"},
    {"lower", NULL, "string", "lower"},
    {"trim", pure_trim, NULL, NULL},
    {"raw", pure_raw, NULL, NULL},
    {"string", NULL, "string", NULL},
    {"math", NULL, "math", NULL},
    {"table", NULL, "table", NULL},
    {"utf8", NULL, "utf8", NULL},
    {"tostring", NULL, LUA_GNAME, "tostring"},
    {"tonumber", NULL, LUA_GNAME, "tonumber"},
    {"type", NULL, LUA_GNAME, "type"},
    {"pairs", NULL, LUA_GNAME, "pairs"},
    {"ipairs", NULL, LUA_GNAME, "ipairs"},
    {"select", NULL, LUA_GNAME, "select"},
    {"next", NULL, LUA_GNAME, "next"},
};

static const luaL_Reg sources[] = {
    {LUA_GNAME, luaopen_base},       {LUA_STRLIBNAME, luaopen_string},
    {LUA_MATHLIBNAME, luaopen_math}, {LUA_TABLIBNAME, luaopen_table},
    {LUA_UTF8LIBNAME, luaopen_utf8},
};

/* Functions of these libraries that change a table, or make results differ from time to time. */
static const char *const impure[][2] = {
    {"string", "dump"}, {"table", "insert"}, {"table", "remove"},    {"table", "sort"},
    {"table", "move"},  {"math", "random"},  {"math", "randomseed"},
};

const char *pure_name(size_t index)
{
    return index < countof(pure) ? pure[index].name : NULL;
}

/* Opens the libraries into the table "loaded" of the registry, takes away what is not pure. */
static void open_sources(lua_State *lua)
{
    for (size_t i = 0; i < countof(sources); i++) {
        luaL_requiref(lua, sources[i].name, sources[i].func, 1);
        lua_pop(lua, 1);
    }
    bound_install(lua);
    for (size_t i = 0; i < countof(impure); i++) {
        lua_getfield(lua, SLOT_GLOBALS, impure[i][0]);
        lua_pushnil(lua);
        lua_setfield(lua, -2, impure[i][1]);
        lua_pop(lua, 1);
    }
}

void pure_install(lua_State *lua)
{
    open_sources(lua);
    lua_newtable(lua);
    for (size_t i = 0; i < countof(pure); i++) {
        if (pure[i].function) {
            lua_pushcfunction(lua, pure[i].function);
        } else {
            lua_getfield(lua, SLOT_GLOBALS, pure[i].library);
            if (pure[i].original) {
                lua_getfield(lua, -1, pure[i].original);
                lua_remove(lua, -2);
            }
        }
        lua_setfield(lua, -2, pure[i].name);
    }
    lua_pushnil(lua);
    while (lua_next(lua, SLOT_GLOBALS)) { /* all that the libraries brought goes */
        lua_pop(lua, 1);
        lua_pushvalue(lua, -1);
        lua_pushnil(lua);
        lua_rawset(lua, SLOT_GLOBALS);
    }
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_rawset(lua, SLOT_GLOBALS);
    }
    lua_pop(lua, 1);
}
