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

/* A text of its own; NULL where it is empty, as of most tasks. */
static char *read_some(struct frame *frame)
{
    size_t length;
    const char *bytes = frame_read_bytes(frame, &length);
    return length ? mem_copy(bytes, length) : NULL;
}

void worker_task_set_item(struct worker_task *task, const char *bytes, size_t size)
{
    task->size = size;
    task->item = size <= sizeof(task->short_item) ? NULL : mem_copy(bytes, size);
    if (size && !task->item)
        memcpy(task->short_item, bytes, size);
}

const char *worker_task_item(const struct worker_task *task)
{
    return task->item ? task->item : task->short_item;
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
    task->limits = read_some(frame);
    const char *uses = frame_read_bytes(frame, &task->uses_size);
    task->uses = task->uses_size ? mem_copy(uses, task->uses_size) : NULL;
    task->output_tmp = read_some(frame);
    worker_task_set_item(task, frame->at, frame->left);
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
    return task->uses_size || value_is_table(worker_task_item(task), task->size);
}

int worker_task_decode(const struct worker_task *task, struct arena *arena, struct value *item, struct value *uses,
                struct error *error)
{
    const char *at = worker_task_item(task);
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
