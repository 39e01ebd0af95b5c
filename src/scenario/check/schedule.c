/* Whether what has a schedule can run by it. */
#include "scenario/check/schedule.h"

#include <string.h>

#include "scenario/loader.h"

/* Its tasks must be there each time. */
static void check_pool(struct loader *loader, const struct pool_spec *pool)
{
    const struct schedule_spec *schedule = pool->object.schedule;
    if (!schedule->given)
        return;
    if (pool->tasks.kind == SOURCE_QUEUE)
        diag_error(loader->diags, schedule->mark, "let a process that has the schedule put messages into the queue",
                   "pool '%s': its tasks come from a queue whenever they come", pool->object.name);
    if (pool->tasks.path && !strcmp(pool->tasks.path, "-"))
        diag_error(loader->diags, schedule->mark, "take the tasks from a file",
                   "pool '%s': standard input has its tasks once", pool->object.name);
    if (schedule->overlap == OVERLAP_STOP)
        diag_error(loader->diags, schedule->mark, "write overlap: skip or queue",
                   "pool '%s': 'overlap: stop' is for processes; a pool that is stopped goes on with the tasks that are left",
                   pool->object.name);
}

void schedule_check(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    for (size_t i = 0; i < scenario->pool_count; i++)
        check_pool(loader, &scenario->pools[i]);
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        const struct schedule_spec *schedule = process->object.schedule;
        if (schedule->given && process->restart->on == RESTART_ALWAYS && schedule->overlap != OVERLAP_STOP)
            diag_error(loader->diags, schedule->mark, "write restart: failure, or overlap: stop for one that is to be started anew at these times",
                       "process '%s': with 'restart: always' its first run never ends, and no other comes", process->object.name);
    }
}
