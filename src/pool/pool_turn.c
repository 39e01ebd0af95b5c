/* Tasks that are told in the order of the source: what is done before its turn waits. */
#include "base/error.h"
#include "pool/private.h"

/* More output of tasks that wait for one before them is not kept in memory. */
#define UNORDERED_MEMORY (8u << 20)

static size_t memory_of(const struct task *task)
{
    size_t size = 0;
    for (size_t i = 0; i < TASK_STREAMS; i++)
        size += task->output.streams[i].output.memory.capacity + task->output.streams[i].kept.memory.capacity;
    return size;
}

/* Those that wait for one before them may be many. */
static void shelve(struct pool *pool, struct task *task)
{
    struct error error = {0};
    int result = 0;
    for (size_t i = 0; !result && i < TASK_STREAMS; i++) {
        result = spool_file_put(&task->output.streams[i].output, &pool->order.file, &error);
        if (!result)
            result = spool_file_put(&task->output.streams[i].kept, &pool->order.file, &error);
    }
    if (result)
        pool_lose(pool, error.text);
    error_release(&error);
}

/* Keeps the task until those before it are done. */
static void insert_unordered(struct pool *pool, struct task *task)
{
    bool waits = task->turn != pool->order.next_told;
    if (waits && pool->order.unordered_memory + memory_of(task) > UNORDERED_MEMORY)
        shelve(pool, task);
    pool->order.unordered_memory += memory_of(task);
    struct task **place = &pool->order.unordered;
    while (*place && (*place)->turn < task->turn)
        place = &(*place)->next;
    task->next = *place;
    *place = task;
    pool->order.unordered_count++;
}

static void take_in_turn(struct pool *pool)
{
    while (pool->order.unordered && pool->order.unordered->turn == pool->order.next_told) {
        struct task *task = pool->order.unordered;
        pool->order.unordered = task->next;
        pool->order.unordered_count--;
        pool->order.unordered_memory -= memory_of(task);
        pool->order.next_told++;
        task_list_add(&pool->order.finished, task);
    }
}

void pool_keep_turn(struct pool *pool, struct task *task)
{
    insert_unordered(pool, task);
    take_in_turn(pool);
}

void pool_release_unordered(struct pool *pool)
{
    while (pool->order.unordered) {
        pool->order.next_told = pool->order.unordered->turn;
        take_in_turn(pool);
    }
    pool_pump(pool);
}
