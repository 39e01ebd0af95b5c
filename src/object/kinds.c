/* Making the queues and objects of a scenario. */
#include "object/kinds.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/run.h"
#include "event/event.h"
#include "loop/thread.h"
#include "object/pool.h"
#include "object/process.h"
#include "object/queue.h"
#include "object/thread.h"
#include "object/users.h"
#include "scenario/spec.h"

static void make_queues(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    run->queues = mem_calloc(scenario->queue_count, sizeof(struct queue *));
    for (size_t i = 0; i < scenario->queue_count; i++) {
        struct queue_users users;
        users_count(scenario, i, &users);
        run->queues[i] = queue_new(run, &scenario->queues[i], scenario->queue_count > 1, &users);
    }
}

static void add(struct run *run, struct object *object)
{
    run->objects[run->object_count++] = object;
}

static bool produces(const struct process_spec *spec)
{
    return spec->object.produces_count > 0;
}

static bool consumes(const struct process_spec *spec)
{
    return spec->object.consumes_count > 0;
}

static size_t count_processes(const struct scenario *scenario,
                              bool (*does)(const struct process_spec *spec))
{
    size_t count = 0;
    for (size_t i = 0; i < scenario->process_count; i++)
        count += does(&scenario->processes[i]);
    return count;
}

/* What its sentences need to know: how many there are, in all and of its role. */
static unsigned process_flags(const struct scenario *scenario, const struct process_spec *spec)
{
    unsigned flags = scenario->process_count > 1 ? EVENT_NAMED : 0;
    if (produces(spec))
        flags |= EVENT_PRODUCER | (count_processes(scenario, produces) > 1 ? EVENT_ALIKE : 0);
    if (consumes(spec))
        flags |= EVENT_CONSUMER | (count_processes(scenario, consumes) > 1 ? EVENT_ALIKE : 0);
    return flags;
}

static bool objects_balance(struct run *run)
{
    bool balanced = true;
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        balanced = queue_balance(run->queues[i]) && balanced;
    return balanced;
}

void objects_make(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    size_t count = scenario->process_count + scenario->pool_count;
    size_t workers = 0;
    for (size_t i = 0; i < scenario->thread_count; i++)
        count += (size_t)scenario->threads[i].replicas;
    for (size_t i = 0; i < scenario->pool_count; i++)
        if (scenario->pools[i].kind == POOL_THREAD)
            workers += pool_workers(run, &scenario->pools[i]);
    if (workers)
        work_size(workers);
    make_queues(run);
    run->balance = objects_balance;
    run->objects = mem_calloc(count, sizeof(struct object *));
    for (size_t i = 0; i < scenario->process_count; i++)
        add(run, process_new(run, &scenario->processes[i],
                             process_flags(scenario, &scenario->processes[i])));
    for (size_t i = 0; i < scenario->pool_count; i++)
        add(run, pool_new(run, &scenario->pools[i], scenario->pool_count > 1 ? EVENT_NAMED : 0));
    for (size_t i = 0; i < scenario->thread_count; i++) {
        int64_t replicas = scenario->threads[i].replicas;
        for (int64_t replica = 1; replica <= replicas; replica++)
            add(run, thread_new(run, &scenario->threads[i], replicas > 1 ? replica : 0));
    }
}

bool objects_free(struct run *run)
{
    bool left = false;
    for (size_t i = 0; i < run->object_count; i++) {
        left = left || thread_was_left(run->objects[i]) || pool_was_left(run->objects[i]);
        run->objects[i]->kind->free(run->objects[i]);
    }
    free(run->objects);
    return !left;
}

void queues_free(struct run *run)
{
    for (size_t i = 0; run->queues && i < run->scenario->queue_count; i++)
        queue_free(run->queues[i]);
    free(run->queues);
}
