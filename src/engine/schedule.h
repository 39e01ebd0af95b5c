/*
 * An object that runs by the clock: another caller of its start, beside what it depends on and the words of people.
 *
 * Between two runs the object rests. What asks for its start is held up until its time has come; the end of a run is no end
 * of the object while more are to come. A word starts it at any time, which changes nothing of its times.
 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct object;
struct schedule;

/* For an object whose spec has a schedule; its times begin with its first start. NULL where it has none. */
struct schedule *schedule_new(struct object *object);

/* NULL is accepted here and in all that follows, where it changes nothing. */
void schedule_free(struct schedule *schedule);

/* The object may start: false where it is to rest until its time comes. */
bool schedule_admits(struct schedule *schedule);

/* A word wants a run now. */
void schedule_ask(struct schedule *schedule);

/*
 * A run of the object has ended by itself, FAILED or not, and nothing of it is left: true where it has another to come. Then the
 * object rests, and those that depend on it know how its first run has ended.
 */
bool schedule_goes_on(struct schedule *schedule, bool failed);

/* A word or its own time has stopped the run, or keeps it from coming. CLOSE: no time starts it any more, until a word does. */
void schedule_stopped(struct schedule *schedule, bool close);

/* No time starts it any more. */
void schedule_close(struct schedule *schedule);

/* As it says: whether the object has failed, where FAILED is what its last run says. */
bool schedule_failed(const struct schedule *schedule, bool failed);

/* Nothing of it runs, and it waits for its next time. */
bool schedule_rests(const struct schedule *schedule);

/* clock_wall() of its next time as it is now, in ns; 0: there is none. *LATEST: with all of the jitter that it may have. */
int64_t schedule_next(const struct schedule *schedule, int64_t *latest);

/* Appends when it runs next, and what was left out so far: "runs next at 2026-11-30 03:05:00+01:00, 2 times were left out". */
void schedule_describe(const struct schedule *schedule, struct buf *out);

#endif
