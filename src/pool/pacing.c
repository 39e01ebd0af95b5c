/* A pool's policies: trying again, halting, pacing. */
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/dry_run.h"
#include "engine/run.h"
#include "event/event.h"
#include "loop/timer.h"
#include "os/sysinfo.h"
#include "pool/pool.h"
#include "pool/private.h"
#include "pool/source/source.h"
#include "scenario/spec.h"
#include "template/template.h"

/* How often is looked whether the machine has something to spare again. */
#define SPARE_POLL (500 * NS_PER_MS)

/* That a throttle holds tasks back is told no more often. */
#define TELL_AGAIN (60 * NS_PER_S)

/* A share of the tasks says nothing before so many are done, where their number is not known. */
#define SHARE_FIRST 10

/* A timeout in per cent of the median holds once so many tasks have succeeded; the median is worked
 * out anew every so many, and no such timeout is shorter than this. */
#define MEDIAN_FIRST 10
#define MEDIAN_STEP 8
#define TIMEOUT_LEAST (100 * NS_PER_MS)

/* Of address space nobody says so: a program that held this much of it has most likely met the limit. */
static bool was_short_of_memory(const struct pool *pool, const struct task *task)
{
    const struct option_spec *common = &pool->spec->object.attributes->limits.memory;
    int64_t limit = task->terms.memory_limit ? task->terms.memory_limit : common->given ? common->value : OPTION_UNLIMITED;
    return task->end.out_of_memory || task->end.memory >= limit / 10 * 9;
}

static bool is_worth_retrying(const struct pool *pool, const struct task *task)
{
    const struct retry_spec *retry = pool->spec->retry;
    if (task->end.outcome == OUTCOME_DONE || task->attempt >= pool_attempts(pool) ||
        pool_is_closing(pool))
        return false;
    if (retry->when == RETRY_MEMORY && !was_short_of_memory(pool, task))
        return false;
    if (!retry->code_count)
        return true;
    for (size_t i = 0; task->end.outcome == OUTCOME_EXITED && i < retry->code_count; i++)
        if (retry->codes[i] == task->end.number)
            return true;
    return false;
}

/* What is worked out for each attempt stands there as it was written. */
static void plan_template(const char *name, const struct template *written, struct buf *out)
{
    size_t length;
    const char *text = written ? template_source(written, &length) : NULL;
    if (text)
        buf_printf(out, "%s%s %.*s", out->length ? ", " : "", name, (int)length, text);
}

void pool_plan_conditions(const struct pool *pool, struct buf *out)
{
    int64_t attempts = pool_attempts(pool);
    plan_conditions(&pool->spec->object, out);
    if (pool->spec->timeout_percent)
        buf_printf(out, "%stimeout %lld%% of the median", out->length ? ", " : "",
                   (long long)pool->spec->timeout_percent);
    plan_template("timeout", pool->spec->own_timeout, out);
    plan_template("allow_failure", pool->spec->own_allowed, out);
    if (attempts > 1)
        buf_printf(out, "%s%lld attempts", out->length ? ", " : "", (long long)attempts);
}

static double random_share(struct pool *pool)
{
    return (double)rand_r(&pool->pacing.seed) / ((double)RAND_MAX + 1);
}

/* Keeps the list in the order of what is due first. */
static void insert_due(struct pool *pool, struct task *task)
{
    struct task **place = &pool->pacing.retrying;
    while (*place && (*place)->times.due <= task->times.due)
        place = &(*place)->next;
    task->next = *place;
    *place = task;
}

bool pool_retry(struct pool *pool, struct task *task)
{
    const struct retry_spec *spec = pool->spec->retry;
    const struct backoff backoff = {spec->delay, spec->factor, spec->max_delay, spec->jitter};
    if (!is_worth_retrying(pool, task))
        return false;
    int64_t wait = backoff_wait(&backoff, task->attempt, random_share(pool));
    wait -= wait % NS_PER_MS; /* what is told, and what a timer can keep */
    pool_tell_retrying(pool, task, wait);
    task->attempt++;
    task->times.due = clock_monotonic() + wait;
    struct task *rest = pool_split(pool, task);
    insert_due(pool, task);
    while (rest) {
        struct task *one = rest;
        rest = one->next;
        insert_due(pool, one);
    }
    return true;
}

void pool_take_due(struct pool *pool)
{
    int64_t now = clock_monotonic();
    struct task_list due = {0};
    struct task *task;
    bool all = pool_is_closing(pool) || (pool_is_stopping(pool) && pool->spec->tasks.kind == SOURCE_QUEUE);
    while ((task = pool->pacing.retrying) && (task->times.due <= now || all)) {
        pool->pacing.retrying = task->next;
        task_list_add(&due, task);
    }
    while (due.count && (task = task_list_take(&pool->feed.ready)))
        task_list_add(&due, task);
    if (due.count)
        pool->feed.ready = due;
    if (pool->pacing.retrying)
        timer_start(pool->pacing.due, pool->pacing.retrying->times.due - now);
}

/* True where NUMBER of the pool's tasks is as many as SHARE allows. */
static bool is_reached(const struct pool *pool, const struct share_spec *share, int64_t number)
{
    if (!share->number || !number)
        return false;
    if (!share->percent)
        return number >= share->number;
    int64_t all = items_count(pool->feed.items);
    bool known = all >= 0;
    all = known ? pool->round.first + all : pool->counts.done;
    return (known || all >= SHARE_FIRST) && number * 100 >= share->number * all;
}

void pool_check_halt(struct pool *pool)
{
    const struct halt_spec *halt = pool->spec->halt;
    int64_t succeeded = pool->counts.done - pool->counts.failed;
    int64_t failed = pool_count_failures(pool);
    bool failures = is_reached(pool, &halt->failures, failed);
    bool successes = is_reached(pool, &halt->successes, succeeded);
    if (pool->pacing.halted || (!failures && !successes && !is_reached(pool, &halt->done, pool->counts.done)))
        return;
    struct buf reason = {0};
    struct event event = {.kind = EVENT_POOL_HALTED};
    int64_t number = failures ? failed : successes ? succeeded : pool->counts.done;
    pool->pacing.halted = true;
    pool->pacing.won = successes && !failures;
    if (pool->pacing.won)
        pool->object.failed = false;
    buf_printf(&reason, "%lld task%s %s", (long long)number, number == 1 ? "" : "s",
               failures ? "failed" : successes ? "succeeded" : "ended");
    event.reason = reason.data;
    event.flags = failures ? EVENT_WRONG : 0;
    pool_emit(pool, &event);
    buf_release(&reason);
}

static const struct {
    const char *path;
    const char *shortage;
} pressures[PRESSURES] = {
    [PRESSURE_CPU] = {"/proc/pressure/cpu", "programs wait for a core more than throttle allows"},
    [PRESSURE_MEMORY] = {"/proc/pressure/memory",
                         "programs wait for memory more than throttle allows"},
    [PRESSURE_IO] = {"/proc/pressure/io", "programs wait for disks more than throttle allows"},
};

const char *pool_missing_pressure(const struct pool_spec *spec)
{
    for (size_t i = 0; i < PRESSURES; i++)
        if (spec->throttle->pressure.shares[i] > 0 && spare_pressure(pressures[i].path) < 0)
            return pressures[i].path;
    return NULL;
}

static const char *find_pressure(const struct pressure_spec *pressure)
{
    for (size_t i = 0; i < PRESSURES; i++)
        if (pressure->shares[i] > 0 && spare_pressure(pressures[i].path) > pressure->shares[i])
            return pressures[i].shortage;
    return NULL;
}

static bool has_throttle(const struct throttle_spec *throttle)
{
    bool any = throttle->memory_free || throttle->load > 0;
    for (size_t i = 0; i < PRESSURES; i++)
        any = any || throttle->pressure.shares[i] > 0;
    return any;
}

/* Why the machine has nothing to spare for another task, or NULL. */
static const char *find_shortage(const struct throttle_spec *throttle)
{
    if (throttle->memory_free) {
        int64_t memory = spare_memory();
        if (memory >= 0 && memory < throttle->memory_free)
            return "less memory is available than throttle asks for";
    }
    if (throttle->load > 0 && spare_load() > throttle->load)
        return "the load is above that of throttle";
    return find_pressure(&throttle->pressure);
}

static bool is_throttled(struct pool *pool, int64_t now)
{
    const struct throttle_spec *throttle = pool->spec->throttle;
    if (!has_throttle(throttle))
        return false;
    if (now < pool->pacing.spare_until)
        return pool->pacing.throttled;
    const char *shortage = find_shortage(throttle);
    bool told = pool->pacing.told_throttled && now - pool->pacing.told_throttled < TELL_AGAIN;
    if (shortage && !pool->pacing.throttled && !told) {
        struct event event = {.kind = EVENT_POOL_THROTTLED, .reason = shortage};
        pool_emit(pool, &event);
        pool->pacing.told_throttled = now;
    }
    pool->pacing.throttled = shortage != NULL;
    pool->pacing.spare_until = now + SPARE_POLL;
    return pool->pacing.throttled;
}

bool pool_may_begin(struct pool *pool)
{
    if (pool->object.run->plan.dry || (!pool->spec->rate && !has_throttle(pool->spec->throttle)))
        return true;
    int64_t now = clock_monotonic();
    int64_t until = 0;
    if (is_throttled(pool, now))
        until = pool->pacing.spare_until;
    else if (pool->spec->rate && now < pool->pacing.next_begin)
        until = pool->pacing.next_begin;
    if (!until)
        return true;
    timer_start(pool->pacing.due, until - now);
    return false;
}

void pool_begins(struct pool *pool)
{
    if (!pool->spec->rate)
        return;
    int64_t now = clock_monotonic();
    /* A late beginning does not make the next one earlier: never more than so many a second. */
    int64_t from = pool->pacing.next_begin > now - pool->spec->rate ? pool->pacing.next_begin : now;
    pool->pacing.next_begin = from + pool->spec->rate;
}

static int64_t find_median(const struct pool *pool)
{
    int64_t sorted[countof(pool->pace.recent)];
    size_t count = pool->pace.recent_count < countof(sorted) ? pool->pace.recent_count : countof(sorted);
    memcpy(sorted, pool->pace.recent, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), pool_by_number);
    return sorted[count / 2];
}

int64_t pool_task_timeout(struct pool *pool)
{
    int64_t percent = pool->spec->timeout_percent;
    if (!percent)
        return pool->spec->object.timeout;
    if (pool->pace.recent_count < MEDIAN_FIRST)
        return 0; /* nobody knows yet what is usual */
    if (!pool->pace.median || pool->pace.recent_count - pool->pace.median_of >= MEDIAN_STEP) {
        pool->pace.median = find_median(pool);
        pool->pace.median_of = pool->pace.recent_count;
    }
    int64_t timeout = pool->pace.median * percent / 100;
    return timeout > TIMEOUT_LEAST ? timeout : TIMEOUT_LEAST;
}

bool pool_is_paced(const struct pool *pool)
{
    const struct pool_spec *spec = pool->spec;
    return spec->rate || spec->timeout_percent || spec->halt->failures.number ||
           spec->halt->successes.number || spec->halt->done.number || has_throttle(spec->throttle) || pool->jobs.tokens || pool->needs.claims;
}
