/* What counts as a change of a file. */
#include "../harness/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch/changes.h"
#include "watch/records.h"

#define WRITTEN CHANGE_WRITTEN
#define STAMPED CHANGE_STAMPED

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void set_time(const char *path, time_t time)
{
    const struct timespec times[2] = {{.tv_sec = time}, {.tv_sec = time}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_bytes_count(void **state)
{
    struct records records = {0};
    (void)state;
    put("a", "one");
    records_learn(&records, "a", false);
    assert_false(records_differ(&records, "a", false));
    put("a", "one");
    assert_false(records_settle(&records, "a", WRITTEN, false));
    put("a", "two");
    assert_true(records_settle(&records, "a", WRITTEN, false));
    assert_false(records_settle(&records, "a", WRITTEN, false));
    put("b", "two");
    assert_int_equal(rename("b", "a"), 0);
    assert_true(records_differ(&records, "a", false));
    assert_false(records_settle(&records, "a", WRITTEN, false));
    put("b", "three");
    assert_int_equal(rename("b", "a"), 0);
    assert_true(records_settle(&records, "a", WRITTEN, false));
    records_release(&records);
}

/* touch(1) does so to have something done. */
static void test_touching_counts_and_rights_do_not(void **state)
{
    struct records records = {0};
    (void)state;
    put("a", "one");
    set_time("a", 1000);
    records_learn(&records, "a", false);
    set_time("a", 2000);
    assert_true(records_settle(&records, "a", STAMPED, false));
    assert_false(records_settle(&records, "a", STAMPED, false));
    chmod("a", 0640);
    assert_false(records_settle(&records, "a", STAMPED, false));
    chmod("a", 0750);
    assert_true(records_settle(&records, "a", STAMPED, false));
    put("a", "one");
    set_time("a", 3000);
    assert_false(records_settle(&records, "a", WRITTEN | STAMPED, false));
    records_release(&records);
}

static void count(void *arg, const char *path)
{
    (void)path;
    ++*(size_t *)arg;
}

static void test_coming_and_going(void **state)
{
    struct records records = {0};
    size_t number = 0;
    (void)state;
    assert_false(records_settle(&records, "new", WRITTEN, false));
    put("new", "");
    assert_true(records_settle(&records, "new", WRITTEN, false));
    assert_false(records_settle(&records, "new", WRITTEN, false));
    records_each(&records, "", count, &number);
    assert_int_equal(number, 1);
    records_each(&records, "ne", count, &number);
    assert_int_equal(number, 1);
    unlink("new");
    assert_true(records_settle(&records, "new", WRITTEN, false));
    put("new", "x");
    unlink("new");
    assert_false(records_settle(&records, "new", WRITTEN, false));
    records_each(&records, "", count, &number);
    assert_int_equal(number, 1);
    mkfifo("fifo", 0600);
    assert_false(records_settle(&records, "fifo", WRITTEN, false));
    assert_false(records_settle(&records, ".", WRITTEN, false));
    records_release(&records);
}

/* Also before it is settled. */
static void test_what_has_gone_differs(void **state)
{
    struct records records = {0};
    (void)state;
    put("short", "1");
    records_learn(&records, "short", false);
    unlink("short");
    assert_true(records_differ(&records, "short", false));
    assert_false(records_differ(&records, "never", false));
    records_release(&records);
}

/* Makes files in two directories whose every time is one: the system's clock for files is coarse, so that it takes few tries. */
static bool make_twins(void)
{
    struct stat one, two;
    mkdir("1", 0700);
    mkdir("2", 0700);
    for (int i = 0; i < 1000; i++) {
        unlink("1/file");
        unlink("2/file");
        put("1/file", "a");
        put("2/file", "b");
        set_time("1/file", 1000);
        set_time("2/file", 1000);
        assert_true(!stat("1/file", &one) && !stat("2/file", &two));
        if (one.st_ctim.tv_sec == two.st_ctim.tv_sec && one.st_ctim.tv_nsec == two.st_ctim.tv_nsec)
            return true;
    }
    return false;
}

/* As where the directory above it is another one. */
static void test_another_file_in_its_place(void **state)
{
    struct records records = {0};
    (void)state;
    if (!make_twins())
        skip();
    symlink("1", "place");
    symlink("place/file", "through");
    records_learn(&records, "through", true);
    records_learn(&records, "place/file", false);
    assert_false(records_differ(&records, "through", true));
    assert_false(records_differ(&records, "place/file", false));
    symlink("2", "next");
    assert_int_equal(rename("next", "place"), 0);
    assert_true(records_differ(&records, "through", true));
    assert_true(records_differ(&records, "place/file", false));
    records_release(&records);
}

static void test_links(void **state)
{
    struct records records = {0};
    (void)state;
    put("one", "1");
    put("two", "2");
    symlink("one", "link");
    records_learn(&records, "link", true);
    put("one", "3");
    assert_true(records_settle(&records, "link", WRITTEN, true));
    unlink("link");
    symlink("two", "link");
    assert_true(records_settle(&records, "link", WRITTEN, true));
    symlink("one", "other");
    records_learn(&records, "other", false);
    put("one", "4");
    assert_false(records_settle(&records, "other", WRITTEN, false));
    unlink("other");
    symlink("two", "other");
    assert_true(records_settle(&records, "other", WRITTEN, false));
    records_release(&records);
}

/* Names that come and go for ever take no more and more memory. */
static void test_what_has_gone_is_forgotten(void **state)
{
    struct records records = {0};
    (void)state;
    put("stays", "1");
    records_learn(&records, "stays", false);
    for (size_t i = 0; i < 5000; i++) {
        struct buf name = {0};
        buf_printf(&name, "n%zu", i);
        put(name.data, "");
        assert_true(records_settle(&records, name.data, WRITTEN, false));
        unlink(name.data);
        assert_true(records_settle(&records, name.data, WRITTEN, false));
        buf_release(&name);
    }
    assert_true(records.count < 2500);
    assert_false(records_differ(&records, "stays", false));
    records_release(&records);
}

int main(void)
{
    struct tests tests = {0};
    char directory[] = "/tmp/records.XXXXXX";
    if (!mkdtemp(directory) || chdir(directory))
        return 1;
    TEST(&tests, test_bytes_count);
    TEST(&tests, test_touching_counts_and_rights_do_not);
    TEST(&tests, test_coming_and_going);
    TEST(&tests, test_what_has_gone_differs);
    TEST(&tests, test_another_file_in_its_place);
    TEST(&tests, test_links);
    TEST(&tests, test_what_has_gone_is_forgotten);
    int status = tests_run(&tests, "records");
    char line[64];
    snprintf(line, sizeof(line), "rm -rf %s", directory);
    return status | system(line);
}
