/* What a pool tells: its tasks' beginnings, output and ends, in the order that was asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "child/dry_run.h"
#include "child/limits.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "pool/private.h"
#include "pool/source/source.h"
#include "pool/results.h"
#include "queue/trace.h"
#include "scenario/spec.h"

/* A longer line is told in pieces, between which others may stand; they end between characters. */
#define LINE_LONGEST (1u << 20)

void pool_emit(struct pool *pool, struct event *event)
{
    event->flags |= pool->flags;
    object_emit(&pool->object, event);
}

struct event pool_task_event(enum event_kind kind, const struct task *task)
{
    return (struct event){
        .kind = kind,
        .has_task = true,
        .task = task->index,
        .place.worker = task->worker,
        .place.pid = task->pid,
        .attempt = task->attempt,
    };
}

void pool_tell_started(struct pool *pool, struct task *task)
{
    struct event event = pool_task_event(EVENT_TASK_STARTED, task);
    struct buf uses = {0};
    pool_print_uses(pool, task, &uses);
    event.work.uses = uses.data;
    pool_emit_task(pool, task, &event);
    buf_release(&uses);
}

static void emit_output(struct pool *pool, struct task *task, size_t stream,
                        const char *bytes, size_t length)
{
    struct event event = pool_task_event(EVENT_TASK_OUTPUT, task);
    if (pool_put_stdout(pool, task, stream, bytes, length))
        return;
    if (pool->spec->separate)
        event.output.stream = stream ? "stderr" : "stdout";
    event.output.bytes = bytes;
    event.output.length = length;
    pool_emit_task(pool, task, &event);
}

static void tell_output(struct pool *pool, struct task *task, size_t stream, const char *bytes,
                        size_t length)
{
    struct buf tagged = {0};
    if (!length)
        return;
    if (!pool->spec->tag) {
        emit_output(pool, task, stream, bytes, length);
        return;
    }
    pool_tag_output(pool, task, &task->output.streams[stream].in_line, bytes, length, &tagged);
    emit_output(pool, task, stream, tagged.data, tagged.length);
    buf_release(&tagged);
}

/* With a tag the last line ends with a newline, as another tag follows it. */
static void end_line(struct pool *pool, struct task *task, size_t stream)
{
    if (!task->output.streams[stream].in_line)
        return;
    emit_output(pool, task, stream, "\n", 1);
    task->output.streams[stream].in_line = false;
}

/* The whole lines now, a line's beginning when the rest of it has come. */
static void tell_lines(struct pool *pool, struct task *task, size_t stream, const char *bytes,
                       size_t length)
{
    struct buf *line = &task->output.streams[stream].line;
    const char *last = memrchr(bytes, '\n', length);
    size_t whole = last ? (size_t)(last + 1 - bytes) : 0;
    if (whole && line->length) {
        buf_append(line, bytes, whole);
        tell_output(pool, task, stream, line->data, line->length);
        buf_clear(line);
    } else {
        tell_output(pool, task, stream, bytes, whole);
    }
    buf_append(line, bytes + whole, length - whole);
    if (line->length < LINE_LONGEST)
        return;
    whole = line->length - utf8_tail(line->data, line->length);
    tell_output(pool, task, stream, line->data, whole);
    buf_consume(line, whole);
}

static void keep_output(struct pool *pool, struct task *task, size_t stream, const char *bytes,
                        size_t length)
{
    struct error error = {0};
    if (pool->records.results)
        results_take_output(pool->records.results, task, stream, bytes, length);
    pool_keep_last(task, bytes, length);
    switch (pool->spec->output) {
    case OUTPUT_DISCARD:
        break;
    case OUTPUT_LINES:
        tell_lines(pool, task, stream, bytes, length);
        break;
    case OUTPUT_GROUP:
    case OUTPUT_ORDERED:
        if (spool_put(&task->output.streams[stream].output, bytes, length, &error))
            pool_lose(pool, error.text);
        error_release(&error);
        break;
    }
}

/* A secret may be cut by the pieces in which output comes; LAST: no more comes. */
static void keep_masked(struct pool *pool, struct task *task, size_t stream, const char *bytes,
                        size_t length, bool last)
{
    const struct mask *mask = pool->object.run->mask;
    struct buf shown = {0};
    mask_put(mask, &task->output.streams[stream].masked, &shown, bytes, length);
    if (last)
        mask_end(mask, &task->output.streams[stream].masked, &shown);
    if (shown.length)
        keep_output(pool, task, stream, shown.data, shown.length);
    buf_release(&shown);
}

static void end_masked(struct pool *pool, struct task *task)
{
    for (size_t i = 0; i < TASK_STREAMS; i++)
        keep_masked(pool, task, i, "", 0, true);
}

void pool_take_output(struct pool *pool, struct task *task, size_t stream, const char *bytes,
                      size_t length)
{
    task->output.put_out += length;
    if (pool->object.run->mask)
        keep_masked(pool, task, stream, bytes, length, false);
    else
        keep_output(pool, task, stream, bytes, length);
}

/* "exit code 3", "ended by signal KILL", with how near it came to a limit, or the reason that the worker gave. */
static void fill_reason(const struct pool *pool, const struct task *task, struct buf *reason)
{
    if (task->end.text_length) {
        buf_append(reason, task->end.text, task->end.text_length);
        if (task->line && task->end.outcome == OUTCOME_FAILED && strstr(buf_string(reason), "${{"))
            buf_printf(reason, " (%s:%lld)", pool->spec->tasks.path, (long long)task->line);
        return;
    }
    switch (task->end.outcome) {
    case OUTCOME_EXITED:
        buf_printf(reason, "exit code %lld", (long long)task->end.number);
        break;
    case OUTCOME_SIGNALED:
        buf_printf(reason, "ended by signal %s", signal_name((int)task->end.number));
        break;
    default:
        break;
    }
    if (reason->length)
        attributes_print_near(pool->spec->object.attributes, pool->object.run, task->terms.memory_limit, task->end.memory, reason);
}

void pool_fill_reason(const struct pool *pool, const struct task *task, struct buf *reason)
{
    if (task->end.outcome != OUTCOME_TIMEOUT) {
        fill_reason(pool, task, reason);
        return;
    }
    buf_text(reason, "timed out");
    if (pool->spec->own_timeout) {
        buf_text(reason, " after ");
        duration_print(reason, task->terms.timeout);
    }
}

static void tell_timeout(struct pool *pool, struct task *task)
{
    struct event event = pool_task_event(EVENT_TASK_TIMEOUT, task);
    event.flags = EVENT_WRONG;
    event.has_duration = true;
    event.duration = task->terms.timeout;
    pool_emit_task(pool, task, &event);
}

/* Of a Lua body: where it stands, which is the same for all, and what it works on. It lasts until the next one. */
static const struct buf *make_chunk(struct pool *pool, const struct task *task)
{
    struct buf *chunk = &pool->plan.chunk;
    if (!pool->plan.chunk_head) {
        plan_lua(&pool->spec->object.body.lua, chunk);
        buf_text(chunk, ", item ");
        pool->plan.chunk_head = chunk->length;
    }
    buf_truncate(chunk, pool->plan.chunk_head);
    value_text_of(chunk, task->item.data, task->item.length);
    return chunk;
}

/* The task's command, or what stands for it. */
static const char *find_command(struct pool *pool, const struct task *task)
{
    if (task->words.command || !pool->object.run->plan.tells_commands ||
        pool->spec->object.body.kind != BODY_LUA)
        return task->words.command;
    return make_chunk(pool, task)->data;
}

/* When the attempt began and ended, how long it and all before it took, and what it used. */
static void fill_span(const struct task *task, struct event *event)
{
    event->has_duration = true;
    event->duration = task->end.duration;
    event->span.known = task->times.finished;
    event->span.began = task->times.started;
    event->span.finished = task->times.finished;
    event->usage.memory = task->end.memory;
    event->usage.has_cpu = task->end.cpu;
    event->usage.cpu = task->end.cpu;
    if (task->attempt > 1)
        event->span.all = task->times.spent;
}

void pool_fill_end(const struct task *task, struct event *event)
{
    event->has_duration = true;
    event->duration = task->end.duration;
    if (task->end.outcome == OUTCOME_DONE || task->end.outcome == OUTCOME_EXITED) {
        event->end.has_code = true;
        event->end.code = (int)task->end.number;
    }
    if (task->end.outcome == OUTCOME_SIGNALED)
        event->end.signal = (int)task->end.number;
}

static void tell_ended(struct pool *pool, struct task *task)
{
    struct event event = pool_task_event(EVENT_TASK_ENDED, task);
    struct buf reason = {0};
    struct buf item = {0};
    pool_fill_end(task, &event);
    fill_span(task, &event);
    event.output.received = task->output.put_out;
    task_shown_item(task, pool->object.run->mask, &item);
    event.work.item = item.length ? item.data : task->item.data;
    event.work.item_length = item.length ? item.length : task->item.length;
    event.work.key = task->key;
    event.work.command = find_command(pool, task);
    if (task->end.outcome != OUTCOME_DONE) {
        event.flags = EVENT_WRONG;
        fill_reason(pool, task, &reason);
        event.reason = reason.length ? reason.data : "timed out";
    }
    if (task->end.outcome == OUTCOME_TIMEOUT) {
        tell_timeout(pool, task);
        event.flags = EVENT_TOLD | EVENT_WRONG;
    }
    pool_emit_task(pool, task, &event);
    buf_release(&item);
    buf_release(&reason);
}

void pool_tell_plan(struct pool *pool, const char *text)
{
    struct event event = {.kind = EVENT_TASK_PLANNED, .flags = EVENT_REASONED, .reason = text};
    pool_emit(pool, &event);
}

/* A dry run: what each worker of the pool would start once. */
static void tell_program(struct pool *pool, const struct task *task)
{
    struct buf reason = {0};
    if (pool->plan.told_program || pool->spec->object.body.kind != BODY_COPROCESS)
        return;
    pool->plan.told_program = true;
    buf_printf(&reason, "each worker starts %s", task->words.command);
    pool_tell_plan(pool, reason.data);
    buf_release(&reason);
}

/* A dry run: the worker's result is the command that it would have run, or the line to a coprocess.
 */
static void tell_planned(struct pool *pool, struct task *task)
{
    struct event event = pool_task_event(EVENT_TASK_PLANNED, task);
    struct buf text = {0};
    tell_program(pool, task);
    if (pool->spec->object.body.kind == BODY_LUA)
        buf_append(&text, make_chunk(pool, task)->data, pool->plan.chunk.length);
    else
        value_text_of(&text, task->end.text, task->end.text_length);
    event.output.bytes = text.data;
    event.output.length = text.length;
    pool_emit_task(pool, task, &event);
    buf_release(&text);
}

void pool_tell_cut(struct pool *pool)
{
    pool_tell_plan(pool, "there are more tasks than --limit shows");
}

/* What the attempt has put out comes before what is said of it, and before the next attempt's. */
static void detach_output(struct pool *pool, struct task *task)
{
    struct task *attempt = mem_calloc(1, sizeof(*attempt));
    pool_show_task(pool, task); /* the attempt has no item */
    *attempt = *task;
    attempt->item = attempt->messages = attempt->output.last = (struct buf){0};
    attempt->words.shown = attempt->words.cell = (struct buf){0};
    buf_append(&attempt->words.shown, task->words.shown.data, task->words.shown.length);
    buf_append(&attempt->words.cell, task->words.cell.data, task->words.cell.length);
    attempt->claim = NULL;
    attempt->file.creates = NULL;
    attempt->file.why = attempt->terms.limits = attempt->terms.codes = (struct buf){0};
    attempt->retried = true;
    memset(task->output.streams, 0, sizeof(task->output.streams));
    /* The task keeps how it ended, as it may not be tried again after all. */
    if (task->end.text)
        task->end.text = mem_copy(task->end.text, task->end.text_length);
    if (task->words.command)
        task->words.command = mem_strdup(task->words.command);
    task_list_add(&pool->order.finished, attempt);
}

void pool_tell_retrying(struct pool *pool, struct task *task, int64_t wait)
{
    task->times.wait = wait;
    end_masked(pool, task);
    detach_output(pool, task);
    pool_pump(pool);
}

static void tell_retrying(struct pool *pool, struct task *task)
{
    struct event event = pool_task_event(EVENT_TASK_RETRYING, task);
    struct buf reason = {0};
    pool_fill_reason(pool, task, &reason);
    event.flags = EVENT_WRONG;
    event.reason = buf_string(&reason);
    fill_span(task, &event);
    event.duration = task->times.wait;
    event.attempt = task->attempt + 1;
    event.total = pool_attempts(pool);
    pool_emit_task(pool, task, &event);
    buf_release(&reason);
}

static void tell_stopped(struct pool *pool, struct task *task)
{
    struct event event = pool_task_event(EVENT_TASK_STOPPED, task);
    event.reason = task->end.text;
    event.flags = task->retried ? EVENT_AGAIN : 0;
    fill_span(task, &event);
    pool_emit_task(pool, task, &event);
}

static void count_task(struct pool *pool, struct task *task)
{
    pool->counts.done++;
    if (task->end.outcome == OUTCOME_DONE)
        return;
    if ((size_t)pool->counts.failed < countof(pool->counts.failures))
        pool->counts.failures[pool->counts.failed] = task->index;
    pool->counts.failed++;
    pool->counts.allowed += task->terms.allowed;
    if (task->terms.allowed && !pool->object.spec->allow_failure)
        return;
    pool_keep_failure(pool, task);
    if (pool->pacing.won)
        return;
    pool->object.failed = true;
    object_fails(&pool->object);
}

/* Tells the kept output piece by piece; false where the log took no more before its end. */
static bool tell_spool(struct pool *pool, struct task *task, size_t stream)
{
    struct spool *spool = &task->output.streams[stream].output;
    const char *bytes;
    size_t length;
    struct error error = {0};
    int result = 0;
    while (!pool_is_held(pool) && (result = spool_next(spool, &bytes, &length, &error)) > 0)
        tell_output(pool, task, stream, bytes, length);
    if (result < 0)
        pool_lose(pool, error.text);
    error_release(&error);
    return !pool_is_held(pool) || result < 0 ||
           (!spool->memory.length && spool->read == spool->size);
}

/* The same of both streams, and of lines that have no end. */
static bool tell_kept(struct pool *pool, struct task *task)
{
    for (size_t i = 0; i < TASK_STREAMS; i++) {
        struct buf *line = &task->output.streams[i].line;
        if (!tell_spool(pool, task, i))
            return false;
        tell_output(pool, task, i, line->data, line->length);
        buf_clear(line);
        end_line(pool, task, i);
    }
    return true;
}

void pool_pump(struct pool *pool)
{
    while (pool->order.finished.first) {
        struct task *task = pool->order.finished.first;
        if (!tell_kept(pool, task))
            return;
        bool over = !task->retried && !task->untold;
        if (pool->records.results && over) /* first: the journal and the queue wait for what it has put */
            results_put(pool->records.results, task);
        if (over && task->end.outcome != OUTCOME_CANCELLED)
            pool_message_done(pool, task);
        if (task->untold)
            ; /* only its turn is passed */
        else if (task->end.outcome == OUTCOME_CANCELLED)
            tell_stopped(pool, task);
        else if (task->retried)
            tell_retrying(pool, task);
        else if (pool->object.run->plan.dry && task->end.outcome == OUTCOME_DONE)
            tell_planned(pool, task);
        else
            tell_ended(pool, task);
        if (over && !pool->object.run->plan.dry)
            pool_tell_file(pool, task);
        task_put_back(&pool->feed.spare, task_list_take(&pool->order.finished));
    }
    if (!pool->order.unordered)
        spool_file_clear(&pool->order.file);
}

void pool_finish_task(struct pool *pool, struct task *task)
{
    items_done(pool->feed.items, &task->item, task->index);
    end_masked(pool, task);
    count_task(pool, task);
    buf_release(&task->output.last);
    if (pool->spec->output == OUTPUT_ORDERED)
        pool_keep_turn(pool, task);
    else
        task_list_add(&pool->order.finished, task);
    pool_pump(pool);
    pool_check_halt(pool);
}

static const char *why_stopped(const struct pool *pool)
{
    return pool->end.broken                        ? "the pool failed"
           : pool->pacing.halted                      ? "the pool was halted"
           : object_is_lowered(&pool->object) ? "the pool was stopped"
                                               : "the run was stopped";
}

/* The task is begun anew: when another word starts the pool, that one has stopped, or by another worker. */
static void do_again(struct pool *pool, struct task *task)
{
    detach_output(pool, task);
    task_forget(task);
    task_list_add_first(&pool->feed.ready, task);
    pool_pump(pool);
}

void pool_evict_task(struct pool *pool, struct task *task, const char *reason)
{
    end_masked(pool, task);
    free(task->end.text);
    task->end.text = mem_strdup(reason);
    task->end.text_length = strlen(reason);
    task->end.outcome = OUTCOME_CANCELLED;
    do_again(pool, task);
}

void pool_pass_turn(struct pool *pool, struct task *task)
{
    pool->feed.returned++;
    if (pool->spec->output != OUTPUT_ORDERED) {
        task_free(task);
        return;
    }
    task->untold = true;
    pool_keep_turn(pool, task);
    pool_pump(pool);
}

void pool_end_task(struct pool *pool, struct task *task)
{
    const char *why = why_stopped(pool);
    end_masked(pool, task);
    free(task->end.text);
    task->end.text = mem_strdup(why);
    task->end.text_length = strlen(why);
    task->end.outcome = OUTCOME_CANCELLED;
    if (!pool_is_closing(pool) && pool->spec->tasks.kind != SOURCE_QUEUE) {
        do_again(pool, task);
        return;
    }
    if (pool_is_closing(pool))
        pool->counts.skipped++;
    else
        pool->feed.returned++;
    buf_release(&task->output.last);
    pool_message_back(pool, task);
    if (pool->spec->output == OUTPUT_ORDERED)
        pool_keep_turn(pool, task);
    else
        task_list_add(&pool->order.finished, task);
    pool_pump(pool);
}

void pool_skip_task(struct pool *pool, struct task *task)
{
    struct event event = pool_task_event(EVENT_TASK_SKIPPED, task);
    event.reason = why_stopped(pool);
    pool->counts.skipped++;
    pool_emit_task(pool, task, &event);
    pool_message_back(pool, task);
    task_free(task);
}

bool pool_has_told_all(const struct pool *pool)
{
    return !pool->order.finished.first && !pool->order.unordered;
}

int pool_by_number(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* "2 of 5 tasks failed, 1 of them allowed: tasks 1, 3" */
static void fill_failures(struct pool *pool, struct buf *reason)
{
    bool more = pool->counts.failed > (int64_t)countof(pool->counts.failures);
    size_t named = more ? countof(pool->counts.failures) : (size_t)pool->counts.failed;
    qsort(pool->counts.failures, named, sizeof(*pool->counts.failures), pool_by_number);
    buf_printf(reason, "%lld of %lld tasks failed", (long long)pool->counts.failed, (long long)pool->counts.done);
    pool_print_allowed(pool->counts.failed, pool->counts.allowed, reason);
    buf_printf(reason, ": task%s ", named > 1 ? "s" : "");
    for (size_t i = 0; i < named; i++)
        buf_printf(reason, "%s%lld", i ? ", " : "", (long long)pool->counts.failures[i]);
    if (more)
        buf_text(reason, ", ...");
}

/* What was done and what was not, and why the pool itself failed; nothing where all is well. */
void pool_fill_outcome(struct pool *pool, struct buf *reason)
{
    struct event tally = {0};
    bool cut_short = pool_is_stopping(pool);
    if (pool->counts.failed)
        fill_failures(pool, reason);
    else if (cut_short)
        buf_printf(reason, "%lld task%s done", (long long)pool->counts.done, pool->counts.done == 1 ? "" : "s");
    if (cut_short && (pool->counts.skipped || !pool->feed.exhausted)) {
        pool_fill_tally(pool, &tally);
        pool_print_undone(&tally, "; ", reason);
    }
    if (pool->end.reason)
        buf_printf(reason, "%s%s", reason->length ? "; " : "", pool->end.reason);
}
