/* Tasks that begin when what they use of the run's resources is free. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "scenario/types.h"
#include "script/script.h"
#include "template/template.h"
#include "value/value.h"

/* So many tasks more than could begin are looked at: where the first does not fit, another may. */
#define LOOK_AHEAD 100

/* Takes TASK out of those that have asked. */
static void take_asking(struct pool *pool, const struct task *task)
{
    struct task **place = &pool->needs.asking.first;
    struct task *before = NULL;
    for (; *place != task; place = &(*place)->next)
        before = *place;
    *place = task->next;
    if (pool->needs.asking.last == task)
        pool->needs.asking.last = before;
    pool->needs.asking.count--;
}

static bool begin_task(void *arg, struct claim *claim)
{
    struct pool *pool = arg;
    struct task *task = claim->owner;
    struct pool_worker *worker = pool_idle_worker(pool);
    if (!worker || !pool_take_token(pool, task))
        return false;
    take_asking(pool, task);
    pool_begins(pool);
    pool_give(worker, task);
    return true;
}

void pool_open_uses(struct pool *pool)
{
    pool->needs.claimant = resources_claimant(pool->object.name, &pool->spec->object, false, begin_task, pool);
    pool->needs.claims = resources_concern(pool->object.run->machine.resources, &pool->needs.claimant);
}

static int ask_for(struct pool *pool, struct task *task, struct error *error)
{
    int result = pool_set_terms(pool, task, error);
    if (!task->claim)
        task->claim = mem_calloc(1, sizeof(*task->claim));
    task->claim->owner = task;
    return result ? result
                  : resources_ask(pool->object.run->machine.resources, &pool->needs.claimant, task->claim,
                                  exec_context_script(&pool->needs.terms), error);
}

void pool_fail_unbegun(struct pool *pool, struct task *task, const struct error *error)
{
    task_forget(task);
    buf_clear(&task->file.why);
    task->times.started = task->times.finished = clock_monotonic();
    task->worker = task->pid = 0;
    task_fail(task, error->text);
    pool_finish_task(pool, task);
}

/* Of messages no more than can begin now: others may take the rest. */
static size_t most_asking(const struct pool *pool, size_t room)
{
    return room && pool->spec->tasks.kind != SOURCE_QUEUE ? room + LOOK_AHEAD : room;
}

void pool_ask(struct pool *pool, size_t room)
{
    while (pool->needs.asking.count < most_asking(pool, room)) {
        struct error error = {0};
        struct task *task = task_list_take(&pool->feed.ready);
        if (!task)
            task = pool_take_task(pool);
        if (!task)
            break;
        if (!pool_work_out_terms(pool, task, &error) && !ask_for(pool, task, &error))
            task_list_add(&pool->needs.asking, task);
        else
            pool_fail_unbegun(pool, task, &error);
        error_release(&error);
    }
    if (room && room != pool->needs.claimant.applicant.room)
        resources_look(pool->object.run->machine.resources);
    pool->needs.claimant.applicant.room = room;
}

void pool_unask(struct pool *pool)
{
    struct task_list list = {0};
    struct task *task;
    while ((task = task_list_take(&pool->needs.asking))) {
        resources_leave(pool->object.run->machine.resources, task->claim);
        task_list_add(&list, task);
    }
    while (list.count && (task = task_list_take(&pool->feed.ready)))
        task_list_add(&list, task);
    if (list.count)
        pool->feed.ready = list;
}

void pool_put_uses(const struct pool *pool, const struct task *task, struct buf *out)
{
    if (task->claim && pool->spec->object.needs->uses_count)
        resources_put_granted(pool->object.run->machine.resources, task->claim, out);
}

void pool_print_uses(const struct pool *pool, const struct task *task, struct buf *out)
{
    if (task->claim)
        resources_print_granted(pool->object.run->machine.resources, task->claim, out);
}

void pool_release(struct pool *pool, struct task *task)
{
    pool_give_token(pool, task);
    if (task->claim)
        resources_leave(pool->object.run->machine.resources, task->claim);
}
