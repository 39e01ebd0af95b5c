/*
 * The times of a schedule, one after the other, and what of them is due: a pure function of the clock that it is told.
 *
 * The clock is clock_wall() where the schedule has a cron expression, else clock_boot(); all times are of it, in ns.
 */
#ifndef ENGINE_TIMETABLE_H
#define ENGINE_TIMETABLE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule_spec;
struct zone;

struct timetable {
    const struct schedule_spec *spec;
    const struct zone *zone; /* the caller's, which may put another in its place between two calls */
    bool ended;    /* there is no next time */
    int64_t after; /* the times up to this are past */
    int64_t next;  /* the time that comes next, as planned: the first one after AFTER */
    int64_t delay; /* by which jitter puts it off */
    int64_t seen;  /* the clock, when it was told last */
    unsigned seed; /* of the jitter */
};

/* The table begins NOW; AFTER: its first time comes after that, even where 'first: now' would have it at once. */
void timetable_begin(struct timetable *table, int64_t now, bool after);

/* The rules of the zone have changed: the next time is worked out anew. */
void timetable_replan(struct timetable *table);

/* When to look again: the next time with its delay. */
int64_t timetable_due(const struct timetable *table);

/*
 * It is NOW: true where a time is due, once for all that have come since; *MISSED gets how many besides it, as the machine slept or
 * its clock was set, and the table is at the next one, which is later than all of these.
 *
 * A clock that was put back by up to three hours comes to that time again. Where it was put back by more, it was wrong before:
 * the table begins anew from NOW on, and *CORRECTED is set.
 */
bool timetable_take(struct timetable *table, int64_t now, int64_t *missed, bool *corrected);

#endif
