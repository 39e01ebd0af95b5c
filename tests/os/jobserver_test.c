/* Tests for GNU make's jobserver: what MAKEFLAGS say of it, and its bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "base/buf.h"
#include "base/error.h"
#include "os/jobserver.h"

static void check_none(const char *flags, bool told)
{
    struct error error = {0};
    assert_null(jobserver_join(flags, &error));
    assert_int_equal(error.text != NULL, told);
    error_release(&error);
}

static void flags_without_one(void **state)
{
    (void)state;
    check_none(NULL, false);
    check_none("", false);
    check_none("k -j4", false);
    check_none("k -- A=--jobserver-auth=3,4", false);
    check_none(" -- --jobserver-auth=3,4", false);
    check_none("A\\ --jobserver-auth=3,4", false);
}

static void flags_with_one_that_cannot_be_used(void **state)
{
    (void)state;
    check_none(" -j4 --jobserver-auth=-2,-2", true);
    check_none(" -j4 --jobserver-auth=", true);
    check_none(" -j4 --jobserver-auth=7", true);
    check_none(" -j4 --jobserver-auth=0,99999", true);
    check_none(" -j4 --jobserver-auth=fifo:/no/such/fifo", true);
    check_none(" -j4 --jobserver-auth=fifo:/dev/null", true);
}

static void takes_and_gives_the_same_bytes(void **state)
{
    (void)state;
    char flags[64], bytes[4] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "xy", 2), 2);
    snprintf(flags, sizeof(flags), " -j3 --jobserver-fds=%d,%d", ends[0], ends[1]);
    struct jobserver *jobserver = jobserver_join(flags, NULL);
    assert_non_null(jobserver);
    for (int i = 0; i < 3; i++)
        assert_true(jobserver_take(jobserver));
    assert_false(jobserver_take(jobserver));
    assert_int_equal(jobserver_running(jobserver), 3);
    assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0); /* others may rely on it */
    jobserver_give(jobserver);
    assert_true(jobserver_take(jobserver));
    jobserver_close(jobserver);
    assert_int_equal(read(ends[0], bytes, 3), 2);
    assert_true(!strcmp(bytes, "xy") || !strcmp(bytes, "yx"));
    close(ends[0]);
    close(ends[1]);
}

static void check_flags(size_t jobs, const char *flags, const char *wanted)
{
    struct error error = {0};
    struct buf out = {0};
    struct jobserver *jobserver = jobserver_open(jobs, &error);
    assert_non_null(jobserver);
    jobserver_flags(jobserver, flags, &out);
    assert_string_equal(buf_string(&out), wanted);
    buf_release(&out);
    jobserver_close(jobserver);
}

static void flags_for_others(void **state)
{
    (void)state;
    check_flags(4, NULL, " -j4 --jobserver-auth=3,4");
    check_flags(4, "k", "k -j4 --jobserver-auth=3,4");
    check_flags(1, "k -j9 --no-silent", "k --no-silent -j1 --jobserver-auth=3,4");
    check_flags(2, " -j 9 --jobs=7 --jobs 5 --jobserver-auth=5,6 -w", "-w -j2 --jobserver-auth=3,4");
    check_flags(2, " -j9 -- A=b\\ c -j7", " -j2 --jobserver-auth=3,4 -- A=b\\ c -j7");
}

static void as_many_jobs_as_it_is_opened_for(void **state)
{
    (void)state;
    struct error error = {0};
    struct jobserver *jobserver = jobserver_open(3, &error);
    for (int i = 0; i < 3; i++)
        assert_true(jobserver_take(jobserver));
    assert_false(jobserver_take(jobserver));
    jobserver_close(jobserver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_without_one),
        cmocka_unit_test(flags_with_one_that_cannot_be_used),
        cmocka_unit_test(takes_and_gives_the_same_bytes),
        cmocka_unit_test(flags_for_others),
        cmocka_unit_test(as_many_jobs_as_it_is_opened_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
