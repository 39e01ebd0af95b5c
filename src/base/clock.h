/* The two clocks. Every duration and timeout is measured on the monotonic one. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct buf;

/* Nanoseconds of CLOCK_MONOTONIC: the same in every process of a machine, never goes back. */
int64_t clock_monotonic(void);

/*
 * The time of clock_monotonic() that is SECONDS from now; 0, which stands for "never", where SECONDS
 * is negative. More than 31 years are taken for as many.
 */
int64_t clock_after(double seconds);

/* Nanoseconds since 1970 of CLOCK_REALTIME: for a person to read, never to subtract. */
int64_t clock_wall(void);

/* WALL as RFC 3339 in UTC with microseconds: 2026-01-02T03:04:05.678901Z. */
void clock_print(struct buf *out, int64_t wall);

#endif
