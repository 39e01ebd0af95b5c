/* A pool of which some tasks alone are to be run. */
#include <inttypes.h>

#include "base/buf.h"
#include "engine/run.h"
#include "pool/private.h"

/* Names are those of the scenario's objects: one text each. */
static bool is_picked(const struct pool *pool, int64_t index)
{
    const struct run *run = pool->object.run;
    for (size_t i = 0; i < run->selection.count; i++)
        if (run->selection.tasks[i].pool == pool->object.name &&
            run->selection.tasks[i].task == index)
            return true;
    return false;
}

void pool_open_selected_tasks(struct pool *pool)
{
    const struct run *run = pool->object.run;
    pool->feed.last_pick = run->selection.count ? -1 : INT64_MAX;
    for (size_t i = 0; i < run->selection.count; i++)
        if (run->selection.tasks[i].pool == pool->object.name &&
            run->selection.tasks[i].task > pool->feed.last_pick)
            pool->feed.last_pick = run->selection.tasks[i].task;
}

bool pool_passes_over(struct pool *pool, const struct task *task)
{
    if (!pool->object.run->selection.count || is_picked(pool, task->index))
        return false;
    pool->feed.passed++;
    return true;
}

void pool_check_selected_tasks(struct pool *pool)
{
    struct buf reason = {0};
    if (!pool->object.run->selection.count || pool->feed.next_index > pool->feed.last_pick)
        return;
    buf_printf(&reason, "it has no task %" PRId64 ": there are %" PRId64, pool->feed.last_pick,
               pool->feed.next_index);
    pool_break(pool, reason.data);
    buf_release(&reason);
}
