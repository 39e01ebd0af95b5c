/* Texts and numbers for the page. */
#include <string.h>

#include "../harness/unit.h"
#include "base/unit.h"
#include "report/markup.h"

struct text_case {
    const char *name;
    const char *text;
    const char *want;
};

static const struct text_case clean_cases[] = {
    {"empty", "", ""},
    {"lines", "a\nb\n", "a\nb"},
    {"empty-lines", "a\n\nb", "a\n\nb"},
    {"colours", "\033[31merror\033[0m: no\n", "error: no"},
    {"written-over", "10 %\r20 %\r100 %\r\n", "100 %"},
    {"controls", "a\001b\036c\037d", "abcd"},
    {"utf-8", "caf\xc3\xa9 \xf0\x9f\x90\xa7", "caf\xc3\xa9 \xf0\x9f\x90\xa7"},
    {"no-utf-8", "a\xff\xc3z", "a\xef\xbf\xbd\xef\xbf\xbdz"},
    {"cut", "12345678901", "1234567890..."},
    {"cut-between-characters", "123456789\xc3\xa9", "123456789..."},
};

static void test_clean(void **state)
{
    const struct text_case *row = *state;
    struct buf out = {0};
    markup_clean(&out, row->text, strlen(row->text), strncmp(row->name, "cut", 3) ? 100 : 10);
    assert_string_equal(buf_string(&out), row->want);
    buf_release(&out);
}

static const struct text_case end_cases[] = {
    {"whole", "a\nb\n", "a\nb"},
    {"from-a-line-on", "first\nsecond\nlast\n", "...\nlast"},
    {"one-long-line", "12345678901234", "...\n5678901234"},
};

static void test_clean_end(void **state)
{
    const struct text_case *row = *state;
    struct buf out = {0};
    markup_clean_end(&out, row->text, strlen(row->text), 10);
    assert_string_equal(buf_string(&out), row->want);
    buf_release(&out);
}

static const struct text_case escape_cases[] = {
    {"text", "a b", "a b"},
    {"tag", "</script><img src=x>", "&lt;/script&gt;&lt;img src=x&gt;"},
    {"quotes", "\" onload='x' &amp;", "&quot; onload=&#39;x&#39; &amp;amp;"},
};

static void test_escape(void **state)
{
    const struct text_case *row = *state;
    struct buf out = {0};
    markup_escape(&out, row->text, strlen(row->text));
    assert_string_equal(buf_string(&out), row->want);
    buf_release(&out);
}

static const struct text_case json_cases[] = {
    {"plain", "[\"a\",1]", "[\"a\",1]"},
    {"tag", "\"</script><!--\"", "\"\\u003c/script>\\u003c!--\""},
    {"line-separators", "\"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa6\"", "\"\\u2028\\u2029\xe2\x80\xa6\""},
};

static void test_json(void **state)
{
    const struct text_case *row = *state;
    struct buf out = {0};
    markup_json(&out, row->text, strlen(row->text));
    assert_string_equal(buf_string(&out), row->want);
    buf_release(&out);
}

struct number_case {
    const char *name;
    int64_t number;
    const char *want;
};

static const struct number_case duration_cases[] = {
    {"nothing", 0, "0.00 ms"},
    {"less", 423456, "0.42 ms"},
    {"milliseconds", 12345678, "12.3 ms"},
    {"hundreds", 999999999, "999 ms"},
    {"seconds", 1234567890, "1.23 s"},
    {"not-yet-a-minute", 59999 * NS_PER_MS, "59.9 s"},
    {"minutes", 123 * NS_PER_S, "2 min 3 s"},
    {"hours", 3725 * NS_PER_S, "1 h 2 min"},
    {"days", INT64_C(100) * 3600 * NS_PER_S, "4 d 4 h"},
};

static void test_duration(void **state)
{
    const struct number_case *row = *state;
    struct buf out = {0};
    markup_duration(&out, row->number);
    assert_string_equal(buf_string(&out), row->want);
    buf_release(&out);
}

static const struct number_case count_cases[] = {
    {"nothing", 0, "0"},
    {"hundreds", 999, "999"},
    {"thousands", 1000, "1,000"},
    {"millions", 12345678, "12,345,678"},
};

static void test_count(void **state)
{
    const struct number_case *row = *state;
    struct buf out = {0};
    markup_count(&out, row->number);
    assert_string_equal(buf_string(&out), row->want);
    buf_release(&out);
}

static const struct number_case bytes_cases[] = {
    {"bytes", 1000, "1000 bytes"},
    {"kib", 1536, "1.5 KiB"},
    {"mib", INT64_C(300) << 20, "300 MiB"},
};

static void test_bytes(void **state)
{
    const struct number_case *row = *state;
    struct buf out = {0};
    markup_bytes(&out, row->number);
    assert_string_equal(buf_string(&out), row->want);
    buf_release(&out);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_clean, clean_cases);
    TEST_ROWS(&tests, test_clean_end, end_cases);
    TEST_ROWS(&tests, test_escape, escape_cases);
    TEST_ROWS(&tests, test_json, json_cases);
    TEST_ROWS(&tests, test_duration, duration_cases);
    TEST_ROWS(&tests, test_count, count_cases);
    TEST_ROWS(&tests, test_bytes, bytes_cases);
    return tests_run(&tests, "markup");
}
