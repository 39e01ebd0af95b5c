/* Regular expressions: what they match, what is refused, and that no comparison goes on for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/regex.h"

static const struct row {
    const char *regex;
    const char *text;
    int result;
} rows[] = {
    {"^up$", "up", 1},
    {"^up$", "up\n", 0},
    {"listening on [0-9]+", "x listening on 8080.", 1},
    {"^(a|b){2,3}c?$", "abb", 1},
    {"[[:digit:]]{4}-[[:alpha:]_]+", "2024-ab_c", 1},
    {"\\.\\[x\\]", "a.[x]", 1},
    {"\\bready\\b", "not already", 0},
    {"\\d+ ms", "12 ms", 1},
    {"", "anything", 1},
    {"\xc3\xa9", "caf\xc3\xa9", 1},
    {"(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", -1},
};

static void test_what_matches(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        struct error error = {0};
        struct regex *regex = regex_new(rows[i].regex, &error);
        if (!regex)
            fail_msg("%s: %s", rows[i].regex, error.text);
        if (regex_match(regex, rows[i].text, strlen(rows[i].text)) != rows[i].result)
            fail_msg("%s, %s", rows[i].regex, rows[i].text);
        regex_free(regex);
    }
}

static void check_refused(const char *text, const char *why)
{
    struct error error = {0};
    assert_null(regex_new(text, &error));
    if (!strstr(error.text, why))
        fail_msg("%.40s: %s", text, error.text);
    error_release(&error);
}

static void test_what_is_refused(void **state)
{
    struct buf text = {0};
    (void)state;
    check_refused("[a", "missing terminating ]");
    check_refused("a(b", "missing closing parenthesis, at character 4");
    check_refused("\\<word\\>", "\\b is the boundary of a word");
    check_refused("((a{1,100}){1,100}){1,100}", "too large");
    for (int i = 0; i < 30000; i++)
        buf_char(&text, '(');
    check_refused(buf_string(&text), "nested");
    buf_clear(&text);
    for (int i = 0; i < 100000; i++)
        buf_text(&text, "ab|");
    check_refused(buf_string(&text), "longer than the limit");
    buf_release(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_matches),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
