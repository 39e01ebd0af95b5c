/* The rule by which the clocks of a zone are changed each year, as POSIX writes it in TZ. */
#ifndef BASE_ZONE_RULE_H
#define BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct zone_span;

/* A day of each year, and a time of it. */
struct zone_change {
    char form;     /* 'M': the weekday of a week of a month; 'J': day 1 to 365, without a leap day; 'N': day 0 to 365 */
    int month;
    int week;      /* 5: the last one */
    int day;       /* or the weekday */
    int32_t time;  /* seconds after local midnight, on other days too */
};

struct zone_rule {
    int32_t standard; /* offset in seconds */
    int32_t summer;
    bool changes; /* there is SUMMER, from START to END */
    struct zone_change start;
    struct zone_change end;
};

/* Reads TEXT; false where it is no rule. */
bool zone_rule_read(const char *text, struct zone_rule *rule);

/* Narrows SPAN, in which INSTANT is, to the one that the rule gives. */
void zone_rule_span(const struct zone_rule *rule, int64_t instant, struct zone_span *span);

#endif
