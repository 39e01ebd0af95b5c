/* Reading cron expressions. */
#include "base/cron.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/nearest.h"

#define FIELDS 5

/* Numbers have no more digits: what is longer is out of any range. */
#define NUMBER_MOST 100000

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY };

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct cron_field {
    const char *name;
    int least;
    int most;
    const char *const *names; /* of the numbers from LEAST on; NULL: they have none */
} fields[FIELDS] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day", 1, 31, NULL},
    {"month", 1, 12, month_names},
    {"weekday", 0, 7, weekday_names},
};

static const struct nickname {
    const char *name;
    const char *stands_for;
} nicknames[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

/* What is read. */
struct cron_reading {
    const char *text;
    const struct cron_field *field;
    const char *at;
    const char *end; /* of the field */
    struct cron_fault *fault;
};

/* One part of a list: FIRST to LAST by STEP. */
struct part {
    const char *text;
    const char *end;
    const char *last_text; /* of the part, where LAST is written */
    bool star;
    bool range; /* LAST is written */
    int first;
    int last;
    int step; /* 0: none is written */
};

void cron_fault_release(struct cron_fault *fault)
{
    buf_release(&fault->text);
    buf_release(&fault->hint);
}

/* What is wrong is from FROM to TO. */
static bool fail(struct cron_reading *reading, const char *from, const char *to, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool fail(struct cron_reading *reading, const char *from, const char *to, const char *format, ...)
{
    va_list arguments;
    reading->fault->offset = (size_t)(from - reading->text);
    reading->fault->length = (size_t)(to - from);
    va_start(arguments, format);
    buf_vprintf(&reading->fault->text, format, arguments);
    va_end(arguments);
    return false;
}

/* The same, with a hint that has no arguments; returns false too. */
static bool advise(struct cron_reading *reading, const char *hint)
{
    buf_text(&reading->fault->hint, hint);
    return false;
}

static const char *part_end(const struct cron_reading *reading, const char *at)
{
    while (at < reading->end && *at != ',')
        at++;
    return at;
}

/* L, W or LW, after a number or alone. */
static bool ends_in_sign(const char *from, const char *to)
{
    const char *letters = to;
    while (letters > from && isalpha((unsigned char)letters[-1]))
        letters--;
    size_t length = (size_t)(to - letters);
    return (length == 1 && (*letters == 'L' || *letters == 'W')) || (length == 2 && !memcmp(letters, "LW", 2));
}

/* Words of other dialects, each with what stands for it here. */
static bool refuse_dialect(struct cron_reading *reading, const char *from, const char *to)
{
    const char *name = reading->field->name;
    if (*from == '?') {
        fail(reading, from, to, "'?' is of Quartz: cron has no such sign");
        return advise(reading, "write '*'");
    }
    if (*from == 'H' && (to == from + 1 || from[1] == '/' || from[1] == '(')) {
        fail(reading, from, to, "'H' is of Jenkins: cron has no such letter");
        return advise(reading, "write a number, or use 'jitter'");
    }
    if (ends_in_sign(from, to) || memchr(from, '#', (size_t)(to - from))) {
        fail(reading, from, to, "'%.*s': cron has no L, W and # for a last day, a working day and the Nth %s",
             (int)(to - from), from, name);
        return advise(reading, "name the days that may be meant, and let the command look at the date");
    }
    return true;
}

static bool refuse_word(struct cron_reading *reading, const char *from, const char *to)
{
    const struct cron_field *field = reading->field;
    char *word = mem_copy(from, (size_t)(to - from));
    struct nearest nearest = {.wrong = word};
    const char *name = NULL;
    for (int i = 0; field->names && field->names[i]; i++) {
        nearest_offer(&nearest, field->names[i]);
        if (!strncasecmp(word, field->names[i], strlen(field->names[i])))
            name = field->names[i];
    }
    fail(reading, from, to, "'%s' is no %s", word, field->name);
    if (name || nearest.name)
        buf_printf(&reading->fault->hint, "did you mean '%s'?", name ? name : nearest.name);
    else if (field->names)
        buf_printf(&reading->fault->hint, "write a number, or a name as '%s'", field->names[1]);
    else
        buf_printf(&reading->fault->hint, "write %d to %d, or '*'", field->least, field->most);
    free(word);
    return false;
}

static bool check_value(struct cron_reading *reading, const char *from, const char *to, int value)
{
    const struct cron_field *field = reading->field;
    if (value >= field->least && value <= field->most)
        return true;
    fail(reading, from, to, "%s %.*s is not from %d to %d", field->name, (int)(to - from), from, field->least, field->most);
    if (field == &fields[HOUR] && value == 24)
        return advise(reading, "midnight is hour 0");
    if (field == &fields[MINUTE] && value == 60)
        return advise(reading, "the full hour is minute 0");
    if (field == &fields[WEEKDAY])
        return advise(reading, "Sunday is 0 or 7");
    return false;
}

/* A number or a name. */
static bool read_value(struct cron_reading *reading, const struct part *part, int *value)
{
    const struct cron_field *field = reading->field;
    const char *from = reading->at, *to = from;
    if (to < part->end && isdigit((unsigned char)*to)) {
        *value = 0;
        for (; to < part->end && isdigit((unsigned char)*to); to++)
            *value = *value > NUMBER_MOST ? *value : *value * 10 + (*to - '0');
        if (to < part->end && isalpha((unsigned char)*to) && !refuse_dialect(reading, part->text, part->end))
            return false;
        reading->at = to;
        return check_value(reading, from, to, *value);
    }
    while (to < part->end && isalpha((unsigned char)*to))
        to++;
    for (int i = 0; field->names && field->names[i]; i++) {
        if ((size_t)(to - from) != strlen(field->names[i]) || strncasecmp(from, field->names[i], (size_t)(to - from)) != 0)
            continue;
        *value = field->least + i;
        reading->at = to;
        return true;
    }
    if (!refuse_dialect(reading, part->text, part->end))
        return false;
    return refuse_word(reading, from, to > from ? to : part->end);
}

static bool read_step(struct cron_reading *reading, struct part *part)
{
    const char *from = ++reading->at;
    while (reading->at < part->end && isdigit((unsigned char)*reading->at)) {
        part->step = part->step > NUMBER_MOST ? part->step : part->step * 10 + (*reading->at - '0');
        reading->at++;
    }
    if (reading->at == from)
        return fail(reading, part->text, part->end, "a step is a number from 1 on");
    if (!part->step) {
        fail(reading, from, reading->at, "a step of 0 never comes to an end");
        return advise(reading, "a step is a number from 1 on");
    }
    return true;
}

/* What was meant by a range that goes backwards: to the end of the field, and from its beginning on. */
static void cure_backwards(struct cron_reading *reading, const struct part *part)
{
    const struct cron_field *field = reading->field;
    const char *dash = memchr(part->text, '-', (size_t)(part->end - part->text));
    int most = field == &fields[WEEKDAY] ? 6 : field->most;
    bool named = field->names && isalpha((unsigned char)*part->text);
    struct buf *hint = &reading->fault->hint;
    int last_length = (int)(strcspn(part->last_text, "/, \t"));
    buf_text(hint, "write ");
    if (part->first <= most) {
        buf_printf(hint, "%.*s", (int)(dash - part->text), part->text);
        if (named && part->first < most)
            buf_printf(hint, "-%s", field->names[most - field->least]);
        else if (part->first < most)
            buf_printf(hint, "-%d", most);
        buf_char(hint, ',');
    }
    if (named)
        buf_text(hint, field->names[0]);
    else
        buf_printf(hint, "%d", field->least);
    if (part->last > field->least)
        buf_printf(hint, "-%.*s", last_length, part->last_text);
}

static bool read_last(struct cron_reading *reading, struct part *part)
{
    part->last_text = ++reading->at;
    part->range = true;
    if (reading->at == part->end)
        return fail(reading, part->text, part->end, "the range '%.*s' has no end", (int)(part->end - part->text), part->text);
    if (!read_value(reading, part, &part->last))
        return false;
    if (reading->field == &fields[WEEKDAY] && part->last == 0 && part->first > 0)
        part->last = 7; /* as Sunday ends a week */
    if (part->last >= part->first)
        return true;
    fail(reading, part->text, part->end, "the range '%.*s' goes backwards, and would never come",
         (int)(part->end - part->text), part->text);
    cure_backwards(reading, part);
    return false;
}

static bool read_part(struct cron_reading *reading, struct part *part)
{
    const struct cron_field *field = reading->field;
    *part = (struct part){.text = reading->at, .end = part_end(reading, reading->at), .first = field->least, .last = field->most};
    if (part->text == part->end) {
        fail(reading, part->text, part->end, "an entry of the list of %ss is empty", field->name);
        return advise(reading, "leave out the comma");
    }
    part->star = *reading->at == '*';
    if (part->star) {
        reading->at++;
    } else {
        if (!read_value(reading, part, &part->first))
            return false;
        part->last = part->first;
        if (reading->at < part->end && *reading->at == '-' && !read_last(reading, part))
            return false;
    }
    if (reading->at < part->end && *reading->at == '/') {
        if (!read_step(reading, part))
            return false;
        if (!part->star && !part->range)
            part->last = field->most; /* 5/15: from 5 on */
    }
    if (part->star && field == &fields[WEEKDAY])
        part->last = 6;
    if (reading->at == part->end)
        return true;
    if (!refuse_dialect(reading, part->text, part->end))
        return false;
    fail(reading, part->text, part->end, "'%.*s' is no %s", (int)(part->end - part->text), part->text, field->name);
    return advise(reading, "write a number, a range as 1-5, either with a step as 1-5/2, or '*'");
}

static bool read_field(struct cron_reading *reading, uint64_t *bits)
{
    struct part part;
    for (;; reading->at++) {
        if (!read_part(reading, &part))
            return false;
        for (int i = part.first; i <= part.last; i += part.step ? part.step : 1)
            *bits |= UINT64_C(1) << i;
        if (reading->at == reading->end)
            return true;
    }
}

/* Finds the fields of TEXT: their number, more than FIELDS too. */
static size_t split(const char *text, struct cron_reading readings[FIELDS])
{
    size_t count = 0;
    for (const char *at = text; *at;) {
        size_t blank = strspn(at, " \t\r\n");
        size_t length = strcspn(at + blank, " \t\r\n");
        at += blank;
        if (length && count < FIELDS)
            readings[count] = (struct cron_reading){.text = text, .field = &fields[count], .at = at, .end = at + length};
        count += length > 0;
        at += length;
    }
    return count;
}

static bool refuse_count(struct cron_reading *whole, size_t count)
{
    fail(whole, whole->text, whole->text + strlen(whole->text),
         "this has %zu field%s, and a cron expression has 5: minute, hour, day, month and weekday", count, count == 1 ? "" : "s");
    if (count == 6)
        return advise(whole, "leave out the seconds or the year; 'every: 10s' is for less than a minute");
    return advise(whole, strchr(whole->text, ':') ? "write as \"30 2 * * *\" for 02:30 of each day, or @daily for midnight" : "write as \"*/5 * * * *\"");
}

/* The text that a nickname stands for; TEXT itself where it is none; NULL where there is no such nickname. */
static const char *find_nickname(struct cron_reading *whole)
{
    size_t length = strcspn(whole->text, " \t");
    struct nearest nearest = {0};
    const char *found = NULL;
    if (*whole->text != '@')
        return whole->text;
    char *word = mem_copy(whole->text, length);
    nearest.wrong = word;
    for (size_t i = 0; i < countof(nicknames); i++) {
        nearest_offer(&nearest, nicknames[i].name);
        if (!strcasecmp(nicknames[i].name, whole->text))
            found = nicknames[i].stands_for;
    }
    if (!found) {
        fail(whole, whole->text, whole->text + length, "'%s' is no time", word);
        if (!strcasecmp(word, "@reboot"))
            advise(whole, "leave out the schedule: what has none starts with the run");
        else
            buf_printf(&whole->fault->hint, "did you mean '%s'?", nearest.name ? nearest.name : "@daily");
    }
    free(word);
    return found;
}

/* Bits of the days that the longest of MONTHS has. */
static uint64_t possible_days(uint64_t months)
{
    static const int longest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int most = 0;
    for (int i = 1; i <= 12; i++)
        if (months >> i & 1 && longest[i - 1] > most)
            most = longest[i - 1];
    return (UINT64_C(1) << (most + 1)) - 1;
}

static bool check_comes(const struct cron *cron, struct cron_reading *day)
{
    if ((!cron->day_star && !cron->weekday_star) || cron->days & possible_days(cron->months))
        return true;
    fail(day, day->at, day->end, "this never comes: no month that is named has such a day");
    return advise(day, "28 is a day of every month");
}

bool cron_parse(const char *text, struct cron *cron, struct cron_fault *fault)
{
    struct cron_reading readings[FIELDS];
    struct cron_reading whole = {.text = text, .fault = fault};
    const char *meant = find_nickname(&whole);
    *cron = (struct cron){0};
    if (!meant)
        return false;
    size_t count = split(meant, readings);
    if (count != FIELDS)
        return refuse_count(&whole, count);
    uint64_t *const bits[FIELDS] = {&cron->minutes, &cron->hours, &cron->days, &cron->months, &cron->weekdays};
    struct cron_reading day = readings[DAY];
    day.fault = fault;
    cron->moves = *readings[MINUTE].at == '*' || *readings[HOUR].at == '*';
    cron->day_star = *readings[DAY].at == '*';
    cron->weekday_star = *readings[WEEKDAY].at == '*';
    for (size_t i = 0; i < FIELDS; i++) {
        readings[i].fault = fault;
        if (!read_field(&readings[i], bits[i]))
            return false;
    }
    if (cron->weekdays >> 7 & 1)
        cron->weekdays = (cron->weekdays | 1) & 0x7f;
    return check_comes(cron, &day);
}

static void warn_part(const struct cron_reading *reading, const struct part *part, struct buf *out)
{
    const struct cron_field *field = reading->field;
    int span = field->most - field->least + 1;
    if (!part->star || part->step <= 1 || (field != &fields[MINUTE] && field != &fields[HOUR]))
        return;
    if (part->step >= span)
        buf_printf(out, "'*/%d' of the %ss means %s 0 alone\n", part->step, field->name, field->name);
    else if (span % part->step)
        buf_printf(out, "'*/%d' of the %ss begins anew with each %s: the last one of it is followed after %d %ss already\n",
                   part->step, field->name, field == &fields[MINUTE] ? "hour" : "day", span % part->step, field->name);
}

void cron_warn(const char *text, struct buf *out)
{
    struct cron_reading readings[FIELDS];
    struct cron_fault fault = {0};
    struct part part;
    if (*text == '@' || split(text, readings) != FIELDS)
        return;
    for (size_t i = 0; i < FIELDS; i++) {
        readings[i].fault = &fault;
        while (read_part(&readings[i], &part)) {
            warn_part(&readings[i], &part, out);
            if (readings[i].at++ == readings[i].end)
                break;
        }
    }
    cron_fault_release(&fault);
}

bool cron_has_day(const struct cron *cron, int month, int day, int weekday)
{
    bool by_day = cron->days >> day & 1;
    bool by_weekday = cron->weekdays >> weekday & 1;
    bool both = cron->day_star || cron->weekday_star;
    return cron->months >> month & 1 && (both ? by_day && by_weekday : by_day || by_weekday);
}
