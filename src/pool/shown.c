/* What a person calls a task besides its number: its item on one line, and of a matrix its cell. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine/run.h"
#include "event/bus.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "value/value.h"

/* Bytes of what is shown. */
#define SHOWN_MOST 200

/* Cuts TEXT where it is too long, and makes one line of it. */
static void make_short(struct buf *text)
{
    size_t most = SHOWN_MOST;
    if (text->length > most) {
        while (most && ((unsigned char)text->data[most] & 0xC0) == 0x80)
            most--;
        buf_truncate(text, most);
        buf_text(text, "...");
    }
    for (size_t i = 0; i < text->length; i++)
        if ((unsigned char)text->data[i] < ' ')
            text->data[i] = ' ';
}

/* The values of a matrix's lists, "linux, gcc"; each table of it is flat. */
static void put_cell(const struct value *item, struct buf *cell)
{
    for (size_t i = 0; i < item->table.count; i++) {
        buf_text(cell, i ? ", " : "");
        value_text(cell, &item->table.pairs[i].value);
    }
    make_short(cell);
}

/* Nothing where the item is the task's own number. */
static void put_item(const struct task *task, const struct value *item, struct buf *shown)
{
    char number[24];
    if (item->type == VALUE_INTEGER && item->integer == task->index)
        return;
    value_text(shown, item);
    make_short(shown);
    if (item->type != VALUE_STRING || shown->length >= sizeof(number))
        return;
    snprintf(number, sizeof(number), "%" PRId64, task->index);
    if (!strcmp(buf_string(shown), number))
        buf_clear(shown);
}

bool pool_item_is_number(const struct pool *pool, const struct task *task)
{
    const char *at = task->item.data;
    struct value item;
    if (pool->object.run->mask || !task->item.length)
        return false;
    value_head(&at, &item);
    return item.type == VALUE_INTEGER && item.integer == task->index;
}

void pool_show_task(const struct pool *pool, struct task *task)
{
    const char *at = task->item.data;
    size_t left = task->item.length;
    struct value item = {0};
    struct error error = {0};
    if (task->words.is_shown || !left)
        return;
    bool mask = pool->object.run->mask; /* what it hides is changed in place */
    struct arena *arena = mask || value_is_table(at, left) ? arena_new() : NULL;
    task->words.is_shown = true;
    if (!value_decode(arena, &at, &left, &item, &error)) {
        if (mask)
            value_hide(arena, pool->object.run->mask, &item);
        put_item(task, &item, &task->words.shown);
        if (pool->spec->tasks.kind == SOURCE_MATRIX && item.type == VALUE_TABLE)
            put_cell(&item, &task->words.cell);
    }
    error_release(&error);
    arena_free(arena);
}

void pool_emit_task(struct pool *pool, struct task *task, struct event *event)
{
    if (!task->words.is_shown && bus_wants(pool->object.run->bus, event->kind, event->flags | pool->flags))
        pool_show_task(pool, task);
    event->flags |= event->flags & EVENT_WRONG && task->terms.allowed ? EVENT_ALLOWED : 0;
    event->work.shown = task->words.shown.length ? task->words.shown.data : NULL;
    event->work.cell = task->words.cell.length ? task->words.cell.data : NULL;
    pool_emit(pool, event);
}
