/* The times of cron expressions in the zones of the system, against times worked out elsewhere and a daemon's loop. */
#include "base/cron_next.h"

#include <time.h>

#include "../harness/unit.h"
#include "base/calendar.h"
#include "base/cron.h"
#include "base/zone.h"
#include "os/zone_file.h"

#define MINUTES_COMPARED (3 * 24 * 60)

static const struct time_case {
    const char *name;
    const char *expression;
    const char *zone;
    const char *start;
    const char *next; /* three of them */
} times[] = {
    {"0 0 13 * 5 in UTC from 2026-11-29 00:00+00:00", "0 0 13 * 5", "UTC", "2026-11-29 00:00+00:00",
     "2026-12-04 00:00+00:00, 2026-12-11 00:00+00:00, 2026-12-13 00:00+00:00"},
    {"0 0 1-31 * 1 in UTC from 2026-12-01 00:00+00:00", "0 0 1-31 * 1", "UTC", "2026-12-01 00:00+00:00",
     "2026-12-02 00:00+00:00, 2026-12-03 00:00+00:00, 2026-12-04 00:00+00:00"},
    {"0 0 */2 * 1 in UTC from 2026-12-01 00:00+00:00", "0 0 */2 * 1", "UTC", "2026-12-01 00:00+00:00",
     "2026-12-07 00:00+00:00, 2026-12-21 00:00+00:00, 2027-01-11 00:00+00:00"},
    {"0 9 1-7 * */7 in UTC from 2026-12-01 00:00+00:00", "0 9 1-7 * */7", "UTC", "2026-12-01 00:00+00:00",
     "2026-12-06 09:00+00:00, 2027-01-03 09:00+00:00, 2027-02-07 09:00+00:00"},
    {"0 12 * * 7 in Europe/Rome from 2026-11-29 12:00+01:00", "0 12 * * 7", "Europe/Rome", "2026-11-29 12:00+01:00",
     "2026-12-06 12:00+01:00, 2026-12-13 12:00+01:00, 2026-12-20 12:00+01:00"},
    {"0 12 * * 0 in Europe/Rome from 2026-11-29 11:59:59+01:00", "0 12 * * 0", "Europe/Rome", "2026-11-29 11:59:59+01:00",
     "2026-11-29 12:00+01:00, 2026-12-06 12:00+01:00, 2026-12-13 12:00+01:00"},
    {"0 8 * * fri-sun in America/Sao_Paulo from 2026-12-02 00:00-03:00", "0 8 * * fri-sun", "America/Sao_Paulo", "2026-12-02 00:00-03:00",
     "2026-12-04 08:00-03:00, 2026-12-05 08:00-03:00, 2026-12-06 08:00-03:00"},
    {"0 8 * * 5-7 in America/Sao_Paulo from 2026-12-02 00:00-03:00", "0 8 * * 5-7", "America/Sao_Paulo", "2026-12-02 00:00-03:00",
     "2026-12-04 08:00-03:00, 2026-12-05 08:00-03:00, 2026-12-06 08:00-03:00"},
    {"0 8 * * MON-fri/2 in Asia/Tokyo from 2026-12-03 00:00+09:00", "0 8 * * MON-fri/2", "Asia/Tokyo", "2026-12-03 00:00+09:00",
     "2026-12-04 08:00+09:00, 2026-12-07 08:00+09:00, 2026-12-09 08:00+09:00"},
    {"15 10 1 jan,APR,Jul,oct * in Europe/Madrid from 2026-11-29 00:00+01:00", "15 10 1 jan,APR,Jul,oct *", "Europe/Madrid", "2026-11-29 00:00+01:00",
     "2027-01-01 10:15+01:00, 2027-04-01 10:15+02:00, 2027-07-01 10:15+02:00"},
    {"5/15 * * * * in UTC from 2026-11-29 00:00+00:00", "5/15 * * * *", "UTC", "2026-11-29 00:00+00:00",
     "2026-11-29 00:05+00:00, 2026-11-29 00:20+00:00, 2026-11-29 00:35+00:00"},
    {"7-30/10 9-17/4 * * * in UTC from 2026-11-29 09:08+00:00", "7-30/10 9-17/4 * * *", "UTC", "2026-11-29 09:08+00:00",
     "2026-11-29 09:17+00:00, 2026-11-29 09:27+00:00, 2026-11-29 13:07+00:00"},
    {"*/7 * * * * in UTC from 2026-11-29 10:55+00:00", "*/7 * * * *", "UTC", "2026-11-29 10:55+00:00",
     "2026-11-29 10:56+00:00, 2026-11-29 11:00+00:00, 2026-11-29 11:07+00:00"},
    {"0 */5 * * * in UTC from 2026-11-29 14:00+00:00", "0 */5 * * *", "UTC", "2026-11-29 14:00+00:00",
     "2026-11-29 15:00+00:00, 2026-11-29 20:00+00:00, 2026-11-30 00:00+00:00"},
    {"0 0 */10 * * in UTC from 2027-02-21 00:00+00:00", "0 0 */10 * *", "UTC", "2027-02-21 00:00+00:00",
     "2027-03-01 00:00+00:00, 2027-03-11 00:00+00:00, 2027-03-21 00:00+00:00"},
    {"*/25 */9 * * * in UTC from 2026-11-29 18:26+00:00", "*/25 */9 * * *", "UTC", "2026-11-29 18:26+00:00",
     "2026-11-29 18:50+00:00, 2026-11-30 00:00+00:00, 2026-11-30 00:25+00:00"},
    {"0 0 31 * * in UTC from 2026-11-29 00:00+00:00", "0 0 31 * *", "UTC", "2026-11-29 00:00+00:00",
     "2026-12-31 00:00+00:00, 2027-01-31 00:00+00:00, 2027-03-31 00:00+00:00"},
    {"0 0 29,30,31 2 * in UTC from 2026-11-29 00:00+00:00", "0 0 29,30,31 2 *", "UTC", "2026-11-29 00:00+00:00",
     "2028-02-29 00:00+00:00, 2032-02-29 00:00+00:00, 2036-02-29 00:00+00:00"},
    {"0 0 29 2 * in UTC from 2096-02-29 00:00+00:00", "0 0 29 2 *", "UTC", "2096-02-29 00:00+00:00",
     "2104-02-29 00:00+00:00, 2108-02-29 00:00+00:00, 2112-02-29 00:00+00:00"},
    {"0 0 29 2 */7 in UTC from 2026-11-29 00:00+00:00", "0 0 29 2 */7", "UTC", "2026-11-29 00:00+00:00",
     "2032-02-29 00:00+00:00, 2060-02-29 00:00+00:00, 2088-02-29 00:00+00:00"},
    {"30 2 * * * in Europe/Berlin from 2026-03-28 02:30+01:00", "30 2 * * *", "Europe/Berlin", "2026-03-28 02:30+01:00",
     "2026-03-29 03:00+02:00, 2026-03-30 02:30+02:00, 2026-03-31 02:30+02:00"},
    {"*/30 2 * * * in Europe/Berlin from 2026-03-28 02:30+01:00", "*/30 2 * * *", "Europe/Berlin", "2026-03-28 02:30+01:00",
     "2026-03-30 02:00+02:00, 2026-03-30 02:30+02:00, 2026-03-31 02:00+02:00"},
    {"0,30 2 * * * in Europe/Berlin from 2026-03-28 02:30+01:00", "0,30 2 * * *", "Europe/Berlin", "2026-03-28 02:30+01:00",
     "2026-03-29 03:00+02:00, 2026-03-30 02:00+02:00, 2026-03-30 02:30+02:00"},
    {"30 * * * * in Europe/Berlin from 2026-03-29 01:00+01:00", "30 * * * *", "Europe/Berlin", "2026-03-29 01:00+01:00",
     "2026-03-29 01:30+01:00, 2026-03-29 03:30+02:00, 2026-03-29 04:30+02:00"},
    {"0 2,3 * * * in Europe/Berlin from 2026-03-28 12:00+01:00", "0 2,3 * * *", "Europe/Berlin", "2026-03-28 12:00+01:00",
     "2026-03-29 03:00+02:00, 2026-03-30 02:00+02:00, 2026-03-30 03:00+02:00"},
    {"30 2 * * * in Europe/Berlin from 2026-10-24 12:00+02:00", "30 2 * * *", "Europe/Berlin", "2026-10-24 12:00+02:00",
     "2026-10-25 02:30+02:00, 2026-10-26 02:30+01:00, 2026-10-27 02:30+01:00"},
    {"30 * * * * in Europe/Berlin from 2026-10-25 01:30+02:00", "30 * * * *", "Europe/Berlin", "2026-10-25 01:30+02:00",
     "2026-10-25 02:30+02:00, 2026-10-25 02:30+01:00, 2026-10-25 03:30+01:00"},
    {"*/20 2 * * * in Europe/Berlin from 2026-10-25 02:20+02:00", "*/20 2 * * *", "Europe/Berlin", "2026-10-25 02:20+02:00",
     "2026-10-25 02:40+02:00, 2026-10-25 02:00+01:00, 2026-10-25 02:20+01:00"},
    {"30 2 * * * in Europe/Berlin from 2026-10-25 02:10+01:00", "30 2 * * *", "Europe/Berlin", "2026-10-25 02:10+01:00",
     "2026-10-26 02:30+01:00, 2026-10-27 02:30+01:00, 2026-10-28 02:30+01:00"},
    {"0 3 * * * in Europe/Berlin from 2026-10-25 02:59+02:00", "0 3 * * *", "Europe/Berlin", "2026-10-25 02:59+02:00",
     "2026-10-25 03:00+01:00, 2026-10-26 03:00+01:00, 2026-10-27 03:00+01:00"},
    {"30 2 * * * in America/New_York from 2027-03-13 12:00-05:00", "30 2 * * *", "America/New_York", "2027-03-13 12:00-05:00",
     "2027-03-14 03:00-04:00, 2027-03-15 02:30-04:00, 2027-03-16 02:30-04:00"},
    {"30 1 * * * in America/New_York from 2026-10-31 12:00-04:00", "30 1 * * *", "America/New_York", "2026-10-31 12:00-04:00",
     "2026-11-01 01:30-04:00, 2026-11-02 01:30-05:00, 2026-11-03 01:30-05:00"},
    {"15 2 * * * in Australia/Lord_Howe from 2026-10-03 12:00+10:30", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00+10:30",
     "2026-10-04 02:30+11:00, 2026-10-05 02:15+11:00, 2026-10-06 02:15+11:00"},
    {"*/15 * * * * in Australia/Lord_Howe from 2027-04-04 01:30+11:00", "*/15 * * * *", "Australia/Lord_Howe", "2027-04-04 01:30+11:00",
     "2027-04-04 01:45+11:00, 2027-04-04 01:30+10:30, 2027-04-04 01:45+10:30"},
    {"45 1 * * * in Australia/Lord_Howe from 2027-04-03 12:00+11:00", "45 1 * * *", "Australia/Lord_Howe", "2027-04-03 12:00+11:00",
     "2027-04-04 01:45+11:00, 2027-04-05 01:45+10:30, 2027-04-06 01:45+10:30"},
    {"0 0 * * * in Africa/Cairo from 2026-04-23 12:00+02:00", "0 0 * * *", "Africa/Cairo", "2026-04-23 12:00+02:00",
     "2026-04-24 01:00+03:00, 2026-04-25 00:00+03:00, 2026-04-26 00:00+03:00"},
    {"30 0 * * 5 in Africa/Cairo from 2026-04-20 12:00+02:00", "30 0 * * 5", "Africa/Cairo", "2026-04-20 12:00+02:00",
     "2026-04-24 01:00+03:00, 2026-05-01 00:30+03:00, 2026-05-08 00:30+03:00"},
    {"30 23 * * 4 in Africa/Cairo from 2026-10-29 12:00+03:00", "30 23 * * 4", "Africa/Cairo", "2026-10-29 12:00+03:00",
     "2026-10-29 23:30+03:00, 2026-11-05 23:30+02:00, 2026-11-12 23:30+02:00"},
    {"30 23 * * 6 in America/Nuuk from 2027-03-27 12:00-02:00", "30 23 * * 6", "America/Nuuk", "2027-03-27 12:00-02:00",
     "2027-03-28 00:00-01:00, 2027-04-03 23:30-01:00, 2027-04-10 23:30-01:00"},
    {"45 2 * * * in Pacific/Chatham from 2026-09-26 12:00+12:45", "45 2 * * *", "Pacific/Chatham", "2026-09-26 12:00+12:45",
     "2026-09-27 03:45+13:45, 2026-09-28 02:45+13:45, 2026-09-29 02:45+13:45"},
    {"0 0 * * * in America/Havana from 2026-03-07 12:00-05:00", "0 0 * * *", "America/Havana", "2026-03-07 12:00-05:00",
     "2026-03-08 01:00-04:00, 2026-03-09 00:00-04:00, 2026-03-10 00:00-04:00"},
    {"30 0 * * * in America/Havana from 2026-10-31 12:00-04:00", "30 0 * * *", "America/Havana", "2026-10-31 12:00-04:00",
     "2026-11-01 00:30-04:00, 2026-11-02 00:30-05:00, 2026-11-03 00:30-05:00"},
    {"0 3 * * * in Antarctica/Troll from 2027-03-27 12:00+00:00", "0 3 * * *", "Antarctica/Troll", "2027-03-27 12:00+00:00",
     "2027-03-28 03:00+02:00, 2027-03-29 03:00+02:00, 2027-03-30 03:00+02:00"},
    {"0 2 * * * in Antarctica/Troll from 2027-03-27 12:00+00:00", "0 2 * * *", "Antarctica/Troll", "2027-03-27 12:00+00:00",
     "2027-03-28 03:00+02:00, 2027-03-29 02:00+02:00, 2027-03-30 02:00+02:00"},
    {"30 2 * * * in Europe/Dublin from 2026-10-24 12:00+01:00", "30 2 * * *", "Europe/Dublin", "2026-10-24 12:00+01:00",
     "2026-10-25 02:30+00:00, 2026-10-26 02:30+00:00, 2026-10-27 02:30+00:00"},
    {"30 1 * * * in Europe/Dublin from 2026-10-24 12:00+01:00", "30 1 * * *", "Europe/Dublin", "2026-10-24 12:00+01:00",
     "2026-10-25 01:30+01:00, 2026-10-26 01:30+00:00, 2026-10-27 01:30+00:00"},
    {"0 12 * * * in Asia/Kathmandu from 2026-11-29 06:14+00:00", "0 12 * * *", "Asia/Kathmandu", "2026-11-29 06:14+00:00",
     "2026-11-29 12:00+05:45, 2026-11-30 12:00+05:45, 2026-12-01 12:00+05:45"},
    {"30 2 * * * in Etc/GMT-3 from 2026-11-29 00:00+00:00", "30 2 * * *", "Etc/GMT-3", "2026-11-29 00:00+00:00",
     "2026-11-30 02:30+03:00, 2026-12-01 02:30+03:00, 2026-12-02 02:30+03:00"},
    {"0 2 10-16 3 0 in America/New_York from 2039-03-12 12:00-05:00", "0 2 10-16 3 0", "America/New_York", "2039-03-12 12:00-05:00",
     "2039-03-13 03:00-04:00, 2039-03-14 02:00-04:00, 2039-03-15 02:00-04:00"},
    {"0 0 1 1 * in Pacific/Kiritimati from 2026-12-30 00:00+00:00", "0 0 1 1 *", "Pacific/Kiritimati", "2026-12-30 00:00+00:00",
     "2027-01-01 00:00+14:00, 2028-01-01 00:00+14:00, 2029-01-01 00:00+14:00"},
    {"59 23 31 12 * in Pacific/Pago_Pago from 2026-12-30 00:00+00:00", "59 23 31 12 *", "Pacific/Pago_Pago", "2026-12-30 00:00+00:00",
     "2026-12-31 23:59-11:00, 2027-12-31 23:59-11:00, 2028-12-31 23:59-11:00"},
    {"0 12 30 12 * in Pacific/Apia from 2010-12-31 00:00+00:00", "0 12 30 12 *", "Pacific/Apia", "2010-12-31 00:00+00:00",
     "2012-12-30 12:00+14:00, 2013-12-30 12:00+14:00, 2014-12-30 12:00+14:00"},
};

/* "2026-12-04 00:00+01:00", seconds or not. */
static int64_t read_time(const char *text)
{
    int year, month, day, hour, minute, second = 0, hours, minutes;
    char sign;
    if (sscanf(text, "%d-%d-%d %d:%d:%d%c%d:%d", &year, &month, &day, &hour, &minute, &second, &sign, &hours, &minutes) != 9) {
        second = 0;
        assert_int_equal(sscanf(text, "%d-%d-%d %d:%d%c%d:%d", &year, &month, &day, &hour, &minute, &sign, &hours, &minutes), 8);
    }
    int64_t offset = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
    return calendar_day(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
}

static void print_time(struct buf *out, const struct zone *zone, int64_t instant)
{
    int32_t offset = zone_span(zone, instant).offset;
    int64_t local = instant + offset;
    struct date date = calendar_date(calendar_day_of(local));
    int64_t minute = (local - calendar_day_of(local) * DAY_SECONDS) / 60;
    int32_t ahead = abs(offset) / 60;
    buf_printf(out, "%04d-%02d-%02d %02d:%02d%c%02d:%02d", (int)date.year, date.month, date.day, (int)(minute / 60),
               (int)(minute % 60), offset < 0 ? '-' : '+', ahead / 60, ahead % 60);
}

static void parse(const char *expression, struct cron *cron)
{
    struct cron_fault fault = {0};
    assert_true(cron_parse(expression, cron, &fault));
}

static void open_zone(struct zone_file *file, const char *name)
{
    struct error error = {0};
    assert_int_equal(zone_file_open(file, name, &error), 0);
}

static void test_times(void **state)
{
    const struct time_case *row = *state;
    struct zone_file file;
    struct cron cron;
    struct buf out = {0};
    int64_t at = read_time(row->start);
    open_zone(&file, row->zone);
    parse(row->expression, &cron);
    for (int i = 0; i < 3; i++) {
        assert_true(cron_next(&cron, file.zone, at, &at));
        buf_text(&out, i ? ", " : "");
        print_time(&out, file.zone, at);
    }
    assert_buf(&out, row->next);
    zone_file_release(&file);
}

static uint64_t seed = 1;

static unsigned pick(unsigned count)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % count;
}

static const char *const zones[] = {
    "Europe/Berlin",    "America/New_York", "Australia/Lord_Howe", "Africa/Cairo",     "America/Nuuk",   "Pacific/Chatham",
    "America/Havana",   "Antarctica/Troll", "Europe/Dublin",       "Asia/Kathmandu",   "Etc/GMT-3",      "Asia/Beirut",
    "America/Santiago", "Africa/Casablanca", "Asia/Tehran",        "America/St_Johns", "Asia/Gaza",      "UTC",
};

static void print_field(struct buf *out, unsigned least, unsigned most, unsigned stars)
{
    static const char *const formats[] = {"%u", "%u,%u", "%u-%u", "%u-%u/%u", "%u/%u"};
    unsigned first = least + pick(most - least + 1);
    unsigned last = first + pick(most - first + 1);
    unsigned step = 1 + pick(most / 3 + 1);
    if (pick(10) < stars) {
        buf_text(out, "*");
        if (pick(2))
            buf_printf(out, "/%u", step);
        buf_char(out, ' ');
        return;
    }
    switch (pick(countof(formats))) {
    case 0:
        buf_printf(out, "%u ", first);
        break;
    case 1:
        buf_printf(out, "%u,%u ", last, first);
        break;
    case 2:
        buf_printf(out, "%u-%u ", first, last);
        break;
    case 3:
        buf_printf(out, "%u-%u/%u ", first, last, step);
        break;
    default:
        buf_printf(out, "%u/%u ", first, step);
    }
}

/* The clocks at a minute, as the C library has them. */
struct clocks {
    int64_t minute; /* local, since 1970 */
    struct tm parts;
};

static struct clocks clocks_at(int64_t instant)
{
    time_t time = (time_t)instant;
    struct clocks clocks;
    assert_non_null(localtime_r(&time, &clocks.parts));
    clocks.minute = (instant + clocks.parts.tm_gmtoff) / 60;
    return clocks;
}

static bool is_meant(const struct cron *cron, int64_t minute)
{
    time_t seconds = (time_t)(minute * 60);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    bool day = cron->days >> parts.tm_mday & 1, weekday = cron->weekdays >> parts.tm_wday & 1;
    bool fits = cron->day_star || cron->weekday_star ? day && weekday : day || weekday;
    return cron->minutes >> parts.tm_min & 1 && cron->hours >> parts.tm_hour & 1 && cron->months >> (parts.tm_mon + 1) & 1 && fits;
}

/* What a daemon does that looks at the clocks once a minute, and has run all up to *VIRTUAL of its own clock. */
static bool daemon_runs(const struct cron *cron, int64_t now, int64_t *virtual)
{
    int64_t ahead = now - *virtual;
    bool late = ahead > 1 && ahead <= 180;
    if (ahead > -180 && ahead <= 0) /* put back: fixed times have been */
        return cron->moves && is_meant(cron, now);
    if (!late)
        *virtual = now - 1;
    bool runs = false;
    while (*virtual < now) {
        ++*virtual;
        if ((!cron->moves || *virtual == now) && is_meant(cron, *virtual))
            runs = true;
    }
    return runs;
}

/* An expression, a zone and a start near to where its clocks are changed. */
static void compare_one(void)
{
    const char *name = zones[pick(countof(zones))];
    struct zone_file file;
    struct buf expression = {0};
    struct cron cron;
    int64_t start = read_time("2000-01-01 00:00+00:00") + (int64_t)pick(50 * 366) * DAY_SECONDS;
    print_field(&expression, 0, 59, 3);
    print_field(&expression, 0, 23, 5);
    print_field(&expression, 1, 31, 6);
    buf_text(&expression, "* ");
    print_field(&expression, 0, 6, 6);
    parse(buf_string(&expression), &cron);
    open_zone(&file, name);
    struct zone_span span = zone_span(file.zone, start);
    if (span.to != INT64_MAX)
        start = span.to;
    start -= (int64_t)(pick(2 * 24 * 60)) * 60;
    start -= start % 60;
    setenv("TZ", name, 1);
    tzset();
    int64_t virtual = clocks_at(start - 60).minute;
    daemon_runs(&cron, clocks_at(start).minute, &virtual); /* the start itself is never a result */
    int64_t next = INT64_MAX;
    cron_next(&cron, file.zone, start, &next);
    for (int64_t at = start + 60; at < start + MINUTES_COMPARED * 60; at += 60) {
        bool runs = daemon_runs(&cron, clocks_at(at).minute, &virtual);
        if (runs != (next == at)) {
            struct buf text = {0};
            print_time(&text, file.zone, at);
            fail_msg("'%s' in %s from %lld: at %s the daemon %s", buf_string(&expression), name, (long long)start, buf_string(&text),
                     runs ? "runs" : "does not run");
        }
        if (runs && !cron_next(&cron, file.zone, next, &next))
            next = INT64_MAX;
    }
    zone_file_release(&file);
    buf_release(&expression);
}

static void test_daemon(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        compare_one();
    unsetenv("TZ");
    tzset();
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_times, times);
    TEST(&tests, test_daemon);
    return tests_run(&tests, "cron_next");
}
