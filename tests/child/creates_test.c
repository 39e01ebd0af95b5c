/* The file that a command creates: when it is up to date, and what is kept of it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "child/creates.h"
#include "scenario/spec.h"
#include "template/template.h"
#include "../harness/unit.h"

#define INPUTS_MOST 3

struct held {
    char directory[64];
    struct arena *arena;
    struct creates_spec spec;
    struct template *inputs[INPUTS_MOST];
    struct creates *creates;
    struct buf text; /* what was said last */
};

static struct template *parse(struct arena *arena, const char *text)
{
    struct value vars = {.type = VALUE_TABLE};
    struct template_scope scope = {.vars = &vars};
    struct template_fault fault = {0};
    struct template *parsed;
    assert_int_equal(template_parse(arena, text, strlen(text), TEMPLATE_TEXT, &scope, &parsed, &fault), 0);
    return parsed;
}

static void open_held(struct held *held, const char *path, const char *const *inputs)
{
    *held = (struct held){.arena = arena_new()};
    strcpy(held->directory, "/tmp/creates_test.XXXXXX");
    assert_non_null(mkdtemp(held->directory));
    assert_int_equal(chdir(held->directory), 0);
    held->spec.path = parse(held->arena, path);
    held->spec.inputs = held->inputs;
    for (; inputs && *inputs; inputs++)
        held->inputs[held->spec.input_count++] = parse(held->arena, *inputs);
}

static void close_held(struct held *held)
{
    char command[128];
    creates_free(held->creates);
    buf_release(&held->text);
    arena_free(held->arena);
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -r %s", held->directory);
    assert_int_equal(system(command), 0);
}

static void make(struct held *held)
{
    struct error error = {0};
    creates_free(held->creates);
    assert_int_equal(creates_new(&held->spec, NULL, held->directory, &held->creates, &error), 0);
}

/* It was changed SECONDS and NS after some moment of the past. */
static void set_date(const char *path, time_t seconds, long ns)
{
    struct timespec time = {.tv_sec = 1000000000 + seconds, .tv_nsec = ns};
    struct timespec times[2] = {time, time};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void put_file(const char *path, time_t seconds, long ns)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    set_date(path, seconds, ns);
}

static int look(struct held *held)
{
    struct error error = {0};
    buf_clear(&held->text);
    make(held);
    int result = creates_is_current(held->creates, &held->text, &error);
    if (result < 0) {
        buf_clear(&held->text);
        buf_text(&held->text, error.text);
    }
    error_release(&error);
    return result;
}

#define assert_look(held, result, said)                                                                                          \
    do {                                                                                                                         \
        assert_int_equal(look(held), result);                                                                                    \
        assert_string_equal(buf_string(&(held)->text), said);                                                                    \
    } while (0)

static void test_alone(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, "out", NULL);
    assert_look(&held, 0, "out is not there");
    assert_int_equal(symlink("nowhere", "out"), 0);
    assert_look(&held, 0, "out is not there");
    put_file("nowhere", 1, 0);
    assert_look(&held, 1, "out is there");
    close_held(&held);
}

/* Of equal dates nobody knows which was first; they are compared by nanoseconds. */
static void test_dates(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, "out", (const char *const[]){"in", "tree", NULL});
    put_file("out", 5, 500);
    assert_int_equal(look(&held), -ENOENT);
    assert_non_null(strstr(held.text.data, "/in': No such file or directory"));
    put_file("in", 5, 499);
    assert_int_equal(mkdir("tree", 0700), 0);
    assert_int_equal(mkdir("tree/deep", 0700), 0);
    put_file("tree/deep/file", 1, 0);
    set_date("tree/deep", 1, 0);
    set_date("tree", 1, 0);
    assert_look(&held, 1, "out is newer than in");
    put_file("in", 5, 500);
    assert_look(&held, 0, "out is not newer than in");
    put_file("in", 5, 0);
    put_file("tree/deep/file", 6, 0);
    assert_look(&held, 0, "out is not newer than tree/deep/file");
    close_held(&held);
}

/* A name with brackets that is there is that file; else it is a pattern, which is to match something. */
static void test_patterns(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, "out", (const char *const[]){"[ab].c", NULL});
    put_file("out", 5, 0);
    assert_look(&held, ERROR_FAILED, "newer_than: no file matches '[ab].c'");
    put_file("b.c", 6, 0);
    assert_look(&held, 0, "out is not newer than b.c");
    put_file("[ab].c", 1, 0);
    assert_look(&held, 1, "out is newer than [ab].c");
    close_held(&held);
}

static void test_directory(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, "made", (const char *const[]){"in", NULL});
    put_file("in", 2000000000, 0);
    assert_int_equal(mkdir("made", 0700), 0);
    assert_look(&held, 1, "made is there");
    close_held(&held);
}

static int keep(struct held *held)
{
    struct error error = {0};
    buf_clear(&held->text);
    int result = creates_keep(held->creates, &held->text, &error);
    if (result)
        buf_text(&held->text, error.text);
    error_release(&error);
    return result;
}

static void drop(struct held *held)
{
    buf_clear(&held->text);
    creates_drop(held->creates, &held->text);
}

static bool is_there(const char *path)
{
    struct stat status;
    return !lstat(path, &status);
}

static void test_not_made(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, "out", NULL);
    make(&held);
    creates_begin(held.creates);
    assert_int_equal(keep(&held), ERROR_FAILED);
    assert_non_null(strstr(held.text.data, "it has not made '/tmp/creates_test."));
    assert_non_null(strstr(held.text.data, "/out', which creates names"));
    close_held(&held);
}

/* What it wrote beside becomes the file; what an earlier one has left there does not. */
static void test_temporary(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, "a.png", NULL);
    held.spec.renames = true;
    put_file(".parrun-tmp-a.png", 1, 0);
    put_file("a.png", 1, 0);
    make(&held);
    assert_string_equal(strrchr(creates_temporary(held.creates), '/'), "/.parrun-tmp-a.png");
    creates_begin(held.creates);
    assert_int_equal(keep(&held), ERROR_FAILED);
    assert_string_equal(held.text.data, "it has not written output_tmp, which is to become a.png");
    drop(&held);
    assert_true(is_there("a.png"));
    creates_begin(held.creates);
    put_file(creates_temporary(held.creates), 7, 0);
    assert_int_equal(keep(&held), 0);
    assert_false(is_there(".parrun-tmp-a.png"));
    struct stat status;
    assert_int_equal(stat("a.png", &status), 0);
    assert_int_equal(status.st_mtim.tv_sec, 1000000007);
    creates_begin(held.creates);
    put_file(creates_temporary(held.creates), 8, 0);
    drop(&held);
    assert_false(is_there(".parrun-tmp-a.png"));
    assert_true(is_there("a.png"));
    assert_int_equal(unlink("a.png"), 0);
    assert_int_equal(mkdir("a.png", 0700), 0);
    creates_begin(held.creates);
    put_file(creates_temporary(held.creates), 8, 0);
    assert_int_equal(keep(&held), -EISDIR);
    assert_string_equal(held.text.data, "its output_tmp cannot become a.png: Is a directory");
    close_held(&held);
}

/* What was there before and was not touched stays, and so do links and what directories hold. */
static void test_failed(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, "out", NULL);
    put_file("out", 1, 0);
    make(&held);
    drop(&held); /* it has not begun */
    held.spec.remove_failed = true;
    creates_begin(held.creates);
    drop(&held);
    assert_true(is_there("out") && !held.text.length);
    creates_begin(held.creates);
    put_file("out", 2, 0);
    drop(&held);
    assert_false(is_there("out") || held.text.length);
    creates_begin(held.creates);
    assert_int_equal(symlink("aim", "out"), 0);
    put_file("aim", 1, 0);
    drop(&held);
    assert_true(is_there("out") && is_there("aim"));
    assert_string_equal(held.text.data, "it has left out, which is no regular file, and counts as made the next time");
    assert_int_equal(unlink("out"), 0);
    creates_begin(held.creates);
    assert_int_equal(mkdir("out", 0700), 0);
    put_file("out/file", 1, 0);
    drop(&held);
    assert_true(is_there("out/file"));
    assert_string_equal(held.text.data,
                        "it has left out, which is a directory that is not empty, and counts as made the next time");
    assert_int_equal(unlink("out/file"), 0);
    creates_begin(held.creates);
    drop(&held);
    assert_true(is_there("out") && !held.text.length); /* it was there before */
    assert_int_equal(rmdir("out"), 0);
    held.spec.remove_failed = false;
    creates_begin(held.creates);
    put_file("out", 1, 0);
    drop(&held);
    assert_true(is_there("out"));
    assert_string_equal(held.text.data, "it has left out, which counts as made the next time; remove_failed would remove it");
    close_held(&held);
}

/* What has changed while it was read is read again; what lies ahead is not read for ever. */
static void test_inputs_that_change(void **state)
{
    (void)state;
    struct held held;
    open_held(&held, "out", (const char *const[]){"in", NULL});
    put_file("in", 1, 0);
    make(&held);
    creates_begin(held.creates);
    put_file("in", 2, 0);
    put_file("out", 3, 0);
    assert_int_equal(keep(&held), 0);
    assert_string_equal(held.text.data, "in has changed while it ran, so that out is not up to date");
    assert_look(&held, 0, "out is not newer than in");
    put_file("in", 3000000000, 999999999);
    creates_begin(held.creates);
    put_file("out", 3, 0);
    assert_int_equal(keep(&held), 0);
    assert_string_equal(held.text.data, "the date of in lies ahead; out was given one that is newer");
    assert_look(&held, 1, "out is newer than in");
    creates_begin(held.creates);
    assert_int_equal(keep(&held), 0);
    put_file("in", 1, 0);
    put_file("out", 3, 0);
    creates_begin(held.creates);
    assert_int_equal(keep(&held), 0);
    assert_int_equal(held.text.length, 0);
    close_held(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),     cmocka_unit_test(test_dates),  cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_directory), cmocka_unit_test(test_not_made), cmocka_unit_test(test_temporary),
        cmocka_unit_test(test_failed),    cmocka_unit_test(test_inputs_that_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
