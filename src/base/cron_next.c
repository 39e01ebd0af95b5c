/* Finding the next time of a cron expression: span by span of the zone, by local time within each. */
#include "base/cron_next.h"

#include "base/calendar.h"
#include "base/cron.h"
#include "base/zone.h"

#define MINUTE 60
#define HOUR 3600

/* The clocks are corrected where they are changed by more. */
#define CHANGE_MOST (3 * HOUR)

/* The calendar begins anew after so many years. */
#define SEARCHED (INT64_C(146097) * DAY_SECONDS)

static int next_bit(uint64_t bits, int from)
{
    while (from < 64 && !(bits >> from & 1))
        from++;
    return from;
}

/* The first day from DAY on that is meant; less than END, or END. */
static int64_t next_day(const struct cron *cron, int64_t day, int64_t end)
{
    while (day < end) {
        struct date date = calendar_date(day);
        int days = calendar_month_days(date.year, date.month);
        if (!(cron->months >> date.month & 1)) {
            day += days - date.day + 1;
            continue;
        }
        for (int i = date.day; i <= days && day < end; i++, day++)
            if (cron_has_day(cron, date.month, i, (date.weekday + i - date.day) % 7))
                return day;
    }
    return end;
}

/* The first minute of a day from SECONDS of it on that is meant; DAY_SECONDS: none is. */
static int64_t next_minute(const struct cron *cron, int64_t seconds)
{
    int minute = (int)((seconds + MINUTE - 1) / MINUTE);
    int hour = next_bit(cron->hours, minute / 60);
    minute = hour == minute / 60 ? next_bit(cron->minutes, minute % 60) : next_bit(cron->minutes, 0);
    if (minute == 64) {
        hour = next_bit(cron->hours, hour + 1);
        minute = next_bit(cron->minutes, 0);
    }
    return hour < 24 ? hour * (int64_t)HOUR + minute * (int64_t)MINUTE : DAY_SECONDS;
}

/* The first local time from FROM on, and before END, that is meant; false where there is none. */
static bool next_local(const struct cron *cron, int64_t from, int64_t end, int64_t *local)
{
    int64_t day = calendar_day_of(from);
    int64_t last = calendar_day_of(end - 1) + 1;
    int64_t seconds = from - day * DAY_SECONDS;
    while (from < end && (day = next_day(cron, day, last)) < last) {
        if (day > calendar_day_of(from))
            seconds = 0;
        int64_t found = next_minute(cron, seconds);
        *local = day * DAY_SECONDS + found;
        if (found < DAY_SECONDS)
            return *local < end;
        day++;
    }
    return false;
}

/* What falls into the gap before SPAN comes at its beginning. */
static bool comes_after_gap(const struct cron *cron, const struct zone_span *span)
{
    int64_t local;
    int64_t gap = (int64_t)span->offset - span->before;
    return !cron->moves && span->from != INT64_MIN && gap > 0 && gap <= CHANGE_MOST &&
           next_local(cron, span->from + span->before, span->from + span->offset, &local);
}

/* In local time, up to where the clocks were before they were put back to the beginning of SPAN: fixed times of that have been. */
static int64_t repeated_until(const struct cron *cron, const struct zone_span *span)
{
    int64_t back = (int64_t)span->before - span->offset;
    bool repeats = !cron->moves && span->from != INT64_MIN && back > 0 && back <= CHANGE_MOST;
    return repeats ? span->from + span->before : INT64_MIN;
}

/* The first time in SPAN from FROM on. */
static bool next_in_span(const struct cron *cron, const struct zone_span *span, int64_t from, int64_t end, int64_t *next)
{
    int64_t local = from + span->offset;
    int64_t repeated = repeated_until(cron, span);
    if (from == span->from && comes_after_gap(cron, span)) {
        *next = from;
        return true;
    }
    if (!next_local(cron, local > repeated ? local : repeated, end + span->offset, next))
        return false;
    *next -= span->offset;
    return true;
}

bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *next)
{
    int64_t end = after + SEARCHED;
    for (int64_t from = after + 1; from < end;) {
        struct zone_span span = zone_span(zone, from);
        int64_t to = span.to < end ? span.to : end;
        if (next_in_span(cron, &span, from, to, next))
            return true;
        from = to;
    }
    return false;
}
