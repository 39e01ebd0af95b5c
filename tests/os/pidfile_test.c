/* What is read as a process number, and what is not: nothing that kill(2) would take for a group, or for all. */
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "base/buf.h"
#include "os/pidfile.h"

static const char *read_text(const char *text, size_t length, pid_t *pid, bool *whole, struct buf *why)
{
    FILE *file = fopen("t.pid", "w");
    fwrite(text, 1, length, file);
    fclose(file);
    buf_clear(why);
    *pid = 0;
    *whole = false;
    return pidfile_read("t.pid", pid, whole, why) == PIDFILE_NAMES ? NULL : buf_string(why);
}

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        pid_t pid; /* 0: it is none */
        bool whole;
    } rows[] = {
        {"4711\n", 4711, true}, {"4711", 4711, false}, {"  12\r\n\n", 12, true}, {"2147483647\n", 2147483647, true},
        {"2147483648\n", 0, false}, {"99999999999999999999999999\n", 0, false}, {"0\n", 0, false}, {"1\n", 0, false},
        {"-1\n", 0, false}, {"-4711\n", 0, false}, {"+4711\n", 0, false}, {"12 34\n", 0, false}, {"0x12\n", 0, false},
        {"12\n34\n", 0, false}, {"pid\n", 0, false}, {"", 0, false}, {"\n", 0, false}, {" ", 0, false},
    };
    struct buf why = {0};
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        pid_t pid;
        bool whole;
        const char *wrong = read_text(rows[i].text, strlen(rows[i].text), &pid, &whole, &why);
        if (rows[i].pid) {
            assert_null(wrong);
            assert_int_equal(pid, rows[i].pid);
            assert_int_equal(whole, rows[i].whole);
        } else {
            assert_string_equal(wrong, rows[i].text[strspn(rows[i].text, " \n")] ? "holds no process number" : "is empty");
        }
    }
    buf_release(&why);
}

static void test_no_text(void **state)
{
    struct buf why = {0};
    char digits[200];
    pid_t pid;
    bool whole;
    (void)state;
    assert_non_null(read_text("12\0\n", 4, &pid, &whole, &why));
    assert_non_null(read_text("\0", 1, &pid, &whole, &why));
    memset(digits, ' ', sizeof(digits));
    memcpy(digits, "12", 2);
    assert_non_null(read_text(digits, sizeof(digits), &pid, &whole, &why));
    buf_release(&why);
}

/* Each is refused, and none of them is waited for. */
static void test_files(void **state)
{
    struct buf why = {0};
    pid_t pid;
    bool whole;
    (void)state;
    assert_null(read_text("12\n", 3, &pid, &whole, &why));
    assert_int_equal(symlink("t.pid", "link"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(pidfile_read("link", &pid, &whole, &why), PIDFILE_REFUSED);
    assert_string_equal(buf_string(&why), "is a symbolic link");
    buf_clear(&why);
    assert_int_equal(pidfile_read("fifo", &pid, &whole, &why), PIDFILE_REFUSED);
    assert_string_equal(buf_string(&why), "is no regular file");
    buf_clear(&why);
    assert_int_equal(pidfile_read("none", &pid, &whole, &why), PIDFILE_UNWRITTEN);
    assert_string_equal(buf_string(&why), "is not there");
    buf_clear(&why);
    chmod("t.pid", 0666);
    assert_int_equal(pidfile_read("t.pid", &pid, &whole, &why), PIDFILE_REFUSED);
    assert_string_equal(buf_string(&why), "may be written by anybody");
    unlink("t.pid");
    buf_release(&why);
}

static void test_remove(void **state)
{
    struct buf why = {0};
    pid_t pid;
    bool whole;
    (void)state;
    assert_null(read_text("12\n", 3, &pid, &whole, &why));
    pidfile_remove("t.pid", 13);
    assert_int_equal(access("t.pid", F_OK), 0);
    pidfile_remove("t.pid", 12);
    assert_int_equal(access("t.pid", F_OK), -1);
    buf_release(&why);
}

int main(void)
{
    struct tests tests = {0};
    char directory[] = "/tmp/pidfile_test.XXXXXX";
    if (!mkdtemp(directory) || chdir(directory))
        return 1;
    umask(022);
    TEST(&tests, test_numbers);
    TEST(&tests, test_no_text);
    TEST(&tests, test_files);
    TEST(&tests, test_remove);
    int result = tests_run(&tests, "pidfile");
    unlink("t.pid");
    unlink("link");
    unlink("fifo");
    return chdir("/") || rmdir(directory) ? 1 : result;
}
