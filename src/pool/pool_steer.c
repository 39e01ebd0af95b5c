/* What words do to a pool: pause, another number of workers, an end that may be followed by another beginning. */
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "pool/private.h"
#include "pool/source/source.h"
#include "queue/ends.h"
#include "scenario/spec.h"

bool pool_is_paused(const struct pool *pool)
{
    return pool->paused || pool->object.run->draining || !pool->crew_wanted;
}

static bool is_staffed(const struct crew *crew)
{
    return crew->state == CREW_STARTING || (crew->state == CREW_READY && !crew->leaving);
}

size_t pool_staffed(const struct pool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->crew_count; i++)
        count += is_staffed(pool->crew[i]);
    return count;
}

static size_t count_tasks(const struct pool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->crew_count; i++)
        count += pool->crew[i]->tasks.first != NULL;
    return count;
}

static size_t count_ready(const struct pool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->crew_count; i++)
        count += pool->crew[i]->state == CREW_READY && !pool->crew[i]->leaving;
    return count;
}

void pool_staff(const struct object *object, struct object_staff *staff)
{
    const struct pool *pool = (const struct pool *)object;
    size_t most = pool->crew_wanted < pool->crew_count ? pool->crew_wanted : pool->crew_count;
    *staff = (struct object_staff){
        .paused = pool_is_paused(pool),
        .tasks = count_tasks(pool),
        .waits = (pool->waiting || pool->exhausted) && !pool->ready.count && !pool->retrying,
        .wanted = pool->crew_wanted,
        .workers = count_ready(pool),
    };
    staff->leaving = pool->crew_alive - pool_staffed(pool);
    staff->settled = !staff->leaving && (staff->workers == most || staff->paused || !pool_has_more(pool));
}

/* What workers have not begun they give back. */
static void take_all_back(struct pool *pool)
{
    for (size_t i = 0; i < pool->crew_count; i++)
        if (pool->crew[i]->state == CREW_READY && !pool->crew[i]->revoking && pool->crew[i]->tasks.count > 1)
            crew_take_back(pool->crew[i], false);
}

/* Nothing is begun any more for some time. */
static void hold_back(struct pool *pool)
{
    take_all_back(pool);
    items_leave(pool->items);
    pool->waiting = false;
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
    if (workers > pool->crew_made)
        pool->crew = mem_realloc(pool->crew, workers, sizeof(*pool->crew));
    for (; pool->crew_made < workers; pool->crew_made++)
        pool->crew[pool->crew_made] = crew_new(pool, pool->crew_made);
    if (workers > pool->crew_count || !pool->told_started)
        pool->crew_count = workers;
}

int pool_scale(struct object *object, int64_t workers, bool check, struct error *error)
{
    struct pool *pool = (struct pool *)object;
    struct event event = {
        .kind = EVENT_POOL_SCALED, .count = workers, .total = (int64_t)pool->crew_wanted};
    if (object->state == OBJECT_ENDED)
        return error_set(error, ERROR_FAILED, "pool %s has ended", object->name);
    if (pool->spec->jobserver && (size_t)workers > pool->crew_made)
        return error_set(error, ERROR_FAILED, "pool %s is a jobserver with %zu places, and can have no more workers",
                         object->name, pool->crew_made);
    if (check)
        return 0;
    pool->crew_wanted = (size_t)workers;
    pool->scaled = true;
    make_places(pool, pool->crew_wanted);
    pool_emit(pool, &event);
    if (!workers)
        hold_back(pool);
    pool_trim_crew(pool);
    pool_look(pool);
    return 0;
}

static void send_home(struct crew *crew, bool force)
{
    crew->state = CREW_FINISHING;
    if (force)
        crew->kind->kill(crew);
    else
        crew->kind->finish(crew);
}

static bool is_free(const struct crew *crew)
{
    return crew->state == CREW_READY && !crew->tasks.count && !crew->revoking;
}

/* How gladly it is sent home: a free one, then one that has not begun, then a busy one. */
static int rank(const struct crew *crew)
{
    return !is_staffed(crew) ? 0 : is_free(crew) ? 3 : crew->state == CREW_STARTING ? 2 : 1;
}

static struct crew *find_spare(const struct pool *pool)
{
    struct crew *best = pool->crew[0];
    for (size_t i = 1; i < pool->crew_count; i++)
        if (rank(pool->crew[i]) >= rank(best))
            best = pool->crew[i];
    return best;
}

static void let_go(struct crew *crew)
{
    if (is_free(crew)) {
        send_home(crew, false);
    } else if (crew->state == CREW_STARTING) {
        send_home(crew, true);
    } else {
        crew->leaving = true;
        if (crew->tasks.count > 1 && !crew->revoking)
            crew_take_back(crew, false);
    }
}

void pool_trim_crew(struct pool *pool)
{
    if (!pool->scaled)
        return;
    size_t staffed = pool_staffed(pool);
    for (size_t i = 0; i < pool->crew_count; i++) {
        struct crew *crew = pool->crew[i];
        if (!crew->leaving || crew->state != CREW_READY)
            continue;
        if (staffed < pool->crew_wanted) { /* they are wanted again */
            crew->leaving = false;
            staffed++;
        } else if (is_free(crew)) {
            send_home(crew, false);
        }
    }
    for (; staffed > pool->crew_wanted; staffed--)
        let_go(find_spare(pool));
}

void pool_return_messages(struct pool *pool)
{
    struct task *task;
    if (pool->spec->tasks.kind != SOURCE_QUEUE)
        return;
    while ((task = task_list_take(&pool->ready))) {
        pool_message_back(pool, task);
        pool_pass_turn(pool, task);
    }
}

/* What it still has to do is done when another word starts it. */
bool pool_is_down(struct pool *pool)
{
    if (pool_is_closing(pool) || !pool_is_stopping(pool) || !pool_has_more(pool))
        return false;
    if (pool->finished.first)
        return true; /* soon: the log takes no more for now */
    items_leave(pool->items);
    pool->waiting = false;
    pool->kill_at = 0;
    pool->timer_runs = false;
    timer_stop(pool->timer);
    timer_stop(pool->due);
    pool_leave_tokens(pool);
    object_down(&pool->object);
    return true;
}

int pool_revive(struct object *object, bool check, struct error *error)
{
    const struct pool *pool = (const struct pool *)object;
    if (pool->items || pool->broken)
        return error_set(error, ERROR_FAILED, "it has ended, and with it its tasks; another run does them again");
    return users_join(object->run, object->spec, object->name, check, error);
}
