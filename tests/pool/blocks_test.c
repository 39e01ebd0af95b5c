/* Blocks of files and of streams: where each lies, what stands there, and how many are kept. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../harness/run_fixture.h"
#include "base/arena.h"
#include "os/text_file.h"
#include "pool/source/source.h"
#include "wire/block.h"

static void more(void *arg)
{
    struct run *run = arg;
    loop_stop(run->loop);
}

/* The next item; false at the end. */
static bool next_block(struct run *run, struct items *items, struct buf *item, struct input_block *block)
{
    struct arena *arena = arena_new();
    struct error error = {0};
    struct value value = {0};
    enum items_result result;
    buf_clear(item);
    while ((result = items_next(items, item, &error)) == ITEMS_WAIT)
        loop_run(run->loop);
    assert_true(result == ITEMS_ONE || result == ITEMS_END);
    const char *at = item->data;
    size_t left = item->length;
    if (result == ITEMS_ONE)
        assert_int_equal(value_decode(arena, &at, &left, &value, &error), 0);
    *block = block_of(&value);
    arena_free(arena);
    return result == ITEMS_ONE;
}

static void put_part(struct buf *out, int fd, int64_t at, int64_t length)
{
    char *room = buf_reserve(out, (size_t)length);
    assert_int_equal(pread(fd, room, (size_t)length, at), length);
    buf_added(out, (size_t)length);
}

/* What each task would read, with '|' behind it. Each ends at once where DONE is set. */
static void read_blocks(struct run *run, const struct pool_spec *spec, bool done, struct buf *out)
{
    struct error error = {0};
    struct buf item = {0};
    struct input_block block;
    bool stream;
    struct items *items = items_new(run, spec, more, run, &error);
    assert_non_null(items);
    int fd = items_blocks(items, &stream);
    for (int64_t i = 0; next_block(run, items, &item, &block); i++) {
        put_part(out, fd, block.begin, block.header);
        put_part(out, fd, stream ? block_place(block.offset, i) : block.offset, block.size);
        buf_char(out, '|');
        if (done)
            items_done(items, &item, i);
    }
    items_free(items);
    buf_release(&item);
}

struct case_of_blocks {
    const char *name;
    const char *text;
    struct source_spec source;
    const char *blocks;
};

#define SIZE(number) .kind = SOURCE_BLOCKS, .size = (number)

static const struct case_of_blocks cases[] = {
    {"empty", "", {SIZE(1)}, ""},
    {"one", "a\n", {SIZE(1)}, "a\n|"},
    {"whole-records", "aa\nbb\ncc\n", {SIZE(4)}, "aa\nbb\n|cc\n|"},
    {"at-the-end-of-one", "aa\nbb\ncc\n", {SIZE(2)}, "aa\n|bb\n|cc\n|"},
    {"behind-the-end-of-one", "aa\nbb\ncc\n", {SIZE(3)}, "aa\nbb\n|cc\n|"},
    {"longer-than-a-block", "aaaaaaaaa\nb\nc\n", {SIZE(2)}, "aaaaaaaaa\n|b\nc\n|"},
    {"last-without-end", "a\nb\nc", {SIZE(1)}, "a\n|b\n|c|"},
    {"no-end-at-all", "abc", {SIZE(1)}, "abc|"},
    {"nul", "a\n", {SIZE(1), .nul = true}, "a\n|"},
    {"text", "a;b;c", {SIZE(1), .end = ";"}, "a;|b;|c|"},
    {"start", ">a\n>b\n", {SIZE(1), .start = ">"}, ">a\n|>b\n|"},
    {"start-and-end", ">a>\n>b\n", {SIZE(1), .start = ">", .end = "\n"}, ">a>\n|>b\n|"},
    {"records", "a\nb\nc\n", {SIZE(9), .records = 2}, "a\nb\n|c\n|"},
    {"records-that-are-empty", "\n\n\n", {SIZE(9), .records = 1}, "\n|\n|\n|"},
    {"records-by-start", ">a>b>c", {SIZE(9), .start = ">", .records = 1}, ">a|>b|>c|"},
    {"header", "h\na\nb\n", {SIZE(1), .header = true}, "h\na\n|h\nb\n|"},
    {"header-and-records", "h\na\nb\nc\n", {SIZE(1), .header = true, .records = 2}, "h\na\nb\n|h\nc\n|"},
    {"header-alone", "h\n", {SIZE(1), .header = true}, ""},
    {"header-without-end", "h", {SIZE(1), .header = true}, ""},
};

static char *path_of(int fd)
{
    struct buf path = {0};
    buf_printf(&path, "/proc/self/fd/%d", fd);
    return buf_take(&path);
}

static void check_of(int fd, const struct case_of_blocks *row)
{
    struct run run = test_run(NULL);
    struct buf found = {0};
    char *path = path_of(fd);
    struct pool_spec spec = {.staff.workers = 1, .tasks = row->source};
    spec.tasks.path = path;
    read_blocks(&run, &spec, true, &found);
    assert_buf(&found, row->blocks);
    free(path);
    test_run_end(&run);
}

static void test_file(void **state)
{
    const struct case_of_blocks *row = *state;
    int fd = text_file_open(row->text, strlen(row->text));
    check_of(fd, row);
    close(fd);
}

static void test_fifo(void **state)
{
    const struct case_of_blocks *row = *state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], row->text, strlen(row->text)), strlen(row->text));
    close(ends[1]);
    check_of(ends[0], row);
    close(ends[0]);
}

/* What stands before where somebody else has read to is not read again. */
static void test_file_that_was_read(void **state)
{
    struct run run = test_run(NULL);
    struct buf found = {0};
    int kept = dup(STDIN_FILENO);
    (void)state;
    int fd = text_file_open("x\nh\na\nb\n", 8);
    lseek(fd, 2, SEEK_SET);
    dup2(fd, STDIN_FILENO);
    struct pool_spec spec = {.staff.workers = 1, .tasks = {.kind = SOURCE_BLOCKS, .path = "-", .size = 1, .header = true}};
    read_blocks(&run, &spec, true, &found);
    assert_buf(&found, "h\na\n|h\nb\n|");
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(fd);
    test_run_end(&run);
}

/* No more blocks of a stream are kept than a few for each worker; when a task has ended its block is gone. */
static void test_back_pressure(void **state)
{
    struct run run = test_run(NULL);
    struct error error = {0};
    struct buf items_of_tasks[3] = {0}, item = {0};
    struct input_block block;
    bool stream;
    int ends[2];
    char byte = 'x';
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "a\nb\nc\nd\n", 8), 8);
    close(ends[1]);
    char *path = path_of(ends[0]);
    struct pool_spec spec = {.staff.workers = 1, .tasks = {.kind = SOURCE_BLOCKS, .path = path, .size = 1}};
    struct items *items = items_new(&run, &spec, more, &run, &error);
    for (size_t i = 0; i < countof(items_of_tasks); i++)
        assert_true(next_block(&run, items, &items_of_tasks[i], &block));
    assert_int_equal(items_next(items, &item, &error), ITEMS_WAIT);
    assert_int_equal(item.length, 0);
    items_done(items, &items_of_tasks[1], 1);
    assert_true(next_block(&run, items, &item, &block));
    int fd = items_blocks(items, &stream);
    assert_true(stream);
    assert_int_equal(pread(fd, &byte, 1, block_place(2, 1)), 1);
    assert_int_equal(byte, '\0');
    assert_int_equal(pread(fd, &byte, 1, block_place(4, 2)), 1);
    assert_int_equal(byte, 'c');
    for (size_t i = 0; i < countof(items_of_tasks); i++)
        buf_release(&items_of_tasks[i]);
    items_free(items);
    buf_release(&item);
    close(ends[0]);
    free(path);
    test_run_end(&run);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST_ROWS(&tests, test_file, cases);
    TEST_ROWS(&tests, test_fifo, cases);
    TEST(&tests, test_file_that_was_read);
    TEST(&tests, test_back_pressure);
    return tests_run(&tests, "blocks");
}
