/* What a pool is doing. */
#include <inttypes.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/unit.h"
#include "engine/run.h"
#include "event/event.h"
#include "serve/control_socket.h"
#include "pool/source/source.h"
#include "queue/parts.h"
#include "pool/private.h"
#include "scenario/spec.h"

/* More running tasks are not listed. */
#define LISTED_MOST 8

void pool_sample(struct object *object, const struct usages *usages)
{
    struct pool *pool = (struct pool *)object;
    size_t busy = 0;
    (void)usages;
    for (size_t i = 0; i < pool->workers.count; i++)
        busy += pool->workers.list[i]->tasks.first != NULL;
    if (busy == pool->workers.told_busy && pool->workers.alive == pool->workers.told_alive)
        return;
    pool->workers.told_busy = busy;
    pool->workers.told_alive = pool->workers.alive;
    struct event event = {
        .kind = EVENT_POOL_SAMPLE, .count = (int64_t)busy, .total = (int64_t)pool->workers.alive};
    pool_emit(pool, &event);
}

static void print_running(const struct pool *pool, struct buf *out)
{
    size_t running = 0;
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < pool->workers.count; i++) {
        const struct task *task = pool->workers.list[i]->tasks.first;
        if (!task)
            continue;
        if (running++ >= LISTED_MOST)
            continue;
        buf_printf(out, "%s task %" PRId64 " for ", running == 1 ? "; running:" : ",", task->index);
        duration_print(out, duration_round(now - task->times.started));
    }
    if (running > LISTED_MOST)
        buf_printf(out, " and %zu more", running - LISTED_MOST);
}

/* Adds what each task that runs waits for; false where one of them does not. */
static bool pool_worker_waits(const struct pool *pool, struct part_waits *waits, size_t *running)
{
    for (size_t i = 0; i < pool->workers.count; i++) {
        const struct pool_worker *worker = pool->workers.list[i];
        struct part_wait one = {0};
        if (worker->state == CREW_STARTING)
            return false;
        if (!worker->tasks.first)
            continue;
        if (!worker->kind->waits(worker, &one.wait))
            return false;
        parts_add(waits, &one);
        ++*running;
    }
    return true;
}

/* Adds what holds back the next task; false where nothing does. */
static bool source_waits(const struct pool *pool, struct part_waits *waits)
{
    struct part_wait one = {0};
    if (pool->records.full && pool->spec->results->kind == RESULTS_QUEUE)
        one.wait = (struct object_wait){pool->spec->results->queue, .for_room = true};
    else if (!pool->feed.waiting || pool->feed.ready.first || pool->needs.asking.first || !items_wait(pool->feed.items, &one.wait))
        return false;
    parts_add(waits, &one);
    return true;
}

/* Nothing else goes on by itself, as time passes or as the machine has more to spare. */
static bool is_held_by_queues(const struct pool *pool)
{
    return !pool_is_stopping(pool) && !pool_is_paused(pool) && !pool->pacing.retrying && !pool->pacing.throttled && !pool->workers.refused_now &&
           !pool->object.spec->timeout && !pool->spec->timeout_percent && !pool->spec->own_timeout;
}

/* Whether a worker is free, or would be started, to take what comes. */
static bool takes_more(const struct pool *pool, size_t running)
{
    return !pool->feed.exhausted && running < (pool->spec->staff.idle_time ? pool->workers.wanted : pool->workers.alive);
}

void pool_waits_for_queue(struct object *object, struct part_waits *waits)
{
    const struct pool *pool = (const struct pool *)object;
    size_t running = 0;
    bool waiting = is_held_by_queues(pool) && pool_worker_waits(pool, waits, &running);
    if (waiting && takes_more(pool, running))
        waiting = source_waits(pool, waits);
    if (!waiting)
        waits->count = 0;
}

void pool_parts(const struct object *object, struct part_waits *waits)
{
    const struct pool *pool = (const struct pool *)object;
    control_socket_waits(object->run->service.control, object, waits);
    if (waits->count)
        source_waits(pool, waits);
}

/* Each task that runs is one command, and that waits. */
bool pool_sleeps(const struct object *object, const struct part_waits *waits, uint64_t *turns)
{
    const struct pool *pool = (const struct pool *)object;
    size_t waiting = 0, running = 0;
    (void)turns;
    for (size_t i = 0; i < waits->count; i++)
        waiting += waits->items[i].part ? waits->items[i].count : 0;
    for (size_t i = 0; i < pool->workers.count; i++)
        running += pool->workers.list[i]->tasks.first != NULL;
    return is_held_by_queues(pool) && waiting >= running;
}

/* A worker is free, and what the next task uses is not. */
static void put_uses_waited_for(const struct pool *pool, const char *before, struct buf *out)
{
    if (!pool->needs.asking.first || !pool_idle_workers(pool))
        return;
    buf_text(out, before);
    resources_print_wait(pool->object.run->machine.resources, pool->needs.asking.first->claim, out);
}

/* All its workers are free, and no task has come. */
static void put_source_waited_for(const struct pool *pool, const char *before, struct buf *out)
{
    const char *name = pool->feed.waiting && !pool_is_stopping(pool) && !pool->feed.ready.first && !pool->needs.asking.first ? items_awaited(pool->feed.items) : NULL;
    for (size_t i = 0; name && i < pool->workers.count; i++)
        if (pool->workers.list[i]->tasks.first)
            name = NULL;
    if (name)
        buf_printf(out, "%swaits for a task from '%s'", before, name);
}

bool pool_held_up(const struct object *object, struct buf *out)
{
    const struct pool *pool = (const struct pool *)object;
    const struct pool_worker *first = NULL;
    size_t starting = 0;
    for (size_t i = 0; i < pool->workers.count; i++) {
        if (pool->workers.list[i]->state != CREW_STARTING && pool->workers.list[i]->state != CREW_NONE)
            first = first ? first : pool->workers.list[i];
        starting += pool->workers.list[i]->state == CREW_STARTING;
    }
    put_uses_waited_for(pool, "", out);
    put_source_waited_for(pool, "", out);
    if (first && pool->jobs.token_waiter.waits && !first->tasks.first)
        buf_text(out, "waits for a token of the jobserver of make");
    if (first || !starting)
        return false;
    buf_printf(out, "waits until the %s of its ", pool->spec->setup.text ? "setup" : "start");
    if (starting > 1)
        buf_printf(out, "%zu workers has ended", starting);
    else
        buf_text(out, "worker has ended");
    return true;
}

/* What a word has done, and so which word undoes it. */
static void print_pause(const struct pool *pool, struct buf *out)
{
    if (pool->paused || pool->object.run->stop.draining)
        buf_text(out, ", paused");
    if (!pool->workers.wanted)
        buf_text(out, ", scaled to 0 workers: it goes on once it has some again");
}

void pool_print_state(const struct pool *pool, struct buf *out)
{
    int64_t total = pool_count_all(pool);
    buf_text(out, pool_is_ending(pool) ? "is ending, after " : "runs for ");
    duration_print(out, duration_round(clock_monotonic() - pool->object.since));
    buf_printf(out, ": %" PRId64, pool->counts.done);
    if (total >= 0)
        buf_printf(out, " of %" PRId64, total);
    buf_text(out, total < 0 && pool->counts.done == 1 ? " task done" : " tasks done");
    if (pool->counts.failed)
        buf_printf(out, ", %" PRId64 " of them failed", pool->counts.failed);
    pool_print_allowed(pool->counts.failed, pool->counts.allowed, out);
    print_pause(pool, out);
    agents_print_places(pool, out);
    if (pool->pacing.throttled)
        buf_text(out, ", held back until the machine has more to spare");
    put_uses_waited_for(pool, ", ", out);
    put_source_waited_for(pool, ", ", out);
    print_running(pool, out);
}

void pool_keep_pace(struct pool *pool)
{
    bool rests = pool_is_paused(pool) || pool_is_stopping(pool);
    rests = rests || (pool->pacing.retrying && pool->feed.exhausted && !pool->feed.ready.first); /* what it waits for says nothing of its speed */
    for (size_t i = 0; rests && i < pool->workers.count; i++)
        rests = !pool->workers.list[i]->tasks.first;
    if (rests == (pool->pace.rests != 0))
        return;
    int64_t now = clock_monotonic();
    pool->pace.rested += rests ? 0 : now - pool->pace.rests;
    pool->pace.rests = rests ? now : 0;
}

/* How long the last of those that failed waits before it is tried again. */
static int64_t longest_wait(const struct pool *pool, int64_t now)
{
    int64_t due = now;
    for (const struct task *task = pool->pacing.retrying; task; task = task->next)
        due = task->times.due > due ? task->times.due : due;
    return due - now;
}

/* As fast as it was on average while it worked, and no sooner than the last is tried again: who knows better knows what is to come. */
static void print_rest(const struct pool *pool, int64_t left, struct buf *out)
{
    int64_t now = clock_monotonic();
    int64_t ns = (pool->pace.rests ? pool->pace.rests : now) - pool->pace.began - pool->pace.rested;
    double rate = (double)pool->counts.done / ((double)ns / (double)NS_PER_S);
    if (!pool->counts.done || ns <= 0)
        return;
    buf_printf(out, rate < 10 ? ", %.2g/s" : ", %.0f/s", rate);
    if (left <= 0)
        return;
    buf_text(out, ", ");
    int64_t seconds = (int64_t)((double)left / rate) + 1;
    int64_t waits = longest_wait(pool, now) / NS_PER_S + 1;
    duration_print(out, (seconds > waits ? seconds : waits) * NS_PER_S);
    buf_text(out, " left");
}

void pool_print_progress(const struct pool *pool, struct buf *out)
{
    int64_t total = pool_count_all(pool);
    int64_t over = pool_count_over(pool);
    if (total > 0 && over <= total)
        buf_printf(out, "%" PRId64 " of %" PRId64 " (%" PRId64 "%%)", over, total,
                   (int64_t)(100.0 * (double)over / (double)total));
    else
        buf_printf(out, "%" PRId64 " done", pool->counts.done);
    if (pool->counts.failed)
        buf_printf(out, ", %" PRId64 " failed", pool->counts.failed);
    pool_print_allowed(pool->counts.failed, pool->counts.allowed, out);
    print_pause(pool, out);
    if (pool->pacing.throttled)
        buf_text(out, ", held back");
    if (pool_is_ending(pool))
        buf_text(out, ", ending");
    else if (!pool->pace.rests || (pool->pacing.retrying && !pool_is_paused(pool)))
        print_rest(pool, total - over, out);
}
