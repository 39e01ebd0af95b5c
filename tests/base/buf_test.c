/* Growable runs of bytes. */
#include "../harness/unit.h"

static void test_empty(void **state)
{
    (void)state;
    struct buf buf = {0};
    assert_string_equal(buf_string(&buf), "");
    buf_clear(&buf);
    buf_consume(&buf, 0);
    buf_release(&buf);
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "");
    free(taken);
}

static void test_nul_stands_behind(void **state)
{
    (void)state;
    struct buf buf = {0};
    for (int i = 0; i < 3000; i++) {
        buf_char(&buf, 'x');
        assert_int_equal(buf.length, i + 1);
        assert_int_equal(buf.data[buf.length], '\0');
    }
    buf_clear(&buf);
    assert_int_equal(buf.length, 0);
    assert_string_equal(buf_string(&buf), "");
    buf_release(&buf);
}

static void test_append_keeps_bytes(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_append(&buf, "a\0b", 3);
    buf_append(&buf, NULL, 0);
    buf_text(&buf, "c");
    assert_int_equal(buf.length, 4);
    assert_memory_equal(buf.data, "a\0bc", 5);
    buf_release(&buf);
}

static void test_reserve_and_added(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_text(&buf, "head ");
    memset(buf_reserve(&buf, 100000), 'z', 100000);
    buf_added(&buf, 3);
    assert_buf(&buf, "head zzz");
}

static void test_reserved_and_nothing_added(void **state)
{
    (void)state;
    struct buf buf = {0};
    memset(buf_reserve(&buf, 100), 'z', 100);
    buf_reserve(&buf, 200);
    assert_string_equal(buf_string(&buf), "");
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "");
    free(taken);
}

static void test_printf(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_printf(&buf, "%s-%d", "a", 7);
    buf_printf(&buf, "%s", "");
    assert_buf(&buf, "a-7");
    char *wide = mem_calloc(9001, 1);
    memset(wide, 'w', 9000);
    buf_printf(&buf, "%s!", wide);
    assert_int_equal(buf.length, 9001);
    assert_int_equal(buf.data[9000], '!');
    free(wide);
    buf_release(&buf);
}

static void test_consume(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_text(&buf, "hello world");
    buf_consume(&buf, 6);
    assert_string_equal(buf_string(&buf), "world");
    buf_consume(&buf, 5);
    assert_buf(&buf, "");
}

static void test_truncate(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_truncate(&buf, 0);
    buf_text(&buf, "hello");
    buf_truncate(&buf, 4);
    assert_string_equal(buf_string(&buf), "hell");
    buf_char(&buf, 'o');
    assert_buf(&buf, "hello");
}

static void test_take_empties(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_text(&buf, "mine");
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "mine");
    assert_null(buf.data);
    assert_int_equal(buf.length + buf.capacity, 0);
    free(taken);
}

struct number_case {
    const char *name; /* what is to be written */
    int64_t number;
};

static const struct number_case numbers[] = {
    {"0", 0},
    {"9", 9},
    {"10", 10},
    {"100", 100},
    {"-105", -105},
    {"-1", -1},
    {"1234567890123", INT64_C(1234567890123)},
    {"9223372036854775807", INT64_MAX},
    {"-9223372036854775808", INT64_MIN},
};

static void test_number(void **state)
{
    const struct number_case *row = *state;
    struct buf buf = {0};
    buf_number(&buf, row->number);
    assert_buf(&buf, row->name);
}

static void test_digits(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_digits(&buf, 7, 1);
    buf_digits(&buf, 1090, 6);
    buf_digits(&buf, 123456789, 9);
    buf_digits(&buf, 98765, 3); /* the last three */
    assert_buf(&buf, "7001090123456789765");
}

/* What is around the bytes that are moved stays, and they are whole where they come to. */
static void test_move(void **state)
{
    (void)state;
    enum { LARGE = 9 << 20, EDGE = 100 };
    struct buf from = {0}, to = {0};
    for (size_t i = 0; i < LARGE; i++)
        buf_char(&from, (char)(i % 251));
    buf_text(&to, "before");
    buf_move(&to, from.data + EDGE, LARGE - 2 * EDGE);
    assert_int_equal(to.length, strlen("before") + LARGE - 2 * EDGE);
    for (size_t i = EDGE; i < LARGE - EDGE; i++)
        assert_int_equal((unsigned char)to.data[strlen("before") + i - EDGE], i % 251);
    for (size_t i = 0; i < EDGE; i++) {
        assert_int_equal((unsigned char)from.data[i], i % 251);
        assert_int_equal((unsigned char)from.data[LARGE - 1 - i], (LARGE - 1 - i) % 251);
    }
    buf_release(&from);
    buf_release(&to);
}

static void test_trim(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_trim(&buf);
    buf_reserve(&buf, 8 << 20);
    buf_text(&buf, "left");
    buf_trim(&buf);
    assert_true(buf.capacity < 4096);
    assert_string_equal(buf_string(&buf), "left");
    buf_text(&buf, " and more");
    assert_string_equal(buf_string(&buf), "left and more");
    buf_release(&buf);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_digits);
    TEST(&tests, test_move);
    TEST(&tests, test_trim);
    TEST(&tests, test_empty);
    TEST(&tests, test_nul_stands_behind);
    TEST(&tests, test_append_keeps_bytes);
    TEST(&tests, test_reserve_and_added);
    TEST(&tests, test_reserved_and_nothing_added);
    TEST(&tests, test_printf);
    TEST(&tests, test_consume);
    TEST(&tests, test_truncate);
    TEST(&tests, test_take_empties);
    TEST_ROWS(&tests, test_number, numbers);
    return tests_run(&tests, "buf");
}
