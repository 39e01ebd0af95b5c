/* The times that a cron expression has in a time zone, as cronie runs jobs. */
#ifndef BASE_CRON_NEXT_H
#define BASE_CRON_NEXT_H

#include <stdbool.h>
#include <stdint.h>

struct cron;
struct zone;

/*
 * Into *NEXT the first instant of CRON in ZONE that is later than AFTER, both in seconds since 1970. False where none
 * comes within 400 years.
 *
 * Where the clocks are put forward by up to three hours, what has fixed minutes and hours and falls into the gap comes at
 * its end; where they are put back by so much, it comes the first time alone. What moves, as its minutes or hours begin
 * with '*', comes whenever the clocks show such a time. Longer gaps are corrections: what falls into them is left out.
 */
bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after, int64_t *next);

#endif
