/* Tasks that are told in the order of the source: what is done before its turn waits. */
#include "base/error.h"
#include "pool/private.h"

/* More output of tasks that wait for one before them is not kept in memory. */
#define UNORDERED_MEMORY (8u << 20)

static size_t memory_of(const struct task *task)
{
    size_t size = 0;
    for (size_t i = 0; i < TASK_STREAMS; i++)
        size += task->streams[i].output.memory.capacity + task->streams[i].kept.memory.capacity;
    return size;
}

/* Those that wait for one before them may be many. */
static void shelve(struct pool *pool, struct task *task)
{
    struct error error = {0};
    int result = 0;
    for (size_t i = 0; !result && i < TASK_STREAMS; i++) {
        result = spool_file_put(&task->streams[i].output, &pool->file, &error);
        if (!result)
            result = spool_file_put(&task->streams[i].kept, &pool->file, &error);
    }
    if (result)
        pool_lose(pool, error.text);
    error_release(&error);
}

/* Keeps the task until those before it are done. */
static void insert_unordered(struct pool *pool, struct task *task)
{
    bool waits = task->turn != pool->next_told;
    if (waits && pool->unordered_memory + memory_of(task) > UNORDERED_MEMORY)
        shelve(pool, task);
    pool->unordered_memory += memory_of(task);
    struct task **place = &pool->unordered;
    while (*place && (*place)->turn < task->turn)
        place = &(*place)->next;
    task->next = *place;
    *place = task;
    pool->unordered_count++;
}

static void take_in_turn(struct pool *pool)
{
    while (pool->unordered && pool->unordered->turn == pool->next_told) {
        struct task *task = pool->unordered;
        pool->unordered = task->next;
        pool->unordered_count--;
        pool->unordered_memory -= memory_of(task);
        pool->next_told++;
        task_list_add(&pool->finished, task);
    }
}

void pool_keep_turn(struct pool *pool, struct task *task)
{
    insert_unordered(pool, task);
    take_in_turn(pool);
}

void pool_release_unordered(struct pool *pool)
{
    while (pool->unordered) {
        pool->next_told = pool->unordered->turn;
        take_in_turn(pool);
    }
    pool_pump(pool);
}
