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
    struct task **place = &pool->asking.first;
    struct task *before = NULL;
    for (; *place != task; place = &(*place)->next)
        before = *place;
    *place = task->next;
    if (pool->asking.last == task)
        pool->asking.last = before;
    pool->asking.count--;
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
    struct error error = {0};
    pool->claimant = resources_claimant(pool->object.name, &pool->spec->object, false, begin_task, pool);
    pool->claims = resources_concern(pool->object.run->resources, &pool->claimant);
    if (!pool->claims && !pool->spec->object.creates.path && !pool->spec->own_timeout &&
        !pool->spec->object.attributes.limits.own_memory)
        return;
    if (exec_context_init(&pool->terms, pool->object.run, &pool->spec->object, pool->object.name, 0, &error))
        pool_break(pool, error.text);
    error_release(&error);
}

void pool_close_uses(struct pool *pool)
{
    exec_context_release(&pool->terms);
}

int pool_set_terms(struct pool *pool, const struct task *task, struct error *error)
{
    struct script *script = exec_context_script(&pool->terms);
    struct arena *arena = value_is_table(task->item.data, task->item.length) ? arena_new() : NULL;
    struct value item = {0};
    const char *at = task->item.data;
    size_t left = task->item.length;
    int result = value_decode(arena, &at, &left, &item, error);
    if (!result)
        script_set_task(script, &item, task->index, 0, task->attempt);
    arena_free(arena);
    return result;
}

static int render_terms(struct pool *pool, const char *key, const struct template *written, struct buf *text, struct error *error)
{
    buf_clear(text);
    int result = template_render(written, exec_context_script(&pool->terms), text, error);
    return result ? error_wrap(error, "%s", key) : 0;
}

static int parse_memory(const char *text, int64_t *memory, struct error *error)
{
    uint64_t bytes = 0;
    struct error unread = {0};
    int result = size_parse(text, &bytes, &unread);
    error_release(&unread);
    if (result || !bytes || bytes > INT64_MAX)
        return error_set(error, ERROR_FAILED, "limits.memory: '%s' is not a size such as 512M or 2G", text);
    if (bytes < MEMORY_LEAST)
        return error_set(error, ERROR_FAILED, "limits.memory: '%s' is in bytes, with which no program can do: write a size such as 512M", text);
    *memory = (int64_t)bytes;
    return 0;
}

int pool_work_out_terms(struct pool *pool, struct task *task, struct error *error)
{
    const struct template *timeout = pool->spec->own_timeout;
    const struct template *memory = pool->spec->object.attributes.limits.own_memory;
    struct error unread = {0};
    struct buf text = {0};
    int result = timeout || memory ? pool_set_terms(pool, task, error) : 0;
    if (timeout && !result)
        result = render_terms(pool, "timeout", timeout, &text, error);
    if (timeout && !result && duration_parse(buf_string(&text), &task->timeout, &unread))
        result = error_set(error, ERROR_FAILED, "timeout: %s", unread.text);
    if (memory && !result)
        result = render_terms(pool, "limits.memory", memory, &text, error);
    if (memory && !result)
        result = parse_memory(buf_string(&text), &task->memory_limit, error);
    error_release(&unread);
    buf_release(&text);
    return result;
}

static int ask_for(struct pool *pool, struct task *task, struct error *error)
{
    int result = pool_set_terms(pool, task, error);
    if (!task->claim)
        task->claim = mem_calloc(1, sizeof(*task->claim));
    task->claim->owner = task;
    return result ? result
                  : resources_ask(pool->object.run->resources, &pool->claimant, task->claim,
                                  exec_context_script(&pool->terms), error);
}

void pool_fail_unbegun(struct pool *pool, struct task *task, const struct error *error)
{
    task_forget(task);
    buf_clear(&task->why);
    task->started = task->finished = clock_monotonic();
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
    while (pool->asking.count < most_asking(pool, room)) {
        struct error error = {0};
        struct task *task = task_list_take(&pool->ready);
        if (!task)
            task = pool_take_task(pool);
        if (!task)
            break;
        if (!pool_work_out_terms(pool, task, &error) && !ask_for(pool, task, &error))
            task_list_add(&pool->asking, task);
        else
            pool_fail_unbegun(pool, task, &error);
        error_release(&error);
    }
    if (room && room != pool->claimant.applicant.room)
        resources_look(pool->object.run->resources);
    pool->claimant.applicant.room = room;
}

void pool_unask(struct pool *pool)
{
    struct task_list list = {0};
    struct task *task;
    while ((task = task_list_take(&pool->asking))) {
        resources_leave(pool->object.run->resources, task->claim);
        task_list_add(&list, task);
    }
    while (list.count && (task = task_list_take(&pool->ready)))
        task_list_add(&list, task);
    if (list.count)
        pool->ready = list;
}

void pool_put_uses(const struct pool *pool, const struct task *task, struct buf *out)
{
    if (task->claim && pool->spec->object.uses_count)
        resources_put_granted(pool->object.run->resources, task->claim, out);
}

void pool_print_uses(const struct pool *pool, const struct task *task, struct buf *out)
{
    if (task->claim)
        resources_print_granted(pool->object.run->resources, task->claim, out);
}

void pool_release(struct pool *pool, struct task *task)
{
    pool_give_token(pool, task);
    if (task->claim)
        resources_leave(pool->object.run->resources, task->claim);
}
