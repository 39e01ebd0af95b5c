/* A pool and the results that it keeps. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "pool/pool.h"
#include "pool/private.h"
#include "pool/results.h"
#include "scenario/spec.h"

static void on_full(void *arg)
{
    struct pool *pool = arg;
    pool->records.full = true;
}

static void on_room(void *arg)
{
    struct pool *pool = arg;
    pool->records.full = false;
    pool_look(pool);
}

/* The pool does not go on as if all were well. */
void pool_lose(struct pool *pool, const char *text)
{
    pool->object.run->outcome.unwritten = true;
    pool_break(pool, text);
}

/* What is not recorded is lost to whoever reads the results. */
static void on_failed(void *arg, const char *text)
{
    pool_lose(arg, text);
}

static void on_finished(void *arg)
{
    struct pool *pool = arg;
    pool->records.written = true;
    pool_look(pool);
}

/* The records of earlier runs are of tasks that this one has no more: skipped, acknowledged, or not
 * asked for. */
static bool goes_on(const struct run *run, const struct pool_spec *spec)
{
    const struct source_spec *tasks = &spec->tasks;
    return run->selection.resume || run->selection.count || (tasks->kind == SOURCE_QUEUE && run->scenario->queues[tasks->queue].durable);
}

/* True where an earlier pool of the run has the same: it has claimed it for both. */
static bool is_claimed(const struct scenario *scenario, size_t pool)
{
    const struct results_spec *spec = scenario->pools[pool].results;
    for (size_t i = 0; i < pool; i++)
        if (scenario->pools[i].results->kind == spec->kind && !strcmp(scenario->pools[i].results->path, spec->path))
            return true;
    return false;
}

int pools_claim_results(struct run *run, struct error *error)
{
    const struct scenario *scenario = run->scenario;
    run->claims = mem_calloc(scenario->pool_count + 1, sizeof(*run->claims));
    memset(run->claims, -1, (scenario->pool_count + 1) * sizeof(*run->claims));
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_spec *spec = &scenario->pools[i];
        bool files = spec->results->kind == RESULTS_FILE || spec->results->kind == RESULTS_DIRECTORY;
        if (!files || is_claimed(scenario, i))
            continue;
        int fd = results_claim(spec->results, goes_on(run, spec), error);
        if (fd < -1)
            return fd;
        run->claims[i] = fd;
    }
    return 0;
}

static void release_claim(struct run *run, size_t pool)
{
    if (run->claims && run->claims[pool] >= 0)
        close(run->claims[pool]);
    if (run->claims)
        run->claims[pool] = -1;
}

void pools_release_claims(struct run *run)
{
    for (size_t i = 0; run->claims && i < run->scenario->pool_count; i++)
        release_claim(run, i);
    free(run->claims);
    run->claims = NULL;
}

void pool_open_results(struct pool *pool)
{
    static const struct results_callbacks callbacks = {
        .full = on_full, .room = on_room, .failed = on_failed, .finished = on_finished};
    struct error error = {0};
    if (pool->spec->results->kind == RESULTS_NONE || pool->object.run->plan.dry)
        return;
    release_claim(pool->object.run, (size_t)(pool->spec - pool->object.run->scenario->pools));
    pool->records.results =
        results_new(pool->object.run, pool->spec, goes_on(pool->object.run, pool->spec), &callbacks, pool, &error);
    if (!pool->records.results)
        on_failed(pool, error.text);
    error_release(&error);
}

bool pool_has_written_results(struct pool *pool)
{
    if (!pool->records.results || pool->records.written)
        return true;
    if (!pool->records.ending)
        results_finish(pool->records.results);
    pool->records.ending = true;
    return false;
}
