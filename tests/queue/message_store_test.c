/* The store of a queue: lines and values, in order. */
#include "../harness/run_fixture.h"
#include "queue/message_store.h"

static void put(struct message_store *store, const char *lines)
{
    size_t count;
    assert_int_equal(message_store_put_stream(store, lines, strlen(lines), false, 1000000, &count),
                     strlen(lines));
}

static void put_string(struct message_store *store, const char *text)
{
    struct buf encoded = encoded_string(text);
    message_store_put_value(store, encoded.data, encoded.length);
    buf_release(&encoded);
}

static void assert_lines(struct message_store *store, size_t most, size_t count, const char *lines)
{
    struct buf out = {0};
    struct error error = {0};
    assert_int_equal(message_store_take_stream(store, &out, &(struct stream_room){most, (size_t)-1}, &error), count);
    assert_null(error.text);
    assert_buf(&out, lines);
}

static void assert_string(struct message_store *store, const char *text)
{
    struct buf out = {0}, expected = encoded_string(text);
    message_store_take_value(store, &out);
    assert_same_buf(&out, &expected);
}

static void assert_empty(struct message_store *store)
{
    assert_int_equal(store->messages, 0);
    assert_int_equal(store->bytes, 0);
    message_store_release(store);
}

static void test_lines_pass_through(void **state)
{
    (void)state;
    struct message_store store = {0};
    put(&store, "a\nbb\n\nccc\n");
    assert_int_equal(store.messages, 4);
    assert_lines(&store, 1000, 4, "a\nbb\n\nccc\n");
    assert_empty(&store);
}

static void test_at_most_so_many(void **state)
{
    (void)state;
    struct message_store store = {0};
    size_t count;
    assert_int_equal(message_store_put_stream(&store, "a\nbb\nc\n", 7, false, 2, &count), 5);
    assert_int_equal(count, 2);
    assert_int_equal(message_store_put_stream(&store, "a\n", 2, false, 0, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(message_store_put_stream(&store, "", 0, false, 5, &count), 0);
    assert_int_equal(count, 0);
    assert_lines(&store, 1000, 2, "a\nbb\n");
    assert_empty(&store);
}

static void put_line(struct message_store *store, size_t length)
{
    struct buf line = {0};
    size_t count;
    memset(buf_reserve(&line, length), 'x', length);
    buf_added(&line, length);
    line.data[length - 1] = '\n';
    assert_int_equal(message_store_put_stream(store, line.data, length, false, 1, &count), length);
    buf_release(&line);
}

/* What is nearly as long as the room that is left, by a byte more and less. */
static void test_to_the_last_byte(void **state)
{
    (void)state;
    for (size_t piece = 1024; piece <= 1 << 20; piece *= 2)
        for (size_t length = 90; length < 110; length++) {
            struct message_store store = {0};
            put_line(&store, piece - 100);
            put_line(&store, length);
            assert_int_equal(store.messages, 2);
            assert_int_equal(store.bytes, piece - 100 + length);
            message_store_release(&store);
        }
}

struct take_case {
    const char *name;
    size_t most;
    const char *first;
    size_t count;
};

static const struct take_case takes[] = {
    {"all", 100, "aa\nbb\ncc\n", 3}, {"exactly-all", 9, "aa\nbb\ncc\n", 3},
    {"one-less", 8, "aa\nbb\n", 2},  {"exactly-two", 6, "aa\nbb\n", 2},
    {"exactly-one", 3, "aa\n", 1},   {"less-than-one", 2, "aa\n", 1},
    {"nothing", 0, "aa\n", 1},
};

static void test_take_most(void **state)
{
    const struct take_case *row = *state;
    struct message_store store = {0};
    put(&store, "aa\nbb\ncc\n");
    assert_lines(&store, row->most, row->count, row->first);
    if (row->count < 3)
        assert_lines(&store, 1000, 3 - row->count, "aa\nbb\ncc\n" + strlen(row->first));
    assert_empty(&store);
}

static void test_lines_as_values_and_back(void **state)
{
    (void)state;
    struct message_store store = {0};
    put(&store, "one\n\n");
    put_string(&store, "two");
    put(&store, "three\n");
    assert_string(&store, "one");
    assert_string(&store, "");
    assert_lines(&store, 1000, 1, "two\n");
    assert_string(&store, "three");
    assert_empty(&store);
}

static void test_returned_stands_first(void **state)
{
    (void)state;
    struct message_store store = {0};
    message_store_return_stream(&store, "x\n", 2);
    put(&store, "b\n");
    put_string(&store, "c");
    message_store_return_stream(&store, "y\nz\n", 4);
    struct buf encoded = encoded_string("first");
    message_store_return_value(&store, encoded.data, encoded.length);
    buf_release(&encoded);
    assert_int_equal(store.messages, 6);
    static const char *const order[] = {"first", "y", "z", "x", "b", "c"};
    for (size_t i = 0; i < countof(order); i++)
        assert_string(&store, order[i]);
    assert_empty(&store);
}

struct wrong_case {
    const char *name;
    const char *text; /* NULL: a table */
    const char *said;
};

static const struct wrong_case wrongs[] = {
    {"newline", "a\nb", "newline"},
    {"final-newline", "a\n", "newline"},
    {"table", NULL, "table"},
};

static void test_no_line(void **state)
{
    const struct wrong_case *row = *state;
    struct message_store store = {0};
    struct buf out = {0}, table = {0};
    struct error error = {0};
    put_string(&store, "good");
    if (row->text)
        put_string(&store, row->text);
    value_encode_table(&table, 0);
    if (!row->text)
        message_store_put_value(&store, table.data, table.length);
    put_string(&store, "behind");
    assert_int_equal(message_store_take_stream(&store, &out, &(struct stream_room){1000, (size_t)-1}, &error), 2);
    assert_error(&error, ERROR_FAILED, row->said);
    assert_buf(&out, "good\n");
    assert_lines(&store, 1000, 1, "behind\n");
    buf_release(&table);
    assert_empty(&store);
}

static void test_many_batches(void **state)
{
    (void)state;
    struct message_store store = {0};
    struct buf line = {0}, out = {0};
    struct error error = {0};
    for (int i = 0; i < 100000; i++) {
        buf_clear(&line);
        buf_printf(&line, "line %d\n", i);
        put(&store, line.data);
    }
    assert_int_equal(store.messages, 100000);
    size_t taken = 0;
    while (store.messages)
        taken += message_store_take_stream(&store, &out, &(struct stream_room){10000, (size_t)-1}, &error);
    assert_int_equal(taken, 100000);
    const char *at = out.data;
    for (int i = 0; i < 100000; i++) {
        buf_clear(&line);
        buf_printf(&line, "line %d\n", i);
        assert_memory_equal(at, line.data, line.length);
        at += line.length;
    }
    assert_ptr_equal(at, out.data + out.length);
    buf_release(&line);
    buf_release(&out);
    assert_empty(&store);
}

static void test_line_longer_than_a_batch(void **state)
{
    (void)state;
    struct message_store store = {0};
    struct buf line = {0}, out = {0};
    struct error error = {0};
    memset(buf_reserve(&line, 1 << 20), 'x', 1 << 20);
    buf_added(&line, 1 << 20);
    put(&store, "a\n");
    buf_char(&line, '\n');
    put(&store, line.data);
    put(&store, "b\n");
    assert_lines(&store, 5, 1, "a\n");
    assert_int_equal(message_store_take_stream(&store, &out, &(struct stream_room){5, (size_t)-1}, &error), 1);
    assert_int_equal(out.length, (1 << 20) + 1);
    assert_lines(&store, 5, 1, "b\n");
    buf_release(&line);
    buf_release(&out);
    assert_empty(&store);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_lines_pass_through);
    TEST(&tests, test_at_most_so_many);
    TEST(&tests, test_to_the_last_byte);
    TEST_ROWS(&tests, test_take_most, takes);
    TEST(&tests, test_lines_as_values_and_back);
    TEST(&tests, test_returned_stands_first);
    TEST_ROWS(&tests, test_no_line, wrongs);
    TEST(&tests, test_many_batches);
    TEST(&tests, test_line_longer_than_a_batch);
    return tests_run(&tests, "batch");
}
