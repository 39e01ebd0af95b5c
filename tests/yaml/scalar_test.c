/* What plain scalars mean. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "yaml/scalar.h"

struct scalar_case {
    const char *text;
    struct value value;
};

#define STRING_CASE(text_)                                                                         \
    {                                                                                              \
        text_,                                                                                     \
        {                                                                                          \
            .type = VALUE_STRING                                                                   \
        }                                                                                          \
    }
#define INTEGER_CASE(text_, integer_)                                                              \
    {                                                                                              \
        text_,                                                                                     \
        {                                                                                          \
            .type = VALUE_INTEGER, .integer = integer_                                             \
        }                                                                                          \
    }
#define NUMBER_CASE(text_, number_)                                                                \
    {                                                                                              \
        text_,                                                                                     \
        {                                                                                          \
            .type = VALUE_NUMBER, .number = number_                                                \
        }                                                                                          \
    }
#define BOOLEAN_CASE(text_, boolean_)                                                              \
    {                                                                                              \
        text_,                                                                                     \
        {                                                                                          \
            .type = VALUE_BOOLEAN, .boolean = boolean_                                             \
        }                                                                                          \
    }
#define NIL_CASE(text_)                                                                            \
    {                                                                                              \
        text_,                                                                                     \
        {                                                                                          \
            .type = VALUE_NIL                                                                      \
        }                                                                                          \
    }

static const struct scalar_case cases[] = {
    NIL_CASE(""),
    NIL_CASE("~"),
    NIL_CASE("null"),
    NIL_CASE("Null"),
    NIL_CASE("NULL"),
    STRING_CASE("nUll"),
    BOOLEAN_CASE("true", true),
    BOOLEAN_CASE("false", false),
    STRING_CASE("True"),
    STRING_CASE("yes"),
    STRING_CASE("no"),
    STRING_CASE("on"),
    STRING_CASE("off"),
    STRING_CASE("y"),
    INTEGER_CASE("0", 0),
    INTEGER_CASE("12", 12),
    INTEGER_CASE("-3", -3),
    INTEGER_CASE("+7", 7),
    INTEGER_CASE("0x1F", 31),
    INTEGER_CASE("0xff", 255),
    INTEGER_CASE("0o17", 15),
    INTEGER_CASE("9223372036854775807", INT64_MAX),
    INTEGER_CASE("-9223372036854775808", INT64_MIN),
    NUMBER_CASE("9223372036854775808", 9223372036854775808.0),
    NUMBER_CASE("18446744073709551617", 18446744073709551616.0),
    STRING_CASE("0x10000000000000001"),
    STRING_CASE("012"),
    STRING_CASE("-012"),
    STRING_CASE("00"),
    STRING_CASE("0x"),
    STRING_CASE("0xG"),
    STRING_CASE("0o9"),
    STRING_CASE("0b1"),
    STRING_CASE("-0x1"),
    STRING_CASE("1_000"),
    STRING_CASE("12:30:45"),
    STRING_CASE("+"),
    STRING_CASE("-"),
    NUMBER_CASE("1.5", 1.5),
    NUMBER_CASE("-0.25", -0.25),
    NUMBER_CASE(".5", 0.5),
    NUMBER_CASE("5.", 5.0),
    NUMBER_CASE("1e3", 1000.0),
    NUMBER_CASE("1.5E-1", 0.15),
    STRING_CASE("."),
    STRING_CASE("1e"),
    STRING_CASE("e3"),
    STRING_CASE("1.2.3"),
    STRING_CASE("1.5s"),
    NUMBER_CASE(".inf", INFINITY),
    NUMBER_CASE("-.inf", -INFINITY),
    STRING_CASE("inf"),
    STRING_CASE("nan"),
    STRING_CASE("hello"),
};

static void test_plain(void **state)
{
    const struct scalar_case *row = *state;
    struct value value = scalar_plain(row->text, strlen(row->text));
    assert_int_equal(value.type, row->value.type);
    if (value.type == VALUE_INTEGER)
        assert_true(value.integer == row->value.integer);
    if (value.type == VALUE_NUMBER)
        assert_true(value.number == row->value.number);
    if (value.type == VALUE_BOOLEAN)
        assert_true(value.boolean == row->value.boolean);
    if (value.type == VALUE_STRING)
        assert_ptr_equal(value.string.bytes, row->text);
}

static void test_not_a_number(void **state)
{
    (void)state;
    struct value value = scalar_plain(".nan", 4);
    assert_int_equal(value.type, VALUE_NUMBER);
    assert_true(isnan(value.number));
}

int main(void)
{
    struct CMUnitTest tests[countof(cases) + 1];
    for (size_t i = 0; i < countof(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].text,
            .test_func = test_plain,
            .initial_state = (void *)(uintptr_t)&cases[i],
        };
    tests[countof(cases)] = (struct CMUnitTest)cmocka_unit_test(test_not_a_number);
    return cmocka_run_group_tests_name("scalar", tests, NULL, NULL);
}
