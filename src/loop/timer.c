/* Timers over uv_timer_t. */
#include "loop/timer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "loop/private.h"

struct timer {
    uv_timer_t uv;
    void (*function)(void *arg);
    void *arg;
    int64_t due; /* of clock_monotonic() */
};

/* libuv counts whole milliseconds, so a timer may be early by one. */
#define EARLY NS_PER_MS

static void start(struct timer *timer, int64_t delay);


static void on_timer(uv_timer_t *handle)
{
    struct timer *timer = handle->data;
    int64_t left = timer->due - clock_monotonic();
    if (left > EARLY)
        start(timer, left); /* the run was stopped meanwhile */
    else
        timer->function(timer->arg);
}

static void start(struct timer *timer, int64_t delay)
{
    uint64_t ms = delay <= 0 ? 0 : (uint64_t)((delay + NS_PER_MS - 1) / NS_PER_MS);
    uv_update_time(timer->uv.loop); /* a long turn must not shorten the delay */
    uv_timer_start(&timer->uv, on_timer, ms, 0);
}

struct timer *timer_new(struct loop *loop, void (*function)(void *arg), void *arg)
{
    struct timer *timer = mem_calloc(1, sizeof(*timer));
    timer->function = function;
    timer->arg = arg;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    return timer;
}

void timer_start(struct timer *timer, int64_t delay)
{
    timer->due = clock_monotonic() + (delay > 0 ? delay : 0);
    start(timer, delay);
}

void timer_stop(struct timer *timer)
{
    uv_timer_stop(&timer->uv);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void timer_free(struct timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, on_closed);
}
