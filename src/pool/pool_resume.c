/* A pool and what earlier runs have done of it. */
#include "base/buf.h"
#include "base/error.h"
#include "engine/run.h"
#include "event/event.h"
#include "pool/private.h"
#include "pool/source/source.h"
#include "pool/task_key.h"
#include "child/exec_context.h"
#include "scenario/spec.h"
#include "log/joblog.h"
#include "store/resume.h"
#include "wire/worker_config.h"
#include "worker/planner.h"

/* What makes of each item the command that the joblog has. */
static int open_planner(struct pool *pool, struct error *error)
{
    struct exec_context context;
    struct worker_config config;
    int result = exec_context_init(&context, pool->object.run, &pool->spec->object,
                                   pool->object.name, 0, error);
    if (!result) {
        exec_context_config(&context, &config);
        pool_fill_input(pool, &config);
        pool->known.planner = planner_new(&config, error);
        result = pool->known.planner ? 0 : error->code;
    }
    exec_context_release(&context);
    return result;
}

void pool_open_resume(struct pool *pool)
{
    struct error error = {0};
    if (pool->object.run->selection.by_command && open_planner(pool, &error))
        pool_break(pool, error.text);
    else if (pool->object.run->selection.keys)
        task_key_pool(pool->object.run->scenario, pool->spec, &pool->known.content);
    error_release(&error);
}

/* A block of a stream is known by its bytes too: nobody can say that it is the stream of last time. */
static struct hash make_key(const struct pool *pool, const struct hash *content, const struct task *task)
{
    struct hash seed = *content, own;
    if (items_content(pool->feed.items, &own))
        seed = hash_bytes(content, &own, sizeof(own));
    return task_key(&seed, task->item.data, task->item.length);
}

bool pool_fill_key(struct pool *pool, struct task *task)
{
    struct buf command = {0};
    struct buf line = {0};
    struct error error = {0};
    if (!pool->known.planner && !pool->object.run->selection.keys)
        return false;
    if (!pool->known.planner) {
        task->key = make_key(pool, &pool->known.content.hash, task);
        return true;
    }
    bool made = !planner_print(pool->known.planner, task->item.data, task->item.length, task->index,
                               &command, &error);
    if (made) {
        joblog_command(&line, buf_string(&command));
        task->key = task_key_command(line.data, line.length);
    }
    error_release(&error);
    buf_release(&command);
    buf_release(&line);
    return made;
}

/* What the tasks had in common when the task was done or had failed, though its key is another now; NULL where it
 * is not known. Looked for in each, so that the journal's task is not taken for one that is gone. */
static const struct pool_content *find_former(struct pool *pool, const struct task *task)
{
    struct resume *resume = pool->object.run->selection.resume;
    const struct pool_content *former = NULL;
    size_t count;
    const struct pool_content *contents = resume_contents(resume, pool->object.name, &count);
    for (size_t i = 0; i < count; i++) {
        if (pool->known.planner || hash_equal(&contents[i].hash, &pool->known.content.hash))
            continue;
        struct hash key = make_key(pool, &contents[i].hash, task);
        if (resume_has(resume, &key, &pool->known.tally) && !former)
            former = &contents[i];
    }
    return former;
}

static void tell_undone(struct pool *pool, struct task *task, const char *reason)
{
    struct event event = pool_task_event(EVENT_TASK_UNDONE, task);
    event.flags = reason ? EVENT_REASONED : 0;
    event.reason = reason;
    event.attempt = 0;
    pool_emit_task(pool, task, &event);
}

/* Appends "env A changed, env B is new". */
static void put_changes(const struct pool *pool, const struct pool_content *former, struct buf *text)
{
    size_t length = text->length;
    pool_content_compare(former, &pool->known.content, text);
    if (text->length == length)
        buf_text(text, "its pool changed"); /* two texts of one short hash */
}

static void tell_changed(struct pool *pool, struct task *task, const struct pool_content *former)
{
    struct buf reason = {0};
    put_changes(pool, former, &reason);
    tell_undone(pool, task, reason.data);
    pool->known.former = former;
    buf_release(&reason);
}

/* Where nothing is known of the pool, nobody asks why its tasks run. */
static void tell_new(struct pool *pool, struct task *task)
{
    if (!pool->known.planner && resume_known(pool->object.run->selection.resume, pool->object.name))
        tell_undone(pool, task, NULL);
}

bool pool_was_done(struct pool *pool, struct task *task)
{
    struct resume *resume = pool->object.run->selection.resume;
    if (!pool_fill_key(pool, task) || !resume || pool->round.first)
        return false;
    const struct pool_content *former = find_former(pool, task);
    switch (resume_ask(resume, &task->key, former, &pool->known.tally)) {
    case TASK_IS_DONE:
        if (!task->file.creates || task->file.current)
            return true;
        pool->known.tally.done--;
        tell_undone(pool, task, buf_string(&task->file.why));
        return false;
    case TASK_IS_NEW:
        if (!task->file.current)
            tell_new(pool, task);
        return false;
    case TASK_HAS_FAILED:
        tell_undone(pool, task, "it failed");
        break;
    case TASK_IS_ONE_MORE:
        tell_undone(pool, task, "it is there more often than it was done");
        break;
    case TASK_HAS_CHANGED:
        tell_changed(pool, task, former);
        break;
    }
    task->file.current = false;
    return false;
}

static const char *plural(int64_t number, const char *one, const char *many)
{
    return number == 1 ? one : many;
}

/* "3 of 5 tasks were done before; 1 task of the journal is not there any more, 2 are new" */
static void fill_reason(const struct pool *pool, struct buf *reason)
{
    const struct resume_tally *tally = &pool->known.tally;
    int64_t gone = resume_known(pool->object.run->selection.resume, pool->object.name) - tally->matched;
    buf_number(reason, tally->done);
    if (pool->feed.exhausted)
        buf_printf(reason, " of %lld", (long long)pool->feed.next_index);
    buf_printf(reason, " task%s %s done before",
               (pool->feed.exhausted ? pool->feed.next_index : tally->done) == 1 ? "" : "s",
               plural(tally->done, "was", "were"));
    if (tally->unfailed)
        buf_printf(reason, ", %lld %s not failed", (long long)tally->unfailed,
                   plural(tally->unfailed, "other has", "others have"));
    if (tally->changed) {
        buf_printf(reason, ", %lld run%s again as ", (long long)tally->changed, plural(tally->changed, "s", ""));
        put_changes(pool, pool->known.former, reason);
    }
    if (pool->feed.exhausted && gone > 0)
        buf_printf(reason, "; %lld task%s of the %s %s not there any more, %lld %s new",
                   (long long)gone, gone == 1 ? "" : "s", pool->object.run->selection.by_command ? "joblog" : "journal", plural(gone, "is", "are"),
                   (long long)tally->fresh, plural(tally->fresh, "is", "are"));
}

void pool_tell_resumed(struct pool *pool)
{
    struct buf reason = {0};
    struct event event = {.kind = EVENT_POOL_RESUMED};
    if (!pool->object.run->selection.resume || pool->known.told_resumed)
        return;
    pool->known.told_resumed = true;
    fill_reason(pool, &reason);
    event.count = pool->known.tally.done;
    event.total = pool->feed.next_index;
    event.reason = reason.data;
    pool_emit(pool, &event);
    buf_release(&reason);
}
