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
    for (size_t i = 0; i < pool->workers.count; i++)
        if (pool->workers.list[i]->state == CREW_READY && !pool->workers.list[i]->tasks.count)
            return true;
    return false;
}

/* The worker with the most tasks that it has not begun; NULL where nobody has any. */
static struct pool_worker *find_backlogged_worker(const struct pool *pool)
{
    struct pool_worker *most = NULL;
    for (size_t i = 0; i < pool->workers.count; i++) {
        struct pool_worker *worker = pool->workers.list[i];
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
    for (size_t i = 0; i < pool->workers.count; i++) {
        const struct pool_worker *worker = pool->workers.list[i];
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
    if (!refusal_may_pass(error->code) || !refusal_waits(&pool->workers.refusal, &wait))
        return false;
    struct event event = {.kind = EVENT_POOL_THROTTLED, .reason = error->text};
    pool_emit(pool, &event);
    timer_start(pool->workers.refused, wait);
    pool->workers.refused_now = true;
    return true;
}

void pool_try_worker_again(void *arg)
{
    struct pool *pool = arg;
    pool->workers.refused_now = false;
    pool_look(pool);
}

static void start_worker(struct pool_worker *worker)
{
    struct error error = {0};
    worker->state = CREW_STARTING;
    worker->lost_before = worker->pool->workers.lost_in_a_row;
    worker->revoking = worker->hung = worker->leaving = false;
    worker->done = worker->idle_since = worker->ends_at = 0;
    worker->started = clock_monotonic();
    worker->leave = NULL;
    worker->loss = AGENT_KEPT;
    worker->pool->workers.alive++;
    if (!worker->kind->start(worker, &error))
        return;
    worker->state = CREW_NONE;
    worker->pool->workers.alive--;
    error_wrap(&error, "cannot start a worker");
    if (!worker->pool->workers.alive && !pool_waits(worker->pool, &error)) {
        worker->pool->object.run->outcome.refused |= start_was_refused(error.code);
        pool_break(worker->pool, error.text); /* with some left, the pool goes on with those */
    }
    error_release(&error);
}

bool pool_has_more(const struct pool *pool)
{
    return pool->feed.ready.count || pool->needs.asking.count || pool->pacing.retrying || !pool->feed.exhausted;
}

void pool_keep_worker(struct pool *pool)
{
    if (pool_is_stopping(pool) || pool_is_paused(pool) ||
        (!pool_has_more(pool) && !pool_has_backlog(pool)))
        return;
    size_t staffed = pool_staffed(pool);
    size_t wanted = pool->spec->staff.idle_time ? pool_elastic_staff(pool, staffed) : pool->workers.wanted;
    for (size_t i = 0; i < pool->workers.count && staffed < wanted && !pool->end.broken && !pool->workers.refused_now; i++) {
        if (pool->workers.list[i]->state != CREW_NONE)
            continue;
        start_worker(pool->workers.list[i]);
        staffed++;
    }
}

void pool_finish_worker(struct pool *pool)
{
    for (size_t i = 0; i < pool->workers.count; i++) {
        struct pool_worker *worker = pool->workers.list[i];
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
    pool->pacing.told_halt = true;
    for (size_t i = 0; i < pool->workers.count; i++) {
        struct pool_worker *worker = pool->workers.list[i];
        if (worker->state != CREW_READY || worker->tasks.count < (pool->spec->halt->now ? 1 : 2))
            continue;
        if (pool->spec->halt->now)
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
    int64_t need = pool->pace.average + pool->pace.average / 4, timeout = pool->spec->object.timeout;
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
    return worker->ends_at && !worker->done && task->times.finished > worker->ends_at - JOB_SPARE;
}

void pool_replace_worker(struct pool *pool)
{
    for (size_t i = 0; i < pool->workers.count; i++) {
        struct pool_worker *worker = pool->workers.list[i];
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
    if (!pool->needs.asking.first && !pool->feed.ready.first && pool->spec->tasks.kind != SOURCE_QUEUE) {
        struct task *task = pool_take_task(pool);
        if (task)
            task_list_add(&pool->feed.ready, task);
    }
    struct task *next = pool->needs.asking.first ? pool->needs.asking.first : pool->feed.ready.first;
    int64_t limit = next && !pool_work_out_terms(pool, next, &error) ? next->terms.timeout : 0;
    error_release(&error);
    return limit;
}

/* The limit of a task holds for the setup too; how long it takes to come elsewhere nobody knows. */
static void end_hung_setup(struct pool_worker *worker, int64_t now)
{
    const struct pool_spec *spec = worker->pool->spec;
    struct buf reason = {0};
    if (worker->hung || (spec->on->command_count && !worker->pid) || !spec->setup.text)
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
    for (size_t i = 0; i < pool->workers.count; i++) {
        struct pool_worker *worker = pool->workers.list[i];
        const struct task *task = worker->tasks.first;
        if (worker->state == CREW_STARTING)
            end_hung_setup(worker, now);
        if (worker->state != CREW_READY || worker->hung || !task || !task->terms.timeout ||
            now - task->times.started < task->terms.timeout + pool->spec->stop->grace + CREW_HANG_TIME)
            continue;
        worker->hung = true;
        worker->kind->kill(worker);
    }
}

void pool_limit_worker(struct pool *pool)
{
    while (pool->feed.ready.count < pool->workers.count) {
        struct task *task = pool_take_task(pool);
        if (!task)
            break;
        task_list_add(&pool->feed.ready, task);
    }
    if (pool->feed.exhausted && pool->feed.ready.count < pool->workers.count)
        pool->workers.count = pool->feed.ready.count;
    if (pool->object.run->plan.dry && pool->workers.count > 1)
        pool->workers.count = 1; /* the tasks are told of in their order */
}
