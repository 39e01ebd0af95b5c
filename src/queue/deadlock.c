/* When to look for a standstill, and what to do about it. */
#include "queue/deadlock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "queue/idle.h"
#include "queue/wait_graph.h"
#include "scenario/spec.h"

/* No look sooner after another one, and no more than one part in so many of the time is spent on them. */
#define LOOK_TIME (5 * NS_PER_MS)
#define LOOK_SHARE 100

/* Where something only seems to wait, or a run is idle, the first look is made so soon after something
 * has happened, and the others follow each other so seldom: two that see the same are told of. */
#define LOOK_FIRST (1 * NS_PER_S)
#define LOOK_SELDOM (5 * NS_PER_S)

struct stall {
    struct run *run;
    struct standstill *standstill;
    atomic_bool awake;    /* the loop is about to look, or knows when: any thread */
    struct timer *timer;
    bool timer_runs;      /* until it is time for the next look */
    bool due;             /* it was: the look is made before the loop waits again */
    int64_t next;         /* no look before that, by clock_monotonic() */
    struct buf seen;      /* by the last look: standstill_print(); empty: there was none */
    struct timer *seldom;
    bool watching;        /* SELDOM runs */
    bool seldom_due;
    struct buf seemed;    /* the same as SEEN, by the last of its looks */
    struct buf told;      /* the last one that was told of */
    struct idle *idle;
};

static void tell(struct stall *stall, enum event_kind kind, unsigned flags, const struct buf *text)
{
    struct event event = {
        .kind = kind,
        .flags = flags,
        .bytes = text->data,
        .length = text->length,
    };
    bus_emit(stall->run->bus, &event);
}

static void tell_standstill(struct stall *stall, enum event_kind kind, const char *head)
{
    struct buf text = {0};
    buf_text(&text, head);
    standstill_describe(stall->standstill, &text);
    tell(stall, kind, EVENT_WRONG, &text);
    buf_release(&text);
}

static bool is_same(const struct buf *a, const struct buf *b)
{
    return a->length && a->length == b->length && !memcmp(a->data, b->data, a->length);
}

/* Whether the standstill that was FOUND is the one that SEEN, which becomes that of now, has shown before. */
static bool lasts(struct stall *stall, bool found, struct buf *seen)
{
    struct buf now = {0};
    if (found && !standstill_print(stall->standstill, &now))
        buf_clear(&now);
    bool same = is_same(&now, seen);
    buf_release(seen);
    *seen = now;
    return same;
}

static void arm(struct stall *stall, int64_t time)
{
    atomic_store(&stall->awake, true);
    stall->timer_runs = true;
    timer_start(stall->timer, time);
}

static void watch(struct stall *stall, int64_t time)
{
    stall->watching = true;
    timer_start(stall->seldom, time);
}

/*
 * Two looks that see the same are proof where the loop has waited for the system once in between: what
 * one of them had written, into whatever pipe, before it began to wait is heard of by the second one.
 */
static void look(struct stall *stall)
{
    struct run *run = stall->run;
    int64_t began = clock_monotonic();
    bool before = stall->seen.length;
    atomic_store(&stall->awake, false); /* who begins to wait from here on is not sure to be seen */
    bool found = standstill_find(stall->standstill, false);
    if (lasts(stall, found, &stall->seen) && !standstill_close(stall->standstill)) {
        tell_standstill(stall, EVENT_RUN_STALLED,
             "Deadlock: these wait for each other, and none of them can ever go on:");
        run_stop(run, STOP_STALL, 0);
        return;
    }
    int64_t now = clock_monotonic();
    int64_t pause = (now - began) * LOOK_SHARE;
    pause = pause > LOOK_TIME ? pause : LOOK_TIME;
    stall->next = now + pause;
    if (stall->seen.length)
        arm(stall, before ? pause : 0);
}

/* Goes on for as long as there is something that may become a standstill that lasts, or a run that is idle. */
static void look_seldom(struct stall *stall)
{
    struct buf text = {0};
    bool found = standstill_find(stall->standstill, true);
    bool same = lasts(stall, found, &stall->seemed);
    if (same && !is_same(&stall->seemed, &stall->told)) {
        tell_standstill(stall, EVENT_RUN_IDLE,
             "Nothing has gone on for 5 seconds: these seem to wait for each other:");
        buf_clear(&stall->told);
        buf_append(&stall->told, stall->seemed.data, stall->seemed.length);
    }
    bool again = found ? !same : idle_look(stall->idle, &text);
    if (text.length)
        tell(stall, EVENT_RUN_IDLE, 0, &text);
    buf_release(&text);
    if (again)
        watch(stall, LOOK_SELDOM);
}

static void on_time(void *arg)
{
    struct stall *stall = arg;
    stall->timer_runs = false;
    stall->due = true;
}

static void on_seldom(void *arg)
{
    struct stall *stall = arg;
    stall->watching = false;
    stall->seldom_due = true;
}

/*
 * Something has happened, or this is called for nothing but the timers. Whatever begins to wait, and
 * whoever it waits for, is changed by what runs in the loop, or is a thread that wakes it: so a look at
 * the end of each turn, or soon after it, misses nothing, and none is made where nothing happens.
 */
static void before_wait(void *arg)
{
    struct stall *stall = arg;
    bool seldom_due = stall->seldom_due;
    bool due = stall->due;
    stall->due = stall->seldom_due = false;
    if (stall->run->stop_cause || stall->run->over)
        return;
    if (seldom_due)
        look_seldom(stall);
    else if (!due && !stall->watching)
        watch(stall, LOOK_FIRST);
    int64_t left = due || stall->timer_runs ? 0 : stall->next - clock_monotonic();
    if (due || (!stall->timer_runs && left <= 0))
        look(stall);
    else if (!stall->timer_runs && !seldom_due)
        arm(stall, left);
}

/* All that the loop is to do is look. */
static void wake(void *arg)
{
    (void)arg;
}

void stall_thread_waits(struct stall *stall)
{
    if (stall && !atomic_exchange(&stall->awake, true))
        loop_post(stall->run->loop, wake, NULL);
}

struct stall *stall_new(struct run *run)
{
    struct stall *stall = mem_calloc(1, sizeof(*stall));
    stall->run = run;
    stall->standstill = standstill_new(run);
    stall->idle = idle_new(run);
    stall->timer = timer_new(run->loop, on_time, stall);
    stall->seldom = timer_new(run->loop, on_seldom, stall);
    loop_before_wait(run->loop, before_wait, stall);
    return stall;
}

void stall_stop(struct stall *stall)
{
    if (!stall)
        return;
    loop_before_wait(stall->run->loop, NULL, NULL);
    timer_free(stall->timer);
    timer_free(stall->seldom);
}

void stall_free(struct stall *stall)
{
    if (!stall)
        return;
    buf_release(&stall->seen);
    buf_release(&stall->seemed);
    buf_release(&stall->told);
    standstill_free(stall->standstill);
    idle_free(stall->idle);
    free(stall);
}
