/* When to look for a deadlock, and what to do about it. */
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

struct deadlock {
    struct run *run;
    struct wait_graph *graph;
    atomic_bool awake;    /* the loop is about to look, or knows when: any thread */
    struct timer *timer;
    bool timer_runs;      /* until it is time for the next look */
    bool due;             /* it was: the look is made before the loop waits again */
    int64_t next;         /* no look before that, by clock_monotonic() */
    struct buf seen;      /* by the last look: wait_graph_print(); empty: there was none */
    struct timer *seldom;
    bool watching;        /* SELDOM runs */
    bool seldom_due;
    struct buf seemed;    /* the same as SEEN, by the last of its looks */
    struct buf told;      /* the last one that was told of */
    struct idle *idle;
};

static void tell(struct deadlock *deadlock, enum event_kind kind, unsigned flags,
                 const struct buf *text)
{
    struct event event = {
        .kind = kind,
        .flags = flags,
        .output.bytes = text->data,
        .output.length = text->length,
    };
    bus_emit(deadlock->run->bus, &event);
}

static void tell_wait_graph(struct deadlock *deadlock, enum event_kind kind, const char *head)
{
    struct buf text = {0};
    buf_text(&text, head);
    wait_graph_describe(deadlock->graph, &text);
    tell(deadlock, kind, EVENT_WRONG, &text);
    buf_release(&text);
}

static bool is_same(const struct buf *a, const struct buf *b)
{
    return a->length && a->length == b->length && !memcmp(a->data, b->data, a->length);
}

/* Whether the deadlock that was FOUND is the one that SEEN, which becomes that of now, has shown
 * before. */
static bool lasts(struct deadlock *deadlock, bool found, struct buf *seen)
{
    struct buf now = {0};
    if (found && !wait_graph_print(deadlock->graph, &now))
        buf_clear(&now);
    bool same = is_same(&now, seen);
    buf_release(seen);
    *seen = now;
    return same;
}

static void arm(struct deadlock *deadlock, int64_t time)
{
    atomic_store(&deadlock->awake, true);
    deadlock->timer_runs = true;
    timer_start(deadlock->timer, time);
}

static void watch(struct deadlock *deadlock, int64_t time)
{
    deadlock->watching = true;
    timer_start(deadlock->seldom, time);
}

/*
 * Two looks that see the same are proof where the loop has waited for the system once in between: what
 * one of them had written, into whatever pipe, before it began to wait is heard of by the second one.
 */
static void look(struct deadlock *deadlock)
{
    struct run *run = deadlock->run;
    int64_t began = clock_monotonic();
    bool before = deadlock->seen.length;
    atomic_store(&deadlock->awake,
                 false); /* who begins to wait from here on is not sure to be seen */
    bool found = wait_graph_find(deadlock->graph, false);
    if (lasts(deadlock, found, &deadlock->seen) && !wait_graph_close(deadlock->graph)) {
        tell_wait_graph(deadlock, EVENT_RUN_STALLED,
                        "Deadlock: these wait for each other, and none of them can ever go on:");
        run_stop(run, STOP_STALL, 0);
        return;
    }
    int64_t now = clock_monotonic();
    int64_t pause = (now - began) * LOOK_SHARE;
    pause = pause > LOOK_TIME ? pause : LOOK_TIME;
    deadlock->next = now + pause;
    if (deadlock->seen.length)
        arm(deadlock, before ? pause : 0);
}

/* Goes on for as long as there is something that may become a deadlock that lasts, or a run that is
 * idle. */
static void look_seldom(struct deadlock *deadlock)
{
    struct buf text = {0};
    bool found = wait_graph_find(deadlock->graph, true);
    bool same = lasts(deadlock, found, &deadlock->seemed);
    if (same && !is_same(&deadlock->seemed, &deadlock->told)) {
        tell_wait_graph(deadlock, EVENT_RUN_IDLE,
                        "Nothing has gone on for 5 seconds: these seem to wait for each other:");
        buf_clear(&deadlock->told);
        buf_append(&deadlock->told, deadlock->seemed.data, deadlock->seemed.length);
    }
    bool again = found ? !same : idle_look(deadlock->idle, &text);
    if (text.length)
        tell(deadlock, EVENT_RUN_IDLE, 0, &text);
    buf_release(&text);
    if (again)
        watch(deadlock, LOOK_SELDOM);
}

static void on_time(void *arg)
{
    struct deadlock *deadlock = arg;
    deadlock->timer_runs = false;
    deadlock->due = true;
}

static void on_seldom(void *arg)
{
    struct deadlock *deadlock = arg;
    deadlock->watching = false;
    deadlock->seldom_due = true;
}

/*
 * Something has happened, or this is called for nothing but the timers. Whatever begins to wait, and
 * whoever it waits for, is changed by what runs in the loop, or is a thread that wakes it: so a look at
 * the end of each turn, or soon after it, misses nothing, and none is made where nothing happens.
 */
static void before_wait(void *arg)
{
    struct deadlock *deadlock = arg;
    bool seldom_due = deadlock->seldom_due;
    bool due = deadlock->due;
    deadlock->due = deadlock->seldom_due = false;
    if (deadlock->run->stop.cause || deadlock->run->over)
        return;
    if (seldom_due)
        look_seldom(deadlock);
    else if (!due && !deadlock->watching)
        watch(deadlock, LOOK_FIRST);
    int64_t left = due || deadlock->timer_runs ? 0 : deadlock->next - clock_monotonic();
    if (due || (!deadlock->timer_runs && left <= 0))
        look(deadlock);
    else if (!deadlock->timer_runs && !seldom_due)
        arm(deadlock, left);
}

/* All that the loop is to do is look. */
static void wake(void *arg)
{
    (void)arg;
}

void deadlock_thread_waits(struct deadlock *deadlock)
{
    if (deadlock && !atomic_exchange(&deadlock->awake, true))
        loop_post(deadlock->run->loop, wake, NULL);
}

struct deadlock *deadlock_new(struct run *run)
{
    struct deadlock *deadlock = mem_calloc(1, sizeof(*deadlock));
    deadlock->run = run;
    deadlock->graph = wait_graph_new(run);
    deadlock->idle = idle_new(run);
    deadlock->timer = timer_new(run->loop, on_time, deadlock);
    deadlock->seldom = timer_new(run->loop, on_seldom, deadlock);
    loop_before_wait(run->loop, before_wait, deadlock);
    return deadlock;
}

void deadlock_stop(struct deadlock *deadlock)
{
    if (!deadlock)
        return;
    loop_before_wait(deadlock->run->loop, NULL, NULL);
    timer_free(deadlock->timer);
    timer_free(deadlock->seldom);
}

void deadlock_free(struct deadlock *deadlock)
{
    if (!deadlock)
        return;
    buf_release(&deadlock->seen);
    buf_release(&deadlock->seemed);
    buf_release(&deadlock->told);
    wait_graph_free(deadlock->graph);
    idle_free(deadlock->idle);
    free(deadlock);
}
