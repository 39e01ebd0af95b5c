/* Columns of a line. */
#include "base/cut.h"

#include "../harness/unit.h"
#include "base/buf.h"
#include "base/error.h"

static const struct cut_case {
    const char *name;
    const char *separator; /* NULL: none */
    const char *line;
    const char *columns; /* each in brackets */
} cases[] = {
    {"none", NULL, "a,b", "[a,b]"},
    {"one character", ",", "a,b,,c", "[a][b][][c]"},
    {"nothing", ",", "", "[]"},
    {"at the ends", ",", ",a,", "[][a][]"},
    {"a character of expressions", "|", "a|b", "[a][b]"},
    {"a dot", ".", "a.b", "[a][b]"},
    {"several characters", "::", "a::b:c", "[a][b:c]"},
    {"an expression", " +", "a  b c", "[a][b][c]"},
    {"one that may match nothing", "x*", "axb", "[a][b]"},
    {"one that matches nothing", "(?=x)", "axb", "[axb]"},
    {"a tab as two characters", "\\t", "at\tb", "[at][b]"},
    {"a tab", "\t", "a b\tc", "[a b][c]"},
};

static void test_columns(void **state)
{
    const struct cut_case *row = *state;
    struct error error = {0};
    struct cut cut;
    struct buf out = {0};
    const char *at = row->line;
    size_t length = strlen(at);
    bool last = false;
    assert_int_equal(cut_init(&cut, row->separator, &error), 0);
    while (!last) {
        const char *column = at;
        size_t size = cut_next(&cut, &at, &length, &last);
        buf_printf(&out, "[%.*s]", (int)size, column);
    }
    assert_buf(&out, row->columns);
    cut_release(&cut);
}

static void test_no_expression(void **state)
{
    struct error error = {0};
    struct cut cut;
    (void)state;
    assert_int_equal(cut_init(&cut, "a(", &error), ERROR_FAILED);
    assert_error(&error, ERROR_FAILED, "'a(' is no regular expression");
    cut_release(&cut);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_columns, cases);
    TEST(&tests, test_no_expression);
    return tests_run(&tests, "cut");
}
