/* What a pool keeps of its first failures, and what it tells of them at the end of the run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mask.h"
#include "base/mem.h"
#include "engine/run.h"
#include "event/event.h"
#include "object/items.h"
#include "object/plan.h"
#include "object/pool_private.h"
#include "object/trace.h"
#include "scenario/spec.h"

#define LINES_MOST 5

/* Bytes: of a task's last lines, of its reason. */
#define LAST_MOST 1000
#define LAST_KEPT (LAST_MOST + 1) /* one more tells whether there was more */
#define REASON_MOST 500

/* A longer command is not told: nobody types it, and a failure stays small. */
#define COMMAND_MOST 8000

/* A task that has failed, as far as it is told of again. */
struct failure {
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

static bool is_wanted(const struct pool *pool)
{
    return !pool->failures_kept || pool->failures_kept->count < POOL_FAILURES_MOST;
}

void pool_keep_last(const struct pool *pool, struct task *task, const char *bytes, size_t length)
{
    struct buf *last = &task->last;
    if (!is_wanted(pool))
        return;
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

void pool_keep_failure(struct pool *pool, struct task *task)
{
    if (!is_wanted(pool) || pool->object.run->dry)
        return;
    if (!pool->failures_kept)
        pool->failures_kept = mem_calloc(1, sizeof(*pool->failures_kept));
    struct failure *failure = &pool->failures_kept->items[pool->failures_kept->count++];
    failure->event = pool_task_event(EVENT_POOL_FAILURE, task);
    failure->event.flags = EVENT_WRONG;
    pool_fill_end(task, &failure->event);
    keep_reason(pool, task, &failure->reason);
    if (task->outcome == OUTCOME_TIMEOUT && pool->spec->object.body.kind == BODY_COPROCESS)
        buf_text(&failure->reason, " without an answer: what its program writes it must flush");
    pool_show_task(pool, task);
    buf_append(&failure->shown, task->shown.data, task->shown.length);
    buf_append(&failure->cell, task->cell.data, task->cell.length);
    keep_command(pool, task, &failure->command);
    keep_lines(task, &failure->lines);
}

static void tell_failure(struct pool *pool, struct failure *failure)
{
    struct event event = failure->event;
    event.reason = buf_string(&failure->reason);
    event.shown = failure->shown.length ? failure->shown.data : NULL;
    event.cell = failure->cell.length ? failure->cell.data : NULL;
    event.command = failure->command.length ? buf_string(&failure->command) : NULL;
    event.bytes = failure->lines.length ? failure->lines.data : NULL;
    event.length = failure->lines.length;
    pool_emit(pool, &event);
}

void pool_fill_tally(const struct pool *pool, struct event *event)
{
    int64_t all = pool->items ? items_count(pool->items) : -1;
    int64_t seen = pool->done + pool->skipped + pool->tally.done + pool->tally.unfailed +
                   pool->passed;
    event->count = pool->failed;
    event->total = pool->done;
    event->has_tally = true;
    event->succeeded = pool->done - pool->failed;
    event->skipped = pool->skipped;
    event->left = pool->exhausted && !pool->broken ? 0 : all < 0 ? -1 : all - seen;
}

/* "2 tasks succeeded, 1 failed, 7 were not done" */
static void print_tally(const struct event *event, struct buf *text)
{
    int64_t undone = event->skipped + (event->left > 0 ? event->left : 0);
    buf_printf(text, "%" PRId64 " task%s succeeded", event->succeeded,
               event->succeeded == 1 ? "" : "s");
    if (event->count)
        buf_printf(text, ", %" PRId64 " failed", event->count);
    if (event->left < 0)
        buf_text(text, ", any others were not done");
    else if (undone)
        buf_printf(text, ", %" PRId64 " %s not done", undone, undone == 1 ? "was" : "were");
}

/* How a later run does what is left: the same command line, with the journal that it has kept. */
static void print_rest(const struct invocation *invocation, struct buf *command)
{
    if (invocation->program && invocation->journal)
        buf_printf(command, "%s%s%s", invocation->program, invocation->resumes ? "" : " --resume",
                   invocation->arguments);
}

/* True where what is not done stays in the file of a durable queue: the next run has that alone anyway. */
static bool lasts(const struct pool *pool)
{
    const struct source_spec *tasks = &pool->spec->tasks;
    return tasks->kind == SOURCE_QUEUE &&
           pool->object.run->scenario->queues[tasks->queue].durable;
}

static void tell_summary(struct pool *pool)
{
    struct event event = {.kind = EVENT_POOL_SUMMARY, .flags = pool->object.failed ? EVENT_WRONG : 0};
    struct buf text = {0};
    struct buf command = {0};
    pool_fill_tally(pool, &event);
    if (!event.total && !event.skipped && event.left <= 0)
        return; /* why there was nothing to do is told */
    print_tally(&event, &text);
    if (event.count || event.skipped || event.left)
        print_rest(&pool->object.run->invocation, &command);
    if (command.length)
        event.command = buf_string(&command);
    else if (event.succeeded > 1 && (event.count || event.skipped || event.left) && !lasts(pool))
        event.reason = "with --journal FILE, a later run could do only what is left (--resume)";
    event.bytes = text.data;
    event.length = text.length;
    pool_emit(pool, &event);
    buf_release(&command);
    buf_release(&text);
}

static int by_task(const void *left, const void *right)
{
    const struct failure *a = left, *b = right;
    return (a->event.task > b->event.task) - (a->event.task < b->event.task);
}

void pool_report(struct object *object)
{
    struct pool *pool = (struct pool *)object;
    if (object->run->dry || (!object->failed && !pool->stopped))
        return;
    if (pool->failures_kept)
        qsort(pool->failures_kept->items, pool->failures_kept->count,
              sizeof(*pool->failures_kept->items), by_task);
    for (size_t i = 0; pool->failures_kept && i < pool->failures_kept->count; i++)
        tell_failure(pool, &pool->failures_kept->items[i]);
    tell_summary(pool);
}

void pool_free_failures(struct pool *pool)
{
    for (size_t i = 0; pool->failures_kept && i < pool->failures_kept->count; i++) {
        struct failure *failure = &pool->failures_kept->items[i];
        buf_release(&failure->reason);
        buf_release(&failure->shown);
        buf_release(&failure->cell);
        buf_release(&failure->command);
        buf_release(&failure->lines);
    }
    free(pool->failures_kept);
}
