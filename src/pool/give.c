/* Giving the tasks of a pool to its workers. */
#include "base/clock.h"
#include "base/error.h"
#include "base/unit.h"
#include "engine/run.h"
#include "pool/private.h"
#include "scenario/spec.h"

/* A worker has tasks for so long ahead of the one that runs, and never more than so many. */
#define AHEAD_TIME (2 * NS_PER_MS)
#define AHEAD_MOST 2000

/* Tasks that take longer are not sent ahead at all: one of them could wait behind a long one. */
#define AHEAD_LONGEST (2 * NS_PER_MS)

/* Both for workers elsewhere: the next task is a longer way off, and results that nobody waits for travel together. */
#define AHEAD_ELSEWHERE (20 * NS_PER_MS)

/* Finished tasks that may wait for one before them (output: ordered). */
#define UNORDERED_MOST 10000

/* A task whose terms are known; NULL: there is none now. */
static struct task *take_known(struct pool *pool)
{
    struct error error = {0};
    struct task *task;
    while ((task = task_list_take(&pool->feed.ready)) || (task = pool_take_task(pool))) {
        if (!pool_work_out_terms(pool, task, &error))
            break;
        pool_fail_unbegun(pool, task, &error);
        error_release(&error);
    }
    return task;
}

/* Looks first whether there is one: a pool that has no more does not wait until another one might begin. */
static struct task *next_task(struct pool *pool)
{
    struct task *task = take_known(pool);
    if (!task)
        return NULL;
    if (!pool_may_begin(pool) || !pool_take_token(pool, task)) {
        task_list_add_first(&pool->feed.ready, task);
        return NULL;
    }
    pool_begins(pool);
    return task;
}

static bool may_take(const struct pool_worker *worker, size_t most)
{
    return worker->state == CREW_READY && !worker->revoking && !worker->leaving && worker->tasks.count < most &&
           !pool_worker_is_spent(worker);
}

void pool_worker_begin_first(struct pool_worker *worker, int64_t now)
{
    struct task *task = worker->tasks.first;
    task->times.started = now;
    if (task->times.due)
        task_forget(task);
    task->worker = worker->number;
    task->pid = worker->pid;
    pool_message_tried(worker->pool, task);
    pool_tell_started(worker->pool, task);
}

void pool_give(struct pool_worker *worker, struct task *task)
{
    task->id = ++worker->pool->feed.next_id;
    if (!worker->pool->spec->own_timeout)
        task->terms.timeout = pool_task_timeout(worker->pool);
    if (!worker->pool->object.run->plan.dry)
        pool_begin_file(task);
    task_list_add(&worker->tasks, task);
    if (worker->tasks.count == 1)
        pool_worker_begin_first(worker, clock_monotonic());
    worker->kind->send(worker, task);
}

/* How many tasks a worker may have in all. */
static size_t tasks_at_once(const struct pool *pool)
{
    bool here = !pool->spec->on->command_count;
    if (!pool->pace.average || pool->pace.average > (here ? AHEAD_LONGEST : AHEAD_ELSEWHERE) || pool_is_paced(pool))
        return 1;
    int64_t ahead = (here ? AHEAD_TIME : AHEAD_ELSEWHERE) / pool->pace.average;
    return 1 + (size_t)(ahead > AHEAD_MOST ? AHEAD_MOST : ahead);
}

/* Gives tasks to those who have fewer than MOST; false when none is left to give. */
static bool fill_worker(struct pool *pool, size_t most)
{
    for (size_t i = 0; i < pool->workers.count; i++) {
        struct pool_worker *worker = pool->workers.list[i];
        while (may_take(worker, most)) {
            struct task *task = next_task(pool);
            if (!task)
                return false;
            pool_give(worker, task);
        }
    }
    return true;
}

/* Nothing but a free worker is needed. */
static bool is_open(const struct pool *pool)
{
    return !pool_is_held(pool) && !pool->records.full && !pool_is_paused(pool) && !pool_is_stopping(pool) &&
           pool->order.unordered_count <= UNORDERED_MOST;
}

size_t pool_idle_workers(const struct pool *pool)
{
    size_t count = 0;
    for (size_t i = 0; is_open(pool) && i < pool->workers.count; i++)
        count += may_take(pool->workers.list[i], 1);
    return count;
}

struct pool_worker *pool_idle_worker(struct pool *pool)
{
    if (!is_open(pool) || !pool_may_begin(pool))
        return NULL;
    for (size_t i = 0; i < pool->workers.count; i++)
        if (may_take(pool->workers.list[i], 1))
            return pool->workers.list[i];
    return NULL;
}

void pool_give_tasks(struct pool *pool)
{
    if (pool->needs.claims) {
        pool_ask(pool, pool_idle_workers(pool));
        return;
    }
    if (!is_open(pool))
        return;
    if (fill_worker(pool, 1))
        fill_worker(pool, tasks_at_once(pool));
}

void pool_plan_tasks(struct pool *pool)
{
    struct task *task;
    while (!pool->object.run->held && (task = next_task(pool)))
        pool_finish_task(pool, task);
}

/* The pool begins no more tasks: what was to be tried again has failed, and its last result counts, of whose span and use
 * task.retrying has told. */
static void end_untried(struct pool *pool, struct task *task)
{
    task->attempt--;
    task->times.started = task->times.finished = 0;
    task->end.memory = task->end.cpu = 0;
    pool_finish_task(pool, task);
}

/* What was to be tried again when the run is stopped has neither succeeded nor failed: another run does it. */
static bool has_failed(const struct pool *pool, const struct task *task)
{
    return task->times.due && (pool->pacing.halted || pool->end.broken) && pool->spec->tasks.kind != SOURCE_QUEUE;
}

void pool_skip_ready(struct pool *pool)
{
    struct task *task;
    pool_unask(pool);
    while ((task = task_list_take(&pool->feed.ready))) {
        if (has_failed(pool, task))
            end_untried(pool, task);
        else
            pool_skip_task(pool, task);
    }
}
