/* What a pool that did not do all of its tasks says at the end of the run. */
#include <inttypes.h>

#include "base/buf.h"
#include "engine/run.h"
#include "event/event.h"
#include "pool/source/source.h"
#include "pool/private.h"
#include "scenario/spec.h"

int64_t pool_count_all(const struct pool *pool)
{
    if (pool->feed.exhausted && !pool->feed.error && !pool->end.broken)
        return pool->feed.next_index - pool->feed.returned;
    int64_t count = pool->feed.items ? items_count(pool->feed.items) : -1;
    return count < 0 ? -1 : pool->round.first + count;
}

int64_t pool_count_over(const struct pool *pool)
{
    return pool->counts.done + pool->counts.skipped + pool->files.current + pool->known.tally.done + pool->known.tally.unfailed + pool->feed.passed;
}

int64_t pool_count_failures(const struct pool *pool)
{
    return pool->object.spec->allow_failure ? pool->counts.failed : pool->counts.failed - pool->counts.allowed;
}

void pool_fill_tally(const struct pool *pool, struct event *event)
{
    int64_t all = pool_count_all(pool);
    event->count = pool->counts.failed;
    event->total = pool->counts.done;
    event->tally.known = true;
    event->tally.allowed = pool->counts.allowed;
    event->tally.succeeded = pool->counts.done - pool->counts.failed;
    event->tally.skipped = pool->counts.skipped;
    event->tally.current = pool->files.current;
    event->tally.left = all < 0 ? -1 : all - pool_count_over(pool);
}

void pool_print_undone(const struct event *event, const char *before, struct buf *text)
{
    int64_t undone = event->tally.skipped + (event->tally.left > 0 ? event->tally.left : 0);
    if (!undone && event->tally.left >= 0)
        return;
    buf_text(text, before);
    if (undone)
        buf_number(text, undone);
    if (event->tally.left < 0)
        buf_printf(text, "%sthose that the source may still have", undone ? " and " : "");
    buf_printf(text, " %s not done", undone == 1 && event->tally.left >= 0 ? "was" : "were");
}

void pool_print_allowed(int64_t failed, int64_t allowed, struct buf *text)
{
    if (allowed && allowed == failed)
        buf_text(text, ", which is allowed");
    else if (allowed)
        buf_printf(text, ", %" PRId64 " of them allowed", allowed);
}

/* "2 tasks succeeded, 1 failed, 7 were not done" */
static void print_tally(const struct event *event, int64_t others, struct buf *text)
{
    buf_printf(text, "%" PRId64 " task%s succeeded", event->tally.succeeded,
               event->tally.succeeded == 1 ? "" : "s");
    if (event->count)
        buf_printf(text, ", %" PRId64 " failed", event->count);
    pool_print_allowed(event->count, event->tally.allowed, text);
    if (others)
        buf_printf(text, " (%" PRId64 " not shown)", others);
    if (event->tally.current)
        buf_printf(text, ", %" PRId64 " %s up to date", event->tally.current, event->tally.current == 1 ? "was" : "were");
    pool_print_undone(event, ", ", text);
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
    bool stopped = pool->object.run->stop.cause == STOP_SIGNAL;
    struct event event = {.kind = EVENT_POOL_SUMMARY, .flags = pool->object.failed ? EVENT_WRONG : 0};
    struct buf text = {0};
    struct buf command = {0};
    pool_fill_tally(pool, &event);
    if (!event.total && !event.tally.skipped && event.tally.left <= 0)
        return; /* why there was nothing to do is told */
    print_tally(&event, pool_other_failures(pool), &text);
    if (event.count || event.tally.skipped || event.tally.left)
        print_rest(&pool->object.run->invocation, &command);
    if (command.length)
        event.work.command = buf_string(&command);
    if (command.length && stopped)
        event.flags = EVENT_WRONG; /* how to go on is told with -q too */
    bool *journal_told = &pool->object.run->journal_told;
    if (!command.length && event.tally.succeeded > 1 && (event.count || event.tally.skipped || event.tally.left) && !lasts(pool) && !*journal_told) {
        *journal_told = true;
        event.reason = "with --journal FILE, a later run could do only what is left (--resume)";
    }
    event.output.bytes = text.data;
    event.output.length = text.length;
    pool_emit(pool, &event);
    buf_release(&command);
    buf_release(&text);
}

void pool_report(struct object *object)
{
    struct pool *pool = (struct pool *)object;
    if (object->run->plan.dry || (!object->failed && !pool->end.stopped))
        return;
    pool_tell_failures(pool);
    tell_summary(pool);
}
