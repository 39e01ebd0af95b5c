/* JSON strings and base64. */
#include "../harness/unit.h"
#include "base/json.h"

struct json_case {
    const char *name;
    const char *bytes;
    size_t length;
    const char *written;
};

#define JSON(name, bytes, written)                                                                 \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, written                                                    \
    }

static const struct json_case strings[] = {
    JSON("empty", "", "\"\""),
    JSON("plain", "abc /", "\"abc /\""),
    JSON("quote", "a\"b", "\"a\\\"b\""),
    JSON("backslash", "a\\b", "\"a\\\\b\""),
    JSON("short-forms", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""),
    JSON("nul", "a\0b", "\"a\\u0000b\""),
    JSON("escape", "\x1B[1m", "\"\\u001b[1m\""),
    JSON("delete", "\x7F", "\"\\u007f\""),
    JSON("last-control", "\xC2\x9F[1m", "\"\\u009f[1m\""),
    JSON("no-control", "\xC2\xA0", "\"\xC2\xA0\""),
    JSON("two-bytes", "\xC3\xA4", "\"\xC3\xA4\""),
    JSON("three-bytes", "\xE2\x82\xAC", "\"\xE2\x82\xAC\""),
    JSON("four-bytes", "\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""),
    JSON("invalid", "a\xFF", "\"a\\ufffd\""),
    JSON("invalid-first",
         "\xFF"
         "a",
         "\"\\ufffda\""),
    JSON("cut", "a\xE2\x82", "\"a\\ufffd\\ufffd\""),
    JSON("surrogate", "\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\""),
    JSON("overlong", "\xC0\xAF", "\"\\ufffd\\ufffd\""),
    JSON("good-behind-bad", "\xFF\xC3\xA4\n", "\"\\ufffd\xC3\xA4\\n\""),
};

static void test_string(void **state)
{
    const struct json_case *row = *state;
    struct buf out = {0};
    json_quote(&out, row->bytes, row->length);
    assert_buf(&out, row->written);
}

static void test_every_byte(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        struct buf out = {0};
        char byte = (char)i;
        json_quote(&out, &byte, 1);
        assert_int_equal(out.data[0], '"');
        assert_int_equal(out.data[out.length - 1], '"');
        if (i >= 0x80)
            assert_string_equal(out.data, "\"\\ufffd\"");
        else if (i < 0x20 || i == '"' || i == '\\' || i == 0x7F)
            assert_int_equal(out.data[1], '\\');
        else
            assert_int_equal(out.data[1], i);
        for (size_t k = 0; k < out.length; k++)
            assert_true((unsigned char)out.data[k] >= 0x20);
        buf_release(&out);
    }
}

static const struct json_case base64s[] = {
    JSON("empty", "", "\"\""),
    JSON("f", "f", "\"Zg==\""),
    JSON("fo", "fo", "\"Zm8=\""),
    JSON("foo", "foo", "\"Zm9v\""),
    JSON("foob", "foob", "\"Zm9vYg==\""),
    JSON("fooba", "fooba", "\"Zm9vYmE=\""),
    JSON("foobar", "foobar", "\"Zm9vYmFy\""),
    JSON("high", "\xFF\xFE\xFD", "\"//79\""),
    JSON("plus", "\xFB\xEF\xBE", "\"++++\""),
    JSON("nul", "\0\0", "\"AAA=\""),
};

static void test_base64(void **state)
{
    const struct json_case *row = *state;
    struct buf out = {0};
    json_base64(&out, row->bytes, row->length);
    assert_buf(&out, row->written);
}

static unsigned digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    assert_non_null(at);
    return (unsigned)(at - digits);
}

static void test_base64_every_byte(void **state)
{
    (void)state;
    char bytes[256];
    struct buf out = {0};
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    json_base64(&out, bytes, 255);
    assert_int_equal(out.length, 2 + 340);
    for (size_t i = 0; i < 255; i += 3) {
        const char *at = out.data + 1 + i / 3 * 4;
        unsigned group =
            digit_of(at[0]) << 18 | digit_of(at[1]) << 12 | digit_of(at[2]) << 6 | digit_of(at[3]);
        assert_int_equal(group >> 16, (unsigned char)bytes[i]);
        assert_int_equal(group >> 8 & 255, (unsigned char)bytes[i + 1]);
        assert_int_equal(group & 255, (unsigned char)bytes[i + 2]);
    }
    buf_release(&out);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_string, strings);
    TEST(&tests, test_every_byte);
    TEST_ROWS(&tests, test_base64, base64s);
    TEST(&tests, test_base64_every_byte);
    return tests_run(&tests, "json");
}
