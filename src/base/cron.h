/*
 * A cron expression: five fields that say which minutes, hours, days, months and weekdays are meant, as cronie
 * reads them. What times that makes in a time zone is in base/cron_next.h.
 */
#ifndef BASE_CRON_H
#define BASE_CRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Bit N of a field is set where N is meant. */
struct cron {
    uint64_t minutes;  /* 0 to 59 */
    uint64_t hours;    /* 0 to 23 */
    uint64_t days;     /* 1 to 31 */
    uint64_t months;   /* 1 to 12 */
    uint64_t weekdays; /* 0 to 6, 0 is Sunday */
    bool day_star;     /* the field begins with '*': a day must be of both fields, else of either */
    bool weekday_star;
    bool moves; /* minutes or hours begin with '*': it goes by real time where the clocks change */
};

/* What is wrong with an expression, and where in it. */
struct cron_fault {
    size_t offset;
    size_t length;
    struct buf text; /* what is wrong */
    struct buf hint; /* what to do about it; may be empty */
};

void cron_fault_release(struct cron_fault *fault);

/* Reads TEXT into CRON. False where it is wrong or could never come: then the empty FAULT is filled, and is the caller's to
 * release. */
bool cron_parse(const char *text, struct cron *cron, struct cron_fault *fault);

/* Appends what may surprise about the right expression TEXT, a line each: steps that do not divide their hour or day. */
void cron_warn(const char *text, struct buf *out);

/* True where the day of that month, which is such a weekday, is meant. */
bool cron_has_day(const struct cron *cron, int month, int day, int weekday);

#endif
