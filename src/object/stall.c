/* When to look for a standstill, and what to do about it. */
#include "object/stall.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "object/queue.h"
#include "object/standstill.h"
#include "scenario/spec.h"

/* Two looks in a row that see the same are proof. */
#define LOOK_AGAIN (20 * NS_PER_MS)

/* As long as messages come and go. */
#define LOOK_TIME (100 * NS_PER_MS)

/* Commands that only seem to wait are looked at this seldom; two looks that see the same are told of. */
#define LOOK_SELDOM (5 * NS_PER_S)

struct stall {
    struct run *run;
    struct standstill *standstill;
    atomic_bool armed; /* a look is on its way: any thread */
    struct timer *timer;
    struct buf seen;   /* by the last look: standstill_print(); empty: there was none */
    unsigned changes;  /* of all queues, by then */
    struct timer *seldom;
    bool watching;     /* SELDOM runs */
    struct buf seemed; /* the same as SEEN, by the last of its looks */
    struct buf told;   /* the last one that was told of */
};

static void tell(struct stall *stall, enum event_kind kind, unsigned flags, const char *head)
{
    struct buf text = {0};
    buf_text(&text, head);
    standstill_describe(stall->standstill, &text);
    struct event event = {
        .kind = kind,
        .flags = flags,
        .bytes = text.data,
        .length = text.length,
    };
    bus_emit(stall->run->bus, &event);
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

static bool has_moved(struct stall *stall)
{
    const struct run *run = stall->run;
    unsigned changes = 0;
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        changes += queue_changes(run->queues[i]);
    bool moved = changes != stall->changes;
    stall->changes = changes;
    return moved;
}

static void arm(struct stall *stall, int64_t time)
{
    atomic_store(&stall->armed, true);
    timer_start(stall->timer, time);
}

static void watch(struct stall *stall)
{
    stall->watching = true;
    timer_start(stall->seldom, LOOK_SELDOM);
}

static void on_time(void *arg)
{
    struct stall *stall = arg;
    struct run *run = stall->run;
    atomic_store(&stall->armed, false); /* who begins to wait from here on is not sure to be seen */
    if (run->stop_cause)
        return;
    bool found = standstill_find(stall->standstill, false);
    if (lasts(stall, found, &stall->seen) && !standstill_close(stall->standstill)) {
        tell(stall, EVENT_RUN_STALLED, EVENT_WRONG,
             "Deadlock: these wait for each other, and none of them can ever go on:");
        run_stop(run, STOP_STALL, 0);
        return;
    }
    bool moved = has_moved(stall);
    if (moved || stall->seen.length)
        arm(stall, stall->seen.length ? LOOK_AGAIN : LOOK_TIME);
    else if (!stall->watching)
        watch(stall);
}

/* Goes on for as long as there is something that may become a standstill that lasts. */
static void on_seldom(void *arg)
{
    struct stall *stall = arg;
    stall->watching = false;
    if (stall->run->stop_cause)
        return;
    bool found = standstill_find(stall->standstill, true);
    bool same = lasts(stall, found, &stall->seemed);
    if (same && !is_same(&stall->seemed, &stall->told)) {
        tell(stall, EVENT_RUN_IDLE, 0,
             "Nothing has gone on for 5 seconds: these seem to wait for each other:");
        buf_clear(&stall->told);
        buf_append(&stall->told, stall->seemed.data, stall->seemed.length);
    }
    if (found && !same)
        watch(stall);
}

static void look(void *arg)
{
    struct stall *stall = arg;
    if (stall->timer)
        arm(stall, LOOK_AGAIN);
}

void stall_look_soon(struct stall *stall)
{
    if (stall && !atomic_exchange(&stall->armed, true))
        loop_soon(stall->run->loop, look, stall);
}

struct stall *stall_new(struct run *run)
{
    struct stall *stall = mem_calloc(1, sizeof(*stall));
    stall->run = run;
    stall->standstill = standstill_new(run);
    stall->timer = timer_new(run->loop, on_time, stall);
    stall->seldom = timer_new(run->loop, on_seldom, stall);
    return stall;
}

void stall_stop(struct stall *stall)
{
    if (!stall)
        return;
    timer_free(stall->timer);
    timer_free(stall->seldom);
    stall->timer = NULL;
}

void stall_free(struct stall *stall)
{
    if (!stall)
        return;
    buf_release(&stall->seen);
    buf_release(&stall->seemed);
    buf_release(&stall->told);
    standstill_free(stall->standstill);
    free(stall);
}
