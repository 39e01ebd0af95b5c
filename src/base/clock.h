/*
 * The clocks. Every duration and timeout is measured on the monotonic one, which stands still while
 * the run is stopped: what nobody could use does not count.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct buf;
struct timespec;

/* Nanoseconds of CLOCK_MONOTONIC less the pauses of this process; never goes back. From any thread. */
int64_t clock_monotonic(void);

/* Nanoseconds of CLOCK_MONOTONIC: the same in every process of a machine. */
int64_t clock_machine(void);

/* From now on clock_monotonic() stands still in this process, until clock_thaw(). */
void clock_freeze(void);
void clock_thaw(void);

/* This process was stopped for so long without knowing it. */
void clock_skip(int64_t ns);

/* TIME of clock_monotonic() as pthread_cond_timedwait(3) on CLOCK_MONOTONIC wants it. A pause meanwhile
 * makes that end too early: look at the clock, and wait again. */
void clock_until(int64_t time, struct timespec *until);

/*
 * The time of clock_monotonic() that is SECONDS from now; 0, which stands for "never", where SECONDS
 * is negative. More than 31 years are taken for as many.
 */
int64_t clock_after(double seconds);

/* Nanoseconds of CLOCK_BOOTTIME: as CLOCK_MONOTONIC, and it goes on while the machine sleeps. */
int64_t clock_boot(void);

/* Nanoseconds since 1970 of CLOCK_REALTIME: for a person to read, never to subtract. */
int64_t clock_wall(void);

/* WALL as RFC 3339 in UTC with microseconds: 2026-01-02T03:04:05.678901Z. */
void clock_print(struct buf *out, int64_t wall);

/* The same as part of a name: "20260102T030405Z". */
void clock_print_short(struct buf *out, int64_t wall);

#endif
