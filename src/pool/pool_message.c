/* A pool whose tasks are messages of a queue, and what becomes of each. */
#include "base/buf.h"
#include "base/mem.h"
#include "pool/source/source.h"
#include "pool/private.h"
#include "queue/consumer.h"
#include "scenario/spec.h"
#include "engine/run.h"
#include "value/value.h"

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
    return queue && queue->max_attempts ? queue->max_attempts : pool->spec->retry->attempts;
}

static size_t count_messages(const struct task *task)
{
    return task->messages.length / sizeof(struct task_message);
}

static const struct task_message *message_of(const struct task *task, size_t number)
{
    return (const struct task_message *)task->messages.data + number;
}

/* Which try of the message this attempt of the task is, from 1. */
static int64_t tries_of(const struct task *task, size_t number)
{
    return message_of(task, number)->mark.attempts + task->attempt - task->before;
}

void pool_message_taken(struct pool *pool, struct task *task)
{
    if (!items_consumer(pool->feed.items, &task->messages))
        return;
    for (size_t i = 0; i < count_messages(task); i++)
        if (message_of(task, i)->mark.attempts > task->before)
            task->before = message_of(task, i)->mark.attempts;
    task->attempt += task->before;
}

void pool_message_tried(struct pool *pool, const struct task *task)
{
    struct consumer *consumer = items_consumer(pool->feed.items, NULL);
    for (size_t i = 0; i < count_messages(task); i++)
        consumer_task_tried(consumer, &message_of(task, i)->mark, tries_of(task, i));
}

/* The message goes back after so many TRIES. */
static void give_back(struct consumer *consumer, const struct task *task, size_t number,
                      int64_t tries)
{
    const struct task_message *message = message_of(task, number);
    struct delivery_tag mark = message->mark;
    mark.attempts = (unsigned)tries;
    consumer_task_requeue(consumer, &mark, task->item.data + message->at, message->length);
}

void pool_message_back(struct pool *pool, const struct task *task)
{
    struct consumer *consumer = items_consumer(pool->feed.items, NULL);
    for (size_t i = 0; i < count_messages(task); i++)
        give_back(consumer, task, i, tries_of(task, i) - 1); /* this one does not count */
}

/* Whether a message of a batch that has failed for good was tried less than others of it, and may be tried again. */
static bool has_tries_left(const struct pool *pool, const struct task *task, size_t number)
{
    int64_t most = pool_attempts(pool);
    return !pool_is_closing(pool) && task->attempt >= most && tries_of(task, number) < most;
}

void pool_message_done(struct pool *pool, const struct task *task)
{
    struct consumer *consumer = items_consumer(pool->feed.items, NULL);
    struct buf reason = {0};
    if (!consumer)
        return;
    if (task->end.outcome != OUTCOME_DONE)
        pool_fill_reason(pool, task, &reason);
    for (size_t i = 0; i < count_messages(task); i++) {
        const struct task_message *message = message_of(task, i);
        if (task->end.outcome == OUTCOME_DONE)
            consumer_task_done(consumer, &message->mark);
        else if (has_tries_left(pool, task, i))
            give_back(consumer, task, i, tries_of(task, i));
        else
            consumer_task_failed(consumer, &message->mark, task->item.data + message->at,
                                 message->length, tries_of(task, i), buf_string(&reason));
    }
    buf_release(&reason);
}

/* A list of this one message, as its item is a list in any case. */
static struct task_message make_alone(const struct task *task, size_t number, struct buf *item)
{
    struct task_message message = *message_of(task, number);
    value_encode_table(item, 1);
    value_encode_integer(item, 1);
    buf_append(item, task->item.data + message.at, message.length);
    message.at = item->length - message.length;
    return message;
}

/* TASK is of MESSAGE alone from now on, with ITEM (owned from now on), and was tried so often in this run. */
static void become(struct pool *pool, struct task *task, const struct task_message *message,
                   struct buf *item, int64_t tries)
{
    buf_release(&task->item);
    task->item = *item;
    task->words.is_shown = false;
    buf_clear(&task->words.shown);
    buf_clear(&task->messages);
    buf_append(&task->messages, message, sizeof(*message));
    task->before = message->mark.attempts;
    task->attempt = task->before + tries;
    pool_fill_key(pool, task); /* it is another task than the batch was */
}

struct task *pool_split(struct pool *pool, struct task *task)
{
    size_t count = pool->spec->batches.split ? count_messages(task) : 0;
    int64_t tries = task->attempt - task->before;
    struct task *rest = NULL;
    struct buf item = {0};
    for (size_t i = count; i-- > 1;) {
        struct task *one = mem_calloc(1, sizeof(*one));
        struct buf own = {0};
        struct task_message message = make_alone(task, i, &own);
        become(pool, one, &message, &own, tries);
        one->times.due = task->times.due;
        one->next = rest;
        rest = one;
    }
    if (count < 2)
        return NULL;
    struct task_message message = make_alone(task, 0, &item);
    become(pool, task, &message, &item, tries);
    for (struct task *one = rest; one; one = one->next) {
        one->index = pool->feed.next_index++;
        one->turn = pool->feed.next_turn++;
    }
    return rest;
}
