/* What a pool makes of what its workers tell. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "engine/run.h"
#include "event/event.h"
#include "pool/private.h"
#include "scenario/spec.h"

/* Workers that ended before they were ready, one after another, until the pool gives up. */
#define LOST_MOST 5

void pool_worker_line(struct pool_worker *worker, const char *bytes, size_t length)
{
    struct event event = {
        .kind = EVENT_WORKER_OUTPUT,
        .place.worker = worker->number,
        .place.pid = worker->pid,
        .output.bytes = bytes,
        .output.length = length,
    };
    pool_emit(worker->pool, &event);
}

void pool_worker_text(struct pool_worker *worker, const char *bytes, size_t length)
{
    struct buf *line = &worker->line;
    const char *newline;
    buf_append(line, bytes, length);
    while ((newline = memchr(line->data, '\n', line->length))) {
        size_t whole = (size_t)(newline - line->data);
        pool_worker_line(worker, line->data, whole);
        buf_consume(line, whole + 1);
    }
}

static void end_setup_output(struct pool_worker *worker)
{
    if (worker->line.length)
        pool_worker_line(worker, worker->line.data, worker->line.length);
    buf_release(&worker->line);
}

void pool_worker_ready(struct pool_worker *worker)
{
    struct pool *pool = worker->pool;
    struct event event = {
        .kind = EVENT_WORKER_STARTED, .place.worker = worker->number, .place.pid = worker->pid};
    if (worker->state != CREW_STARTING)
        return;
    if (worker->host) {
        event.flags = EVENT_ELSEWHERE;
        event.place.machine = worker->host;
        event.place.job = *worker->job ? worker->job : NULL;
    }
    end_setup_output(worker);
    worker->state = CREW_READY;
    pool->workers.lost_in_a_row = 0;
    pool->workers.refusal = (struct refusal){0};
    pool_emit(pool, &event);
    pool_look(pool);
}

void pool_worker_refused(struct pool_worker *worker, const char *reason)
{
    struct buf text = {0};
    bool lua = worker->pool->spec->object.body.kind == BODY_LUA;
    buf_printf(&text, "%s%s", lua ? "setup failed: " : "", reason);
    pool_break(worker->pool, text.data);
    buf_release(&text);
}

void pool_worker_output(struct pool_worker *worker, size_t stream, const char *bytes, size_t length)
{
    if (worker->tasks.first)
        pool_take_output(worker->pool, worker->tasks.first, stream, bytes, length);
    else if (length)
        pool_worker_text(worker, bytes, length);
}

/* The average moves a quarter of the way to a longer task, an eighth to a shorter one. */
static void learn_duration(struct pool *pool, const struct result *result)
{
    int64_t duration = result->duration;
    if (pool->spec->timeout_percent && result->outcome == OUTCOME_DONE)
        pool->pace.recent[pool->pace.recent_count++ % countof(pool->pace.recent)] = duration;
    if (duration < 1)
        duration = 1;
    if (!pool->pace.average)
        pool->pace.average = duration;
    else
        pool->pace.average += (duration - pool->pace.average) / (duration > pool->pace.average ? 4 : 8);
    if (pool->pace.average < 1)
        pool->pace.average = 1;
}

/* NOW is of clock_monotonic(). */
/* A copy for the task; of a frame that is not needed any more what is large is in memory once. */
static char *text_of(const struct result *result)
{
    if (!result->spent)
        return mem_copy(result->text, result->text_length);
    char *text = mem_realloc(NULL, result->text_length + 1, 1);
    mem_move(text, (void *)(uintptr_t)result->text, result->text_length);
    text[result->text_length] = '\0';
    return text;
}

static void take_result(struct task *task, const struct result *result, int64_t now)
{
    task->end.outcome = result->outcome;
    task->end.number = result->number;
    task->end.duration = result->duration;
    task->times.finished = now;
    task->times.spent += result->duration;
    task->end.memory = result->memory;
    task->end.out_of_memory = result->out_of_memory;
    task->end.cpu = result->cpu;
    if (result->text_length) {
        task->end.text = text_of(result);
        task->end.text_length = result->text_length;
    }
    if (result->command_length)
        task->words.command = mem_copy(result->command, result->command_length);
}

/* What a command's exit code means; TEXT of a result is none of its own. */
static void judge_code(const struct pool *pool, struct task *task)
{
    const struct codes_spec *success = pool->spec->success;
    bool given = success->count || success->own_count;
    bool done = task->end.outcome == OUTCOME_DONE;
    if (pool->object.run->plan.dry || !given || (!done && task->end.outcome != OUTCOME_EXITED) ||
        pool_code_is_success(pool, task, task->end.number) == done)
        return;
    free(task->end.text);
    task->end.outcome = done ? OUTCOME_EXITED : OUTCOME_DONE;
    task->end.text = done ? mem_strdup("exit code 0 is none of its success_codes") : NULL;
    task->end.text_length = done ? strlen(task->end.text) : 0;
}

void pool_worker_result(struct pool_worker *worker, const struct result *result)
{
    struct pool *pool = worker->pool;
    struct task *task = worker->tasks.first;
    int64_t now = clock_monotonic();
    if (!task || task->id != result->id)
        return; /* of a worker that was given up: its task was told already */
    task_list_take(&worker->tasks);
    pool_release(pool, task);
    task->lost = 0;
    take_result(task, result, now);
    judge_code(pool, task);
    pool_settle_file(pool, task);
    learn_duration(pool, result);
    worker->done++;
    if (task->end.outcome == OUTCOME_CANCELLED)
        pool_end_task(pool, task);
    else if (!pool_retry(pool, task))
        pool_finish_task(pool, task);
    if (worker->tasks.first)
        pool_worker_begin_first(worker, now);
    if (pool_is_ending(pool) && worker->tasks.first)
        worker->kind->cancel(worker, worker->tasks.first->id);
    pool_look(pool);
}

void pool_worker_gave_back(struct pool_worker *worker, uint64_t id)
{
    struct task *task = task_list_take_id(&worker->tasks, id);
    if (!task)
        return;
    pool_release(worker->pool, task);
    task_list_add(&worker->pool->feed.ready, task);
}

void pool_worker_revoked(struct pool_worker *worker)
{
    worker->revoking = false;
    pool_look(worker->pool);
}

/* Of a host that is lost nobody knows whether the task was to blame. Twice in a row it is taken to be. */
#define LOST_TASK_MOST 2

/* True where the task was lost with the agent of its worker, and is begun anew. */
static bool evict(struct pool_worker *worker, struct task *task, const char *reason)
{
    struct buf text = {0};
    if (worker->loss == AGENT_KEPT || pool_is_closing(worker->pool))
        return false;
    if ((worker->loss == AGENT_LOST && ++task->lost >= LOST_TASK_MOST) || pool_worker_was_too_short(worker, task))
        return false;
    buf_printf(&text, "its worker was lost: %s", reason);
    pool_evict_task(worker->pool, task, text.data);
    buf_release(&text);
    return true;
}

/* The first task was lost with its worker; the others go to another. */
static void give_up_tasks(struct pool_worker *worker, const char *reason)
{
    struct pool *pool = worker->pool;
    struct task *lost = task_list_take(&worker->tasks);
    struct task *task;
    while ((task = task_list_take(&worker->tasks))) {
        pool_release(pool, task);
        task_list_add(&pool->feed.ready, task);
    }
    if (!lost)
        return;
    pool_release(pool, lost);
    lost->times.finished = clock_monotonic();
    lost->end.duration = lost->times.finished - lost->times.started;
    lost->times.spent += lost->end.duration;
    lost->end.outcome = OUTCOME_FAILED;
    pool_settle_file(pool, lost);
    if (evict(worker, lost, reason))
        return;
    if (pool_is_ending(pool)) {
        pool_end_task(pool, lost);
        return;
    }
    lost->end.outcome = worker->hung ? OUTCOME_TIMEOUT : OUTCOME_FAILED;
    struct buf text = {0};
    buf_printf(&text, "its worker was lost: %s%s", reason,
               pool_worker_was_too_short(worker, lost) ? ", after the task had all the time of a job" : "");
    lost->end.text_length = text.length;
    lost->end.text = buf_take(&text);
    if (!pool_retry(pool, lost))
        pool_finish_task(pool, lost);
}

void pool_worker_gone(struct pool_worker *worker, const char *reason)
{
    struct pool *pool = worker->pool;
    bool expected = worker->state == CREW_FINISHING || pool_is_stopping(pool);
    struct event event = {.place.worker = worker->number, .place.pid = worker->pid};
    end_setup_output(worker);
    event.kind = expected ? EVENT_WORKER_ENDED : EVENT_WORKER_LOST;
    event.flags = !expected ? EVENT_WRONG : worker->leave ? EVENT_REASONED : 0;
    event.reason = expected ? worker->leave : !worker->hung                        ? reason
                                              : worker->state == CREW_STARTING ? "its setup did not end at its timeout"
                                                                               : "its task did not end at its timeout";
    if (expected ? worker->pid : worker->loss != AGENT_AGAIN) /* it may never have begun elsewhere */
        pool_emit(pool, &event);
    bool unready = worker->state == CREW_STARTING && !worker->loss;
    if (unready && worker->lost_before == pool->workers.lost_in_a_row && ++pool->workers.lost_in_a_row >= LOST_MOST)
        pool_break(pool, "its workers end before they are ready");
    worker->state = CREW_NONE;
    pool->workers.alive--;
    give_up_tasks(worker, reason);
    pool_look(pool);
}
