/* The workers of a pool: begun, sent home, and made to give tasks back. */
#include "base/clock.h"
#include "base/error.h"
#include "base/unit.h"
#include "child/start.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "pool/private.h"
#include "scenario/spec.h"

struct pool_worker *pool_worker_new(struct pool *pool, size_t place)
{
    struct pool_worker *worker =
        pool->spec->kind == POOL_THREAD ? thread_worker_new(pool) : process_worker_new(pool, place);
    worker->pool = pool;
    worker->number = (int64_t)place + 1;
    return worker;
}

static bool has_idle(const struct pool *pool)
{
    for (size_t i = 0; i < pool->worker_count; i++)
        if (pool->worker[i]->state == CREW_READY && !pool->worker[i]->tasks.count)
            return true;
    return false;
}

/* The worker with the most tasks that it has not begun; NULL where nobody has any. */
static struct pool_worker *find_backlogged_worker(const struct pool *pool)
{
    struct pool_worker *most = NULL;
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct pool_worker *worker = pool->worker[i];
        if (worker->state == CREW_READY && !worker->revoking && worker->tasks.count > 1 &&
            (!most || worker->tasks.count > most->tasks.count))
            most = worker;
    }
    return most;
}

struct pool_worker *pool_backlogged_worker(const struct pool *pool)
{
    return has_idle(pool) ? find_backlogged_worker(pool) : NULL;
}

bool pool_has_backlog(const struct pool *pool)
{
    for (size_t i = 0; i < pool->worker_count; i++) {
        const struct pool_worker *worker = pool->worker[i];
        if (worker->state == CREW_READY && (worker->revoking || worker->tasks.count > 1))
            return true;
    }
    return false;
}

void pool_worker_take_back(struct pool_worker *worker, bool all)
{
    worker->revoking = true;
    worker->kind->revoke(worker, all);
}

void pool_worker_end_task(struct pool_worker *worker)
{
    pool_worker_take_back(worker, true);
    if (worker->tasks.first)
        worker->kind->cancel(worker, worker->tasks.first->id);
}

/* The system refuses the first worker for now: tried again soon. */
static bool pool_waits(struct pool *pool, const struct error *error)
{
    int64_t wait;
    if (!refusal_may_pass(error->code) || !refusal_waits(&pool->refusal, &wait))
        return false;
    struct event event = {.kind = EVENT_POOL_THROTTLED, .reason = error->text};
    pool_emit(pool, &event);
    timer_start(pool->refused, wait);
    pool->refused_now = true;
    return true;
}

void pool_try_worker_again(void *arg)
{
    struct pool *pool = arg;
    pool->refused_now = false;
    pool_look(pool);
}

static void start_worker(struct pool_worker *worker)
{
    struct error error = {0};
    worker->state = CREW_STARTING;
    worker->lost_before = worker->pool->lost_in_a_row;
    worker->revoking = worker->hung = worker->leaving = false;
    worker->done = worker->idle_since = worker->ends_at = 0;
    worker->started = clock_monotonic();
    worker->leave = NULL;
    worker->loss = AGENT_KEPT;
    worker->pool->workers_alive++;
    if (!worker->kind->start(worker, &error))
        return;
    worker->state = CREW_NONE;
    worker->pool->workers_alive--;
    error_wrap(&error, "cannot start a worker");
    if (!worker->pool->workers_alive && !pool_waits(worker->pool, &error)) {
        worker->pool->object.run->refused |= start_was_refused(error.code);
        pool_break(worker->pool, error.text); /* with some left, the pool goes on with those */
    }
    error_release(&error);
}

bool pool_has_more(const struct pool *pool)
{
    return pool->ready.count || pool->asking.count || pool->retrying || !pool->exhausted;
}

void pool_keep_worker(struct pool *pool)
{
    if (pool_is_stopping(pool) || pool_is_paused(pool) ||
        (!pool_has_more(pool) && !pool_has_backlog(pool)))
        return;
    size_t staffed = pool_staffed(pool);
    size_t wanted = pool->spec->idle_time ? pool_elastic_staff(pool, staffed) : pool->workers_wanted;
    for (size_t i = 0; i < pool->worker_count && staffed < wanted && !pool->broken && !pool->refused_now; i++) {
        if (pool->worker[i]->state != CREW_NONE)
            continue;
        start_worker(pool->worker[i]);
        staffed++;
    }
}

void pool_finish_worker(struct pool *pool)
{
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct pool_worker *worker = pool->worker[i];
        bool idle = worker->state == CREW_READY && !worker->tasks.count;
        /* One that has not begun elsewhere may wait there for long. */
        bool unneeded = worker->state == CREW_STARTING && (pool_is_stopping(pool) || !worker->pid);
        if (!idle && !unneeded)
            continue;
        worker->state = CREW_FINISHING;
        if (unneeded)
            worker->kind->kill(worker);
        else
            worker->kind->finish(worker);
    }
}

void pool_halt_worker(struct pool *pool)
{
    pool->told_halt = true;
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct pool_worker *worker = pool->worker[i];
        if (worker->state != CREW_READY || worker->tasks.count < (pool->spec->halt.now ? 1 : 2))
            continue;
        if (pool->spec->halt.now)
            pool_worker_end_task(worker);
        else
            pool_worker_take_back(worker, false);
    }
}

/* So long before its end, at the least, a job ends for its workers: how long it took to come is not known. */
#define JOB_SPARE (5 * NS_PER_S)

/* The next task would not end before its job, as the tasks so far have taken, and a quarter more. The first is tried in any case. */
static bool is_late(const struct pool_worker *worker)
{
    const struct pool *pool = worker->pool;
    int64_t need = pool->average + pool->average / 4, timeout = pool->spec->object.timeout;
    if (timeout && need > timeout)
        need = timeout;
    return worker->ends_at && (worker->done || worker->tasks.count) &&
           clock_monotonic() + need * (int64_t)(worker->tasks.count + 1) > worker->ends_at - JOB_SPARE;
}

bool pool_worker_is_spent(const struct pool_worker *worker)
{
    int64_t recycle = worker->pool->spec->recycle;
    return (recycle && worker->done + (int64_t)worker->tasks.count >= recycle) || is_late(worker);
}

bool pool_worker_was_too_short(const struct pool_worker *worker, const struct task *task)
{
    return worker->ends_at && !worker->done && task->finished > worker->ends_at - JOB_SPARE;
}

void pool_replace_worker(struct pool *pool)
{
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct pool_worker *worker = pool->worker[i];
        if (!pool_worker_is_free(worker) || !pool_worker_is_spent(worker))
            continue;
        if (is_late(worker))
            worker->leave = "its job ends before another task would";
        worker->state = CREW_FINISHING;
        worker->kind->finish(worker);
    }
}

/* How long a setup may take: as the next task may, where each has a timeout of its own; 0: there is no limit. Messages are not
 * taken for it. */
static int64_t setup_limit(struct pool *pool)
{
    struct error error = {0};
    if (!pool->spec->own_timeout)
        return pool->spec->object.timeout;
    if (!pool->asking.first && !pool->ready.first && pool->spec->tasks.kind != SOURCE_QUEUE) {
        struct task *task = pool_take_task(pool);
        if (task)
            task_list_add(&pool->ready, task);
    }
    struct task *next = pool->asking.first ? pool->asking.first : pool->ready.first;
    int64_t limit = next && !pool_work_out_terms(pool, next, &error) ? next->timeout : 0;
    error_release(&error);
    return limit;
}

/* The limit of a task holds for the setup too; how long it takes to come elsewhere nobody knows. */
static void end_hung_setup(struct pool_worker *worker, int64_t now)
{
    const struct pool_spec *spec = worker->pool->spec;
    struct buf reason = {0};
    if (worker->hung || (spec->on.command_count && !worker->pid) || !spec->setup.text)
        return;
    int64_t limit = setup_limit(worker->pool);
    if (!limit || now - worker->started < limit)
        return;
    worker->hung = true;
    buf_text(&reason, "it did not end within ");
    duration_print(&reason, limit);
    pool_worker_refused(worker, reason.data);
    buf_release(&reason);
    worker->kind->kill(worker);
}

void pool_end_hung(struct pool *pool)
{
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct pool_worker *worker = pool->worker[i];
        const struct task *task = worker->tasks.first;
        if (worker->state == CREW_STARTING)
            end_hung_setup(worker, now);
        if (worker->state != CREW_READY || worker->hung || !task || !task->timeout ||
            now - task->started < task->timeout + pool->spec->stop.grace + CREW_HANG_TIME)
            continue;
        worker->hung = true;
        worker->kind->kill(worker);
    }
}

void pool_limit_worker(struct pool *pool)
{
    while (pool->ready.count < pool->worker_count) {
        struct task *task = pool_take_task(pool);
        if (!task)
            break;
        task_list_add(&pool->ready, task);
    }
    if (pool->exhausted && pool->ready.count < pool->worker_count)
        pool->worker_count = pool->ready.count;
    if (pool->object.run->dry && pool->worker_count > 1)
        pool->worker_count = 1; /* the tasks are told of in their order */
}
