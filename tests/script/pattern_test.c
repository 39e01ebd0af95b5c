/*
 * Patterns: as Lua's own functions have them, tried side by side on whatever chance makes; and what would go on for
 * ever is ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "script/state.h"

/* All results of each function, or that it fails, as one text; % ends nothing early as texts are short. */
static const char compare[] =
    "local subject, pattern, replacement, init = ...\n"
    "local out = {}\n"
    "local function note(...)\n"
    "  local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = math.type(t[i]) == 'integer' and '#' .. t[i] or tostring(t[i]) end\n"
    "  out[#out + 1] = t[1] == 'false' and 'fails' or table.concat(t, '|')\n"
    "end\n"
    "note(pcall(string.find, subject, pattern, init))\n"
    "note(pcall(string.match, subject, pattern, init))\n"
    "note(pcall(string.gsub, subject, pattern, replacement))\n"
    "note(pcall(string.gsub, subject, pattern, { a = 'x', ab = false, b = 7 }, init))\n"
    "note(pcall(string.gsub, subject, pattern, function(...) return select('#', ...) > 1 and '(' end))\n"
    "note(pcall(function() for a, b in string.gmatch(subject, pattern, init) do note(true, a, b) end end))\n"
    "return table.concat(out, '\\n')\n";

struct sides {
    lua_State *own;
    struct script *script;
    lua_State *tried;
};

static int set_up(void **state)
{
    struct script_options options = {.name = "test"};
    struct sides *sides = mem_calloc(1, sizeof(*sides));
    sides->own = luaL_newstate();
    luaL_openlibs(sides->own);
    sides->script = script_new(&options);
    sides->tried = sides->script->lua;
    *state = sides;
    return luaL_loadstring(sides->own, compare) || luaL_loadstring(sides->tried, compare);
}

static int tear_down(void **state)
{
    struct sides *sides = *state;
    lua_close(sides->own);
    script_free(sides->script);
    free(sides);
    return 0;
}

struct config_texts {
    char subject[24], pattern[24], replacement[8];
    size_t lengths[3];
    int init;
};

/* The function on top of the stack, called with the texts; its result stays there. */
static const char *call(lua_State *lua, const struct config_texts *texts, size_t *length)
{
    lua_pushvalue(lua, -1);
    lua_pushlstring(lua, texts->subject, texts->lengths[0]);
    lua_pushlstring(lua, texts->pattern, texts->lengths[1]);
    lua_pushlstring(lua, texts->replacement, texts->lengths[2]);
    lua_pushinteger(lua, texts->init);
    assert_int_equal(lua_pcall(lua, 4, 1, 0), LUA_OK);
    return lua_tolstring(lua, -1, length);
}

static void check(struct sides *sides, const struct config_texts *texts)
{
    size_t one, two;
    const char *want = call(sides->own, texts, &one);
    const char *got = call(sides->tried, texts, &two);
    if (one != two || memcmp(want, got, one) != 0)
        fail_msg("subject '%.*s' pattern '%.*s' replacement '%.*s' init %d:\n%s\nand not\n%s",
                 (int)texts->lengths[0], texts->subject, (int)texts->lengths[1], texts->pattern,
                 (int)texts->lengths[2], texts->replacement, texts->init, got, want);
    lua_pop(sides->own, 1);
    lua_pop(sides->tried, 1);
}

static size_t draw(char *text, size_t most, const char *const *parts, size_t count)
{
    size_t length = 0;
    for (;;) {
        const char *part = parts[(size_t)rand() % count];
        size_t size = *part ? strlen(part) : 1; /* "" is a NUL */
        if (rand() % 7 == 0 || length + size > most)
            return length;
        memcpy(text + length, part, size);
        length += size;
    }
}

static void test_chance_finds_no_difference(void **state)
{
    static const char *const letters[] = {"a", "b", "ab", "a", "b", "1", " ", "(", ")", "%", "-", "", "\xff", "^", "]", "A"};
    static const char *const parts[] = {"a",   "b",   ".",   "%a",  "%d",   "%S",     "%w",  "[ab]", "[^a]", "[a-c1]", "[%a-]",
                                        "[]]", "*",   "+",   "-",   "?",    "*",      "?",   "(",    ")",    "()",     "^",
                                        "$",   "%b()", "%bab", "%f[a]", "%f[%W]", "%1", "%2", "%%",   "",     "[",      "%",
                                        "]",   "%bb", "\xff", "%z", "(a*", ".-)",   "[^]", "[a-"};
    static const char *const replacements[] = {"%0", "%1", "%2", "x", "%%", "%", "%a", ""};
    srand(1);
    for (int i = 0; i < 20000; i++) {
        struct config_texts texts = {.init = rand() % 12 - 4};
        texts.lengths[0] = draw(texts.subject, sizeof(texts.subject), letters, countof(letters));
        texts.lengths[1] = draw(texts.pattern, sizeof(texts.pattern), parts, countof(parts));
        texts.lengths[2] = draw(texts.replacement, sizeof(texts.replacement), replacements, countof(replacements));
        check(*state, &texts);
    }
}

static void check_chunk(struct sides *sides, const char *chunk)
{
    assert_int_equal(luaL_dostring(sides->own, chunk), LUA_OK);
    assert_int_equal(luaL_dostring(sides->tried, chunk), LUA_OK);
    assert_string_equal(lua_tostring(sides->tried, -1), lua_tostring(sides->own, -1));
    lua_pop(sides->own, 1);
    lua_pop(sides->tried, 1);
}

static void test_limits_of_patterns_are_the_same(void **state)
{
    static const char *const chunks[] = {
        "return tostring(pcall(string.find, 'a', string.rep('()', 32)))",
        "return tostring(pcall(string.find, 'a', string.rep('()', 33)))",
        "return tostring(pcall(string.find, string.rep('a', 300), string.rep('a?', 300)))",
        "return tostring(pcall(string.find, string.rep('a', 150), string.rep('a?', 150)))",
        "return tostring(pcall(string.find, string.rep('a', 9999), '.-b'))",
        "return (string.gsub('hello world', '%w+', '%0 %0', 1))",
        "return (string.gsub('abc', '%w', '%%%0'))",
        "return (string.gsub(12345, 3, 4.5))",
        "return tostring(pcall(string.gsub, 'a', 'a', true))",
        "return select(2, pcall(string.gsub, 'a', 'a', function() return {} end))",
        "return tostring(string.find('a\\0b', '\\0'))",
        "return tostring(string.find('abc', 'b', -1)) .. tostring(string.find('abc', '', 10))",
        "return tostring(string.find('a.c', '.', 2, true))",
        "return tostring(string.find('abc', 'b', math.mininteger)) .. tostring(string.find('abc', 'c', -2))",
    };
    for (size_t i = 0; i < countof(chunks); i++)
        check_chunk(*state, chunks[i]);
}

/* Each would take longer than there is time. */
static void test_what_never_ends_is_ended(void **state)
{
    static const char *const expressions[] = {
        "string.find(string.rep('a', 40), string.rep('a?', 40) .. string.rep('a', 40))",
        "string.match(string.rep('a', 4000), '.-.-.-.-b')",
        "string.gsub(string.rep('a', 4000), '.-.-.-.-b', '')",
        "string.gmatch(string.rep('a', 4000), '.-.-.-.-b')()",
        "string.find(string.rep('(', 400000), '%b()')",
        "(string.rep(' ', 400000) .. 'x '):match('^(.-)%s*x$')",
        "string.find(string.rep('a', 100000), '[' .. string.rep('b', 100000) .. ']')",
        "string.find(string.rep('a', 4000), '(.-)(.-)(.-)%1%2%3b')",
    };
    (void)state;
    struct value vars = {.type = VALUE_TABLE};
    for (size_t i = 0; i < countof(expressions); i++) {
        struct script *script = script_new_expressions("test", &vars);
        struct error error = {0};
        lua_State *lua = script->lua;
        lua_pushfstring(lua, "return %s", expressions[i]);
        assert_int_equal(luaL_loadstring(lua, lua_tostring(lua, -1)), LUA_OK);
        lua_remove(lua, -2);
        assert_int_equal(script_run(script, &error), ERROR_FAILED);
        assert_non_null(strstr(error.text, "it takes too many instructions"));
        error_release(&error);
        script_free(script);
    }
}

/* What is linear is no matter, however long the text. */
static void test_long_texts_are_within_the_budget(void **state)
{
    struct value vars = {.type = VALUE_TABLE};
    struct script *script = script_new_expressions("test", &vars);
    struct error error = {0};
    (void)state;
    assert_int_equal(luaL_loadstring(script->lua, "return (string.rep('ab ', 500000):gsub('%s+', '')):find('c', 1)"), LUA_OK);
    if (script_run(script, &error))
        fail_msg("%s", error.text);
    script_free(script);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_chance_finds_no_difference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits_of_patterns_are_the_same, set_up, tear_down),
        cmocka_unit_test(test_what_never_ends_is_ended),
        cmocka_unit_test(test_long_texts_are_within_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
