/* The commands of tasks, beforehand. */
#include "worker/planner.h"

#include <stdlib.h>

#include "base/mem.h"
#include "os/spawn.h"
#include "script/script.h"
#include "worker/private.h"
#include "worker/render.h"

/* A worker of which nothing is used but what renders. */
struct planner {
    struct worker worker;
};

struct planner *planner_new(struct worker_config *config, struct error *error)
{
    struct planner *planner = mem_calloc(1, sizeof(*planner));
    planner->worker.config = *config;
    *config = (struct worker_config){0};
    if (!command_prepare(&planner->worker, error))
        return planner;
    planner_free(planner);
    return NULL;
}

int planner_print(struct planner *planner, const char *item, size_t length, int64_t index,
                  struct buf *out, struct error *error)
{
    struct worker *worker = &planner->worker;
    struct worker_task task = {.index = index, .attempt = 1};
    struct spawn_options options = {0};
    worker_task_set_item(&task, item, length);
    int result = render_command(worker->command, worker, &task, &options, error);
    if (!result)
        render_print(worker->command, &options, out);
    worker_task_release(&task);
    return result;
}

void planner_free(struct planner *planner)
{
    if (!planner)
        return;
    command_release(&planner->worker);
    script_free(planner->worker.expressions);
    config_release(&planner->worker.config);
    free(planner);
}
