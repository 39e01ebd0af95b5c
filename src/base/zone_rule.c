/* Rules of POSIX for the clocks of a zone. */
#include "base/zone_rule.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/calendar.h"
#include "base/mem.h"
#include "base/zone.h"

/* Hours of a change's time may be on other days; of an offset not. */
#define CHANGE_HOURS 167
#define OFFSET_HOURS 24

/* What a name of summer time without dates means. */
#define USUAL_CHANGES ",M3.2.0,M11.1.0"

/* A change of the clocks. */
struct change_at {
    int64_t at;
    int32_t offset; /* from then on */
};

static bool read_name(const char **at)
{
    const char *from = *at;
    if (**at == '<') {
        while (**at && **at != '>')
            ++*at;
        return *(*at)++ == '>' && *at - from > 4;
    }
    while (isalpha((unsigned char)**at))
        ++*at;
    return *at - from >= 3;
}

static bool read_number(const char **at, int most, int *value)
{
    const char *from = *at;
    for (*value = 0; isdigit((unsigned char)**at) && *at - from < 4; ++*at)
        *value = *value * 10 + (**at - '0');
    return *at > from && *value <= most;
}

/* [+-]HH[:MM[:SS]] */
static bool read_time(const char **at, int most, int32_t *seconds)
{
    int sign = **at == '-' ? -1 : 1;
    int hours, minutes = 0, rest = 0;
    if (**at == '-' || **at == '+')
        ++*at;
    if (!read_number(at, most, &hours))
        return false;
    if (**at == ':' && (++*at, !read_number(at, 59, &minutes)))
        return false;
    if (**at == ':' && (++*at, !read_number(at, 59, &rest)))
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60 + rest);
    return true;
}

static bool read_separated(const char **at, char separator, int least, int most, int *value)
{
    return *(*at)++ == separator && read_number(at, most, value) && *value >= least;
}

static bool read_change(const char **at, struct zone_change *change)
{
    *change = (struct zone_change){.form = 'N', .time = 2 * 3600};
    if (**at == 'M') {
        change->form = 'M';
        if (!read_separated(at, 'M', 1, 12, &change->month) || !read_separated(at, '.', 1, 5, &change->week) ||
            !read_separated(at, '.', 0, 6, &change->day))
            return false;
    } else if (**at == 'J') {
        change->form = 'J';
        if (!read_separated(at, 'J', 1, 365, &change->day))
            return false;
    } else if (!read_number(at, 365, &change->day)) {
        return false;
    }
    return **at != '/' || (++*at, read_time(at, CHANGE_HOURS, &change->time));
}

bool zone_rule_read(const char *text, struct zone_rule *rule)
{
    *rule = (struct zone_rule){0};
    if (!read_name(&text) || !read_time(&text, OFFSET_HOURS, &rule->standard))
        return false;
    rule->standard = -rule->standard; /* POSIX counts to the west */
    if (!*text)
        return true;
    rule->changes = true;
    if (!read_name(&text))
        return false;
    rule->summer = rule->standard + 3600;
    if (*text && *text != ',') {
        if (!read_time(&text, OFFSET_HOURS, &rule->summer))
            return false;
        rule->summer = -rule->summer;
    }
    if (!*text)
        text = USUAL_CHANGES;
    return *text++ == ',' && read_change(&text, &rule->start) && *text++ == ',' && read_change(&text, &rule->end) && !*text;
}

/* The day of the change in that year. */
static int64_t change_day(const struct zone_change *change, int64_t year)
{
    int64_t january = calendar_day(year, 1, 1);
    if (change->form == 'N')
        return january + change->day;
    if (change->form == 'J')
        return january + change->day - 1 + (change->day >= 60 && calendar_is_leap(year));
    int64_t first = calendar_day(year, change->month, 1);
    int shift = (change->day - calendar_date(first).weekday + 7) % 7;
    int64_t day = first + shift + 7 * (change->week - 1);
    return day < first + calendar_month_days(year, change->month) ? day : day - 7;
}

static void insert(struct change_at *moments, size_t *count, int64_t at, int32_t offset)
{
    size_t place = (*count)++;
    for (; place > 0 && moments[place - 1].at > at; place--)
        moments[place] = moments[place - 1];
    moments[place] = (struct change_at){at, offset};
}

/* The offset just before AT, of moments that begin earlier. */
static int32_t offset_before(const struct change_at *moments, size_t count, int64_t at)
{
    size_t place = count;
    while (place > 1 && moments[place - 1].at >= at)
        place--;
    return moments[place - 1].offset;
}

void zone_rule_span(const struct zone_rule *rule, int64_t instant, struct zone_span *span)
{
    struct change_at moments[8];
    size_t count = 0, at = 0;
    if (!rule->changes) {
        span->offset = rule->standard;
        if (span->from == INT64_MIN)
            span->before = rule->standard;
        return;
    }
    int64_t year = calendar_date(calendar_day_of(instant)).year;
    for (int64_t i = year - 2; i <= year + 1; i++) {
        int64_t end = change_day(&rule->end, i) * DAY_SECONDS + rule->end.time - rule->summer;
        int64_t start = change_day(&rule->start, i) * DAY_SECONDS + rule->start.time - rule->standard;
        insert(moments, &count, end, rule->standard);
        insert(moments, &count, start, rule->summer);
    }
    while (at + 1 < count && moments[at + 1].at <= instant)
        at++;
    span->offset = moments[at].offset;
    if (moments[at].at > span->from) {
        span->from = moments[at].at;
        span->before = offset_before(moments, count, span->from);
    }
    if (at + 1 < count && moments[at + 1].at < span->to)
        span->to = moments[at + 1].at;
}
