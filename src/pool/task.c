/* Tasks and lists of them. */
#include "pool/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "child/creates.h"
#include "value/value.h"

/* So many tasks are kept as memory for the next ones, and their items up to so many bytes. Under ASan none is, so that it
 * sees who holds one too long. */
#ifdef __SANITIZE_ADDRESS__
#define SPARE_MOST 0
#else
#define SPARE_MOST 2048
#endif
#define SPARE_ITEM 64

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

void task_forget(struct task *task)
{
    free(task->end.text);
    free(task->words.command);
    task->end.text = task->words.command = NULL;
    task->end.text_length = 0;
    task->end.outcome = OUTCOME_DONE;
    task->end.number = 0;
    task->end.memory = task->end.cpu = 0;
    task->output.put_out = 0;
    task->times.due = 0;
    buf_clear(&task->output.last);
}

void task_fail(struct task *task, const char *reason)
{
    free(task->end.text);
    task->end.outcome = OUTCOME_FAILED;
    task->end.text = mem_strdup(reason);
    task->end.text_length = strlen(reason);
}

struct task *task_new(struct task_list *spare)
{
    struct task *task = task_list_take(spare);
    if (!task)
        return mem_calloc(1, sizeof(*task));
    task->next = NULL;
    return task;
}

/* All but its item. */
static void release(struct task *task)
{
    buf_release(&task->messages);
    for (size_t i = 0; i < TASK_STREAMS; i++) {
        spool_release(&task->output.streams[i].output);
        spool_release(&task->output.streams[i].kept);
        buf_release(&task->output.streams[i].line);
        mask_stream_release(&task->output.streams[i].masked);
    }
    creates_free(task->file.creates);
    buf_release(&task->file.why);
    buf_release(&task->terms.limits);
    buf_release(&task->terms.codes);
    buf_release(&task->output.last);
    buf_release(&task->words.shown);
    buf_release(&task->words.cell);
    free(task->end.text);
    free(task->words.command);
    free(task->claim);
}

void task_free(struct task *task)
{
    if (!task)
        return;
    release(task);
    buf_release(&task->item);
    free(task);
}

void task_list_release(struct task_list *list)
{
    struct task *task;
    while ((task = task_list_take(list)))
        task_free(task);
}

void task_put_back(struct task_list *spare, struct task *task)
{
    struct buf item = task->item;
    if (spare->count + 1 > SPARE_MOST || item.capacity > SPARE_ITEM) {
        task_free(task);
        return;
    }
    release(task);
    *task = (struct task){.item = item};
    buf_clear(&task->item);
    task_list_add_first(spare, task);
}

void value_hide(struct arena *arena, const struct mask *mask, struct value *value)
{
    struct buf text = {0};
    if (value->type == VALUE_STRING) {
        mask_text(mask, &text, value->string.bytes, value->string.length);
        value->string.bytes = arena_copy(arena, buf_string(&text), text.length);
        value->string.length = text.length;
    }
    for (size_t i = 0; value->type == VALUE_TABLE && i < value->table.count; i++) {
        value_hide(arena, mask, &value->table.pairs[i].key);
        value_hide(arena, mask, &value->table.pairs[i].value);
    }
    buf_release(&text);
}

void task_shown_item(const struct task *task, const struct mask *mask, struct buf *out)
{
    const char *at = task->item.data;
    size_t left = task->item.length;
    struct value value = {0};
    struct error error = {0};
    if (!mask)
        return;
    struct arena *arena = arena_new();
    if (!value_decode(arena, &at, &left, &value, &error)) {
        value_hide(arena, mask, &value);
        value_encode(out, &value);
    }
    error_release(&error);
    arena_free(arena);
}
