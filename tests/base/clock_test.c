/* The monotonic clock stands still, goes on from there, and skips. */
#include <time.h>

#include "../harness/unit.h"
#include "base/clock.h"
#include "base/unit.h"

/* Lets the machine's clock go on by a little. */
static void let_pass(int64_t ns)
{
    int64_t until = clock_machine() + ns;
    while (clock_machine() < until)
        ;
}

static void test_stands_still(void **state)
{
    (void)state;
    int64_t before = clock_monotonic();
    clock_freeze();
    int64_t frozen = clock_monotonic();
    assert_true(frozen >= before);
    let_pass(5 * NS_PER_MS);
    assert_int_equal(clock_monotonic(), frozen);
    clock_thaw();
    int64_t after = clock_monotonic();
    assert_true(after >= frozen && after < frozen + 5 * NS_PER_MS);
}

/* Pauses add up. */
static void test_again(void **state)
{
    (void)state;
    int64_t lag = clock_machine() - clock_monotonic();
    for (int i = 0; i < 3; i++) {
        clock_freeze();
        let_pass(NS_PER_MS);
        clock_thaw();
    }
    assert_true(clock_machine() - clock_monotonic() >= lag + 3 * NS_PER_MS);
}

static void test_skip(void **state)
{
    (void)state;
    int64_t lag = clock_machine() - clock_monotonic();
    clock_skip(NS_PER_S);
    int64_t now = clock_machine() - clock_monotonic();
    assert_true(now >= lag + NS_PER_S - NS_PER_MS && now < lag + NS_PER_S + 100 * NS_PER_MS);
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
        assert_true(told >= machine + 4 * NS_PER_S && told < machine + 6 * NS_PER_S);
        clock_until(0, &until);
        assert_true(until.tv_sec >= 0);
        if (frozen)
            clock_thaw();
    }
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_stands_still);
    TEST(&tests, test_again);
    TEST(&tests, test_skip);
    TEST(&tests, test_until);
    return tests_run(&tests, "clock");
}
