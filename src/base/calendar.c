/* Days and dates: years are counted from March, so that the leap day is the last of its year. */
#include "base/calendar.h"

#define ERA_YEARS 400
#define ERA_DAYS INT64_C(146097)

/* Days from 1 March of year 0 to 1 January 1970. */
#define EPOCH_SHIFT INT64_C(719468)

static int64_t divide_down(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

bool calendar_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int calendar_month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && calendar_is_leap(year));
}

int64_t calendar_day(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = divide_down(year, ERA_YEARS);
    int64_t of_era = year - era * ERA_YEARS;
    int from_march = month > 2 ? month - 3 : month + 9;
    int64_t of_year = (153 * from_march + 2) / 5 + day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_SHIFT;
}

struct date calendar_date(int64_t day)
{
    int64_t shifted = day + EPOCH_SHIFT;
    int64_t era = divide_down(shifted, ERA_DAYS);
    int64_t left = shifted - era * ERA_DAYS;
    int64_t of_era = (left - left / 1460 + left / 36524 - left / (ERA_DAYS - 1)) / 365;
    int64_t of_year = left - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    int64_t weekday = (day + 4) % 7;
    struct date date = {
        .month = (int)(from_march < 10 ? from_march + 3 : from_march - 9),
        .day = (int)(of_year - (153 * from_march + 2) / 5 + 1),
        .weekday = (int)(weekday < 0 ? weekday + 7 : weekday),
    };
    date.year = era * ERA_YEARS + of_era + (date.month <= 2);
    return date;
}

int64_t calendar_day_of(int64_t seconds)
{
    return divide_down(seconds, DAY_SECONDS);
}
