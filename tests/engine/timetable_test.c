/* The times of a schedule under a clock that the test moves. */
#include "engine/timetable.h"

#include "../harness/unit.h"
#include "base/calendar.h"
#include "base/unit.h"
#include "base/zone.h"
#include "scenario/spec.h"

#define S NS_PER_S
#define HOUR (3600 * S)

/* Noon of 1 March 2026 in UTC. */
#define NOON ((calendar_day(2026, 3, 1) * DAY_SECONDS + 12 * 3600) * S)

static struct schedule_spec by_cron(const char *expression)
{
    struct schedule_spec spec = {.given = true, .expression = expression};
    struct cron_fault fault = {0};
    assert_true(cron_parse(expression, &spec.cron, &fault));
    return spec;
}

static int64_t missed;
static bool corrected;

/* It is NOW: whether a time is due, and as MISSED and CORRECTED have it what else. */
static bool take(struct timetable *table, int64_t now)
{
    return timetable_take(table, now, &missed, &corrected);
}

static void test_grid(void **state)
{
    (void)state;
    const struct schedule_spec spec = {.given = true, .every = 30 * S};
    struct timetable table = {.spec = &spec};
    timetable_begin(&table, 7 * S, false);
    assert_true(timetable_due(&table) == 7 * S);
    assert_true(take(&table, 7 * S));
    assert_true(missed == 0 && timetable_due(&table) == 37 * S);
    assert_false(take(&table, 36 * S));
    assert_true(take(&table, 38 * S)); /* late, and the grid stays */
    assert_true(missed == 0 && timetable_due(&table) == 67 * S);
    assert_true(take(&table, 67 * S + 2 * HOUR));
    assert_true(missed == 240 && timetable_due(&table) == 97 * S + 2 * HOUR);
}

static void test_first(void **state)
{
    (void)state;
    const struct schedule_spec now = {.given = true, .every = 30 * S};
    const struct schedule_spec wait = {.given = true, .every = 30 * S, .waits = true};
    struct timetable table = {.spec = &wait};
    timetable_begin(&table, 0, false);
    assert_true(timetable_due(&table) == 30 * S);
    table = (struct timetable){.spec = &now};
    timetable_begin(&table, 0, true);
    assert_true(timetable_due(&table) == 30 * S);
}

static void test_cron(void **state)
{
    (void)state;
    struct zone *utc = zone_utc();
    struct schedule_spec spec = by_cron("*/5 * * * *");
    struct timetable table = {.spec = &spec, .zone = utc};
    timetable_begin(&table, NOON, false);
    assert_true(timetable_due(&table) == NOON + 300 * S); /* the start itself is no time of it */
    assert_false(take(&table, NOON + 300 * S - 1));
    assert_true(take(&table, NOON + 300 * S));
    assert_true(missed == 0 && timetable_due(&table) == NOON + 600 * S);
    assert_false(take(&table, NOON + 300 * S)); /* a timer that comes twice */
    assert_true(take(&table, NOON + 600 * S + 8 * HOUR)); /* the machine slept */
    assert_true(missed == 96 && timetable_due(&table) == NOON + 900 * S + 8 * HOUR);
    zone_free(utc);
}

/* The clock is put back: a time that has come does not come again. */
static void test_back(void **state)
{
    (void)state;
    struct zone *utc = zone_utc();
    struct schedule_spec spec = by_cron("0 * * * *");
    struct timetable table = {.spec = &spec, .zone = utc};
    timetable_begin(&table, NOON, false);
    assert_true(take(&table, NOON + HOUR));
    assert_false(take(&table, NOON - HOUR));
    assert_false(corrected);
    assert_false(take(&table, NOON + HOUR));
    assert_true(timetable_due(&table) == NOON + 2 * HOUR);
    zone_free(utc);
}

/* By more than three hours: it was wrong before, and what it had planned does not count. */
static void test_correction(void **state)
{
    (void)state;
    struct zone *utc = zone_utc();
    struct schedule_spec spec = by_cron("0 * * * *");
    struct timetable table = {.spec = &spec, .zone = utc};
    int64_t day = DAY_SECONDS * S;
    timetable_begin(&table, NOON + 1000 * day, false);
    assert_true(take(&table, NOON + 1000 * day + HOUR));
    assert_false(take(&table, NOON + 1));
    assert_true(corrected);
    assert_true(timetable_due(&table) == NOON + HOUR);
    assert_true(take(&table, NOON + HOUR));
    assert_true(take(&table, NOON + 1000 * day)); /* and forwards: once for all */
    assert_true(missed == 1000 * 24 - 2);
    zone_free(utc);
}

static void test_jitter(void **state)
{
    (void)state;
    struct zone *utc = zone_utc();
    struct schedule_spec spec = by_cron("* * * * *");
    struct timetable table = {.spec = &spec, .zone = utc, .seed = 1};
    int64_t least = INT64_MAX, most = 0;
    spec.jitter = 59 * S;
    timetable_begin(&table, NOON, false);
    for (int i = 1; i <= 1000; i++) {
        int64_t planned = NOON + i * 60 * S;
        int64_t delay = timetable_due(&table) - planned;
        assert_true(delay >= 0 && delay < spec.jitter);
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
        assert_false(take(&table, planned + delay - 1));
        assert_true(take(&table, planned + delay));
        assert_true(missed == 0);
    }
    assert_true(least < S && most > 58 * S);
    zone_free(utc);
}

/* Another rule of the zone moves what has not come. */
static void test_replan(void **state)
{
    (void)state;
    struct error error = {0};
    struct zone *utc = zone_utc();
    struct zone *other = zone_read_rule("XXX-3", &error);
    struct schedule_spec spec = by_cron("0 18 * * *");
    struct timetable table = {.spec = &spec, .zone = utc};
    timetable_begin(&table, NOON, false);
    assert_true(timetable_due(&table) == NOON + 6 * HOUR);
    table.zone = other;
    timetable_replan(&table);
    assert_true(timetable_due(&table) == NOON + 3 * HOUR);
    zone_free(utc);
    zone_free(other);
}

/* A clock beyond which no time can be counted in ns. */
static void test_end(void **state)
{
    (void)state;
    struct zone *utc = zone_utc();
    struct schedule_spec spec = by_cron("0 0 1 1 *");
    struct timetable table = {.spec = &spec, .zone = utc};
    timetable_begin(&table, calendar_day(2262, 1, 2) * DAY_SECONDS * S, false);
    assert_true(table.ended);
    assert_false(take(&table, INT64_MAX));
    zone_free(utc);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_grid);
    TEST(&tests, test_first);
    TEST(&tests, test_cron);
    TEST(&tests, test_back);
    TEST(&tests, test_correction);
    TEST(&tests, test_jitter);
    TEST(&tests, test_replan);
    TEST(&tests, test_end);
    return tests_run(&tests, "timetable");
}
