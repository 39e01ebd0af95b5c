/* Alarms: of both clocks, in place of one another, past ones at once, none after a stop. */
#include "../harness/loop.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/unit.h"
#include "loop/alarm.h"
#include "loop/timer.h"

/* More than any test lasts. */
#define LATER (3600 * NS_PER_S)

struct heard {
    struct loop *loop;
    struct alarm *alarms[2];
    int64_t due; /* of the first clock, where it is to be looked at */
    int64_t late;
    struct buf order;
};

static int64_t now_of(enum alarm_clock clock)
{
    return clock == ALARM_WALL ? clock_wall() : clock_boot();
}

static void hear_first(void *arg)
{
    struct heard *heard = arg;
    heard->late = clock_boot() - heard->due;
    buf_char(&heard->order, 'a');
}

static void hear_last(void *arg)
{
    struct heard *heard = arg;
    buf_char(&heard->order, '.');
    loop_stop(heard->loop);
}

static void open_both(struct heard *heard, enum alarm_clock clock)
{
    struct error error = {0};
    *heard = (struct heard){.loop = test_loop()};
    heard->alarms[0] = alarm_new(heard->loop, clock, hear_first, heard, &error);
    heard->alarms[1] = alarm_new(heard->loop, clock, hear_last, heard, &error);
    assert_non_null(heard->alarms[0]);
    assert_non_null(heard->alarms[1]);
}

static void run_both(struct heard *heard, const char *expected)
{
    loop_run(heard->loop);
    alarm_free(heard->alarms[0]);
    alarm_free(heard->alarms[1]);
    loop_free(heard->loop);
    assert_buf(&heard->order, expected);
}

static void test_one_after_the_other(void **state)
{
    (void)state;
    for (enum alarm_clock clock = ALARM_WALL; clock <= ALARM_BOOT; clock++) {
        struct heard heard;
        open_both(&heard, clock);
        int64_t now = now_of(clock);
        alarm_set(heard.alarms[1], now + 60 * NS_PER_MS);
        alarm_set(heard.alarms[0], now + 20 * NS_PER_MS);
        run_both(&heard, "a.");
    }
}

static void test_not_before_its_time(void **state)
{
    (void)state;
    struct heard heard;
    open_both(&heard, ALARM_BOOT);
    heard.due = clock_boot() + 1500 * NS_PER_MS; /* more than a whole second, and a part of one */
    alarm_set(heard.alarms[0], heard.due);
    alarm_set(heard.alarms[1], heard.due + 1);
    run_both(&heard, "a.");
    assert_true(heard.late >= 0);
}

static void test_what_is_past_comes_at_once(void **state)
{
    (void)state;
    static const int64_t past[] = {0, -1, 1, INT64_MIN};
    for (size_t i = 0; i < sizeof(past) / sizeof(*past); i++) {
        struct heard heard;
        open_both(&heard, i % 2 ? ALARM_WALL : ALARM_BOOT);
        alarm_set(heard.alarms[1], past[i]);
        run_both(&heard, ".");
    }
}

static void test_in_place_of_another(void **state)
{
    (void)state;
    struct heard heard;
    open_both(&heard, ALARM_BOOT);
    alarm_set(heard.alarms[0], 1);
    alarm_set(heard.alarms[0], clock_boot() + LATER);
    alarm_set(heard.alarms[1], clock_boot() + LATER);
    alarm_set(heard.alarms[1], clock_boot() + 10 * NS_PER_MS);
    run_both(&heard, ".");
}

static void test_stopped_is_silent(void **state)
{
    (void)state;
    struct heard heard;
    open_both(&heard, ALARM_WALL);
    alarm_set(heard.alarms[0], clock_wall());
    alarm_stop(heard.alarms[0]);
    alarm_stop(heard.alarms[0]);
    alarm_set(heard.alarms[1], clock_wall() + 20 * NS_PER_MS);
    run_both(&heard, ".");
    alarm_stop(NULL);
    alarm_free(NULL);
}

/* It may be set again from its own call. */
static void hear_thrice(void *arg)
{
    struct heard *heard = arg;
    buf_char(&heard->order, 'a');
    if (heard->order.length == 3)
        loop_stop(heard->loop);
    else
        alarm_set(heard->alarms[0], clock_boot() + NS_PER_MS);
}

static void test_again(void **state)
{
    (void)state;
    struct error error = {0};
    struct heard heard = {.loop = test_loop()};
    heard.alarms[0] = alarm_new(heard.loop, ALARM_BOOT, hear_thrice, &heard, &error);
    alarm_set(heard.alarms[0], 1);
    run_both(&heard, "aaa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_the_other), cmocka_unit_test(test_not_before_its_time),
        cmocka_unit_test(test_what_is_past_comes_at_once), cmocka_unit_test(test_in_place_of_another),
        cmocka_unit_test(test_stopped_is_silent), cmocka_unit_test(test_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
