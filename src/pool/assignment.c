/* The workers of a pool: begun, sent home, and made to give tasks back. */
#include "base/clock.h"
#include "base/error.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "pool/private.h"
#include "child/start.h"
#include "scenario/spec.h"

struct crew *crew_new(struct pool *pool, size_t place)
{
    struct crew *crew = pool->spec->kind == POOL_THREAD ? crew_thread_new(pool) : crew_process_new(pool);
    crew->pool = pool;
    crew->number = (int64_t)place + 1;
    return crew;
}

static bool has_idle(const struct pool *pool)
{
    for (size_t i = 0; i < pool->crew_count; i++)
        if (pool->crew[i]->state == CREW_READY && !pool->crew[i]->tasks.count)
            return true;
    return false;
}

/* The worker with the most tasks that it has not begun; NULL where nobody has any. */
static struct crew *find_hoarder(const struct pool *pool)
{
    struct crew *most = NULL;
    for (size_t i = 0; i < pool->crew_count; i++) {
        struct crew *crew = pool->crew[i];
        if (crew->state == CREW_READY && !crew->revoking && crew->tasks.count > 1 &&
            (!most || crew->tasks.count > most->tasks.count))
            most = crew;
    }
    return most;
}

struct crew *pool_hoarder(const struct pool *pool)
{
    return has_idle(pool) ? find_hoarder(pool) : NULL;
}

bool pool_has_hoard(const struct pool *pool)
{
    for (size_t i = 0; i < pool->crew_count; i++) {
        const struct crew *crew = pool->crew[i];
        if (crew->state == CREW_READY && (crew->revoking || crew->tasks.count > 1))
            return true;
    }
    return false;
}

void crew_take_back(struct crew *crew, bool all)
{
    crew->revoking = true;
    crew->kind->revoke(crew, all);
}

void crew_end_task(struct crew *crew)
{
    crew_take_back(crew, true);
    if (crew->tasks.first)
        crew->kind->cancel(crew, crew->tasks.first->id);
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

void pool_try_crew_again(void *arg)
{
    struct pool *pool = arg;
    pool->refused_now = false;
    pool_look(pool);
}

static void start_crew(struct crew *crew)
{
    struct error error = {0};
    crew->state = CREW_STARTING;
    crew->revoking = crew->hung = crew->leaving = false;
    crew->done = 0;
    crew->pool->crew_alive++;
    if (!crew->kind->start(crew, &error))
        return;
    crew->state = CREW_NONE;
    crew->pool->crew_alive--;
    error_wrap(&error, "cannot start a worker");
    if (!crew->pool->crew_alive && !pool_waits(crew->pool, &error)) {
        crew->pool->object.run->refused |= start_was_refused(error.code);
        pool_break(crew->pool, error.text); /* with some left, the pool goes on with those */
    }
    error_release(&error);
}

bool pool_has_more(const struct pool *pool)
{
    return pool->ready.count || pool->retrying || !pool->exhausted;
}

void pool_keep_crew(struct pool *pool)
{
    if (pool_is_stopping(pool) || pool_is_paused(pool) || (!pool_has_more(pool) && !pool_has_hoard(pool)))
        return;
    size_t staffed = pool->scaled ? pool_staffed(pool) : 0;
    for (size_t i = 0; i < pool->crew_count && !pool->broken && !pool->refused_now; i++)
        if (pool->crew[i]->state == CREW_NONE && (!pool->scaled || staffed++ < pool->crew_wanted))
            start_crew(pool->crew[i]);
}

void pool_finish_crew(struct pool *pool)
{
    for (size_t i = 0; i < pool->crew_count; i++) {
        struct crew *crew = pool->crew[i];
        bool idle = crew->state == CREW_READY && !crew->tasks.count;
        bool unneeded = crew->state == CREW_STARTING && pool_is_stopping(pool);
        if (!idle && !unneeded)
            continue;
        crew->state = CREW_FINISHING;
        if (unneeded)
            crew->kind->kill(crew);
        else
            crew->kind->finish(crew);
    }
}

void pool_halt_crew(struct pool *pool)
{
    pool->told_halt = true;
    for (size_t i = 0; i < pool->crew_count; i++) {
        struct crew *crew = pool->crew[i];
        if (crew->state != CREW_READY || crew->tasks.count < (pool->spec->halt.now ? 1 : 2))
            continue;
        if (pool->spec->halt.now)
            crew_end_task(crew);
        else
            crew_take_back(crew, false);
    }
}

void pool_recycle_crew(struct pool *pool)
{
    for (size_t i = 0; pool->spec->recycle && i < pool->crew_count; i++) {
        struct crew *crew = pool->crew[i];
        if (crew->state != CREW_READY || crew->tasks.count || crew->done < pool->spec->recycle)
            continue;
        crew->state = CREW_FINISHING;
        crew->kind->finish(crew);
    }
}

void pool_end_hung(struct pool *pool)
{
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < pool->crew_count; i++) {
        struct crew *crew = pool->crew[i];
        const struct task *task = crew->tasks.first;
        if (crew->state != CREW_READY || crew->hung || !task || !task->timeout ||
            now - task->started < task->timeout + pool->spec->stop.grace + CREW_HANG_TIME)
            continue;
        crew->hung = true;
        crew->kind->kill(crew);
    }
}

void pool_limit_crew(struct pool *pool)
{
    while (pool->ready.count < pool->crew_count) {
        struct task *task = pool_take_task(pool);
        if (!task)
            break;
        task_list_add(&pool->ready, task);
    }
    if (pool->exhausted && pool->ready.count < pool->crew_count)
        pool->crew_count = pool->ready.count;
    if (pool->object.run->dry && pool->crew_count > 1)
        pool->crew_count = 1; /* the tasks are told of in their order */
}
