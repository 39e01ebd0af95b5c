/*
 * What a pool keeps of the tasks that failed: those that failed in the same way are one failure.
 *
 * Two are alike where they ended with the same exit code, signal and reason under the same limits, and with the same last
 * lines, but for numbers and for what their items are.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "child/dry_run.h"
#include "engine/run.h"
#include "event/event.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "value/value.h"

#define LINES_MOST 5

/* Bytes: of a task's last lines, of its reason. */
#define LAST_MOST 1000
#define LAST_KEPT (LAST_MOST + 1) /* one more tells whether there was more */
#define REASON_MOST 500

/* A longer command is not told: nobody types it, and a failure stays small. */
#define COMMAND_MOST 8000

/* So many of the tasks that failed in one way are named. */
#define NAMED_MOST 5

/* So many texts of an item are looked for in what a task has said. */
#define WORDS_MOST 16

/* What tells ways to fail apart: how it ended, and what it said, with the texts that its item holds. */
struct way {
    struct buf text;
    struct buf words[WORDS_MOST];
    size_t count;
};

struct named_task {
    int64_t task;
    char *name; /* "3 (c.txt)" */
};

/* A way in which tasks have failed, as far as it is told of again: the rest is that of the first one. */
struct failure {
    struct way way;
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
    struct buf *last = &task->output.last;
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
    const char *end = task->output.last.data + task->output.last.length;
    const char *from = end;
    size_t count = 0;
    size_t most = task->output.last.length < LAST_MOST ? task->output.last.length : LAST_MOST;
    while ((size_t)(end - from) < most) {
        if (from != end && from[-1] == '\n' && ++count == LINES_MOST)
            break;
        from--;
    }
    bool whole = task->output.last.length == most || count == LINES_MOST;
    buf_text(lines, whole ? "" : "...");
    buf_append(lines, from, (size_t)(end - from));
}

/* Whether a shell that runs the task's command does what the task did. */
static bool stands_alone(const struct pool *pool, const struct task *task)
{
    struct buf conditions = {0};
    struct buf shown = {0};
    plan_conditions(&pool->spec->object, &conditions);
    mask_text(pool->object.run->mask, &shown, task->words.command, strlen(task->words.command));
    bool alone = !conditions.length && !task->terms.timeout && !strcmp(buf_string(&shown), task->words.command);
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
    bool is_short = task->words.command && strlen(task->words.command) <= COMMAND_MOST;
    if (is_short && (!again || stands_alone(pool, task)))
        buf_text(command, task->words.command);
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

static void put_words(struct way *way, const struct value *item)
{
    for (size_t i = 0; item->type == VALUE_TABLE && i < item->table.count; i++)
        put_words(way, &item->table.pairs[i].value);
    if (item->type != VALUE_TABLE && way->count < WORDS_MOST)
        value_text(&way->words[way->count++], item);
}

static void find_way(const struct pool *pool, const struct task *task, struct failure *failure)
{
    struct way *way = &failure->way;
    struct value item = {0};
    struct error error = {0};
    struct arena *arena = arena_new();
    const char *at = task->item.data;
    size_t left = task->item.length;
    buf_printf(&way->text, "%d %" PRId64 " %" PRId64 " %s\n", (int)task->end.outcome, task->end.number,
               pool->spec->own_timeout ? task->terms.timeout : 0, buf_string(&task->terms.limits));
    buf_append(&way->text, failure->reason.data, failure->reason.length);
    buf_char(&way->text, '\n');
    buf_append(&way->text, failure->lines.data, failure->lines.length);
    if (!value_decode(arena, &at, &left, &item, &error)) {
        if (pool->object.run->mask)
            value_hide(arena, pool->object.run->mask, &item);
        put_words(way, &item);
    }
    error_release(&error);
    arena_free(arena);
}

static bool has_word(const struct way *way, size_t at, const struct buf *word)
{
    return word->length && word->length <= way->text.length - at &&
           !memcmp(way->text.data + at, word->data, word->length);
}

/* Moves behind the same word of both items where it stands at both places. */
static bool pass_word(const struct way *a, size_t *i, const struct way *b, size_t *j)
{
    for (size_t word = 0; word < a->count && word < b->count; word++)
        if (has_word(a, *i, &a->words[word]) && has_word(b, *j, &b->words[word])) {
            *i += a->words[word].length;
            *j += b->words[word].length;
            return true;
        }
    return false;
}

static bool pass_number(const struct way *way, size_t *at)
{
    size_t from = *at;
    while (*at < way->text.length && isdigit((unsigned char)way->text.data[*at]))
        ++*at;
    return *at > from;
}

/* True where what they say is the same, the exit code too, but for numbers and for what the items are. */
static bool is_alike(const struct way *a, const struct way *b)
{
    size_t i = strcspn(a->text.data, "\n"), j = strcspn(b->text.data, "\n");
    if (i != j || memcmp(a->text.data, b->text.data, i))
        return false;
    while (i < a->text.length && j < b->text.length) {
        if (pass_word(a, &i, b, &j))
            continue;
        bool number = pass_number(a, &i);
        if (number != pass_number(b, &j))
            return false;
        if (!number && a->text.data[i++] != b->text.data[j++])
            return false;
    }
    return i == a->text.length && j == b->text.length;
}

static void release(struct failure *failure)
{
    for (size_t i = 0; i < NAMED_MOST; i++)
        free(failure->named[i].name);
    for (size_t i = 0; i < failure->way.count; i++)
        buf_release(&failure->way.words[i]);
    buf_release(&failure->way.text);
    buf_release(&failure->reason);
    buf_release(&failure->shown);
    buf_release(&failure->cell);
    buf_release(&failure->command);
    buf_release(&failure->lines);
}

/* The one that is kept of the same way; NULL: it is a new one. */
static struct failure *find_alike(struct pool_failures *failures, const struct way *way)
{
    for (size_t i = 0; i < failures->count; i++)
        if (is_alike(&failures->items[i].way, way))
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
    if (pool->object.run->plan.dry)
        return;
    if (!pool->counts.failures_kept)
        pool->counts.failures_kept = mem_calloc(1, sizeof(*pool->counts.failures_kept));
    struct pool_failures *failures = pool->counts.failures_kept;
    keep_reason(pool, task, &failure.reason);
    if (task->end.outcome == OUTCOME_TIMEOUT && pool->spec->object.body.kind == BODY_COPROCESS)
        buf_text(&failure.reason, " without an answer: what its program writes it must flush");
    keep_lines(task, &failure.lines);
    find_way(pool, task, &failure);
    struct failure *kept = find_alike(failures, &failure.way);
    bool is_new = !kept && failures->count < POOL_FAILURES_MOST;
    pool_show_task(pool, task);
    if (is_new) {
        failure.event.flags = EVENT_WRONG;
        pool_fill_end(task, &failure.event);
        buf_append(&failure.shown, task->words.shown.data, task->words.shown.length);
        buf_append(&failure.cell, task->words.cell.data, task->words.cell.length);
        keep_command(pool, task, &failure.command);
        kept = &failures->items[failures->count++];
        *kept = failure;
    }
    failure.event.work.shown = task->words.shown.length ? task->words.shown.data : NULL;
    failure.event.work.cell = task->words.cell.length ? task->words.cell.data : NULL;
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
    event.work.shown = failure->shown.length ? failure->shown.data : NULL;
    event.work.cell = failure->cell.length ? failure->cell.data : NULL;
    event.work.command = failure->command.length ? buf_string(&failure->command) : NULL;
    event.output.bytes = failure->lines.length ? failure->lines.data : NULL;
    event.output.length = failure->lines.length;
    if (failure->count > 1) {
        print_named(failure, &tasks);
        event.flags |= EVENT_ALIKE;
        event.work.tasks = tasks.data;
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
    struct pool_failures *failures = pool->counts.failures_kept;
    if (!failures)
        return;
    qsort(failures->items, failures->count, sizeof(*failures->items), by_first);
    for (size_t i = 0; i < failures->count; i++)
        tell_failure(pool, &failures->items[i]);
}

int64_t pool_other_failures(const struct pool *pool)
{
    int64_t told = 0;
    for (size_t i = 0; pool->counts.failures_kept && i < pool->counts.failures_kept->count; i++)
        told += pool->counts.failures_kept->items[i].count;
    return pool_count_failures(pool) - told;
}

void pool_free_failures(struct pool *pool)
{
    for (size_t i = 0; pool->counts.failures_kept && i < pool->counts.failures_kept->count; i++)
        release(&pool->counts.failures_kept->items[i]);
    free(pool->counts.failures_kept);
}
