/* What words do to a pool: pause, another number of workers, an end that may be followed by another beginning. */
#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "pool/private.h"
#include "pool/source/source.h"
#include "queue/ends.h"
#include "scenario/pool_most.h"

bool pool_is_paused(const struct pool *pool)
{
    return pool->paused || pool->object.run->stop.draining || !pool->workers.wanted;
}

static bool is_staffed(const struct pool_worker *worker)
{
    return worker->state == CREW_STARTING || (worker->state == CREW_READY && !worker->leaving);
}

size_t pool_staffed(const struct pool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->workers.count; i++)
        count += is_staffed(pool->workers.list[i]);
    return count;
}

bool pool_worker_is_free(const struct pool_worker *worker)
{
    return worker->state == CREW_READY && !worker->tasks.count && !worker->revoking;
}

static size_t count_tasks(const struct pool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->workers.count; i++)
        count += pool->workers.list[i]->tasks.first != NULL;
    return count;
}

static size_t count_ready(const struct pool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->workers.count; i++)
        count += pool->workers.list[i]->state == CREW_READY && !pool->workers.list[i]->leaving;
    return count;
}

void pool_staff(const struct object *object, struct object_staff *staff)
{
    const struct pool *pool = (const struct pool *)object;
    size_t most = pool->spec->staff.idle_time                         ? pool_staffed(pool)
                  : pool->workers.wanted < pool->workers.count ? pool->workers.wanted
                                                              : pool->workers.count;
    *staff = (struct object_staff){
        .paused = pool_is_paused(pool),
        .tasks = count_tasks(pool),
        .waits = (pool->feed.waiting || pool->feed.exhausted) && !pool->feed.ready.count && !pool->needs.asking.count && !pool->pacing.retrying,
        .wanted = pool->workers.wanted,
        .workers = count_ready(pool),
    };
    staff->leaving = pool->workers.alive - pool_staffed(pool);
    staff->settled = !staff->leaving && (staff->workers == most || staff->paused || !pool_has_more(pool));
}

/* What workers have not begun they give back. */
static void take_all_back(struct pool *pool)
{
    for (size_t i = 0; i < pool->workers.count; i++)
        if (pool->workers.list[i]->state == CREW_READY && !pool->workers.list[i]->revoking &&
            pool->workers.list[i]->tasks.count > 1)
            pool_worker_take_back(pool->workers.list[i], false);
}

/* Nothing is begun any more for some time. */
static void hold_back(struct pool *pool)
{
    take_all_back(pool);
    items_leave(pool->feed.items);
    pool->feed.waiting = false;
    pool_look(pool);
}

void pool_pause(struct object *object, bool paused)
{
    struct pool *pool = (struct pool *)object;
    struct event event = {.kind = paused ? EVENT_POOL_PAUSED : EVENT_POOL_CONTINUED};
    pool->paused = paused;
    event.count = paused ? (int64_t)count_tasks(pool) : 0;
    pool_emit(pool, &event);
    if (paused)
        hold_back(pool);
    else
        pool_look(pool);
}

/* Makes places for so many workers. */
static void make_places(struct pool *pool, size_t workers)
{
    if (workers > pool->workers.made)
        pool->workers.list = mem_realloc(pool->workers.list, workers, sizeof(*pool->workers.list));
    for (; pool->workers.made < workers; pool->workers.made++)
        pool->workers.list[pool->workers.made] = pool_worker_new(pool, pool->workers.made);
    if (workers > pool->workers.count || !pool->told_started)
        pool->workers.count = workers;
}

int pool_scale(struct object *object, int64_t workers, bool check, struct error *error)
{
    struct pool *pool = (struct pool *)object;
    struct event event = {
        .kind = EVENT_POOL_SCALED, .count = workers, .total = (int64_t)pool->workers.wanted};
    if (workers < 0 || workers > pool_spec_most(pool->spec))
        return error_set(error, -ERANGE, "%s cannot have %lld workers: 0 to %lld are possible", object->spec->name, (long long)workers,
                         (long long)pool_spec_most(pool->spec));
    if (object->state == OBJECT_ENDED)
        return error_set(error, ERROR_FAILED, "pool %s has ended", object->name);
    if (pool->spec->jobserver && (size_t)workers > pool->workers.made)
        return error_set(error, ERROR_FAILED,
                         "pool %s is a jobserver with %zu places, and can have no more workers",
                         object->name, pool->workers.made);
    if (check)
        return 0;
    pool->workers.wanted = (size_t)workers;
    pool->workers.scaled = true;
    make_places(pool, pool->workers.wanted);
    if (!workers) {
        event.flags |= EVENT_REASONED;
        event.reason = "nothing of it runs, and the run does not end, until it has some again";
    }
    pool_emit(pool, &event);
    if (!workers)
        hold_back(pool);
    pool_trim_worker(pool);
    pool_look(pool);
    return 0;
}

static void send_home(struct pool_worker *worker, bool force)
{
    worker->state = CREW_FINISHING;
    if (force)
        worker->kind->kill(worker);
    else
        worker->kind->finish(worker);
}

/* How gladly it is sent home: a free one, then one that has not begun, then a busy one. */
static int rank(const struct pool_worker *worker)
{
    return !is_staffed(worker) ? 0 : pool_worker_is_free(worker) ? 3 : worker->state == CREW_STARTING ? 2 : 1;
}

static struct pool_worker *find_spare(const struct pool *pool)
{
    struct pool_worker *best = pool->workers.list[0];
    for (size_t i = 1; i < pool->workers.count; i++)
        if (rank(pool->workers.list[i]) >= rank(best))
            best = pool->workers.list[i];
    return best;
}

static void let_go(struct pool_worker *worker)
{
    if (pool_worker_is_free(worker)) {
        send_home(worker, false);
    } else if (worker->state == CREW_STARTING) {
        send_home(worker, true);
    } else {
        worker->leaving = true;
        if (worker->tasks.count > 1 && !worker->revoking)
            pool_worker_take_back(worker, false);
    }
}

void pool_trim_worker(struct pool *pool)
{
    if (!pool->workers.scaled)
        return;
    size_t staffed = pool_staffed(pool);
    for (size_t i = 0; i < pool->workers.count; i++) {
        struct pool_worker *worker = pool->workers.list[i];
        if (!worker->leaving || worker->state != CREW_READY)
            continue;
        if (staffed < pool->workers.wanted) { /* they are wanted again */
            worker->leaving = false;
            staffed++;
        } else if (pool_worker_is_free(worker)) {
            send_home(worker, false);
        }
    }
    for (; staffed > pool->workers.wanted; staffed--)
        let_go(find_spare(pool));
}

void pool_return_messages(struct pool *pool)
{
    struct task *task;
    if (pool->spec->tasks.kind != SOURCE_QUEUE)
        return;
    pool_unask(pool);
    while ((task = task_list_take(&pool->feed.ready))) {
        pool_message_back(pool, task);
        pool_pass_turn(pool, task);
    }
}

/* What it still has to do is done when another word starts it. */
bool pool_is_down(struct pool *pool)
{
    if (pool_is_closing(pool) || !pool_is_stopping(pool) || !pool_has_more(pool))
        return false;
    if (pool->order.finished.first)
        return true; /* soon: the log takes no more for now */
    items_leave(pool->feed.items);
    pool->feed.waiting = false;
    pool->end.kill_at = 0;
    pool->timer_runs = false;
    timer_stop(pool->timer);
    timer_stop(pool->pacing.due);
    pool_leave_tokens(pool);
    object_down(&pool->object);
    return true;
}

int pool_revive(struct object *object, bool check, struct error *error)
{
    const struct pool *pool = (const struct pool *)object;
    if (pool->feed.items || pool->end.broken)
        return error_set(error, ERROR_FAILED, "it has ended, and with it its tasks; another run does them again");
    return users_join(object->run, object->spec, object->name, check, error);
}
