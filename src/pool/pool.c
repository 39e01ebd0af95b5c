/* A pool: what follows from what, from its start to its end. */
#include "pool/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/limits.h"
#include "child/start.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "pool/private.h"
#include "pool/results.h"
#include "pool/source/source.h"
#include "queue/ends.h"
#include "scenario/spec.h"
#include "worker/planner.h"

/* How often is looked for tasks that wait in a busy worker while another is idle. */
#define LOOK_TIME (2 * NS_PER_MS)

static void look_soon(void *arg);
static void run_timer(struct pool *pool);

void pool_look(struct pool *pool)
{
    if (pool->scheduling)
        return;
    pool->scheduling = true;
    loop_defer(pool->object.run->loop, look_soon, pool);
}

bool pool_is_stopping(const struct pool *pool)
{
    return object_is_ending(&pool->object) || pool->end.broken || pool->pacing.halted;
}

bool pool_is_ending(const struct pool *pool)
{
    return object_is_ending(&pool->object) || pool->end.broken ||
           (pool->pacing.halted && pool->spec->halt->now);
}

bool pool_is_closing(const struct pool *pool)
{
    return pool_is_stopping(pool) && (pool->end.broken || pool->pacing.halted || !object_is_lowered(&pool->object));
}

void pool_break(struct pool *pool, const char *reason)
{
    pool->object.failed = true;
    pool->end.broken = true;
    if (!pool->end.reason)
        pool->end.reason = mem_strdup(reason);
    object_fails(&pool->object);
    pool_look(pool);
}

static bool has_hooks(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->process_count; i++)
        if (scenario->processes[i].object.hook.when)
            return true;
    return false;
}

static void pool_over(struct pool *pool)
{
    struct buf reason = {0};
    struct event event = {.kind = EVENT_POOL_ENDED};
    pool->end.stopped = pool_is_closing(pool) && object_is_ending(&pool->object) && !pool->round.over;
    pool->pace.rests = clock_monotonic();
    pool_fill_tally(pool, &event);
    timer_stop(pool->timer);
    timer_stop(pool->pacing.due);
    pool_leave_tokens(pool);
    if (pool->feed.cut)
        pool_tell_cut(pool);
    if (pool->known.tally.done)
        pool_tell_resumed(pool);
    pool_tell_all_current(pool);
    pool_fill_outcome(pool, &reason);
    if (pool->spec->object.schedule->last)
        pool->object.failed = pool_round_failed(pool);
    if (reason.length) {
        event.flags = EVENT_REASONED | (pool->object.failed ? EVENT_WRONG : 0);
        event.reason = reason.data;
    }
    if (has_hooks(pool->object.run->scenario))
        event.flags |= EVENT_NAMED; /* they are subprocesses too, and follow */
    pool_emit(pool, &event);
    buf_release(&reason);
    users_ended(pool->object.run, &pool->spec->object, pool->object.name);
    object_gone(&pool->object);
}

static bool has_timeout(const struct pool *pool)
{
    return pool->spec->object.timeout || pool->spec->timeout_percent || pool->spec->own_timeout;
}

static void look_soon(void *arg)
{
    struct pool *pool = arg;
    pool->scheduling = false;
    if (!object_is_alive(&pool->object))
        return;
    if (pool->object.run->plan.dry && pool->spec->object.body.kind == BODY_LUA)
        pool_plan_tasks(pool);
    pool_take_due(pool);
    if (pool->pacing.halted && !pool->pacing.told_halt)
        pool_halt_worker(pool);
    pool_replace_worker(pool);
    pool_trim_worker(pool);
    if (pool_is_closing(pool))
        pool_skip_ready(pool);
    else if (pool_is_stopping(pool) || pool_is_paused(pool))
        pool_return_messages(pool);
    else
        pool_give_tasks(pool);
    pool_keep_worker(pool);
    pool_spare_worker(pool);
    agents_trim(pool);
    pool_keep_pace(pool);
    if (has_timeout(pool) || pool_backlogged_worker(pool))
        run_timer(pool);
    if (pool_is_stopping(pool) || (!pool_has_more(pool) && !pool_has_backlog(pool)))
        pool_finish_worker(pool);
    if (pool->object.run->watching.watches || pool->object.run->stop.draining)
        run_poke(pool->object.run);
    if (pool->feed.error && !pool->workers.alive && !pool_has_more(pool) && !pool_is_stopping(pool)) {
        pool_break(pool, pool->feed.error);
        return;
    }
    if (!pool->workers.alive && (pool_is_stopping(pool) || !pool_has_more(pool)) && agents_end(pool) &&
        !pool_is_down(pool)) {
        pool_release_unordered(pool);
        if (pool_has_told_all(pool) && !pool_rests(pool) && pool_has_written_results(pool) && pool_has_written_stdout(pool) &&
            items_finish(pool->feed.items, pool->object.state == OBJECT_KILLING))
            pool_over(pool);
    }
}

static void look_again(void *arg)
{
    pool_look(arg);
}

void pool_more_items(void *arg)
{
    struct pool *pool = arg;
    pool->feed.waiting = false;
    pool_look(pool);
}

static void on_time(void *arg)
{
    struct pool *pool = arg;
    pool->timer_runs = false;
    if (pool->end.kill_at && clock_monotonic() >= pool->end.kill_at) {
        for (size_t i = 0; i < pool->workers.count; i++)
            if (pool->workers.list[i]->state != CREW_NONE)
                pool->workers.list[i]->kind->kill(pool->workers.list[i]);
        pool->end.kill_at += NS_PER_S;
    }
    pool_end_hung(pool);
    struct pool_worker *backlogged = pool_backlogged_worker(pool);
    if (backlogged && !pool_is_stopping(pool))
        pool_worker_take_back(backlogged, false);
    pool_look(pool);
}

/* Runs the timer for whatever is due first. */
static void run_timer(struct pool *pool)
{
    int64_t delay = 100 * NS_PER_MS;
    if (pool->timer_runs)
        return;
    if (!pool_is_stopping(pool) && pool_backlogged_worker(pool))
        delay = LOOK_TIME;
    pool->timer_runs = true;
    timer_start(pool->timer, delay);
}

static void tell_limits(struct pool *pool)
{
    const struct object_spec *spec = &pool->spec->object;
    struct buf text = {0};
    struct buf reason = {0};
    if (pool->object.run->plan.dry) {
        pool_plan_conditions(pool, &text);
        if (text.length)
            pool_tell_plan(pool, text.data);
        agents_plan(pool);
        buf_release(&text);
        return;
    }
    attributes_describe(spec->attributes, pool->object.run, &text);
    buf_printf(&reason, "each %s may use %s", spec->body.kind == BODY_LUA ? "worker" : "task",
               buf_string(&text));
    struct event event = {.kind = EVENT_POOL_LIMITED, .reason = reason.data};
    if (text.length)
        pool_emit(pool, &event);
    buf_release(&text);
    buf_release(&reason);
}

static void tell_started(struct pool *pool, size_t workers)
{
    struct event event = {.kind = EVENT_POOL_STARTED, .count = (int64_t)workers};
    struct buf reason = {0};
    if (pool->spec->staff.idle_time && (size_t)pool->spec->staff.least < workers) {
        buf_printf(&reason, "%lld to %zu workers, as tasks wait", (long long)pool->spec->staff.least, workers);
        event.flags = EVENT_REASONED;
        event.reason = reason.data;
    }
    pool_emit(pool, &event);
    buf_release(&reason);
}

/* A word had stopped it, or its schedule starts it again. */
static void go_on(struct pool *pool)
{
    tell_started(pool, pool->workers.wanted);
    object_reached(&pool->object, CONDITION_STARTED);
    object_reached(&pool->object, CONDITION_READY);
    pool_look(pool);
}

static void pool_start(struct object *object)
{
    struct pool *pool = (struct pool *)object;
    struct error error = {0};
    if (pool->round.over && !pool_begin_round(pool))
        return;
    if (pool->feed.items) {
        go_on(pool);
        return;
    }
    pool->feed.items = items_new(object->run, pool->spec, pool_more_items, pool, &error);
    if (!pool->feed.items) {
        pool->feed.exhausted = true;
        pool_break(pool, error.text);
        error_release(&error);
        return;
    }
    pool_open_tokens(pool);
    pool_open_uses(pool);
    pool_open_terms(pool);
    pool_open_results(pool);
    pool_open_stdout(pool);
    pool_open_resume(pool);
    pool_open_selected_tasks(pool);
    pool_limit_worker(pool);
    tell_started(pool, pool->workers.count);
    pool->told_started = true;
    pool->pace.began = clock_monotonic();
    tell_limits(pool);
    object_reached(object, CONDITION_STARTED);
    object_reached(object, CONDITION_READY);
    pool_tell_exhausted(pool);
    if (items_count(pool->feed.items) >= 0)
        pool_tell_waiting(pool);
    pool_look(pool);
}

static void pool_skip(struct object *object, const char *reason)
{
    struct pool *pool = (struct pool *)object;
    struct event event = {.kind = EVENT_POOL_SKIPPED, .reason = reason};
    pool_emit(pool, &event);
    users_ended(object->run, &pool->spec->object, object->name);
}

/* A word had stopped it before it ever began. */
static bool end_unbegun(struct pool *pool)
{
    if (pool->feed.items || !pool->object.down)
        return false;
    pool_skip(&pool->object, "it was stopped by hand");
    object_gone(&pool->object);
    return true;
}

static void pool_stop(struct object *object)
{
    struct pool *pool = (struct pool *)object;
    if (end_unbegun(pool))
        return;
    for (size_t i = 0; i < pool->workers.count; i++) {
        struct pool_worker *worker = pool->workers.list[i];
        if (worker->state != CREW_READY || !worker->tasks.first)
            continue;
        pool_worker_end_task(worker);
    }
    pool->end.kill_at = clock_monotonic() + pool->spec->stop->grace + CREW_HANG_TIME;
    timer_start(pool->timer, pool->spec->stop->grace + CREW_HANG_TIME);
    pool->timer_runs = true;
    pool_look(pool);
}

static void pool_kill(struct object *object)
{
    struct pool *pool = (struct pool *)object;
    if (end_unbegun(pool))
        return;
    pool->end.kill_at = clock_monotonic();
    timer_start(pool->timer, 0);
    pool->timer_runs = true;
    pool_look(pool);
}

void pool_apply_hold(struct pool *pool)
{
    bool held = pool_is_held(pool);
    for (size_t i = 0; i < pool->workers.count; i++)
        if (pool->workers.list[i]->state != CREW_NONE)
            pool->workers.list[i]->kind->hold(pool->workers.list[i], held);
    agents_hold(pool, held);
    items_hold(pool->feed.items, held);
    if (held)
        return;
    pool_pump(pool);
    pool_look(pool);
}

static void pool_hold(struct object *object, bool held)
{
    (void)held; /* the pool's own file counts too */
    pool_apply_hold((struct pool *)object);
}

static bool pool_drained(const struct object *object)
{
    (void)object; /* a pool is no daemon */
    return true;
}

static void pool_free(struct object *object)
{
    struct pool *pool = (struct pool *)object;
    for (size_t i = 0; i < pool->workers.made; i++)
        pool->workers.list[i]->kind->free(pool->workers.list[i]);
    free(pool->workers.list);
    agents_free(pool);
    items_free(pool->feed.items);
    results_free(pool->records.results);
    pool_free_stdout(pool);
    pool_free_tokens(pool);
    pool_close_terms(pool);
    names_release(&pool->files.claimed);
    arena_free(pool->files.claimed_paths);
    pool_free_failures(pool);
    buf_release(&pool->plan.chunk);
    planner_free(pool->known.planner);
    pool_content_release(&pool->known.content);
    spool_file_release(&pool->order.file);
    timer_free(pool->timer);
    timer_free(pool->pacing.due);
    timer_free(pool->workers.refused);
    timer_free(pool->workers.idle);
    task_list_release(&pool->feed.spare);
    free(pool->feed.error);
    free(pool->end.reason);
    object_release(object);
    free(pool);
}

static void pool_describe(const struct object *object, struct buf *out)
{
    pool_print_state((const struct pool *)object, out);
}

static void pool_facts(const struct object *object, struct object_facts *facts)
{
    const struct pool *pool = (const struct pool *)object;
    struct event tally = {0};
    pool_fill_tally(pool, &tally);
    facts->is_pool = true;
    facts->succeeded = tally.tally.succeeded;
    facts->failed = tally.count;
    facts->allowed = tally.tally.allowed;
    facts->skipped = tally.tally.skipped;
    facts->current = tally.tally.current;
    facts->left = tally.tally.left;
    for (size_t i = 0; i < pool->workers.made; i++) {
        const struct pool_worker *worker = pool->workers.list[i];
        if (worker->state == CREW_NONE)
            continue;
        facts->workers++;
        facts->busy += worker->tasks.first != NULL;
        if (worker->pid && !pool->elsewhere.agents) /* of another machine its number says nothing here */
            facts_add_pid(facts, worker->pid);
    }
    if (!pool->elsewhere.agents)
        return;
    struct buf hosts = {0};
    agents_print_json(pool, &hosts);
    facts->hosts = buf_take(&hosts);
}

static void pool_progress(const struct object *object, struct buf *out)
{
    pool_print_progress((const struct pool *)object, out);
}

static bool pool_recorded(struct object *object)
{
    struct results *results = ((struct pool *)object)->records.results;
    return !results || results_settle(results);
}

static const struct object_kind pool_kind = {
    .word = "pool",
    .events.asked = EVENT_POOL_ASKED,
    .events.stopped = EVENT_POOL_STOPPED,
    .events.scheduled = EVENT_POOL_SCHEDULED,
    .events.missed = EVENT_POOL_MISSED,
    .cancel = pool_cancel,
    .settle = pool_settle,
    .revive = pool_revive,
    .pause = pool_pause,
    .scale = pool_scale,
    .staff = pool_staff,
    .start = pool_start,
    .stop = pool_stop,
    .kill = pool_kill,
    .skip = pool_skip,
    .hold = pool_hold,
    .recorded = pool_recorded,
    .tell.describe = pool_describe,
    .tell.progress = pool_progress,
    .tell.facts = pool_facts,
    .wait.waits = pool_waits_for_queue,
    .wait.held_up = pool_held_up,
    .wait.parts = pool_parts,
    .wait.sleeps = pool_sleeps,
    .tell.report = pool_report,
    .tell.sample = pool_sample,
    .wait.drained = pool_drained,
    .free = pool_free,
};

size_t pool_workers(const struct run *run, const struct pool_spec *spec)
{
    return (size_t)(run->jobs ? run->jobs : spec->staff.workers);
}

struct object *pool_new(struct run *run, const struct pool_spec *spec, unsigned flags)
{
    struct pool *pool = mem_calloc(1, sizeof(*pool));
    pool->object = (struct object){
        .kind = &pool_kind, .run = run, .spec = &spec->object, .name = spec->object.name};
    pool->spec = spec;
    pool->flags = flags;
    pool->timer = timer_new(run->loop, on_time, pool);
    pool->pacing.due = timer_new(run->loop, look_soon, pool);
    pool->workers.refused = timer_new(run->loop, pool_try_worker_again, pool);
    pool->workers.idle = timer_new(run->loop, look_again, pool);
    pool->pacing.seed = (unsigned)clock_monotonic();
    pool->workers.count = pool->workers.made = pool->workers.wanted = pool_workers(run, spec);
    pool->workers.list = mem_calloc(pool->workers.count, sizeof(struct pool_worker *));
    for (size_t i = 0; i < pool->workers.count; i++)
        pool->workers.list[i] = pool_worker_new(pool, i);
    return &pool->object;
}

bool pool_was_left(const struct object *object)
{
    return object->kind == &pool_kind && items_were_left(((const struct pool *)object)->feed.items);
}
