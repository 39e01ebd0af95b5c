/* The two clocks. */
#include "base/clock.h"

#include <time.h>

#include "base/buf.h"
#include "base/unit.h"

/* Seconds that still fit when they are added to the clock. */
#define LONGEST_WAIT 1e9

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_after(double seconds)
{
    if (seconds < 0)
        return 0;
    if (seconds > LONGEST_WAIT)
        seconds = LONGEST_WAIT;
    return clock_monotonic() + (int64_t)(seconds * (double)NS_PER_S);
}

int64_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

void clock_print(struct buf *out, int64_t wall)
{
    time_t seconds = (time_t)(wall / NS_PER_S);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06lldZ", parts.tm_year + 1900,
               parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
               (long long)(wall % NS_PER_S / 1000));
}
