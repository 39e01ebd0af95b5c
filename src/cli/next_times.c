/* The next times of schedules, as lines. */
#include "cli/next_times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/unit.h"
#include "base/zone.h"
#include "cli/options.h"
#include "cli/runner/complain.h"
#include "cli/runner/runner.h"
#include "cli/runner/status.h"
#include "engine/timetable.h"
#include "os/zone_file.h"
#include "scenario/spec.h"

/* A time as it was written: of some zone, where OFFSET does not say of which. */
struct moment {
    int64_t local; /* seconds since 1970, as the clocks show them */
    bool placed;   /* OFFSET is known */
    int32_t offset;
};

/* "Z", "+01:00", "-0330" */
static bool read_offset(const char *text, struct moment *moment)
{
    int hours, minutes = 0, length = 0;
    if (!strcmp(text, "Z") || !strcmp(text, "z")) {
        moment->placed = true;
        return true;
    }
    if ((*text != '+' && *text != '-') || strspn(text + 1, "0123456789:") != strlen(text + 1))
        return false;
    bool whole = (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &length) == 2 && !text[1 + length]) ||
                 (sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &length) == 2 && !text[1 + length]) ||
                 (minutes = 0, sscanf(text + 1, "%2d%n", &hours, &length) == 1 && !text[1 + length]);
    moment->placed = true;
    moment->offset = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
    return whole && hours <= 26 && minutes < 60;
}

/* "2026-03-29 02:30", with seconds and the offset of its zone or not, and a T for the blank. */
static bool read_moment(const char *text, struct moment *moment)
{
    int year, month, day, hour, minute, second = 0, length = 0, more = 0;
    char between;
    *moment = (struct moment){0};
    if (strspn(text, "0123456789-") != 10 || sscanf(text, "%4d-%2d-%2d%c%2d:%2d%n", &year, &month, &day, &between, &hour, &minute, &length) != 6 ||
        !length || !strchr(" T", between) || !strchr("0123456789", text[11]))
        return false;
    text += length;
    if (sscanf(text, ":%2d%n", &second, &more) == 1)
        text += more;
    if (month < 1 || month > 12 || day < 1 || day > calendar_month_days(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return false;
    moment->local = calendar_day(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
    return !*text || read_offset(text, moment);
}

/* The instant of MOMENT; one that the clocks of ZONE show twice is the first, one that they leave out that at which they do. */
static int64_t instant_of(const struct moment *moment, const struct zone *zone)
{
    if (moment->placed)
        return moment->local - moment->offset;
    int64_t early = moment->local - zone_span(zone, moment->local - DAY_SECONDS).offset;
    struct zone_span span = zone_span(zone, early);
    int64_t late = moment->local - span.offset;
    if (late < span.from && early >= span.from)
        return span.from;
    return late;
}

/* What is meant where both fields of days are restricted, which few know. */
static void note_days(const struct object_spec *object, struct buf *out)
{
    const struct cron *cron = &object->schedule->cron;
    if (!cron->day_star && !cron->weekday_star)
        buf_printf(out, "# %s: a day that is of either field, of the days or of the weekdays\n", object->name);
    else if ((cron->days & 0xfffffffe) != 0xfffffffe && cron->weekdays != 0x7f)
        buf_printf(out, "# %s: a day that is of both fields, of the days and of the weekdays, as one begins with '*'\n", object->name);
}

static int put_times(const struct object_spec *object, const struct options *options, const struct moment *moment, struct buf *out,
                     struct error *error)
{
    struct timetable table = {.spec = object->schedule};
    struct zone_file file;
    bool corrected;
    int64_t missed;
    int result = zone_file_open(&file, object->schedule->zone, error);
    if (result)
        return result;
    table.zone = file.zone;
    timetable_begin(&table, options->plan.at ? instant_of(moment, file.zone) * NS_PER_S : clock_wall(), false);
    if (object->schedule->expression)
        note_days(object, out);
    for (int64_t i = 0; i < options->plan.next && !table.ended && (!object->schedule->times || i < object->schedule->times); i++) {
        buf_printf(out, "%s  ", object->name);
        zone_print(file.zone, table.next / NS_PER_S,
                   object->schedule->expression ? 0 : (int)(table.next % NS_PER_S / NS_PER_MS), out);
        buf_char(out, '\n');
        timetable_take(&table, timetable_due(&table), &missed, &corrected);
    }
    zone_file_release(&file);
    return 0;
}

static int put_all(const struct scenario *scenario, const struct options *options, const struct moment *moment, struct buf *out,
                   struct error *error)
{
    bool any = false;
    int result = 0;
    for (size_t i = 0; !result && i < scenario_object_count(scenario); i++) {
        const struct object_spec *object = scenario_object(scenario, i);
        if (!object->schedule->given)
            continue;
        any = true;
        result = put_times(object, options, moment, out, error);
    }
    if (!result && !any)
        return error_set(error, ERROR_FAILED, "nothing in this scenario has a schedule");
    return result;
}

int next_times(const struct options *options)
{
    struct scenario_sources *held = NULL;
    struct error error = {0};
    struct moment moment = {0};
    struct buf out = {0};
    if (options->plan.at && !read_moment(options->plan.at, &moment)) {
        error_set(&error, ERROR_FAILED, "--at is a time such as '2026-03-29 02:30' or 2026-03-29T02:30:00+01:00, not '%s'", options->plan.at);
        return complain_of(&error);
    }
    struct scenario *scenario = cli_load(options, &held);
    int status = STATUS_USAGE;
    if (scenario && put_all(scenario, options, &moment, &out, &error)) {
        status = complain_of(&error);
    } else if (scenario) {
        fputs(buf_string(&out), stdout);
        status = flush_output();
    }
    buf_release(&out);
    scenario_free(scenario);
    scenario_free_sources(held);
    return status;
}
