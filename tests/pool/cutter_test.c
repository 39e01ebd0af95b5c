/* Where records end: in any text, with any separators and sizes, in bytes and in a file. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/text_file.h"
#include "pool/source/cutter.h"

struct separator {
    const char *end;
    size_t end_length;
    const char *start;
};

static const struct separator separators[] = {
    {"\n", 1, NULL}, {"", 1, NULL}, {"aa", 2, NULL}, {"", 0, "a"}, {"\n", 1, "a"}, {"b\n", 2, "ab"}, {"", 0, "ab"},
};

/* Looked for in the simplest way. */
static size_t expected_cut(const struct cutter *cutter, const char *text, size_t length, size_t from)
{
    for (size_t at = from; at + cutter->mark.length <= length; at++)
        if (!memcmp(text + at, cutter->mark.data, cutter->mark.length))
            return at + cutter->end;
    return length;
}

/* The same as a stream is looked through, of which STEP more bytes come at a time. */
static size_t found_in_steps(const struct cutter *cutter, const char *text, size_t length, size_t from, size_t step)
{
    size_t unseen = from;
    for (size_t there = 0; there < length;) {
        there = there + step < length ? there + step : length;
        size_t cut = cutter_find(cutter, text, there, unseen);
        if (cut != CUTTER_NONE)
            return cut;
        unseen = cutter_unseen(cutter, there, unseen);
    }
    return length;
}

/* All blocks of SIZE: each cut is the first at which a record ends, all of them together are the text. */
static void check_blocks(const struct cutter *cutter, const char *text, size_t length, int fd, size_t size, size_t step)
{
    size_t at = 0;
    while (at < length) {
        size_t from = at + size;
        size_t expected = expected_cut(cutter, text, length, from);
        assert_int_equal(found_in_steps(cutter, text, length, from, step), expected);
        assert_int_equal(cutter_find_in_file(cutter, fd, (off_t)from, (off_t)length), expected);
        assert_true(expected > at);
        at = expected;
    }
    assert_int_equal(at, length);
}

static void fill(char *text, size_t length)
{
    static const char letters[] = {'a', 'b', '\n', '\0'};
    for (size_t i = 0; i < length; i++)
        text[i] = letters[rand() % 4];
}

static void test_any_text(void **state)
{
    char text[64];
    (void)state;
    srand(1);
    for (int round = 0; round < 300; round++) {
        size_t length = (size_t)rand() % sizeof(text);
        fill(text, length);
        int fd = text_file_open(text, length);
        assert_true(fd >= 0);
        for (size_t i = 0; i < sizeof(separators) / sizeof(*separators); i++) {
            struct cutter cutter;
            cutter_init(&cutter, separators[i].end, separators[i].end_length, separators[i].start);
            for (size_t size = 1; size <= 2 * length + 1; size++)
                check_blocks(&cutter, text, length, fd, size, 1 + (size_t)rand() % 9);
            cutter_release(&cutter);
        }
        close(fd);
    }
}

/* A mark that lies across the end of what is read at once, and a record that is longer than many of those. */
static void test_long_records(void **state)
{
    size_t length = 1 << 20;
    char *text = mem_calloc(length, 1);
    struct cutter cutter;
    (void)state;
    memset(text, 'x', length);
    for (size_t place = 65530; place < 65540; place++)
        memcpy(text + place, "b\nab", 4);
    memcpy(text + length - 5, "b\nab", 4);
    int fd = text_file_open(text, length);
    cutter_init(&cutter, "b\n", 2, "ab");
    for (size_t size = 1; size < 12; size++)
        check_blocks(&cutter, text, length, fd, size, 65536);
    check_blocks(&cutter, text, length, fd, 65541, 4096);
    cutter_release(&cutter);
    close(fd);
    free(text);
}

static void test_file_that_is_shorter(void **state)
{
    struct cutter cutter;
    (void)state;
    int fd = text_file_open("aaaa", 4);
    cutter_init(&cutter, "\n", 1, NULL);
    assert_int_equal(cutter_find_in_file(&cutter, fd, 1, 4), 4);
    assert_int_equal(cutter_find_in_file(&cutter, fd, 1, 5), -ENODATA);
    assert_int_equal(cutter_find_in_file(&cutter, fd, 9, 10), -ENODATA);
    assert_int_equal(cutter_find_in_file(&cutter, -1, 1, 4), -EBADF);
    cutter_release(&cutter);
    close(fd);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_any_text);
    TEST(&tests, test_long_records);
    TEST(&tests, test_file_that_is_shorter);
    return tests_run(&tests, "cutter");
}
