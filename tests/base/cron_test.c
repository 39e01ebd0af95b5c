/* Cron expressions: what is read, and what is refused. */
#include "base/cron.h"

#include "../harness/unit.h"

/* Fields as lists: "0,30|2|1-31|..." would be long, so the bits are printed as numbers in a row. */
static void print_bits(struct buf *out, uint64_t bits)
{
    const char *between = "";
    for (int from = 0; from < 64; from++) {
        int to = from;
        if (!(bits >> from & 1))
            continue;
        while (to < 63 && bits >> (to + 1) & 1)
            to++;
        buf_printf(out, to > from ? "%s%d-%d" : "%s%d", between, from, to);
        between = ",";
        from = to;
    }
    buf_char(out, ' ');
}

static const struct right_case {
    const char *name; /* the expression */
    const char *bits;
    const char *flags; /* d, w: a star of days, of weekdays; m: it moves */
} rights[] = {
    {"* * * * *", "0-59 0-23 1-31 1-12 0-6 ", "dwm"},
    {"*/5 * * * *", "0,5,10,15,20,25,30,35,40,45,50,55 0-23 1-31 1-12 0-6 ", "dwm"},
    {"0 0 13 * 5", "0 0 13 1-12 5 ", ""},
    {"0 0 1-31 * 1", "0 0 1-31 1-12 1 ", ""},
    {"0 0 */2 * 1", "0 0 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 1-12 1 ", "d"},
    {"0 9 1-7 * */7", "0 9 1-7 1-12 0 ", "w"},
    {"0 */2 * * *", "0 0,2,4,6,8,10,12,14,16,18,20,22 1-31 1-12 0-6 ", "dwm"},
    {"5/15 * * * *", "5,20,35,50 0-23 1-31 1-12 0-6 ", "dwm"},
    {"7-30/10 9-17/4 * * *", "7,17,27 9,13,17 1-31 1-12 0-6 ", "dw"},
    {"0 8 * * fri-sun", "0 8 1-31 1-12 0,5-6 ", "d"},
    {"0 8 * * 5-7", "0 8 1-31 1-12 0,5-6 ", "d"},
    {"0 8 * * 7", "0 8 1-31 1-12 0 ", "d"},
    {"0 8 * * 7/2", "0 8 1-31 1-12 0 ", "d"},
    {"0 8 * * sun-wed", "0 8 1-31 1-12 0-3 ", "d"},
    {"0 8 * * MON-fri/2", "0 8 1-31 1-12 1,3,5 ", "d"},
    {"0 8 * jan,APR,Jul,oct *", "0 8 1-31 1,4,7,10 0-6 ", "dw"},
    {"*/90 * * * *", "0 0-23 1-31 1-12 0-6 ", "dwm"},
    {" 0\t1  2 3 *  ", "0 1 2 3 0-6 ", "w"},
    {"0 0 29 2 *", "0 0 29 2 0-6 ", "w"},
    {"0 0 30 2 1", "0 0 30 2 1 ", ""},
    {"@hourly", "0 0-23 1-31 1-12 0-6 ", "dwm"},
    {"@Daily", "0 0 1-31 1-12 0-6 ", "dw"},
    {"@midnight", "0 0 1-31 1-12 0-6 ", "dw"},
    {"@weekly", "0 0 1-31 1-12 0 ", "d"},
    {"@monthly", "0 0 1 1-12 0-6 ", "w"},
    {"@yearly", "0 0 1 1 0-6 ", "w"},
};

static void test_right(void **state)
{
    const struct right_case *row = *state;
    struct cron_fault fault = {0};
    struct cron cron;
    struct buf bits = {0}, flags = {0};
    assert_true(cron_parse(row->name, &cron, &fault));
    print_bits(&bits, cron.minutes);
    print_bits(&bits, cron.hours);
    print_bits(&bits, cron.days);
    print_bits(&bits, cron.months);
    print_bits(&bits, cron.weekdays);
    assert_buf(&bits, row->bits);
    buf_printf(&flags, "%s%s%s", cron.day_star ? "d" : "", cron.weekday_star ? "w" : "", cron.moves ? "m" : "");
    assert_string_equal(buf_string(&flags), row->flags);
    buf_release(&flags);
}

static const struct wrong_case {
    const char *name; /* the expression */
    size_t offset;
    size_t length;
    const char *text;
    const char *hint;
} wrongs[] = {
    {"60 * * * *", 0, 2, "minute 60 is not from 0 to 59", "the full hour is minute 0"},
    {"0 24 * * *", 2, 2, "hour 24 is not from 0 to 23", "midnight is hour 0"},
    {"0 0 0 * *", 4, 1, "day 0 is not from 1 to 31", ""},
    {"0 0 * 13 *", 6, 2, "month 13 is not from 1 to 12", ""},
    {"0 0 * * 8", 8, 1, "weekday 8 is not from 0 to 7", "Sunday is 0 or 7"},
    {"99999999999 * * * *", 0, 11, "minute 99999999999 is not from 0 to 59", ""},
    {"*/0 * * * *", 2, 1, "a step of 0 never comes to an end", "a step is a number from 1 on"},
    {"*/ * * * *", 0, 2, "a step is a number from 1 on", ""},
    {"0 22-2 * * *", 2, 4, "the range '22-2' goes backwards, and would never come", "write 22-23,0-2"},
    {"0 22-2/2 * * *", 2, 6, "the range '22-2/2' goes backwards, and would never come", "write 22-23,0-2"},
    {"0 23-0 * * *", 2, 4, "the range '23-0' goes backwards, and would never come", "write 23,0"},
    {"0 0 * * fri-mon", 8, 7, "the range 'fri-mon' goes backwards, and would never come", "write fri-sat,sun-mon"},
    {"0 0 * * 5-1", 8, 3, "the range '5-1' goes backwards, and would never come", "write 5-6,0-1"},
    {"0 0 * * 7-2", 8, 3, "the range '7-2' goes backwards, and would never come", "write 0-2"},
    {"0 0 * nov-feb *", 6, 7, "the range 'nov-feb' goes backwards, and would never come", "write nov-dec,jan-feb"},
    {"0 0 12 * * *", 0, 12, "this has 6 fields, and a cron expression has 5: minute, hour, day, month and weekday",
     "leave out the seconds or the year; 'every: 10s' is for less than a minute"},
    {"* * * *", 0, 7, "this has 4 fields, and a cron expression has 5: minute, hour, day, month and weekday",
     "write as \"*/5 * * * *\""},
    {"5", 0, 1, "this has 1 field, and a cron expression has 5: minute, hour, day, month and weekday",
     "write as \"*/5 * * * *\""},
    {"", 0, 0, "this has 0 fields, and a cron expression has 5: minute, hour, day, month and weekday",
     "write as \"*/5 * * * *\""},
    {"1,,2 * * * *", 2, 0, "an entry of the list of minutes is empty", "leave out the comma"},
    {"1, * * * *", 2, 0, "an entry of the list of minutes is empty", "leave out the comma"},
    {"0 0 ? * 1", 4, 1, "'?' is of Quartz: cron has no such sign", "write '*'"},
    {"0 0 L * *", 4, 1, "'L': cron has no L, W and # for a last day, a working day and the Nth day",
     "name the days that may be meant, and let the command look at the date"},
    {"0 0 15W * *", 4, 3, "'15W': cron has no L, W and # for a last day, a working day and the Nth day",
     "name the days that may be meant, and let the command look at the date"},
    {"0 0 * * 5#2", 8, 3, "'5#2': cron has no L, W and # for a last day, a working day and the Nth weekday",
     "name the days that may be meant, and let the command look at the date"},
    {"H * * * *", 0, 1, "'H' is of Jenkins: cron has no such letter", "write a number, or use 'jitter'"},
    {"-1 * * * *", 0, 2, "'-1' is no minute", "write 0 to 59, or '*'"},
    {"1- * * * *", 0, 2, "the range '1-' has no end", ""},
    {"1-2-3 * * * *", 0, 5, "'1-2-3' is no minute",
     "write a number, a range as 1-5, either with a step as 1-5/2, or '*'"},
    {"*-5 * * * *", 0, 3, "'*-5' is no minute", "write a number, a range as 1-5, either with a step as 1-5/2, or '*'"},
    {"0 0 * * mondag", 8, 6, "'mondag' is no weekday", "did you mean 'mon'?"},
    {"0 0 * APRIL *", 6, 5, "'APRIL' is no month", "did you mean 'apr'?"},
    {"0 0 * xyzxyz *", 6, 6, "'xyzxyz' is no month", "write a number, or a name as 'feb'"},
    {"x * * * *", 0, 1, "'x' is no minute", "write 0 to 59, or '*'"},
    {"0 0 30 2 *", 4, 2, "this never comes: no month that is named has such a day", "28 is a day of every month"},
    {"0 0 31 4,6,9,11 *", 4, 2, "this never comes: no month that is named has such a day", "28 is a day of every month"},
    {"0 0 30-31 feb */2", 4, 5, "this never comes: no month that is named has such a day", "28 is a day of every month"},
    {"@reboot", 0, 7, "'@reboot' is no time", "leave out the schedule: what has none starts with the run"},
    {"@dayly", 0, 6, "'@dayly' is no time", "did you mean '@daily'?"},
};

static void test_wrong(void **state)
{
    const struct wrong_case *row = *state;
    struct cron_fault fault = {0};
    struct cron cron;
    assert_false(cron_parse(row->name, &cron, &fault));
    assert_string_equal(buf_string(&fault.text), row->text);
    assert_string_equal(buf_string(&fault.hint), row->hint);
    assert_int_equal(fault.offset, row->offset);
    assert_int_equal(fault.length, row->length);
    cron_fault_release(&fault);
}

static const struct warning_case {
    const char *name; /* the expression */
    const char *text;
} warnings[] = {
    {"*/5 */6 * * *", ""},
    {"*/7 * * * *",
     "'*/7' of the minutes begins anew with each hour: the last one of it is followed after 4 minutes already\n"},
    {"0 */5 * * *", "'*/5' of the hours begins anew with each day: the last one of it is followed after 4 hours already\n"},
    {"*/90 * * * *", "'*/90' of the minutes means minute 0 alone\n"},
    {"0,*/7 5-9/3 */10 */5 *",
     "'*/7' of the minutes begins anew with each hour: the last one of it is followed after 4 minutes already\n"},
    {"@hourly", ""},
};

static void test_warnings(void **state)
{
    const struct warning_case *row = *state;
    struct buf out = {0};
    cron_warn(row->name, &out);
    assert_string_equal(buf_string(&out), row->text);
    buf_release(&out);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_right, rights);
    TEST_ROWS(&tests, test_wrong, wrongs);
    TEST_ROWS(&tests, test_warnings, warnings);
    return tests_run(&tests, "cron");
}
