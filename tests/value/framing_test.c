/* Framing: where messages end, in one piece and byte by byte, and what is none. */
#include "../harness/run_fixture.h"
#include "value/framing.h"

struct scan_case {
    const char *name;
    enum framing framing;
    const char *bytes;
    size_t length;
    size_t whole;      /* before the end of the stream */
    size_t messages;   /* with the end */
    const char *error; /* its beginning; NULL: none */
};

#define BYTES(text) text, sizeof(text) - 1

static const struct scan_case scans[] = {
    {"line", FRAMING_LINE, BYTES("a\n\nbc\n"), 6, 3, NULL},
    {"line-rest", FRAMING_LINE, BYTES("a\nbc"), 2, 2, NULL},
    {"line-none", FRAMING_LINE, BYTES(""), 0, 0, NULL},
    {"nul", FRAMING_NUL, BYTES("a\nb\0\0c"), 5, 3, NULL},
    {"length", FRAMING_LENGTH, BYTES("\0\0\0\2ab\0\0\0\0\0\0\0\1c"), 15, 3, NULL},
    {"length-cut", FRAMING_LENGTH, BYTES("\0\0\0\1a\0\0\1\0bcd"), 5, 1,
     "message 2 is cut short: 3 of 256 bytes of its content came"},
    {"length-head", FRAMING_LENGTH, BYTES("\0\0\0\1a\0\0"), 5, 1,
     "message 2 is cut short: 2 of 4 bytes of its length came"},
    {"length-long", FRAMING_LENGTH, BYTES("\0\0\0\1a\200\0\0\1a"), 5, 1,
     "message 2 says that it is 2147483649 bytes long"},
    {"json", FRAMING_JSON, BYTES("1\n {} \r\n\"x\""), 8, 3, NULL},
    {"json-wrong", FRAMING_JSON, BYTES("1\n2 3\n4\n"), 2, 1, "message 2: no JSON"},
    {"json-empty", FRAMING_JSON, BYTES("1\n\n"), 2, 1, "message 2: no JSON"},
    {"json-null", FRAMING_JSON, BYTES("[null]\nnull\n"), 7, 1, "message 2 is null"},
    {"json-last", FRAMING_JSON, BYTES("1\n{"), 2, 1, "message 2: no JSON"},
};

static void check_end(const struct scan_case *row, struct buf *bytes, struct framing_scan *scan,
                      int result, struct error *error)
{
    assert_int_equal(scan->whole, row->whole);
    if (!result)
        result = framing_scan_end(row->framing, bytes, scan, error);
    assert_int_equal(!result, !row->error);
    if (row->error)
        assert_memory_equal(error->text, row->error, strlen(row->error));
    size_t count;
    framing_measure(row->framing, bytes->data, scan->whole, (size_t)-1, &count);
    assert_int_equal(count, row->messages);
    error_release(error);
    buf_release(bytes);
}

static void test_scan(void **state)
{
    const struct scan_case *row = *state;
    struct buf bytes = {0};
    struct error error = {0};
    struct framing_scan scan = {0};
    buf_append(&bytes, row->bytes, row->length);
    int result = framing_scan(row->framing, bytes.data, bytes.length, &scan, &error);
    check_end(row, &bytes, &scan, result, &error);
}

static void test_scan_byte_by_byte(void **state)
{
    const struct scan_case *row = *state;
    struct buf bytes = {0};
    struct error error = {0};
    struct framing_scan scan = {0};
    int result = 0;
    for (size_t i = 0; i < row->length && !result; i++) {
        buf_append(&bytes, row->bytes + i, 1);
        result = framing_scan(row->framing, bytes.data, bytes.length, &scan, &error);
    }
    check_end(row, &bytes, &scan, result, &error);
}

struct fit_case {
    const char *name;
    enum framing framing;
    const char *bytes;
    size_t length;
    size_t most;
    size_t fit;
    size_t floor; /* of offset MOST */
};

static const struct fit_case fits[] = {
    {"line-all", FRAMING_LINE, BYTES("a\nbb\n"), 5, 5, 5},
    {"line-less", FRAMING_LINE, BYTES("a\nbb\n"), 4, 2, 2},
    {"line-one", FRAMING_LINE, BYTES("aaa\nb\n"), 2, 4, 0},
    {"length-all", FRAMING_LENGTH, BYTES("\0\0\0\1a\0\0\0\2bb"), 11, 11, 11},
    {"length-less", FRAMING_LENGTH, BYTES("\0\0\0\1a\0\0\0\2bb"), 10, 5, 5},
    {"length-exactly", FRAMING_LENGTH, BYTES("\0\0\0\1a\0\0\0\2bb"), 5, 5, 5},
    {"length-one", FRAMING_LENGTH, BYTES("\0\0\0\1a\0\0\0\2bb"), 3, 5, 0},
    {"nul-less", FRAMING_NUL, BYTES("a\n\0bb\0"), 5, 3, 3},
};

static void test_fit(void **state)
{
    const struct fit_case *row = *state;
    size_t count, again;
    size_t fit = framing_fit(row->framing, row->bytes, row->length, row->most, &count);
    assert_int_equal(fit, row->fit);
    assert_int_equal(framing_measure(row->framing, row->bytes, fit, (size_t)-1, &again), fit);
    assert_int_equal(count, again);
    assert_int_equal(framing_floor(row->framing, row->bytes, row->length, row->most), row->floor);
}

struct whole_case {
    const char *name;
    enum framing framing;
    const char *bytes;
    size_t length;
    size_t whole; /* of the first message */
};

static const struct whole_case wholes[] = {
    {"line", FRAMING_LINE, BYTES("a\nb\n"), 2},
    {"line-part", FRAMING_LINE, BYTES("a"), 0},
    {"length", FRAMING_LENGTH, BYTES("\0\0\0\2abc"), 6},
    {"length-part", FRAMING_LENGTH, BYTES("\0\0\0\2a"), 0},
    {"length-head", FRAMING_LENGTH, BYTES("\0\0\0"), 0},
};

static void test_whole(void **state)
{
    const struct whole_case *row = *state;
    assert_int_equal(framing_whole(row->framing, row->bytes, row->length), row->whole);
}

/* The bytes were all looked at, so that none of them need be there. */
static void test_a_line_without_end(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct error error = {0};
        struct framing_scan scan = {.seen = MESSAGE_MOST + more};
        int result = framing_scan(FRAMING_LINE, "", scan.seen, &scan, &error);
        assert_int_equal(result, more ? ERROR_FAILED : 0);
        error_release(&error);
    }
}

/* Lines of 0 to 70 bytes, so that blocks end in and between them: the first MOST, whatever MOST is. */
static void test_measure_many(void **state)
{
    (void)state;
    struct buf bytes = {0};
    size_t ends[400];
    for (size_t i = 0; i < countof(ends); i++) {
        for (size_t j = 0; j < i * i % 71; j++)
            buf_char(&bytes, 'x');
        buf_char(&bytes, '\n');
        ends[i] = bytes.length;
    }
    for (size_t most = 0; most <= countof(ends) + 1; most++) {
        size_t count;
        size_t expected = most < countof(ends) ? most : countof(ends);
        size_t measured =
            framing_measure(FRAMING_LINE, bytes.data, bytes.length, most, &count);
        assert_int_equal(count, expected);
        assert_int_equal(measured, expected ? ends[expected - 1] : 0);
    }
    buf_release(&bytes);
}

static void assert_encoded(enum framing framing, const struct value *value, const char *expected,
                           size_t length)
{
    struct buf encoded = {0}, out = {0};
    struct error error = {0};
    value_encode(&encoded, value);
    assert_int_equal(framing_encode(framing, encoded.data, encoded.length, &out, &error), 0);
    assert_int_equal(out.length, length);
    assert_memory_equal(out.data, expected, length);
    const char *message;
    size_t size;
    struct buf back = {0};
    assert_int_equal(framing_first(framing, out.data, out.length, &message, &size), length);
    framing_decode(framing, message, size, &back);
    assert_same_buf(&back, &encoded);
    buf_release(&out);
}

static void test_there_and_back(void **state)
{
    (void)state;
    struct value text = value_of_string("a b");
    struct value_pair pair = {value_of_string("k"), {.type = VALUE_INTEGER, .integer = 3}};
    struct value table = {.type = VALUE_TABLE, .table = {&pair, 1}};
    assert_encoded(FRAMING_LINE, &text, BYTES("a b\n"));
    assert_encoded(FRAMING_NUL, &text, BYTES("a b\0"));
    assert_encoded(FRAMING_LENGTH, &text, BYTES("\0\0\0\3a b"));
    assert_encoded(FRAMING_JSON, &text, BYTES("\"a b\"\n"));
    assert_encoded(FRAMING_JSON, &table, BYTES("{\"k\":3}\n"));
}

/* What cannot stand in a stream, and what is left of it there: nothing. */
static void assert_refused(enum framing framing, const struct value *value)
{
    struct buf encoded = {0}, out = {0};
    struct error error = {0};
    value_encode(&encoded, value);
    buf_text(&out, "before");
    assert_int_equal(framing_encode(framing, encoded.data, encoded.length, &out, &error), ERROR_FAILED);
    assert_buf(&out, "before");
    error_release(&error);
    buf_release(&encoded);
}

static void test_refused(void **state)
{
    (void)state;
    static const enum framing framings[] = {FRAMING_LINE, FRAMING_NUL, FRAMING_LENGTH};
    static const char *const newlines[] = {"\n", "a\n", "\na", "a\nb"};
    struct value table = {.type = VALUE_TABLE};
    for (size_t i = 0; i < countof(framings); i++)
        assert_refused(framings[i], &table);
    for (size_t i = 0; i < countof(newlines); i++) {
        struct value text = value_of_string(newlines[i]);
        assert_refused(FRAMING_LINE, &text);
    }
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_scan, scans);
    TEST_ROWS(&tests, test_scan_byte_by_byte, scans);
    TEST_ROWS(&tests, test_fit, fits);
    TEST_ROWS(&tests, test_whole, wholes);
    TEST(&tests, test_a_line_without_end);
    TEST(&tests, test_measure_many);
    TEST(&tests, test_there_and_back);
    TEST(&tests, test_refused);
    return tests_run(&tests, "framing");
}
