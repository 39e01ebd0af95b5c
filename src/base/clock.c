/* The clocks. */
#include "base/clock.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <time.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/unit.h"

/* Seconds that still fit when they are added to the clock. */
#define LONGEST_WAIT 1e9

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/*
 * What clock_monotonic() differs by: 0 or more is what it lags behind CLOCK_MONOTONIC, less than 0 is
 * the negative of where it stands still. One number, and so of one piece for every thread. It is
 * as much a part of the process as the system's own clock, and therefore no argument.
 */
static _Atomic int64_t lag;

int64_t clock_machine(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_boot(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

int64_t clock_monotonic(void)
{
    int64_t behind = atomic_load_explicit(&lag, memory_order_relaxed);
    return behind < 0 ? -behind : clock_machine() - behind;
}

void clock_freeze(void)
{
    atomic_store(&lag, -clock_monotonic());
}

void clock_thaw(void)
{
    int64_t stood = -atomic_load(&lag);
    atomic_store(&lag, clock_machine() - stood);
}

void clock_skip(int64_t ns)
{
    atomic_fetch_add(&lag, ns);
}

void clock_until(int64_t time, struct timespec *until)
{
    int64_t behind = atomic_load(&lag);
    int64_t machine = time + behind + (behind < 0 ? clock_machine() : 0);
    if (machine < 0)
        machine = 0;
    *until = (struct timespec){.tv_sec = (time_t)(machine / NS_PER_S),
                               .tv_nsec = (long)(machine % NS_PER_S)};
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

/* A time of UTC in its parts: without gmtime_r(), which reads the file of the local zone first. */
struct utc {
    struct date date;
    int hour, minute, second;
    int64_t us;
};

static struct utc take_apart(int64_t wall)
{
    int64_t seconds = wall / NS_PER_S - (wall % NS_PER_S < 0);
    int64_t day = calendar_day_of(seconds);
    int of_day = (int)(seconds - day * DAY_SECONDS);
    return (struct utc){.date = calendar_date(day), .hour = of_day / 3600, .minute = of_day / 60 % 60, .second = of_day % 60,
                        .us = (wall - seconds * NS_PER_S) / 1000};
}

void clock_print(struct buf *out, int64_t wall)
{
    struct utc utc = take_apart(wall);
    buf_printf(out, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%06" PRId64 "Z", utc.date.year, utc.date.month, utc.date.day, utc.hour,
               utc.minute, utc.second, utc.us);
}

void clock_print_short(struct buf *out, int64_t wall)
{
    struct utc utc = take_apart(wall);
    buf_printf(out, "%04" PRId64 "%02d%02dT%02d%02d%02dZ", utc.date.year, utc.date.month, utc.date.day, utc.hour, utc.minute,
               utc.second);
}
