/* The next task of a pool, from its source. */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "pool/source/source.h"
#include "pool/private.h"

/* Tasks that are not to run are passed over for so long at a time: signals are served in between. */
#define PASS_TIME (20 * NS_PER_MS)

void pool_tell_waiting(struct pool *pool)
{
    if (pool->feed.told_waiting || pool_is_stopping(pool))
        return;
    struct event event = {.kind = EVENT_POOL_WAITING};
    pool->feed.told_waiting = true;
    pool_emit(pool, &event);
}

/* A dry run may be asked to tell of the first tasks alone. */
static bool is_beyond_limit(const struct pool *pool)
{
    return pool->object.run->plan.dry && pool->feed.next_index >= pool->object.run->plan.tasks;
}

void pool_tell_exhausted(struct pool *pool)
{
    if (!pool->told_started || !pool->feed.exhausted || pool->feed.error)
        return;
    pool_tell_resumed(pool);
    pool_tell_all_current(pool);
    pool_tell_waiting(pool);
}

/* The next task from the source, done before or not; NULL where there is none now. */
static struct task *take_any(struct pool *pool)
{
    if (pool->feed.exhausted || pool->feed.waiting || pool_is_stopping(pool))
        return NULL;
    if (pool->feed.next_index > pool->feed.last_pick) {
        pool->feed.exhausted = true;
        pool_tell_exhausted(pool);
        return NULL;
    }
    struct task *task = task_new(&pool->feed.spare);
    struct error error = {0};
    switch (items_next(pool->feed.items, &task->item, &error)) {
    case ITEMS_ONE:
        task->attempt = 1;
        task->line = items_line(pool->feed.items);
        pool_message_taken(pool, task);
        if (is_beyond_limit(pool)) {
            pool->feed.exhausted = pool->feed.cut = true;
            pool_message_back(pool, task);
            break;
        }
        task->index = pool->feed.next_index++;
        task->words.is_shown = pool_item_is_number(pool, task);
        return task;
    case ITEMS_WAIT:
        pool->feed.waiting = true;
        break;
    case ITEMS_END:
        pool->feed.exhausted = true;
        pool_check_selected_tasks(pool);
        pool_tell_exhausted(pool);
        break;
    case ITEMS_FAILED:
        pool->feed.exhausted = true;
        pool->feed.error = mem_strdup(error.text);
        error_release(&error);
        pool_look(pool);
        break;
    }
    task_put_back(&pool->feed.spare, task);
    return NULL;
}

/* The task is not to run, and nothing is told of it any more. */
static void pass_over(struct pool *pool, struct task *task)
{
    items_done(pool->feed.items, &task->item, task->index);
    task_put_back(&pool->feed.spare, task);
}

/* False where the task is not to run, or has failed already: that is told, and it is freed. */
static bool is_to_run(struct pool *pool, struct task *task)
{
    if (pool_passes_over(pool, task)) {
        pass_over(pool, task);
        return false;
    }
    task->turn = pool->feed.next_turn;
    if (!pool_look_at_file(pool, task)) {
        pool->feed.next_turn++;
        return false;
    }
    bool done = pool_was_done(pool, task);
    if (!done && !task->file.current) {
        pool->feed.next_turn++;
        return true;
    }
    if (!done)
        pool_tell_current(pool, task);
    task->end.outcome = OUTCOME_DONE;
    pool_message_done(pool, task);
    pass_over(pool, task);
    return false;
}

struct task *pool_take_task(struct pool *pool)
{
    int64_t begun = 0, now; /* since the first that is passed over: of most pools none is */
    do {
        struct task *task = take_any(pool);
        if (!task || is_to_run(pool, task))
            return task;
        now = clock_monotonic();
        begun = begun ? begun : now;
    } while (now - begun < PASS_TIME);
    pool_look(pool);
    return NULL;
}
