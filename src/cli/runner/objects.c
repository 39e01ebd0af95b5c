/* Making the queues and objects of a scenario. */
#include "cli/runner/objects.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/resources.h"
#include "engine/run.h"
#include "event/event.h"
#include "loop/thread.h"
#include "pool/pool.h"
#include "process/process.h"
#include "queue/deadlock.h"
#include "queue/ends.h"
#include "queue/queue.h"
#include "scenario/spec.h"
#include "thread/thread.h"

static void make_queues(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    run->queue_set.list = mem_calloc(scenario->queue_count, sizeof(struct queue *));
    for (size_t i = 0; i < scenario->queue_count; i++) {
        struct queue_users users;
        users_count(scenario, i, &users);
        run->queue_set.list[i] = queue_new(run, &scenario->queues[i], scenario->queue_count > 1, &users);
        queue_begin(run->queue_set.list[i]);
    }
}

/* NUMBER is that of its declaration. */
static void add(struct run *run, size_t number, int64_t replica, struct object *object)
{
    object->number = number;
    object->copy.replica = replica;
    run->all.objects[run->all.object_count++] = object;
}

static bool produces(const struct process_spec *spec)
{
    return spec->object.queues.produces_count > 0;
}

static bool consumes(const struct process_spec *spec)
{
    return spec->object.queues.consumes_count > 0;
}

static bool any(const struct process_spec *spec)
{
    (void)spec;
    return true;
}

static size_t count_processes(const struct scenario *scenario,
                              bool (*does)(const struct process_spec *spec))
{
    size_t count = 0;
    for (size_t i = 0; i < scenario->process_count; i++)
        if (does(&scenario->processes[i]))
            count += (size_t)scenario->processes[i].replicas;
    return count;
}

/* What its sentences need to know: whether it is alone, where it needs no name, and how many there are of its role. */
static unsigned process_flags(const struct scenario *scenario, const struct process_spec *spec)
{
    bool others = count_processes(scenario, any) + scenario->pool_count + scenario->thread_count > 1;
    unsigned flags = others ? EVENT_NAMED : 0;
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
        balanced = queue_balance(run->queue_set.list[i]) && balanced;
    return balanced;
}

static size_t count_objects(const struct scenario *scenario)
{
    size_t count = count_processes(scenario, any) + scenario->pool_count;
    for (size_t i = 0; i < scenario->thread_count; i++)
        count += (size_t)scenario->threads[i].replicas;
    return count;
}

static void make_processes(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *spec = &scenario->processes[i];
        for (int64_t replica = 1; replica <= spec->replicas; replica++)
            add(run, i, replica, process_new(run, spec, spec->replicas > 1 ? replica : 0,
                                    process_flags(scenario, spec)));
    }
}

static void make_pools(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    for (size_t i = 0; i < scenario->pool_count; i++)
        add(run, scenario->process_count + i, 1,
            pool_new(run, &scenario->pools[i], scenario->pool_count > 1 ? EVENT_NAMED : 0));
}

static void make_threads(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    size_t first = scenario->process_count + scenario->pool_count;
    for (size_t i = 0; i < scenario->thread_count; i++) {
        const struct thread_spec *spec = &scenario->threads[i];
        for (int64_t replica = 1; replica <= spec->replicas; replica++)
            add(run, first + i, replica, thread_new(run, spec, spec->replicas > 1 ? replica : 0));
    }
}

static void describe_waiting(size_t count, const char *what, struct buf *out)
{
    if (count)
        buf_printf(out, ", %zu %s for %s", count, count == 1 ? "waits" : "wait", what);
}

/* Also who waits at the control socket, of whom no object tells. */
static void describe_queues(const struct run *run, struct buf *out)
{
    for (size_t i = 0; i < run->scenario->queue_count; i++) {
        size_t for_message, for_room;
        size_t length = queue_length(run->queue_set.list[i]);
        queue_waiting(run->queue_set.list[i], &for_message, &for_room);
        if (!length && !for_message && !for_room)
            continue;
        buf_printf(out, "\n  queue %s holds %zu message%s", queue_name(run->queue_set.list[i]), length,
                   length == 1 ? "" : "s");
        describe_waiting(for_message, "a message", out);
        describe_waiting(for_room, "room", out);
    }
}

void objects_make(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    size_t workers = 0;
    for (size_t i = 0; i < scenario->pool_count; i++)
        if (scenario->pools[i].kind == POOL_THREAD)
            workers += pool_workers(run, &scenario->pools[i]);
    if (workers)
        work_size(workers);
    make_queues(run);
    run->machine.resources = run->plan.dry ? NULL : resources_new(run->loop, scenario);
    run->balance = objects_balance;
    run->describe = describe_queues;
    run->all.objects = mem_calloc(count_objects(scenario), sizeof(struct object *));
    make_processes(run);
    make_pools(run);
    make_threads(run);
    run->all.declared = mem_calloc(run->all.object_count + 1, sizeof(*run->all.declared));
    memcpy(run->all.declared, run->all.objects, run->all.object_count * sizeof(*run->all.declared));
    run->all.declared_count = run->all.object_count;
    if (!run->plan.dry)
        run->queue_set.deadlock = deadlock_new(run);
}

bool objects_free(struct run *run)
{
    bool left = false;
    deadlock_stop(run->queue_set.deadlock);
    for (size_t i = 0; i < run->all.object_count; i++) {
        left = left || thread_was_left(run->all.objects[i]) || pool_was_left(run->all.objects[i]);
        run->all.objects[i]->kind->free(run->all.objects[i]);
    }
    assert(left || resources_are_free(run->machine.resources)); /* each end of a process or a task gives its units back */
    resources_free(run->machine.resources);
    free(run->all.objects);
    free(run->all.declared);
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        queue_stop(run->queue_set.list[i]);
    return !left;
}

void queues_free(struct run *run)
{
    for (size_t i = 0; run->queue_set.list && i < run->scenario->queue_count; i++)
        queue_free(run->queue_set.list[i]);
    free(run->queue_set.list);
    deadlock_free(run->queue_set.deadlock);
}
