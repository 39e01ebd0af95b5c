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
    return pool->broken || pool_count_failures(pool) > pool->round_failed;
}

/* Nothing of it is under way. */
static void end_round(struct pool *pool)
{
    pool->round_over = true;
    pool->rests = pool->rests ? pool->rests : clock_monotonic();
    timer_stop(pool->timer);
    timer_stop(pool->due);
    pool->timer_runs = false;
    pool->kill_at = 0;
    pool_leave_tokens(pool);
}

bool pool_rests(struct pool *pool)
{
    struct object *object = &pool->object;
    bool lowered = object_is_lowered(object);
    if (!object->schedule || pool->broken || pool->halted || (object_is_ending(object) && !lowered))
        return false;
    if (!items_finish(pool->items, false))
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
    names_release(&pool->claimed);
    arena_free(pool->claimed_paths);
    pool->claimed_paths = NULL;
}

bool pool_begin_round(struct pool *pool)
{
    struct error error = {0};
    forget_files(pool);
    items_free(pool->items);
    pool->round_over = pool->exhausted = pool->waiting = pool->told_waiting = false;
    pool->round_first = pool->next_index;
    pool->round_failed = pool_count_failures(pool);
    pool->items = items_new(pool->object.run, pool->spec, pool_more_items, pool, &error);
    pool->worker_count = pool->workers_made;
    if (pool->items) {
        pool_limit_worker(pool);
        return true;
    }
    pool->exhausted = true;
    pool_break(pool, error.text);
    error_release(&error);
    return false;
}
