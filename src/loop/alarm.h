/* An alarm of a clock that goes on while the machine sleeps, or that others may set: unlike a timer it is late by nothing
 * of that, and it hears when the clock was set. */
#ifndef LOOP_ALARM_H
#define LOOP_ALARM_H

#include <stdint.h>

struct alarm;
struct error;
struct loop;

enum alarm_clock {
    ALARM_WALL, /* clock_wall() */
    ALARM_BOOT, /* clock_boot() */
};

/* Calls FUNCTION(ARG) at the time that is set, and where somebody sets the clock meanwhile: it looks at the clock itself. NULL with
 * ERROR filled where the system has no more of them. */
struct alarm *alarm_new(struct loop *loop, enum alarm_clock clock, void (*function)(void *arg), void *arg, struct error *error);

/* For TIME of that clock, in ns, in place of what was set before; one that is past comes at once. */
void alarm_set(struct alarm *alarm, int64_t time);

/* NULL is accepted by both. */
void alarm_stop(struct alarm *alarm);
void alarm_free(struct alarm *alarm);

#endif
