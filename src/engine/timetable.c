/* Going through the times of a schedule. */
#include "engine/timetable.h"

#include <stdlib.h>

#include "base/cron_next.h"
#include "base/unit.h"
#include "scenario/spec.h"

/* A clock that is put back by more was wrong before. */
#define BACK_MOST (3 * 3600 * NS_PER_S)

/* More of what was missed is not counted. */
#define MISSED_MOST 1000000

static int64_t seconds_of(int64_t ns)
{
    return ns / NS_PER_S - (ns % NS_PER_S < 0);
}

/* The time is NEXT, put off by a random part of the jitter. */
static void plan(struct timetable *table, int64_t next)
{
    double random = (double)rand_r(&table->seed) / ((double)RAND_MAX + 1);
    table->next = next;
    table->delay = (int64_t)(random * (double)table->spec->jitter);
}

/* Goes to the first time after AFTER. */
static void plan_after(struct timetable *table, int64_t after)
{
    const struct schedule_spec *spec = table->spec;
    int64_t next;
    table->after = after;
    if (!spec->expression) {
        plan(table, after + spec->every);
        return;
    }
    table->ended = !cron_next(&spec->cron, table->zone, seconds_of(after), &next) || next > INT64_MAX / NS_PER_S;
    if (!table->ended)
        plan(table, next * NS_PER_S);
}

void timetable_begin(struct timetable *table, int64_t now, bool after)
{
    bool at_once = !table->spec->expression && !table->spec->waits && !after;
    table->ended = false;
    table->seen = now;
    if (at_once)
        plan(table, now);
    else
        plan_after(table, now);
}

void timetable_replan(struct timetable *table)
{
    plan_after(table, table->after);
}

int64_t timetable_due(const struct timetable *table)
{
    return table->next + table->delay;
}

/* Goes on to the first time after NOW; returns how many are left out. */
static int64_t pass(struct timetable *table, int64_t now)
{
    const struct schedule_spec *spec = table->spec;
    int64_t missed = 0;
    if (!spec->expression) {
        missed = now > table->next ? (now - table->next) / spec->every : 0;
        plan_after(table, table->next + missed * spec->every);
        return missed;
    }
    plan_after(table, table->next);
    for (; !table->ended && table->next <= now && missed < MISSED_MOST; missed++)
        plan_after(table, table->next);
    if (!table->ended && table->next <= now)
        plan_after(table, now);
    return missed;
}

bool timetable_take(struct timetable *table, int64_t now, int64_t *missed, bool *corrected)
{
    *missed = 0;
    *corrected = table->spec->expression && now < table->seen - BACK_MOST;
    table->seen = now;
    if (*corrected)
        plan_after(table, now);
    if (table->ended || *corrected || now < timetable_due(table))
        return false;
    *missed = pass(table, now);
    return true;
}
