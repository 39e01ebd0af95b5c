/* Whether what has a schedule can run by it. */
#include "scenario/check/schedule.h"

#include "scenario/loader.h"

void schedule_check(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        const struct schedule_spec *schedule = &process->object.schedule;
        if (schedule->given && process->restart.on == RESTART_ALWAYS && schedule->overlap != OVERLAP_STOP)
            diag_error(loader->diags, schedule->mark, "write restart: failure, or overlap: stop for one that is to be started anew at these times",
                       "process '%s': with 'restart: always' its first run never ends, and no other comes", process->object.name);
    }
}
