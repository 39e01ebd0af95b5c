/*
 * What a pool keeps of the tasks that failed: those that failed in the same way are one failure.
 *
 * Two are alike where they ended with the same exit code, signal and reason, and with the same last lines, but
 * for numbers and for what their items are.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mask.h"
#include "base/mem.h"
#include "engine/run.h"
#include "event/event.h"
#include "object/plan.h"
#include "object/pool_private.h"
#include "scenario/spec.h"
#include "script/value.h"

#define LINES_MOST 5

/* Bytes: of a task's last lines, of its reason. */
#define LAST_MOST 1000
#define LAST_KEPT (LAST_MOST + 1) /* one more tells whether there was more */
#define REASON_MOST 500

/* A longer command is not told: nobody types it, and a failure stays small. */
#define COMMAND_MOST 8000

/* So many of the tasks that failed in one way are named. */
#define NAMED_MOST 5

/* An item that is shorter is found in a word by chance. */
#define WORD_LEAST 3

struct named_task {
    int64_t task;
    char *name; /* "3 (c.txt)" */
};

/* A way in which tasks have failed, as far as it is told of again: the rest is that of the first one. */
struct failure {
    struct hash way;
    int64_t count; /* of the tasks */
    struct named_task named[NAMED_MOST];
    struct event event; /* what points to something does so here */
    struct buf reason;
    struct buf shown; /* as the task's; so is the next */
    struct buf cell;
    struct buf command;
    struct buf lines;
};

struct pool_failures {
    struct failure items[POOL_FAILURES_MOST];
    size_t count;
};

void pool_keep_last(struct task *task, const char *bytes, size_t length)
{
    struct buf *last = &task->last;
    if (length > LAST_KEPT) {
        buf_clear(last);
        bytes += length - LAST_KEPT;
        length = LAST_KEPT;
    }
    buf_append(last, bytes, length);
    if (last->length > 2 * (size_t)LAST_KEPT)
        buf_consume(last, last->length - LAST_KEPT);
}

/* Cuts TEXT to MOST bytes, and no character in two. */
static void cut(struct buf *text, size_t most)
{
    if (text->length <= most)
        return;
    while (most && ((unsigned char)text->data[most] & 0xC0) == 0x80)
        most--;
    buf_truncate(text, most);
    buf_text(text, "...");
}

/* The last lines of what the task has put out, without what it put out before. */
static void keep_lines(const struct task *task, struct buf *lines)
{
    const char *end = task->last.data + task->last.length;
    const char *from = end;
    size_t count = 0;
    size_t most = task->last.length < LAST_MOST ? task->last.length : LAST_MOST;
    while ((size_t)(end - from) < most) {
        if (from != end && from[-1] == '\n' && ++count == LINES_MOST)
            break;
        from--;
    }
    bool whole = task->last.length == most || count == LINES_MOST;
    buf_text(lines, whole ? "" : "...");
    buf_append(lines, from, (size_t)(end - from));
}

/* Whether a shell that runs the task's command does what the task did. */
static bool stands_alone(const struct pool *pool, const struct task *task)
{
    struct buf conditions = {0};
    struct buf shown = {0};
    plan_conditions(&pool->spec->object, &conditions);
    mask_text(pool->object.run->mask, &shown, task->command, strlen(task->command));
    bool alone = !conditions.length && !task->timeout && !strcmp(buf_string(&shown), task->command);
    buf_release(&shown);
    buf_release(&conditions);
    return alone;
}

/* The task's own command, or where that is not all, or there is none, as of a Lua body, parrun with this task
 * alone. A message of a queue is gone. */
static void keep_command(const struct pool *pool, const struct task *task, struct buf *command)
{
    const struct invocation *invocation = &pool->object.run->invocation;
    bool again = pool->spec->tasks.kind != SOURCE_QUEUE && invocation->program;
    bool is_short = task->command && strlen(task->command) <= COMMAND_MOST;
    if (is_short && (!again || stands_alone(pool, task)))
        buf_text(command, task->command);
    else if (again)
        buf_printf(command, "%s --task %s:%" PRId64 "%s", invocation->program, pool->object.name,
                   task->index, invocation->operands);
}

static void keep_reason(const struct pool *pool, const struct task *task, struct buf *reason)
{
    pool_fill_reason(pool, task, reason);
    buf_truncate(reason, strcspn(buf_string(reason), "\n"));
    cut(reason, REASON_MOST);
}

/* True where WORD stands at AT in TEXT; a short one may be in any other word, so it must stand by itself. */
static bool stands_at(const struct buf *text, size_t at, const struct buf *word)
{
    size_t end = at + word->length;
    if (!word->length || end > text->length || memcmp(text->data + at, word->data, word->length))
        return false;
    bool inside = at && isalnum((unsigned char)text->data[at - 1]);
    bool goes_on = end < text->length && isalnum((unsigned char)text->data[end]);
    return word->length >= WORD_LEAST || (!inside && !goes_on);
}

/* Appends TEXT with a mark for each number, and for WORD. */
static void put_likeness(const struct buf *text, const struct buf *word, struct buf *out)
{
    for (size_t i = 0; i < text->length;) {
        if (stands_at(text, i, word)) {
            buf_char(out, '\2');
            i += word->length;
        } else if (isdigit((unsigned char)text->data[i])) {
            buf_char(out, '\1');
            while (i < text->length && isdigit((unsigned char)text->data[i]))
                i++;
        } else {
            buf_char(out, text->data[i++]);
        }
    }
}

/* The same for each text that the item holds, in TEXT itself. */
static void hide_item(const struct value *item, struct buf *text)
{
    struct buf word = {0};
    struct buf hidden = {0};
    for (size_t i = 0; item->type == VALUE_TABLE && i < item->table.count; i++)
        hide_item(&item->table.pairs[i].value, text);
    if (item->type != VALUE_TABLE)
        value_text(&word, item);
    put_likeness(text, &word, &hidden);
    buf_clear(text);
    buf_append(text, hidden.data, hidden.length);
    buf_release(&hidden);
    buf_release(&word);
}

/* What tells ways to fail apart. */
static struct hash find_way(const struct pool *pool, const struct task *task, const struct failure *failure)
{
    static const struct hash key = {0};
    struct buf text = {0};
    struct value item = {0};
    struct error error = {0};
    struct arena *arena = arena_new();
    const char *at = task->item.data;
    size_t left = task->item.length;
    buf_append(&text, failure->reason.data, failure->reason.length);
    buf_char(&text, '\n');
    buf_append(&text, failure->lines.data, failure->lines.length);
    if (!value_decode(arena, &at, &left, &item, &error)) {
        if (pool->object.run->mask)
            value_hide(arena, pool->object.run->mask, &item);
        hide_item(&item, &text);
    }
    buf_printf(&text, "\n%d %" PRId64, (int)task->outcome, task->number);
    struct hash way = hash_bytes(&key, text.data, text.length);
    error_release(&error);
    arena_free(arena);
    buf_release(&text);
    return way;
}

static void release(struct failure *failure)
{
    for (size_t i = 0; i < NAMED_MOST; i++)
        free(failure->named[i].name);
    buf_release(&failure->reason);
    buf_release(&failure->shown);
    buf_release(&failure->cell);
    buf_release(&failure->command);
    buf_release(&failure->lines);
}

/* Whether one of those that are kept is of the same way; then it counts the task too. */
static struct failure *find_alike(struct pool_failures *failures, const struct hash *way)
{
    for (size_t i = 0; i < failures->count; i++)
        if (hash_equal(&failures->items[i].way, way))
            return &failures->items[i];
    return NULL;
}

static void count_in(struct failure *failure, const struct event *event)
{
    struct buf name = {0};
    int64_t at = failure->count++;
    if (at >= NAMED_MOST)
        return;
    event_fill(&name, "{task}{item}", strlen("{task}{item}"), event);
    failure->named[at] = (struct named_task){.task = event->task, .name = buf_take(&name)};
}

void pool_keep_failure(struct pool *pool, struct task *task)
{
    struct failure failure = {.event = pool_task_event(EVENT_POOL_FAILURE, task)};
    if (pool->object.run->dry)
        return;
    if (!pool->failures_kept)
        pool->failures_kept = mem_calloc(1, sizeof(*pool->failures_kept));
    struct pool_failures *failures = pool->failures_kept;
    keep_reason(pool, task, &failure.reason);
    if (task->outcome == OUTCOME_TIMEOUT && pool->spec->object.body.kind == BODY_COPROCESS)
        buf_text(&failure.reason, " without an answer: what its program writes it must flush");
    keep_lines(task, &failure.lines);
    failure.way = find_way(pool, task, &failure);
    struct failure *kept = find_alike(failures, &failure.way);
    bool is_new = !kept && failures->count < POOL_FAILURES_MOST;
    pool_show_task(pool, task);
    if (is_new) {
        failure.event.flags = EVENT_WRONG;
        pool_fill_end(task, &failure.event);
        buf_append(&failure.shown, task->shown.data, task->shown.length);
        buf_append(&failure.cell, task->cell.data, task->cell.length);
        keep_command(pool, task, &failure.command);
        kept = &failures->items[failures->count++];
        *kept = failure;
    }
    failure.event.shown = task->shown.length ? task->shown.data : NULL;
    failure.event.cell = task->cell.length ? task->cell.data : NULL;
    if (kept)
        count_in(kept, &failure.event);
    if (!is_new)
        release(&failure);
}

static int by_task(const void *left, const void *right)
{
    const struct named_task *a = left, *b = right;
    return (a->task > b->task) - (a->task < b->task);
}

/* "1 (a), 3 and 17 more" */
static void print_named(struct failure *failure, struct buf *text)
{
    int64_t named = failure->count < NAMED_MOST ? failure->count : NAMED_MOST;
    qsort(failure->named, (size_t)named, sizeof(*failure->named), by_task);
    for (int64_t i = 0; i < named; i++)
        buf_printf(text, "%s%s", i == 0 ? "" : i == failure->count - 1 ? " and " : ", ",
                   failure->named[i].name);
    if (failure->count > named)
        buf_printf(text, " and %" PRId64 " more", failure->count - named);
}

static void tell_failure(struct pool *pool, struct failure *failure)
{
    struct event event = failure->event;
    struct buf tasks = {0};
    event.reason = buf_string(&failure->reason);
    event.shown = failure->shown.length ? failure->shown.data : NULL;
    event.cell = failure->cell.length ? failure->cell.data : NULL;
    event.command = failure->command.length ? buf_string(&failure->command) : NULL;
    event.bytes = failure->lines.length ? failure->lines.data : NULL;
    event.length = failure->lines.length;
    if (failure->count > 1) {
        print_named(failure, &tasks);
        event.flags |= EVENT_ALIKE;
        event.tasks = tasks.data;
        event.count = failure->count;
    }
    pool_emit(pool, &event);
    buf_release(&tasks);
}

static int by_first(const void *left, const void *right)
{
    const struct failure *a = left, *b = right;
    return (a->event.task > b->event.task) - (a->event.task < b->event.task);
}

void pool_tell_failures(struct pool *pool)
{
    struct pool_failures *failures = pool->failures_kept;
    if (!failures)
        return;
    qsort(failures->items, failures->count, sizeof(*failures->items), by_first);
    for (size_t i = 0; i < failures->count; i++)
        tell_failure(pool, &failures->items[i]);
}

int64_t pool_other_failures(const struct pool *pool)
{
    int64_t told = 0;
    for (size_t i = 0; pool->failures_kept && i < pool->failures_kept->count; i++)
        told += pool->failures_kept->items[i].count;
    return pool->failed - told;
}

void pool_free_failures(struct pool *pool)
{
    for (size_t i = 0; pool->failures_kept && i < pool->failures_kept->count; i++)
        release(&pool->failures_kept->items[i]);
    free(pool->failures_kept);
}
