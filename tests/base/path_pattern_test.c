/* Patterns of paths: what they match, what they lead to, what braces make of them. */
#include "../harness/unit.h"
#include "base/path_pattern.h"

struct pattern_case {
    const char *name;
    const char *pattern;
    const char *path;
    bool plain;  /* it matches as shells have it */
    bool hidden; /* and as git does */
};

static const struct pattern_case pattern_cases[] = {
    {"itself", "/a/b.py", "/a/b.py", true, true},
    {"a star in a name", "/a/*.py", "/a/b.py", true, true},
    {"a star is no slash", "/a/*.py", "/a/b/c.py", false, false},
    {"a star at both ends", "/a/*b*", "/a/abc", true, true},
    {"nothing for a star", "/a/b*.py", "/a/b.py", true, true},
    {"no hidden name for a star", "/a/*", "/a/.b", false, true},
    {"a hidden name that is named", "/a/.*", "/a/.b", true, true},
    {"a question mark", "/a/?.py", "/a/b.py", true, true},
    {"a question mark is one", "/a/?.py", "/a/bb.py", false, false},
    {"a question mark is no slash", "/a?b", "/a/b", false, false},
    {"directories in between", "/a/**/d", "/a/b/c/d", true, true},
    {"no directory in between", "/a/**/d", "/a/d", true, true},
    {"all below", "/a/**", "/a/b/c/d", true, true},
    {"not itself", "/a/**", "/a", false, false},
    {"no hidden directory below", "/a/**", "/a/.b/c", false, true},
    {"no hidden directory in between", "/a/**/c", "/a/.b/c", false, true},
    {"first", "**/c", "a/b/c", true, true},
    {"more stars", "/a/***/d", "/a/b/c/d", true, true},
    {"stars within a name", "/a/x**y", "/a/xzzy", true, true},
    {"they are no slash", "/a/x**y", "/a/xz/zy", false, false},
    {"two of them", "/**/a/**/b", "/x/a/y/z/b", true, true},
    {"one of some", "/[abc]x", "/bx", true, true},
    {"none of some", "/[!abc]x", "/bx", false, false},
    {"none of some, by the other sign", "/[^abc]x", "/dx", true, true},
    {"a range", "/[a-c0-9]", "/7", true, true},
    {"a bracket in brackets", "/[]]x", "/]x", true, true},
    {"a minus at the end", "/[a-]x", "/-x", true, true},
    {"a class", "/[[:digit:]]x", "/7x", true, true},
    {"a class that is not there", "/[[:nosuch:]]x", "/7x", false, false},
    {"brackets without an end", "/[abx", "/ax", false, false},
    {"a slash is in no brackets", "/a[!b]c", "/a/c", false, false},
    {"a star that stands for itself", "/a\\*", "/a*", true, true},
    {"and for nothing else", "/a\\*", "/ab", false, false},
    {"a backslash at the end", "/a\\", "/a\\", false, false},
    {"case counts", "/*.PY", "/a.py", false, false},
    {"bytes that are no UTF-8", "/*\xff", "/a\xff", true, true},
    {"many stars", "/*a*a*a*a*a*a*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false, false},
};

static void test_match(void **state)
{
    const struct pattern_case *row = *state;
    assert_int_equal(path_pattern_matches(row->pattern, row->path, false), row->plain);
    assert_int_equal(path_pattern_matches(row->pattern, row->path, true), row->hidden);
}

static void test_leads(void **state)
{
    (void)state;
    assert_true(path_pattern_leads("/a/**/*.py", "/a"));
    assert_true(path_pattern_leads("/a/**/*.py", "/a/b/c"));
    assert_true(path_pattern_leads("/a/**/*.py", "/"));
    assert_false(path_pattern_leads("/a/**/*.py", "/a/.git"));
    assert_true(path_pattern_leads("/a/**/.x/*.py", "/a/b/.x"));
    assert_false(path_pattern_leads("/a/*.py", "/a/b"));
    assert_false(path_pattern_leads("/a/*.py", "/b"));
    assert_true(path_pattern_leads("/a/*/c", "/a/b"));
    assert_false(path_pattern_leads("/a/*/c", "/a/b/c"));
    assert_false(path_pattern_leads("/a/b", "/a/b"));
}

static void test_literal(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *literal;
    } rows[] = {{"/a/b/*.c", "/a/b"}, {"/a/b", "/a/b"}, {"/*", ""}, {"/a\\*b/c?", "/a*b"}, {"/a/\\[x\\]", "/a/[x]"}};
    for (size_t i = 0; i < countof(rows); i++) {
        char *literal = path_pattern_plain(rows[i].pattern, path_pattern_literal(rows[i].pattern));
        assert_string_equal(literal, rows[i].literal);
        free(literal);
    }
}

static void add(void *arg, const char *pattern)
{
    buf_text(arg, pattern);
    buf_char(arg, ' ');
}

static void count(void *arg, const char *pattern)
{
    (void)pattern;
    ++*(size_t *)arg;
}

static void test_expand(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *all;
    } rows[] = {
        {"/a/*.c", "/a/*.c "},
        {"/a/*.{c,h}", "/a/*.c /a/*.h "},
        {"/{a,b/{c,d}}/x", "/a/x /b/c/x /b/d/x "},
        {"/{a,b}{1,2}", "/a1 /a2 /b1 /b2 "},
        {"/a{,~}", "/a /a~ "},
        {"/{a}", "/{a} "},
        {"/\\{a,b\\}", "/\\{a,b\\} "},
        {"/{a", "/{a "},
        {"/a/./b/../c//d", "/a/c/d "},
        {"/../..", "/ "},
        {"/{a,b}/../c", "/c /c "},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        struct buf all = {0};
        assert_int_equal(path_pattern_expand(rows[i].pattern, add, &all), 0);
        assert_string_equal(all.data, rows[i].all);
        buf_release(&all);
    }
    size_t number = 0;
    assert_int_equal(path_pattern_expand("/{1,2,3,4,5}{1,2,3,4,5}{1,2,3,4,5,6,7,8}{1,2,3,4,5}", count, &number), 0);
    assert_int_equal(number, PATH_PATTERNS_MOST);
    number = 0;
    assert_int_equal(path_pattern_expand("/{1,2,3,4,5,6}{1,2,3,4,5}{1,2,3,4,5,6,7,8}{1,2,3,4,5}", count, &number), -E2BIG);
    assert_int_equal(number, PATH_PATTERNS_MOST);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_match, pattern_cases);
    TEST(&tests, test_leads);
    TEST(&tests, test_literal);
    TEST(&tests, test_expand);
    return tests_run(&tests, "path_pattern");
}
