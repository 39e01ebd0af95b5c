/* Tasks and lists of them. */
#include "object/task.h"

#include <stdlib.h>

void task_list_add(struct task_list *list, struct task *task)
{
    task->next = NULL;
    if (list->last)
        list->last->next = task;
    else
        list->first = task;
    list->last = task;
    list->count++;
}

void task_list_add_first(struct task_list *list, struct task *task)
{
    task->next = list->first;
    list->first = task;
    if (!list->last)
        list->last = task;
    list->count++;
}

struct task *task_list_take(struct task_list *list)
{
    struct task *task = list->first;
    if (!task)
        return NULL;
    list->first = task->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    return task;
}

struct task *task_list_take_id(struct task_list *list, uint64_t id)
{
    struct task *before = NULL;
    for (struct task *task = list->first; task; before = task, task = task->next) {
        if (task->id != id)
            continue;
        if (!before)
            return task_list_take(list);
        before->next = task->next;
        if (list->last == task)
            list->last = before;
        list->count--;
        return task;
    }
    return NULL;
}

void task_free(struct task *task)
{
    if (!task)
        return;
    buf_release(&task->item);
    spool_release(&task->output);
    spool_release(&task->kept);
    buf_release(&task->line);
    free(task->text);
    free(task->command);
    free(task);
}
