/* The Gregorian calendar, before its time and far ahead too; days are counted from 1 January 1970. */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_SECONDS INT64_C(86400)

struct date {
    int64_t year;
    int month;   /* 1 to 12 */
    int day;     /* 1 to 31 */
    int weekday; /* 0 is Sunday */
};

bool calendar_is_leap(int64_t year);

/* Days of the month of that year. */
int calendar_month_days(int64_t year, int month);

/* The number of a date's day. The weekday is not looked at. */
int64_t calendar_day(int64_t year, int month, int day);

/* The other way round. */
struct date calendar_date(int64_t day);

/* The day in which SECONDS since 1970 are, rounded down. */
int64_t calendar_day_of(int64_t seconds);

#endif
