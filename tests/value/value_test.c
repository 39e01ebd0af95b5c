/* Values: what is encoded comes back, and bytes that are no value are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "value/value.h"

static const struct value one = {.type = VALUE_INTEGER, .integer = 1};
static const struct value two = {.type = VALUE_INTEGER, .integer = 2};

/* A value as text and as JSON. */
static const struct shown {
    struct value value;
    const char *text;
    const char *json;
} shown[] = {
    {{.type = VALUE_NIL}, "", "null"},
    {{.type = VALUE_BOOLEAN, .boolean = true}, "true", "true"},
    {{.type = VALUE_INTEGER, .integer = INT64_MIN}, "-9223372036854775808", "-9223372036854775808"},
    {{.type = VALUE_NUMBER, .number = 1}, "1.0", "1.0"},
    {{.type = VALUE_NUMBER, .number = 0.1}, "0.1", "0.1"},
    {{.type = VALUE_NUMBER, .number = 1.0 / 3}, "0.3333333333333333", "0.3333333333333333"},
    {{.type = VALUE_NUMBER, .number = 1e300 * 1e10}, "inf", "\"Infinity\""},
    {{.type = VALUE_STRING, .string = {"a\"b", 3}}, "a\"b", "\"a\\\"b\""},
    {{.type = VALUE_STRING, .string = {"a\0b", 3}}, "a", "\"a\\u0000b\""},
};

static void test_text_and_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(shown); i++) {
        struct buf text = {0}, json = {0};
        value_text(&text, &shown[i].value);
        value_json(&json, &shown[i].value);
        assert_string_equal(buf_string(&text), shown[i].text);
        assert_string_equal(buf_string(&json), shown[i].json);
        buf_release(&text);
        buf_release(&json);
    }
}

static void test_json_of_tables(void **state)
{
    (void)state;
    struct value_pair list[] = {{two, value_of_string("b")}, {one, value_of_string("a")}};
    struct value_pair map[] = {{one, two}, {value_of_string("x"), {.type = VALUE_NIL}}};
    struct value tables[] = {
        {.type = VALUE_TABLE, .table = {list, 2}},
        {.type = VALUE_TABLE, .table = {map, 2}},
        {.type = VALUE_TABLE, .table = {NULL, 0}},
    };
    struct buf json = {0};
    for (size_t i = 0; i < countof(tables); i++)
        value_json(&json, &tables[i]);
    assert_string_equal(json.data, "[\"a\",\"b\"]{\"1\":2,\"x\":null}[]");
    buf_release(&json);
}

static void test_a_list_has_no_hole(void **state)
{
    (void)state;
    for (int64_t second = 1; second <= 3; second++) {
        struct value_pair pairs[] = {{one, one}, {{.type = VALUE_INTEGER, .integer = second}, one}};
        struct value value = {.type = VALUE_TABLE, .table = {pairs, countof(pairs)}};
        assert_int_equal(value_is_list(&value), second == 2);
    }
}

/* A table with one of each type in it, to be encoded. */
static struct value sample(struct arena *arena)
{
    struct value_pair inner[] = {{value_of_string("deep"), {.type = VALUE_NUMBER, .number = 2.5}}};
    struct value_pair pairs[] = {
        {one, {.type = VALUE_BOOLEAN, .boolean = true}},
        {two, {.type = VALUE_STRING, .string = {"\0\xff", 2}}},
        {value_of_string("table"), {.type = VALUE_TABLE, .table = {inner, 1}}},
        {{.type = VALUE_NUMBER, .number = 0.5}, {.type = VALUE_NIL}},
    };
    struct value value = {.type = VALUE_TABLE, .table = {pairs, countof(pairs)}};
    return value_copy(arena, &value);
}

static void test_decoding_gives_what_was_encoded(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct buf first = {0}, second = {0};
    struct error error = {0};
    struct value value = sample(arena), decoded;
    value_encode(&first, &value);
    value_encode(&first, &one);
    const char *at = first.data;
    size_t left = first.length;
    assert_int_equal(value_decode(arena, &at, &left, &decoded, &error), 0);
    value_encode(&second, &decoded);
    assert_int_equal(value_decode(arena, &at, &left, &decoded, &error), 0);
    assert_int_equal(decoded.integer, 1);
    assert_int_equal(left, 0);
    assert_memory_equal(first.data, second.data, second.length);
    buf_release(&first);
    buf_release(&second);
    arena_free(arena);
}

/* In JSON it is no list: that crosses too. */
static void test_an_empty_object_comes_back(void **state)
{
    (void)state;
    for (int object = 0; object < 2; object++) {
        struct arena *arena = arena_new();
        struct buf encoded = {0}, json = {0};
        struct error error = {0};
        struct value value = {.type = VALUE_TABLE, .table.object = object}, decoded;
        value_encode(&encoded, &value);
        const char *at = encoded.data;
        size_t left = encoded.length;
        assert_int_equal(value_decode(arena, &at, &left, &decoded, &error), 0);
        value_json(&json, &decoded);
        assert_string_equal(buf_string(&json), object ? "{}" : "[]");
        buf_release(&json);
        buf_release(&encoded);
        arena_free(arena);
    }
}

/* Every beginning of a value, and every value with one byte changed, is refused or is a value. */
static void test_damaged_bytes_do_no_harm(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct buf good = {0};
    struct value value = sample(arena), decoded;
    value_encode(&good, &value);
    for (size_t i = 0; i < good.length; i++) {
        for (int byte = 0; byte < 256; byte += 5) {
            struct error error = {0};
            char *bad = mem_copy(good.data, good.length);
            bad[i] = (char)byte;
            const char *at = bad;
            size_t left = good.length;
            int code = value_decode(arena, &at, &left, &decoded, &error);
            assert_true(code == 0 || code == ERROR_PROTOCOL);
            error_release(&error);
            free(bad);
        }
        char *part = mem_copy(good.data, i);
        assert_int_equal(value_size(part, i), 0);
        free(part);
    }
    buf_release(&good);
    arena_free(arena);
}

static const struct refused {
    const char *name;
    const char *bytes;
    size_t length;
} refused[] = {
    {"nothing", "", 0},
    {"no type", "\x06", 1},
    {"a boolean of 2", "\x01\x02", 2},
    {"a string longer than the bytes",
     "\x04\xff\xff\xff\xff"
     "ab",
     7},
    {"a table longer than the bytes", "\x05\xff\xff\xff\x7f\x00\x00\x00", 8},
    {"a key that is nil", "\x05\x01\0\0\0\x00\x00\x00\x00\x00\x00", 11},
    {"a key that is NaN", "\x05\x01\0\0\0\x03\0\0\0\0\0\0\xf8\x7f\x00", 15},
};

static void test_what_is_no_value_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(refused); i++)
        if (value_size(refused[i].bytes, refused[i].length))
            fail_msg("%s", refused[i].name);
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    for (unsigned depth = VALUE_DEPTH - 1; depth <= VALUE_DEPTH; depth++) {
        struct buf bytes = {0};
        for (unsigned i = 0; i < depth; i++) {
            value_encode_table(&bytes, 1);
            value_encode_integer(&bytes, 1);
        }
        value_encode_table(&bytes, 0);
        assert_int_equal(value_size(bytes.data, bytes.length) > 0, depth < VALUE_DEPTH);
        buf_release(&bytes);
    }
}

/* JSON, and what it is when it is written again; an error where that begins with "!". */
static const struct read_case {
    const char *json;
    const char *expected;
} read_cases[] = {
    {"null", "null"},
    {" [1, -2.5, true, \"x\", [], {}]\r", "[1,-2.5,true,\"x\",[],{}]"},
    {"{\"b\": {\"c\": null}, \"a\": 9223372036854775807}",
     "{\"b\":{\"c\":null},\"a\":9223372036854775807}"},
    {"\"\\u0000\\u00e9\\ud83d\\ude00\"", "\"\\u0000\xc3\xa9\xf0\x9f\x98\x80\""},
    {"", "!no JSON"},
    {"{\"a\": 1,}", "!no JSON"},
    {"{\"a\": 1, \"b\": 0, \"a\": 2}", "{\"b\":0,\"a\":2}"},
    {"[9223372036854775808, -9223372036854775809]", "[\"9223372036854775808\",\"-9223372036854775809\"]"},
    {"[1e999, -1E+400, 1e-999, 0.1e1]", "[\"1e999\",\"-1E+400\",0.0,1.0]"},
    {"[1700000000.123456, 5e-324, 1.7976931348623157e308]", "[1700000000.123456,5e-324,1.7976931348623157e+308]"},
    {"01", "!expected a number, at byte 2"},
    {"[1.]", "!expected a number, at byte 4"},
    {"-", "!it ends where a number was expected"},
    {"[1,2", "!it ends where ',' or ']' was expected"},
    {"[1,]", "!expected a value, at byte 4"},
    {"{\"a\" 1}", "!expected ':', at byte 6"},
    {"\"a\\x\"", "!expected one of \" \\ / b f n r t u behind a \\, at byte 4"},
    {"\"\\ud83d\"", "!expected the other half of a surrogate pair"},
    {"\"\\udead\"", "!expected the other half of a surrogate pair"},
    {"\"\\u12g4\"", "!expected four hexadecimal digits, at byte 6"},
    {"\"\\u00\x14\x11\"", "!expected four hexadecimal digits, at byte 6"},
    {"\"\\u00E9\\u00e9\"", "\"\xc3\xa9\xc3\xa9\""},
    {"\"a\nb\"", "!or a character that is no control character, at byte 3"},
    {"\"a\xc3\xa9\xff\"", "!expected UTF-8, at byte 5"},
    {"{\"a\\u0000b\": \"\\\"\\/\\b\\f\\n\\r\\t\"}", "{\"a\\u0000b\":\"\\\"/\\b\\f\\n\\r\\t\"}"},
    {"'x'", "!no JSON"},
    {"1 2", "!no JSON"},
    {"\"\xff\"", "!no JSON"},
};

static void test_json_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(read_cases); i++) {
        const struct read_case *row = &read_cases[i];
        struct arena *arena = arena_new();
        struct error error = {0};
        struct value value;
        struct buf out = {0};
        int result = value_from_json(arena, row->json, strlen(row->json), &value, &error);
        assert_int_equal(result, *row->expected == '!' ? ERROR_FAILED : 0);
        if (!result)
            value_json(&out, &value);
        else if (!strstr(error.text, row->expected + 1))
            fail_msg("'%s' is not in '%s'", row->expected + 1, error.text);
        assert_string_equal(buf_string(&out), result ? "" : row->expected);
        buf_release(&out);
        error_release(&error);
        arena_free(arena);
    }
}

static void test_depth_of_json_is_bounded(void **state)
{
    (void)state;
    for (size_t depth = VALUE_DEPTH; depth <= VALUE_DEPTH + 1; depth++) {
        char json[2 * (VALUE_DEPTH + 1)];
        struct arena *arena = arena_new();
        struct error error = {0};
        struct value value;
        memset(json, '[', depth);
        memset(json + depth, ']', depth);
        int result = value_from_json(arena, json, 2 * depth, &value, &error);
        assert_int_equal(result, depth > VALUE_DEPTH ? ERROR_FAILED : 0);
        error_release(&error);
        arena_free(arena);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_json),
        cmocka_unit_test(test_json_of_tables),
        cmocka_unit_test(test_a_list_has_no_hole),
        cmocka_unit_test(test_decoding_gives_what_was_encoded),
        cmocka_unit_test(test_an_empty_object_comes_back),
        cmocka_unit_test(test_damaged_bytes_do_no_harm),
        cmocka_unit_test(test_what_is_no_value_is_refused),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_json_is_read),
        cmocka_unit_test(test_depth_of_json_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
