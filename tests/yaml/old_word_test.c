/* Plain words as programs that read YAML 1.1 print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"
#include "yaml/old_word.h"

static void test_booleans_numbers_and_times_are_printed_anew(void **state)
{
    static const char *const cases[][2] = {
        {"True", "true"},
        {"FALSE", "false"},
        {"yes", "yes"},
        {"1.10", "1.1"},
        {"0777", "511"},
        {"0o17", "15"},
        {"0x1F", "31"},
        {"-0b101", "-5"},
        {"+5", "5"},
        {"1_000", "1000"},
        {"1e3", "1000"},
        {".5", "0.5"},
        {"1.5.2", "1.5.2"},
        {"0x1G", "0x1G"},
        {"-", "-"},
        {"", ""},
        {"2020-01-01", "2020-01-01 00:00:00 +0000 UTC"},
        {"2020-02-30", "2020-02-30"},
        {"2020-01-01 10:20:30", "2020-01-01 10:20:30 +0000 UTC"},
        {"2020-01-01T10:20:30.500-05:00", "2020-01-01 10:20:30.5 -0500 -0500"},
        {"2020-01-01T10:20:30Z", "2020-01-01 10:20:30 +0000 UTC"},
        {"2020-01-01T10:20:30", "2020-01-01T10:20:30"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < countof(cases); i++)
        assert_string_equal(old_word(arena, cases[i][0]), cases[i][1]);
    arena_free(arena);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_booleans_numbers_and_times_are_printed_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
