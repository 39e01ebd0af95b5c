/* The tasks that --task names. */
#include "cli/runner/only_tasks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/options.h"
#include "cli/runner/complain.h"
#include "engine/run.h"
#include "scenario/spec.h"

static int unknown_pool(const struct scenario *scenario, const char *name, struct error *error)
{
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < scenario->pool_count; i++)
        nearest_offer(&nearest, scenario->pools[i].object.name);
    return unknown_name("--task: there is no pool", &nearest, NULL, error);
}

/* The pool that NAME (LENGTH bytes) means; where it is not named, the only one. */
static int find_pool(const struct scenario *scenario, const char *name, size_t length,
                     const struct pool_spec **pool, struct error *error)
{
    *pool = NULL;
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const char *known = scenario->pools[i].object.name;
        if (!name || (strlen(known) == length && !memcmp(known, name, length)))
            *pool = &scenario->pools[i];
    }
    if (!name && scenario->pool_count != 1)
        return error_set(error, ERROR_FAILED,
                         scenario->pool_count ? "--task: there are several pools: name one, as in "
                                                "--task POOL:N"
                                              : "--task: there is no pool");
    if (*pool)
        return 0;
    char *copy = mem_copy(name, length);
    int result = unknown_pool(scenario, copy, error);
    free(copy);
    return result;
}

/* How many tasks the pool has; -1 where only its source can tell. */
static int64_t count_tasks(const struct pool_spec *pool)
{
    if (pool->tasks.kind > SOURCE_MATRIX)
        return -1;
    return pool->batches.items ? (pool->tasks.count + pool->batches.items - 1) / pool->batches.items : pool->tasks.count;
}

static int read_pick(const struct scenario *scenario, const char *word, struct pick *pick,
                     struct error *error)
{
    const char *colon = strrchr(word, ':');
    const char *number = colon ? colon + 1 : word;
    const struct pool_spec *pool = NULL;
    char *end;
    errno = 0;
    pick->task = strtoll(number, &end, 10);
    if (errno || end == number || *end || pick->task < 0)
        return error_set(error, ERROR_FAILED,
                         "--task is the number of a task, from 0, with its pool's name before it "
                         "where there are several, such as 17 or POOL:17, not '%s'",
                         word);
    int result =
        find_pool(scenario, colon ? word : NULL, (size_t)(number - word - 1), &pool, error);
    if (result || !pool)
        return result;
    pick->pool = pool->object.name;
    if (pool->tasks.kind == SOURCE_QUEUE)
        return error_set(error, ERROR_FAILED,
                         "--task: the tasks of pool '%s' are messages, which have no numbers",
                         pick->pool);
    int64_t count = count_tasks(pool);
    if (count >= 0 && pick->task >= count)
        return error_set(error, ERROR_FAILED, "--task: pool '%s' has no task %lld: there are %lld, from 0",
                         pick->pool, (long long)pick->task, (long long)count);
    return 0;
}

int selected_tasks_read(const struct options *options, struct run *run, struct error *error)
{
    int result = 0;
    run->selection.count = options->select.tasks.count;
    run->selection.tasks = mem_calloc(run->selection.count, sizeof(*run->selection.tasks));
    for (size_t i = 0; !result && i < run->selection.count; i++)
        result = read_pick(run->scenario, options->select.tasks.items[i], &run->selection.tasks[i], error);
    return result;
}
