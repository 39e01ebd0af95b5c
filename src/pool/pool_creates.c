/* Tasks that create a file, and are not run where that is up to date. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "child/creates.h"
#include "child/dry_run.h"
#include "engine/run.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "script/script.h"
#include "template/template.h"

/* Where the task runs; NULL: where parrun does. *OWN is to be freed. */
static int find_directory(struct pool *pool, const char **directory, char **own, struct error *error)
{
    const struct template *cwd = pool->spec->object.cwd;
    struct buf text = {0};
    int result = 0;
    *directory = pool->needs.terms.directory;
    if (cwd && template_uses_task(cwd)) {
        result = exec_context_render(&pool->needs.terms, cwd, &text, error);
        *directory = *own = result ? NULL : scenario_path(pool->object.run->scenario, buf_string(&text));
    }
    buf_release(&text);
    return result;
}

/* Two tasks that make one file would both be done once the first is. Messages come again, and may say the same. */
static int claim(struct pool *pool, const struct task *task, struct error *error)
{
    const char *path = creates_path(task->file.creates);
    if (pool->spec->tasks.kind == SOURCE_QUEUE)
        return 0;
    if (!pool->files.claimed_paths)
        pool->files.claimed_paths = arena_new();
    size_t length = strlen(path);
    size_t *owner = names_slot(&pool->files.claimed, arena_copy(pool->files.claimed_paths, path, length), length);
    if (*owner != NAMES_NONE)
        return error_set(error, ERROR_FAILED, "creates names '%s', which task %zu creates, too", path, *owner);
    *owner = (size_t)task->index;
    return 0;
}

static int look(struct pool *pool, struct task *task, struct error *error)
{
    const struct creates_spec *spec = &pool->spec->object.creates;
    const char *directory;
    char *own = NULL;
    int result = pool_set_terms(pool, task, error);
    if (!result)
        result = find_directory(pool, &directory, &own, error);
    if (!result)
        result = creates_new(spec, exec_context_script(&pool->needs.terms), directory, &task->file.creates, error);
    free(own);
    if (!result)
        result = claim(pool, task, error);
    if (!result)
        result = creates_is_current(task->file.creates, &task->file.why, error);
    task->file.current = result > 0 && !pool->object.run->selection.count; /* whoever asks for a task wants it run */
    return result < 0 ? result : 0;
}

bool pool_look_at_file(struct pool *pool, struct task *task)
{
    struct error error = {0};
    if (!pool->spec->object.creates.path || !look(pool, task, &error))
        return true;
    pool_fail_unbegun(pool, task, &error);
    error_release(&error);
    return false;
}

void pool_tell_current(struct pool *pool, struct task *task)
{
    bool dry = pool->object.run->plan.dry;
    struct event event = pool_task_event(dry ? EVENT_TASK_PLANNED : EVENT_TASK_CURRENT, task);
    struct buf text = {0};
    event.attempt = 0;
    event.reason = dry ? NULL : buf_string(&task->file.why);
    if (dry) {
        plan_current(&task->file.why, &text);
        event.output.bytes = text.data;
        event.output.length = text.length;
    }
    pool->files.current++;
    pool_emit_task(pool, task, &event);
    buf_release(&text);
}

void pool_tell_all_current(struct pool *pool)
{
    struct event event = {.kind = EVENT_POOL_CURRENT, .total = pool->feed.next_index, .tally.current = pool->files.current};
    struct buf reason = {0};
    if (!pool->files.current || pool->files.told_current || pool->object.run->plan.dry)
        return;
    pool->files.told_current = true;
    buf_number(&reason, pool->files.current);
    if (pool->feed.exhausted)
        buf_printf(&reason, " of %lld", (long long)pool->feed.next_index);
    buf_printf(&reason, " task%s %s up to date", (pool->feed.exhausted ? pool->feed.next_index : pool->files.current) == 1 ? "" : "s",
               pool->files.current == 1 ? "is" : "are");
    event.reason = reason.data;
    pool_emit(pool, &event);
    buf_release(&reason);
}

void pool_tell_file(struct pool *pool, struct task *task)
{
    struct event event = pool_task_event(EVENT_TASK_FILE, task);
    event.reason = task->file.why.data;
    if (task->file.why.length)
        pool_emit_task(pool, task, &event);
}

void pool_begin_file(struct task *task)
{
    if (!task->file.creates)
        return;
    buf_clear(&task->file.why);
    creates_begin(task->file.creates);
}

void pool_settle_file(struct pool *pool, struct task *task)
{
    struct error error = {0};
    if (!task->file.creates || pool->object.run->plan.dry)
        return;
    if (task->end.outcome == OUTCOME_DONE && creates_keep(task->file.creates, &task->file.why, &error))
        task_fail(task, error.text);
    if (task->end.outcome != OUTCOME_DONE)
        creates_drop(task->file.creates, &task->file.why);
    error_release(&error);
}
