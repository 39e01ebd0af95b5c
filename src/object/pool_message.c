/* A pool whose tasks are messages of a queue, and what becomes of each. */
#include "base/buf.h"
#include "object/items.h"
#include "object/pool_private.h"
#include "object/taker.h"
#include "scenario/spec.h"
#include "engine/run.h"

static const struct queue_spec *find_queue(const struct pool *pool)
{
    const struct source_spec *source = &pool->spec->tasks;
    if (source->kind != SOURCE_QUEUE)
        return NULL;
    return &pool->object.run->scenario->queues[source->queue];
}

int64_t pool_attempts(const struct pool *pool)
{
    const struct queue_spec *queue = find_queue(pool);
    return queue && queue->max_attempts ? queue->max_attempts : pool->spec->retry.attempts;
}

void pool_message_taken(struct pool *pool, struct task *task)
{
    if (items_taker(pool->items, &task->message))
        task->attempt += task->message.attempts;
}

void pool_message_tried(struct pool *pool, const struct task *task)
{
    struct taker *taker = items_taker(pool->items, NULL);
    if (taker)
        taker_task_tried(taker, &task->message, task->attempt);
}

void pool_message_back(struct pool *pool, const struct task *task)
{
    struct taker *taker = items_taker(pool->items, NULL);
    struct mark_taken mark = task->message;
    mark.attempts = (unsigned)task->attempt - 1; /* this one does not count */
    if (taker)
        taker_task_back(taker, &mark, task->item.data, task->item.length);
}

void pool_message_done(struct pool *pool, const struct task *task)
{
    struct taker *taker = items_taker(pool->items, NULL);
    struct buf reason = {0};
    if (!taker)
        return;
    if (task->outcome == OUTCOME_DONE) {
        taker_task_done(taker, &task->message);
        return;
    }
    pool_fill_reason(task, &reason);
    taker_task_failed(taker, &task->message, task->item.data, task->item.length, task->attempt,
                      buf_string(&reason));
    buf_release(&reason);
}
