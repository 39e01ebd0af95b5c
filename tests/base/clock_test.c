/* The monotonic clock stands still, goes on from there, and skips. */
#include <time.h>

#include "../harness/unit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/unit.h"

/* Lets the machine's clock go on by a little. */
static void let_pass(int64_t ns)
{
    int64_t until = clock_machine() + ns;
    while (clock_machine() < until)
        ;
}

/* How far the clock is behind the machine's: no more than that, and no less, whatever passes between the looks at both. */
static int64_t lag_at_least(void)
{
    int64_t machine = clock_machine();
    return machine - clock_monotonic();
}

static int64_t lag_at_most(void)
{
    int64_t monotonic = clock_monotonic();
    return clock_machine() - monotonic;
}

static void test_stands_still(void **state)
{
    (void)state;
    int64_t before = clock_monotonic(), lag = lag_at_least();
    clock_freeze();
    int64_t frozen = clock_monotonic();
    assert_true(frozen >= before);
    let_pass(5 * NS_PER_MS);
    assert_int_equal(clock_monotonic(), frozen);
    clock_thaw();
    assert_true(clock_monotonic() >= frozen);
    assert_true(lag_at_most() >= lag + 5 * NS_PER_MS);
}

/* Pauses add up. */
static void test_again(void **state)
{
    (void)state;
    int64_t lag = lag_at_least();
    for (int i = 0; i < 3; i++) {
        clock_freeze();
        let_pass(NS_PER_MS);
        clock_thaw();
    }
    assert_true(lag_at_most() >= lag + 3 * NS_PER_MS);
}

static void test_skip(void **state)
{
    (void)state;
    int64_t least = lag_at_least(), most = lag_at_most();
    clock_skip(NS_PER_S);
    assert_true(lag_at_most() >= least + NS_PER_S);
    assert_true(lag_at_least() <= most + NS_PER_S);
}

/* A time of the clock that lags is later by the lag for the system, frozen or not. */
static void test_until(void **state)
{
    (void)state;
    for (int frozen = 0; frozen < 2; frozen++) {
        struct timespec until;
        if (frozen)
            clock_freeze();
        int64_t machine = clock_machine();
        clock_until(clock_monotonic() + 5 * NS_PER_S, &until);
        int64_t told = until.tv_sec * NS_PER_S + until.tv_nsec;
        assert_true(told >= machine + 5 * NS_PER_S && told <= clock_machine() + 5 * NS_PER_S);
        clock_until(0, &until);
        assert_true(until.tv_sec >= 0);
        if (frozen)
            clock_thaw();
    }
}

struct print_case {
    const char *name;
    int64_t wall;
    const char *text;
    const char *brief;
};

static const struct print_case prints[] = {
    {"of these days", 1767323045 * NS_PER_S + 678901234, "2026-01-02T03:04:05.678901Z", "20260102T030405Z"},
    {"leap day", 951782399 * NS_PER_S + NS_PER_S - 1, "2000-02-28T23:59:59.999999Z", "20000228T235959Z"},
    {"the beginning", 0, "1970-01-01T00:00:00.000000Z", "19700101T000000Z"},
    {"before it", -1, "1969-12-31T23:59:59.999999Z", "19691231T235959Z"},
};

static void test_print(void **state)
{
    const struct print_case *row = *state;
    struct buf out = {0};
    clock_print(&out, row->wall);
    assert_string_equal(out.data, row->text);
    buf_clear(&out);
    clock_print_short(&out, row->wall);
    assert_string_equal(out.data, row->brief);
    buf_release(&out);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_stands_still);
    TEST(&tests, test_again);
    TEST(&tests, test_skip);
    TEST(&tests, test_until);
    TEST_ROWS(&tests, test_print, prints);
    return tests_run(&tests, "clock");
}
