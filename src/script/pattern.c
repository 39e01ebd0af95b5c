/*
 * string.find, match, gmatch and gsub, as Lua has them but with every step counted: a pattern that would go on for
 * ever is ended by what ends a loop.
 */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "script/state.h"

#define ESCAPE '%'
#define CAPTURES_MOST 32
#define DEPTH_MOST 200 /* of a pattern's parts that wait for what is behind them */

/* Steps between two looks at the limits, and how many take as long as an instruction of Lua. */
#define STEP_PIECE 16000
#define STEPS_AN_INSTRUCTION 16

/* What a capture's length is while it is no length. */
enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct capture {
    const char *start;
    ptrdiff_t length;
};

/* A subject and a pattern while they are compared. */
struct matching {
    lua_State *lua;
    const char *start; /* of the subject */
    const char *end;
    const char *pattern_end;
    int steps; /* until the limits are looked at */
    int depth;
    int count; /* of captures */
    struct capture captures[CAPTURES_MOST];
};

static const char *match(struct matching *m, const char *at, const char *pattern);

static void spend(struct matching *m, ptrdiff_t steps)
{
    if (steps < m->steps) {
        m->steps -= (int)steps;
        return;
    }
    hook_spend(m->lua, (STEP_PIECE - m->steps + (int64_t)steps) / STEPS_AN_INSTRUCTION);
    m->steps = STEP_PIECE;
}

/* Behind the [ ] whose '[' is before PATTERN. */
static const char *set_end(const struct matching *m, const char *pattern)
{
    pattern += pattern < m->pattern_end && *pattern == '^';
    do {
        if (pattern == m->pattern_end)
            luaL_error(m->lua, "malformed pattern (missing ']')");
        if (*pattern++ == ESCAPE && pattern < m->pattern_end)
            pattern++;
    } while (pattern == m->pattern_end || *pattern != ']');
    return pattern + 1;
}

/* Behind the one character, class or set at PATTERN. */
static const char *single_end(const struct matching *m, const char *pattern)
{
    if (*pattern == '[')
        return set_end(m, pattern + 1);
    if (*pattern != ESCAPE)
        return pattern + 1;
    if (pattern + 1 == m->pattern_end)
        luaL_error(m->lua, "malformed pattern (ends with '%%')");
    return pattern + 2;
}

/* An old class that Lua still has. */
static int is_nul(int c)
{
    return c == 0;
}

/* True where C belongs to the class of the letter MESSAGE, or is that character. */
static bool in_class(int c, char letter)
{
    static const struct {
        char letter;
        int (*is)(int c);
    } classes[] = {
        {'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph}, {'l', islower},
        {'p', ispunct}, {'s', isspace}, {'u', isupper}, {'w', isalnum}, {'x', isxdigit},
        {'z', is_nul},
    };
    for (size_t i = 0; i < countof(classes); i++)
        if (classes[i].letter == tolower((unsigned char)letter))
            return (classes[i].is(c) != 0) == (islower((unsigned char)letter) != 0);
    return (unsigned char)letter == c;
}

/* True where C is in the set that begins with the '[' at SET and has its ']' before END. */
static bool in_set(struct matching *m, int c, const char *set, const char *end)
{
    bool negated = set[1] == '^';
    spend(m, end - set);
    for (set += negated ? 2 : 1, end--; set < end; set++) {
        if (*set == ESCAPE) {
            if (in_class(c, *++set))
                return !negated;
        } else if (set[1] == '-' && set + 2 < end) {
            if ((unsigned char)*set <= c && c <= (unsigned char)set[2])
                return !negated;
            set += 2;
        } else if ((unsigned char)*set == c) {
            return !negated;
        }
    }
    return negated;
}

/* True where the character at AT is what stands in the pattern from SINGLE to END. */
static bool is_single(struct matching *m, const char *at, const char *single, const char *end)
{
    spend(m, 1);
    if (at >= m->end)
        return false;
    int c = (unsigned char)*at;
    if (*single == '[')
        return in_set(m, c, single, end);
    return *single == '.' || (*single == ESCAPE ? in_class(c, single[1]) : (unsigned char)*single == c);
}

/* %bXY, PATTERN being behind the b. */
static const char *match_balance(struct matching *m, const char *at, const char *pattern)
{
    if (m->pattern_end - pattern < 2)
        luaL_error(m->lua, "malformed pattern (missing arguments to '%%b')");
    if (at >= m->end || *at != pattern[0])
        return NULL;
    size_t open = 1;
    while (++at < m->end) {
        spend(m, 1);
        if (*at == pattern[1] && !--open)
            return at + 1;
        if (*at == pattern[0] && pattern[0] != pattern[1])
            open++;
    }
    return NULL;
}

/* As many as there are, then one less at a time. */
static const char *match_most(struct matching *m, const char *at, const char *single, const char *end)
{
    ptrdiff_t count = 0;
    while (is_single(m, at + count, single, end))
        count++;
    for (; count >= 0; count--) {
        const char *behind = match(m, at + count, end + 1);
        if (behind)
            return behind;
    }
    return NULL;
}

/* None, then one more at a time. */
static const char *match_least(struct matching *m, const char *at, const char *single, const char *end)
{
    for (;; at++) {
        const char *behind = match(m, at, end + 1);
        if (behind)
            return behind;
        if (!is_single(m, at, single, end))
            return NULL;
    }
}

static const char *open_capture(struct matching *m, const char *at, const char *pattern)
{
    bool position = pattern < m->pattern_end && *pattern == ')';
    if (m->count == CAPTURES_MOST)
        luaL_error(m->lua, "too many captures");
    m->captures[m->count++] = (struct capture){at, position ? CAPTURE_POSITION : CAPTURE_OPEN};
    const char *behind = match(m, at, pattern + position);
    m->count -= !behind;
    return behind;
}

static const char *close_capture(struct matching *m, const char *at, const char *pattern)
{
    int last = m->count;
    while (last-- && m->captures[last].length != CAPTURE_OPEN)
        ;
    if (last < 0)
        luaL_error(m->lua, "invalid pattern capture");
    m->captures[last].length = at - m->captures[last].start;
    const char *behind = match(m, at, pattern);
    if (!behind)
        m->captures[last].length = CAPTURE_OPEN;
    return behind;
}

/* Behind what capture DIGIT holds, where that stands at AT. */
static const char *match_again(struct matching *m, const char *at, char digit)
{
    int number = digit - '1';
    if (number < 0 || number >= m->count || m->captures[number].length == CAPTURE_OPEN)
        luaL_error(m->lua, "invalid capture index %%%d", number + 1);
    const struct capture *capture = &m->captures[number];
    if (capture->length == CAPTURE_POSITION) /* holds no text */
        return NULL;
    size_t length = (size_t)capture->length;
    spend(m, (ptrdiff_t)length);
    bool same = (size_t)(m->end - at) >= length && !memcmp(at, capture->start, length);
    return same ? at + length : NULL;
}

/* %f[SET], PATTERN being behind the f; moves it behind the set. */
static bool is_frontier(struct matching *m, const char *at, const char **pattern)
{
    const char *set = *pattern;
    if (set == m->pattern_end || *set != '[')
        luaL_error(m->lua, "missing '[' after '%%f' in pattern");
    *pattern = single_end(m, set);
    int before = at == m->start ? '\0' : (unsigned char)at[-1];
    int here = at < m->end ? (unsigned char)*at : '\0';
    return !in_set(m, before, set, *pattern) && in_set(m, here, set, *pattern);
}

/* Passes over %b, %f or %1 to %9 at *PATTERN; false where the subject does not have it at *AT. */
static bool pass_special(struct matching *m, const char **at, const char **pattern)
{
    char kind = (*pattern)[1];
    if (kind == 'f') {
        *pattern += 2;
        return is_frontier(m, *at, pattern);
    }
    *at = kind == 'b' ? match_balance(m, *at, *pattern + 2) : match_again(m, *at, kind);
    *pattern += kind == 'b' ? 4 : 2;
    return *at;
}

static bool is_special(const struct matching *m, const char *pattern)
{
    return *pattern == ESCAPE && pattern + 1 < m->pattern_end &&
           (strchr("bf", pattern[1]) || isdigit((unsigned char)pattern[1])) && pattern[1];
}

/* One character, class or set with what says how often it may stand there. *DONE where the rest of the pattern has
 * been compared too. */
static const char *match_single(struct matching *m, const char *at, const char **pattern, bool *done)
{
    const char *single = *pattern;
    const char *end = single_end(m, single);
    char suffix = end < m->pattern_end ? *end : '\0';
    *done = true;
    if (suffix == '*')
        return match_most(m, at, single, end);
    if (suffix == '-')
        return match_least(m, at, single, end);
    bool there = is_single(m, at, single, end);
    if (suffix == '+')
        return there ? match_most(m, at + 1, single, end) : NULL;
    if (suffix == '?' && there) {
        const char *behind = match(m, at + 1, end + 1);
        if (behind)
            return behind;
        there = false;
    } else if (suffix != '?' && !there) {
        return NULL;
    }
    *done = false;
    *pattern = end + (suffix == '?');
    return at + there;
}

static const char *match_parts(struct matching *m, const char *at, const char *pattern)
{
    bool done = false;
    while (at && !done && pattern < m->pattern_end) {
        spend(m, 1);
        if (*pattern == '(')
            return open_capture(m, at, pattern + 1);
        if (*pattern == ')')
            return close_capture(m, at, pattern + 1);
        if (*pattern == '$' && pattern + 1 == m->pattern_end)
            return at == m->end ? at : NULL;
        if (is_special(m, pattern)) {
            if (!pass_special(m, &at, &pattern))
                return NULL;
        } else {
            at = match_single(m, at, &pattern, &done);
        }
    }
    return at;
}

/* Behind what the pattern from PATTERN on is of the subject from AT on; NULL: it is not there. */
static const char *match(struct matching *m, const char *at, const char *pattern)
{
    if (!m->depth--)
        luaL_error(m->lua, "pattern too complex");
    const char *behind = match_parts(m, at, pattern);
    m->depth++;
    return behind;
}

static struct matching matching_of(lua_State *lua, const char *subject, size_t length,
                                   const char *pattern_end)
{
    return (struct matching){
        .lua = lua,
        .start = subject,
        .end = subject + length,
        .pattern_end = pattern_end,
        .steps = STEP_PIECE,
    };
}

/* The first place from *AT on where PATTERN is; *AT moved there. NULL: there is none. */
static const char *search(struct matching *m, const char **at, const char *pattern, bool anchored)
{
    for (;; ++*at) {
        m->count = 0;
        m->depth = DEPTH_MOST;
        const char *behind = match(m, *at, pattern);
        if (behind || anchored || *at == m->end)
            return behind;
    }
}

/* Pushes capture NUMBER; where there are none, number 0 is the whole. */
static void push_capture(const struct matching *m, int number, const char *from, const char *behind)
{
    if (number >= m->count) {
        if (number)
            luaL_error(m->lua, "invalid capture index %%%d", number + 1);
        lua_pushlstring(m->lua, from, (size_t)(behind - from));
        return;
    }
    const struct capture *capture = &m->captures[number];
    if (capture->length == CAPTURE_OPEN)
        luaL_error(m->lua, "unfinished capture");
    if (capture->length == CAPTURE_POSITION)
        lua_pushinteger(m->lua, capture->start - m->start + 1);
    else
        lua_pushlstring(m->lua, capture->start, (size_t)capture->length);
}

/* Pushes all captures; the whole where there are none and WHOLE. Returns their number. */
static int push_captures(const struct matching *m, bool whole, const char *from, const char *behind)
{
    int count = !m->count && whole ? 1 : m->count;
    luaL_checkstack(m->lua, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(m, i, from, behind);
    return count;
}

/* Where the search begins, from 0, by the argument at INDEX. */
static size_t search_start(lua_State *lua, int index, size_t length)
{
    lua_Integer init = luaL_optinteger(lua, index, 1);
    if (init > 0)
        return (size_t)init - 1;
    lua_Unsigned back = 0 - (lua_Unsigned)init;
    return init && back < length ? length - (size_t)back : 0;
}

static int push_places(lua_State *lua, const char *start, const char *from, const char *behind)
{
    lua_pushinteger(lua, from - start + 1);
    lua_pushinteger(lua, behind - start);
    return 2;
}

/* Pushes the places of PATTERN as plain text. */
static int find_plain(lua_State *lua, const char *subject, size_t length, const char *from,
                      const char *pattern, size_t size)
{
    const char *found = memmem(from, length - (size_t)(from - subject), pattern, size);
    if (found)
        return push_places(lua, subject, found, found + size);
    luaL_pushfail(lua);
    return 1;
}

static bool is_plain(const char *pattern, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (pattern[i] && strchr("^$*+?.([%-", pattern[i]))
            return false;
    return true;
}

static int find_or_match(lua_State *lua, bool find)
{
    size_t length, size;
    const char *subject = luaL_checklstring(lua, 1, &length);
    const char *pattern = luaL_checklstring(lua, 2, &size);
    size_t start = search_start(lua, 3, length);
    if (start > length) {
        luaL_pushfail(lua);
        return 1;
    }
    const char *from = subject + start;
    if (find && (lua_toboolean(lua, 4) || is_plain(pattern, size)))
        return find_plain(lua, subject, length, from, pattern, size);
    struct matching m = matching_of(lua, subject, length, pattern + size);
    bool anchored = size && *pattern == '^';
    const char *behind = search(&m, &from, pattern + anchored, anchored);
    if (!behind) {
        luaL_pushfail(lua);
        return 1;
    }
    int places = find ? push_places(lua, subject, from, behind) : 0;
    return places + push_captures(&m, !find, from, behind);
}

static int string_find(lua_State *lua)
{
    return find_or_match(lua, true);
}

static int string_match(lua_State *lua)
{
    return find_or_match(lua, false);
}

/* Upvalues of gmatch's function: the texts, where to go on, and where the last match ended (-1: none yet). */
enum { UP_SUBJECT = 1, UP_PATTERN, UP_NEXT, UP_LAST };

static int next_match(lua_State *lua)
{
    size_t length, size;
    const char *subject = lua_tolstring(lua, lua_upvalueindex(UP_SUBJECT), &length);
    const char *pattern = lua_tolstring(lua, lua_upvalueindex(UP_PATTERN), &size);
    size_t next = (size_t)lua_tointeger(lua, lua_upvalueindex(UP_NEXT));
    lua_Integer last = lua_tointeger(lua, lua_upvalueindex(UP_LAST));
    struct matching m = matching_of(lua, subject, length, pattern + size);
    for (; next <= length; next++) {
        const char *from = subject + next;
        const char *behind = search(&m, &from, pattern, false);
        if (!behind)
            break;
        next = (size_t)(from - subject);
        if (behind - subject == last)
            continue;
        lua_pushinteger(lua, behind - subject);
        lua_copy(lua, -1, lua_upvalueindex(UP_NEXT));
        lua_copy(lua, -1, lua_upvalueindex(UP_LAST));
        lua_pop(lua, 1);
        return push_captures(&m, true, from, behind);
    }
    return 0;
}

static int string_gmatch(lua_State *lua)
{
    size_t length;
    luaL_checklstring(lua, 1, &length);
    luaL_checkstring(lua, 2);
    size_t start = search_start(lua, 3, length);
    lua_settop(lua, 2);
    lua_pushinteger(lua, (lua_Integer)(start > length ? length + 1 : start));
    lua_pushinteger(lua, -1);
    lua_pushcclosure(lua, next_match, 4);
    return 1;
}

/* Adds the replacement text, in which %0 to %9 are captures. */
static void add_text(const struct matching *m, luaL_Buffer *out, const char *from, const char *behind)
{
    size_t length;
    const char *text = lua_tolstring(m->lua, 3, &length);
    const char *end = text + length;
    for (const char *escape; (escape = memchr(text, ESCAPE, (size_t)(end - text))); text = escape + 2) {
        char c = escape + 1 < end ? escape[1] : '\0';
        luaL_addlstring(out, text, (size_t)(escape - text));
        if (c == ESCAPE) {
            luaL_addchar(out, c);
        } else if (c == '0') {
            luaL_addlstring(out, from, (size_t)(behind - from));
        } else if (isdigit((unsigned char)c)) {
            if (c - '1' >= m->count && c != '1')
                luaL_error(m->lua, "invalid capture index %%%d in replacement string", c - '0');
            push_capture(m, c - '1', from, behind);
            luaL_tolstring(m->lua, -1, NULL);
            lua_remove(m->lua, -2);
            luaL_addvalue(out);
        } else {
            luaL_error(m->lua, "invalid use of '%%' in replacement string");
        }
    }
    luaL_addlstring(out, text, (size_t)(end - text));
}

/* Adds what stands in place of the match. */
static void add_replacement(const struct matching *m, luaL_Buffer *out, const char *from, const char *behind)
{
    lua_State *lua = m->lua;
    int type = lua_type(lua, 3);
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(lua, 3);
        lua_call(lua, push_captures(m, true, from, behind), 1);
    } else if (type == LUA_TTABLE) {
        push_capture(m, 0, from, behind);
        lua_gettable(lua, 3);
    } else {
        add_text(m, out, from, behind);
        return;
    }
    if (!lua_toboolean(lua, -1)) {
        lua_pop(lua, 1);
        luaL_addlstring(out, from, (size_t)(behind - from));
    } else if (lua_isstring(lua, -1)) {
        luaL_addvalue(out);
    } else {
        luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
    }
}

static int string_gsub(lua_State *lua)
{
    size_t length, size;
    const char *subject = luaL_checklstring(lua, 1, &length);
    const char *pattern = luaL_checklstring(lua, 2, &size);
    int type = lua_type(lua, 3);
    luaL_argexpected(lua, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE,
                     3, "string/function/table");
    lua_Integer most = luaL_optinteger(lua, 4, (lua_Integer)length + 1), count = 0;
    bool anchored = size && *pattern == '^';
    struct matching m = matching_of(lua, subject, length, pattern + size);
    const char *at = subject, *last = NULL;
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    while (count < most) {
        const char *from = at;
        const char *behind = search(&m, &from, pattern + anchored, true);
        if (behind && behind != last) {
            add_replacement(&m, &out, from, behind);
            count++;
            at = last = behind;
        } else if (at < m.end) {
            luaL_addchar(&out, *at++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(&out, at, (size_t)(m.end - at));
    luaL_pushresult(&out);
    lua_pushinteger(lua, count);
    return 2;
}

static const luaL_Reg functions[] = {
    {"find", string_find}, {"match", string_match}, {"gmatch", string_gmatch}, {"gsub", string_gsub}, {NULL, NULL},
};

void pattern_install(lua_State *lua)
{
    lua_getfield(lua, SLOT_GLOBALS, LUA_STRLIBNAME);
    luaL_setfuncs(lua, functions, 0);
    lua_pop(lua, 1);
}
