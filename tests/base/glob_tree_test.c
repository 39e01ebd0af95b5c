/* glob(3) with "**": what it finds in a small tree. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "base/buf.h"
#include "base/glob_tree.h"

static const char *const directories[] = {"a", "a/b", "a/b/c", ".h", "d", "d/.h", "e [1]", "e [1]/*q"};
static const char *const files[] = {"1.h",   "a/2.h",   "a/b/3.h",      "a/b/c/4.h",
                                    ".h/5.h", "d/.h/6.h", "e [1]/*q/7.h", "a/b/x.c"};

static int make_tree(void **state)
{
    (void)state;
    char directory[] = "/tmp/glob_tree.XXXXXX";
    if (!mkdtemp(directory) || chdir(directory))
        return -1;
    for (size_t i = 0; i < countof(directories); i++)
        if (mkdir(directories[i], 0700))
            return -1;
    for (size_t i = 0; i < countof(files); i++)
        fclose(fopen(files[i], "w"));
    return symlink("../a", "d/link");
}

static int remove_tree(void **state)
{
    (void)state;
    char *directory = getcwd(NULL, 0);
    unlink("d/link");
    for (size_t i = countof(files); i--;)
        unlink(files[i]);
    for (size_t i = countof(directories); i--;)
        rmdir(directories[i]);
    int result = chdir("/") || rmdir(directory);
    free(directory);
    return result;
}

static int go_on(const char *path, int number)
{
    (void)path;
    (void)number;
    return 0;
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

struct pattern_case {
    const char *name;
    const char *pattern;
    const char *found; /* sorted, a blank behind each; "" means that nothing matches */
};

static const struct pattern_case cases[] = {
    {"anywhere", "**/*.h", "1.h a/2.h a/b/3.h a/b/c/4.h e [1]/*q/7.h "},
    {"below", "a/**/*.h", "a/2.h a/b/3.h a/b/c/4.h "},
    {"in-between", "**/b/**/*.h", "a/b/3.h a/b/c/4.h "},
    {"no-directory", "a/**/2.h", "a/2.h "},
    {"all", "a/**", "a/2.h a/b a/b/3.h a/b/c a/b/c/4.h a/b/x.c "},
    {"directories", "a/**/", "a/b/ a/b/c/ "},
    {"twice", "**/**/4.h", "a/b/c/4.h "},
    {"dot-before", "./**/2.h", "./a/2.h "},
    {"braces-before", "{a,d}/**/*.h", "a/2.h a/b/3.h a/b/c/4.h "},
    {"braces-behind", "**/{2,3}.h", "a/2.h a/b/3.h "},
    {"odd-characters", "e*/**/7.h", "e [1]/*q/7.h "},
    {"no-link", "d/**/2.h", ""},
    {"hidden-by-name", ".h/**/5.h", ".h/5.h "},
    {"in-a-name", "a**/2.h", "a/2.h "},
    {"plain", "a/*.h", "a/2.h "},
    {"no-root", "nowhere/**/x", ""},
    {"no-match", "**/nowhere", ""},
};

static void test_pattern(void **state)
{
    const struct pattern_case *row = *state;
    glob_t found = {0};
    struct buf text = {0};
    int result = glob_tree(row->pattern, go_on, &found);
    assert_int_equal(result, *row->found ? 0 : GLOB_NOMATCH);
    if (found.gl_pathc)
        qsort(found.gl_pathv, found.gl_pathc, sizeof(*found.gl_pathv), by_bytes);
    for (size_t i = 0; i < found.gl_pathc; i++)
        buf_printf(&text, "%s ", found.gl_pathv[i]);
    globfree(&found);
    assert_buf(&text, row->found);
}

/* One call after the other puts into the same list. */
static void test_appends(void **state)
{
    (void)state;
    glob_t found = {0};
    assert_int_equal(glob_tree("nowhere/**", go_on, &found), GLOB_NOMATCH);
    assert_int_equal(glob_tree("a/**/2.h", go_on, &found), 0);
    assert_int_equal(glob_tree("1.h", go_on, &found), 0);
    assert_int_equal(glob_tree("**/nowhere", go_on, &found), GLOB_NOMATCH);
    assert_int_equal(found.gl_pathc, 2);
    assert_string_equal(found.gl_pathv[0], "a/2.h");
    assert_string_equal(found.gl_pathv[1], "1.h");
    globfree(&found);
}

static void test_braced(void **state)
{
    (void)state;
    assert_true(glob_tree_is_braced("a/{b/**/c,d}"));
    assert_false(glob_tree_is_braced("{a,b}/**/{c,d}"));
    assert_false(glob_tree_is_braced("a\\{/**"));
    assert_true(glob_tree_is_deep("**"));
    assert_false(glob_tree_is_deep("a**/b"));
    assert_false(glob_tree_is_deep("a/**b"));
}

int main(void)
{
    struct tests tests = {0};
    if (make_tree(NULL))
        return 1;
    TEST_ROWS(&tests, test_pattern, cases);
    TEST(&tests, test_appends);
    TEST(&tests, test_braced);
    int status = tests_run(&tests, "glob_tree");
    return remove_tree(NULL) || status;
}
