/* Tasks that were received and have not begun. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "worker/private.h"

static void tasks_double(struct task_queue *queue)
{
    size_t capacity = queue->capacity ? queue->capacity * 2 : 64;
    struct worker_task *items = mem_calloc(capacity, sizeof(*items));
    for (size_t i = 0; i < queue->count; i++)
        items[i] = queue->items[(queue->first + i) % queue->capacity];
    free(queue->items);
    *queue = (struct task_queue){.items = items, .capacity = capacity, .count = queue->count};
}

void tasks_push(struct task_queue *queue, struct frame *frame)
{
    if (queue->count == queue->capacity)
        tasks_double(queue);
    struct worker_task *task = &queue->items[(queue->first + queue->count++) % queue->capacity];
    task->id = frame_read_u64(frame);
    task->index = frame_read_i64(frame);
    task->attempt = frame_read_i64(frame);
    task->timeout = frame_read_i64(frame);
    task->limits = frame_read_text(frame);
    const char *uses = frame_read_bytes(frame, &task->uses_size);
    task->uses = task->uses_size ? mem_copy(uses, task->uses_size) : NULL;
    task->output_tmp = frame_read_text(frame);
    task->size = frame->left;
    task->item = mem_copy(frame->at, frame->left);
}

struct worker_task tasks_pop(struct task_queue *queue)
{
    struct worker_task task = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    return task;
}

void tasks_unpop(struct task_queue *queue, const struct worker_task *task)
{
    queue->first = (queue->first + queue->capacity - 1) % queue->capacity;
    queue->items[queue->first] = *task;
    queue->count++;
}

void worker_task_release(struct worker_task *task)
{
    free(task->item);
    free(task->limits);
    free(task->uses);
    free(task->output_tmp);
}

bool worker_task_needs_arena(const struct worker_task *task)
{
    return task->uses_size || value_is_table(task->item, task->size);
}

int worker_task_decode(const struct worker_task *task, struct arena *arena, struct value *item, struct value *uses,
                struct error *error)
{
    const char *at = task->item;
    size_t left = task->size;
    int result = value_decode(arena, &at, &left, item, error);
    *uses = (struct value){0};
    at = task->uses;
    left = task->uses_size;
    return result || !left ? result : value_decode(arena, &at, &left, uses, error);
}

void tasks_release(struct task_queue *queue)
{
    while (queue->count) {
        struct worker_task task = tasks_pop(queue);
        worker_task_release(&task);
    }
    free(queue->items);
}
