/* Where tasks come from: counts, lists, ranges and lines. */
#include <fcntl.h>
#include <unistd.h>

#include "../harness/run_fixture.h"
#include "pool/source/source.h"

static void more(void *arg)
{
    struct run *run = arg;
    loop_stop(run->loop);
}

/* The next item as text, waiting for it; NULL at the end. */
static char *next_text(struct run *run, struct items *items)
{
    struct buf encoded = {0}, text = {0};
    struct error error = {0};
    enum items_result result;
    while ((result = items_next(items, &encoded, &error)) == ITEMS_WAIT)
        loop_run(run->loop);
    if (result == ITEMS_END)
        return NULL;
    assert_int_equal(result, ITEMS_ONE);
    struct value value = {0};
    const char *at = encoded.data;
    assert_int_equal(value_size(encoded.data, encoded.length), encoded.length);
    value_head(&at, &value);
    value_text(&text, &value);
    buf_release(&encoded);
    return buf_take(&text);
}

/* All items with '|' behind each. */
static void assert_items(struct run *run, const struct pool_spec *spec, const char *expected)
{
    struct error error = {0};
    struct buf all = {0};
    struct items *items = items_new(run, spec, more, run, &error);
    assert_non_null(items);
    assert_int_equal(items_count(items) >= 0, spec->tasks.kind != SOURCE_LINES);
    char *text;
    while ((text = next_text(run, items))) {
        buf_printf(&all, "%s|", text);
        free(text);
    }
    assert_null(next_text(run, items)); /* the end stays the end */
    items_free(items);
    assert_buf(&all, expected);
}

struct range_case {
    const char *name;
    int64_t from, to, step;
    const char *items;
};

static const struct range_case ranges[] = {
    {"up", 1, 5, 1, "1|2|3|4|5|"},
    {"by-2-to-the-end", 1, 5, 2, "1|3|5|"},
    {"by-2-past-the-end", 1, 6, 2, "1|3|5|"},
    {"down", 5, 1, -1, "5|4|3|2|1|"},
    {"down-by-3", 5, -5, -3, "5|2|-1|-4|"},
    {"one", 7, 7, 1, "7|"},
    {"one-down", 7, 7, -1, "7|"},
    {"none", 5, 1, 1, ""},
    {"none-down", 1, 5, -1, ""},
    {"to-the-last-number", INT64_MAX - 1, INT64_MAX, 1, "9223372036854775806|9223372036854775807|"},
    {"over-the-last-number", INT64_MAX - 1, INT64_MAX, 5, "9223372036854775806|"},
    {"to-the-first-number", INT64_MIN + 1, INT64_MIN, -1,
     "-9223372036854775807|-9223372036854775808|"},
    {"whole-range", INT64_MIN, INT64_MAX, INT64_MAX,
     "-9223372036854775808|-1|9223372036854775806|"},
};

static void test_range(void **state)
{
    const struct range_case *row = *state;
    struct run run = test_run(NULL);
    struct pool_spec spec = {.tasks = {
        .kind = SOURCE_RANGE, .from = row->from, .to = row->to, .step = row->step}};
    assert_items(&run, &spec, row->items);
    test_run_end(&run);
}

static void test_count(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct pool_spec spec = {.tasks = {.kind = SOURCE_COUNT, .count = 3}};
    assert_items(&run, &spec, "0|1|2|");
    spec.tasks.count = 0;
    assert_items(&run, &spec, "");
    test_run_end(&run);
    items_free(NULL);
}

static void test_list(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct value values[] = {value_of_string("a"),
                             {.type = VALUE_BOOLEAN, .boolean = true},
                             {.type = VALUE_INTEGER, .integer = -1},
                             value_of_string("")};
    struct pool_spec spec = {.tasks = {.kind = SOURCE_LIST, .count = 4, .items = values}};
    assert_items(&run, &spec, "a|true|-1||");
    test_run_end(&run);
}

struct lines_case {
    const char *name;
    const char *text;
    const char *items;
};

static const struct lines_case lines[] = {
    {"empty", "", ""},
    {"final-newline", "a\nb\n", "a|b|"},
    {"no-final-newline", "a\nb", "a|b|"},
    {"empty-lines", "\n\na\n\n", "||a||"},
    {"one-newline", "\n", "|"},
    {"blanks-stay", " a \r\n", " a \r|"},
};

static void test_lines_of_a_file(void **state)
{
    const struct lines_case *row = *state;
    struct run run = test_run(NULL);
    char path[] = "/tmp/parrun-items-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, row->text, strlen(row->text)), strlen(row->text));
    close(fd);
    struct pool_spec spec = {.tasks = {.kind = SOURCE_LINES, .path = path}};
    assert_items(&run, &spec, row->items);
    unlink(path);
    test_run_end(&run);
}

/* The path of descriptor FD, under which it can be opened once more. */
static char *path_of(int fd)
{
    struct buf path = {0};
    buf_printf(&path, "/proc/self/fd/%d", fd);
    return buf_take(&path);
}

static void test_lines_of_a_pipe(void **state)
{
    const struct lines_case *row = *state;
    struct run run = test_run(NULL);
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    char *path = path_of(ends[0]);
    struct pool_spec spec = {.tasks = {.kind = SOURCE_LINES, .path = path}};
    assert_int_equal(write(ends[1], row->text, strlen(row->text)), strlen(row->text));
    close(ends[1]);
    assert_items(&run, &spec, row->items);
    close(ends[0]);
    free(path);
    test_run_end(&run);
}

/* A line that comes in two parts, and waiting before each. */
static void test_pipe_in_parts(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct error error = {0};
    struct buf encoded = {0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    char *path = path_of(ends[0]);
    struct pool_spec spec = {.tasks = {.kind = SOURCE_LINES, .path = path}};
    struct items *items = items_new(&run, &spec, more, &run, &error);
    assert_int_equal(items_next(items, &encoded, &error), ITEMS_WAIT);
    assert_int_equal(write(ends[1], "hel", 3), 3);
    loop_run(run.loop);
    assert_int_equal(items_next(items, &encoded, &error), ITEMS_WAIT);
    assert_int_equal(write(ends[1], "lo\nx", 4), 4);
    char *text = next_text(&run, items);
    assert_string_equal(text, "hello");
    free(text);
    close(ends[1]);
    text = next_text(&run, items);
    assert_string_equal(text, "x");
    free(text);
    assert_null(next_text(&run, items));
    items_free(items);
    close(ends[0]);
    free(path);
    test_run_end(&run);
}

static void test_huge_line(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct error error = {0};
    struct buf line = {0};
    char path[] = "/tmp/parrun-items-XXXXXX";
    int fd = mkstemp(path);
    memset(buf_reserve(&line, 5 << 20), 'x', 5 << 20);
    buf_added(&line, 5 << 20);
    assert_int_equal(write(fd, line.data, line.length), line.length);
    assert_int_equal(write(fd, "\nend", 4), 4);
    close(fd);
    struct pool_spec spec = {.tasks = {.kind = SOURCE_LINES, .path = path}};
    struct items *items = items_new(&run, &spec, more, &run, &error);
    char *text = next_text(&run, items);
    assert_int_equal(strlen(text), 5 << 20);
    free(text);
    text = next_text(&run, items);
    assert_string_equal(text, "end");
    free(text);
    items_free(items);
    buf_release(&line);
    unlink(path);
    test_run_end(&run);
}

struct wrong_case {
    const char *name;
    const char *path;
    int code;
};

static const struct wrong_case wrongs[] = {
    {"missing", "/no/such/file", -ENOENT},
    {"directory", "/", -EISDIR},
};

static void test_cannot_open(void **state)
{
    const struct wrong_case *row = *state;
    struct run run = test_run(NULL);
    struct error error = {0};
    struct pool_spec spec = {.tasks = {.kind = SOURCE_LINES, .path = row->path}};
    assert_null(items_new(&run, &spec, more, &run, &error));
    assert_error(&error, row->code, row->path);
    test_run_end(&run);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST_ROWS(&tests, test_range, ranges);
    TEST(&tests, test_count);
    TEST(&tests, test_list);
    TEST_ROWS(&tests, test_lines_of_a_file, lines);
    TEST_ROWS(&tests, test_lines_of_a_pipe, lines);
    TEST(&tests, test_pipe_in_parts);
    TEST(&tests, test_huge_line);
    TEST_ROWS(&tests, test_cannot_open, wrongs);
    return tests_run(&tests, "items");
}
