/* A pool that runs by the clock: its tasks come again each time, as further tasks of it. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "engine/schedule.h"
#include "loop/timer.h"
#include "pool/private.h"
#include "pool/source/source.h"
#include "scenario/spec.h"

void pool_cancel(struct object *object)
{
    (void)object; /* nothing of it runs */
}

void pool_settle(struct object *object)
{
    pool_look((struct pool *)object);
}

bool pool_round_failed(const struct pool *pool)
{
    return pool->end.broken || pool_count_failures(pool) > pool->round.failed;
}

/* Nothing of it is under way. */
static void end_round(struct pool *pool)
{
    pool->round.over = true;
    pool->pace.rests = pool->pace.rests ? pool->pace.rests : clock_monotonic();
    timer_stop(pool->timer);
    timer_stop(pool->pacing.due);
    pool->timer_runs = false;
    pool->end.kill_at = 0;
    pool_leave_tokens(pool);
}

bool pool_rests(struct pool *pool)
{
    struct object *object = &pool->object;
    bool lowered = object_is_lowered(object);
    if (!object->schedule || pool->end.broken || pool->pacing.halted || (object_is_ending(object) && !lowered))
        return false;
    if (!items_finish(pool->feed.items, false))
        return true;
    if (lowered) {
        end_round(pool);
        object_down(object);
        return true;
    }
    if (!schedule_goes_on(object->schedule, pool_round_failed(pool)))
        return false;
    end_round(pool);
    return true;
}

/* Those of the time before may be made again. */
static void forget_files(struct pool *pool)
{
    names_release(&pool->files.claimed);
    arena_free(pool->files.claimed_paths);
    pool->files.claimed_paths = NULL;
}

bool pool_begin_round(struct pool *pool)
{
    struct error error = {0};
    forget_files(pool);
    items_free(pool->feed.items);
    pool->round.over = pool->feed.exhausted = pool->feed.waiting = pool->feed.told_waiting = false;
    pool->round.first = pool->feed.next_index;
    pool->round.failed = pool_count_failures(pool);
    pool->feed.items = items_new(pool->object.run, pool->spec, pool_more_items, pool, &error);
    pool->workers.count = pool->workers.made;
    if (pool->feed.items) {
        pool_limit_worker(pool);
        return true;
    }
    pool->feed.exhausted = true;
    pool_break(pool, error.text);
    error_release(&error);
    return false;
}
