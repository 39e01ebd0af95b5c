/* A pool and the results that it keeps. */
#include "base/error.h"
#include "engine/run.h"
#include "object/pool_private.h"
#include "object/results.h"
#include "scenario/spec.h"

static void on_full(void *arg)
{
    struct pool *pool = arg;
    pool->results_full = true;
}

static void on_room(void *arg)
{
    struct pool *pool = arg;
    pool->results_full = false;
    pool_look(pool);
}

/* What is not recorded is lost to whoever reads the results: the pool does not go on as if it were. */
static void on_failed(void *arg, const char *text)
{
    struct pool *pool = arg;
    pool->object.run->unwritten = true;
    pool_break(pool, text);
}

static void on_finished(void *arg)
{
    struct pool *pool = arg;
    pool->results_written = true;
    pool_look(pool);
}

/* The records of earlier runs are of tasks that this one has no more: skipped, acknowledged, or not
 * asked for. */
static bool goes_on(const struct pool *pool)
{
    const struct run *run = pool->object.run;
    const struct source_spec *tasks = &pool->spec->tasks;
    return run->resume || run->pick_count || (tasks->kind == SOURCE_QUEUE && run->scenario->queues[tasks->queue].durable);
}

void pool_open_results(struct pool *pool)
{
    static const struct results_callbacks callbacks = {
        .full = on_full, .room = on_room, .failed = on_failed, .finished = on_finished};
    struct error error = {0};
    if (pool->spec->results.kind == RESULTS_NONE || pool->object.run->dry)
        return;
    pool->results =
        results_new(pool->object.run, pool->object.name, &pool->spec->results, goes_on(pool),
                    &callbacks, pool, &error);
    if (!pool->results)
        on_failed(pool, error.text);
    error_release(&error);
}

bool pool_has_written_results(struct pool *pool)
{
    if (!pool->results || pool->results_written)
        return true;
    if (!pool->results_ending)
        results_finish(pool->results);
    pool->results_ending = true;
    return false;
}
