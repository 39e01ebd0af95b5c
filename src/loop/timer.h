/* Timers on the monotonic clock, which stands still while the run is stopped; see base/clock.h. */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include <stdint.h>

struct loop;
struct timer;

/* A timer that calls FUNCTION(ARG); it does not run yet. */
struct timer *timer_new(struct loop *loop, void (*function)(void *arg), void *arg);

/* Calls once, after DELAY ns, rounded up to milliseconds; a running timer begins anew. */
void timer_start(struct timer *timer, int64_t delay);
void timer_stop(struct timer *timer);

/* Stops and frees; NULL is accepted. */
void timer_free(struct timer *timer);

#endif
