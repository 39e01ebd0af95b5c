/*
 * What the unit tests share: cmocka with what it needs, tables of cases, and the check that a test
 * leaves nothing behind.
 */
#ifndef TESTS_HARNESS_UNIT_H
#define TESTS_HARNESS_UNIT_H

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

/* The tests of one program, in the order of the calls. */
struct tests {
    struct CMUnitTest *items;
    size_t count;
    size_t capacity;
};

/* Descriptors that are open now. */
static inline size_t open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    size_t count = 0;
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* The descriptors that were open before the test. */
static inline size_t *descriptors_before(void)
{
    static size_t count;
    return &count;
}

static inline int tests_setup(void **state)
{
    (void)state;
    *descriptors_before() = open_descriptors();
    return 0;
}

/* Nothing is left of a test: no descriptor, no child. */
static inline int tests_teardown(void **state)
{
    (void)state;
    assert_int_equal(open_descriptors(), *descriptors_before());
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return 0;
}

/* Adds FUNCTION for one row of a table; the report names it FUNCTION/ROW, without spaces. */
static inline void tests_add(struct tests *tests, const char *function_name,
                             CMUnitTestFunction function, const char *row_name, const void *row)
{
    struct buf name = {0};
    buf_text(&name, strncmp(function_name, "test_", 5) ? function_name : function_name + 5);
    if (row_name)
        buf_printf(&name, "/%s", row_name);
    for (size_t i = 0; i < name.length; i++)
        if (!isgraph((unsigned char)name.data[i]))
            name.data[i] = '_';
    tests->items =
        mem_grow(tests->items, &tests->capacity, tests->count + 1, sizeof(*tests->items));
    tests->items[tests->count++] = (struct CMUnitTest){
        .name = buf_take(&name),
        .test_func = function,
        .setup_func = tests_setup,
        .teardown_func = tests_teardown,
        .initial_state = (void *)(uintptr_t)row,
    };
}

#define TEST(tests, function) tests_add(tests, #function, function, NULL, NULL)

/* A test for each row of a table whose rows have a NAME. */
#define TEST_ROWS(tests, function, rows)                                                           \
    do {                                                                                           \
        for (size_t row_ = 0; row_ < countof(rows); row_++)                                        \
            tests_add(tests, #function, function, (rows)[row_].name, &(rows)[row_]);               \
    } while (0)

static inline int tests_run(struct tests *tests, const char *name)
{
    int failed = _cmocka_run_group_tests(name, tests->items, tests->count, NULL, NULL);
    for (size_t i = 0; i < tests->count; i++)
        free((char *)(uintptr_t)tests->items[i].name);
    free(tests->items);
    return failed;
}

/* The content of BUF is TEXT; BUF is empty afterwards. */
static inline void assert_buf(struct buf *buf, const char *text)
{
    assert_string_equal(buf_string(buf), text);
    assert_int_equal(buf->length, strlen(text));
    buf_release(buf);
}

/* ERROR has CODE and a text that holds PART; it is no error afterwards. */
static inline void assert_error(struct error *error, int code, const char *part)
{
    assert_int_equal(error->code, code);
    assert_non_null(error->text);
    if (!strstr(error->text, part))
        fail_msg("'%s' is not in '%s'", part, error->text);
    error_release(error);
}

#endif
