/* A pool and what earlier runs have done of it. */
#include "base/buf.h"
#include "base/error.h"
#include "store/resume.h"
#include "engine/run.h"
#include "event/event.h"
#include "pool/private.h"
#include "pool/task_key.h"
#include "child/exec_context.h"
#include "scenario/spec.h"
#include "log/joblog.h"
#include "wire/worker_config.h"
#include "worker/planner.h"

/* What makes of each item the command that the joblog has. */
static int open_planner(struct pool *pool, struct error *error)
{
    struct world world;
    struct worker_config config;
    int result =
        world_init(&world, pool->object.run, &pool->spec->object, pool->object.name, 0, error);
    if (!result) {
        world_config(&world, &config);
        pool->planner = planner_new(&config, error);
        result = pool->planner ? 0 : error->code;
    }
    world_release(&world);
    return result;
}

void pool_open_resume(struct pool *pool)
{
    struct error error = {0};
    if (pool->object.run->by_command && open_planner(pool, &error))
        pool_break(pool, error.text);
    else if (pool->object.run->keys)
        pool->content = task_key_pool(pool->object.run->scenario, pool->spec);
    error_release(&error);
}

bool pool_fill_key(struct pool *pool, struct task *task)
{
    struct buf command = {0};
    struct buf line = {0};
    struct error error = {0};
    if (!pool->planner && !pool->object.run->keys)
        return false;
    if (!pool->planner) {
        task->key = task_key(&pool->content, task->item.data, task->item.length);
        return true;
    }
    bool made = !planner_print(pool->planner, task->item.data, task->item.length, task->index,
                               &command, &error);
    if (made) {
        joblog_command(&line, buf_string(&command));
        task->key = task_key_command(line.data, line.length);
    }
    error_release(&error);
    buf_release(&command);
    buf_release(&line);
    return made;
}

bool pool_was_done(struct pool *pool, struct task *task)
{
    struct resume *resume = pool->object.run->resume;
    return pool_fill_key(pool, task) && resume && resume_skips(resume, &task->key, &pool->tally);
}

static const char *plural(int64_t number, const char *one, const char *many)
{
    return number == 1 ? one : many;
}

/* "3 of 5 tasks were done before; 1 task of the journal is not there any more, 2 are new" */
static void fill_reason(const struct pool *pool, struct buf *reason)
{
    const struct resume_tally *tally = &pool->tally;
    int64_t gone = resume_known(pool->object.run->resume, pool->object.name) - tally->matched;
    buf_number(reason, tally->done);
    if (pool->exhausted)
        buf_printf(reason, " of %lld", (long long)pool->next_index);
    buf_printf(reason, " task%s %s done before",
               (pool->exhausted ? pool->next_index : tally->done) == 1 ? "" : "s",
               plural(tally->done, "was", "were"));
    if (tally->unfailed)
        buf_printf(reason, ", %lld %s not failed", (long long)tally->unfailed,
                   plural(tally->unfailed, "other has", "others have"));
    if (pool->exhausted && gone > 0)
        buf_printf(reason, "; %lld task%s of the journal %s not there any more, %lld %s new",
                   (long long)gone, gone == 1 ? "" : "s", plural(gone, "is", "are"),
                   (long long)tally->fresh, plural(tally->fresh, "is", "are"));
}

void pool_tell_resumed(struct pool *pool)
{
    struct buf reason = {0};
    struct event event = {.kind = EVENT_POOL_RESUMED};
    if (!pool->object.run->resume || pool->told_resumed)
        return;
    pool->told_resumed = true;
    fill_reason(pool, &reason);
    event.count = pool->tally.done;
    event.total = pool->next_index;
    event.reason = reason.data;
    pool_emit(pool, &event);
    buf_release(&reason);
}
