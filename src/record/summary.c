/* What came of a run, for a person at a terminal. */
#include "record/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "log/filter.h"
#include "log/writer_thread.h"

/* So many tasks are named. */
#define SLOWEST 10

/* Bytes of what is told of failures. */
#define FAILURES_MOST ((size_t)64 << 10)

/* And of tasks that have failed in a run which has not ended, so that it has not told of its failures. */
#define EARLY_MOST ((size_t)2 << 10)

/* A task that took long. */
struct slow {
    const char *pool;
    int64_t task;
    int64_t took;
    char *item; /* NULL: its number */
};

/* What came of an object. */
struct sum {
    const char *object; /* names are one text each */
    enum event_object kind;
    int64_t started;  /* lives of a process, tasks of a pool that have ended */
    int64_t failed;
    int64_t allowed;  /* of those: allow_failure lets them pass */
    int64_t retries;
    int64_t busy;     /* ns: of its tasks, or of its lives */
    int64_t waited;   /* ns between a failure and the next attempt */
    int64_t memory;   /* bytes: the most that a task held, or the process */
    int64_t cpu;      /* ns that its tasks used, or its lives that have ended */
    int64_t of_life;  /* ns that the life which runs has used */
    int64_t worker;   /* the highest number */
    int64_t first;    /* event.at of the first beginning; -1: none */
    int64_t last;     /* and of the last end */
    int64_t began;    /* of the life that runs */
};

struct summary {
    struct output *output;
    struct sum *sums;
    size_t count;
    size_t capacity;
    size_t last; /* that was looked for */
    struct slow slowest[SLOWEST]; /* the longest first */
    size_t slow_count;
    struct buf head;
    struct buf failures;
    struct buf early; /* of tasks that have failed, as it happened */
    char *stopped; /* why, where that was no signal; NULL: it was one, or goes on */
    int64_t at; /* of the last event */
    int status;
};

struct summary *summary_new(struct output *output)
{
    struct summary *summary = mem_calloc(1, sizeof(*summary));
    summary->output = output;
    summary->status = -1;
    return summary;
}

void summary_free(struct summary *summary)
{
    if (!summary)
        return;
    for (size_t i = 0; i < summary->slow_count; i++)
        free(summary->slowest[i].item);
    free(summary->sums);
    buf_release(&summary->head);
    buf_release(&summary->failures);
    buf_release(&summary->early);
    free(summary->stopped);
    free(summary);
}

static struct sum *sum_of(struct summary *summary, const struct event *event)
{
    enum event_object kind = event_row(event->kind)->object;
    for (size_t i = 0; i < summary->count; i++) {
        size_t at = (summary->last + i) % summary->count;
        if (summary->sums[at].object == event->object && summary->sums[at].kind == kind) {
            summary->last = at;
            return &summary->sums[at];
        }
    }
    summary->sums = mem_grow(summary->sums, &summary->capacity, summary->count + 1, sizeof(*summary->sums));
    summary->sums[summary->count] = (struct sum){.object = event->object, .kind = kind, .first = -1, .began = -1};
    return &summary->sums[summary->count++];
}

static void note_slow(struct summary *summary, const struct event *event, int64_t took)
{
    size_t at = summary->slow_count;
    while (at && summary->slowest[at - 1].took < took)
        at--;
    if (at == SLOWEST)
        return;
    if (summary->slow_count == SLOWEST)
        free(summary->slowest[--summary->slow_count].item);
    memmove(summary->slowest + at + 1, summary->slowest + at, (summary->slow_count - at) * sizeof(*summary->slowest));
    summary->slowest[at] = (struct slow){.pool = event->object, .task = event->task, .took = took,
                                         .item = event->work.shown ? mem_strdup(event->work.shown) : NULL};
    summary->slow_count++;
}

static void note_usage(struct sum *sum, const struct event *event)
{
    sum->memory = event->usage.memory > sum->memory ? event->usage.memory : sum->memory;
    sum->of_life = event->usage.has_cpu ? event->usage.cpu : 0;
}

static void end_usage(struct sum *sum)
{
    sum->cpu += sum->of_life;
    sum->of_life = 0;
}

/* An attempt of a task has ended. */
static void take_attempt(struct summary *summary, const struct event *event)
{
    struct sum *sum = sum_of(summary, event);
    bool ended = event->kind == EVENT_TASK_ENDED;
    sum->started += ended;
    sum->failed += ended && event->flags & EVENT_WRONG;
    sum->allowed += ended && event->flags & EVENT_ALLOWED;
    if (!event->span.known) { /* its last attempt has counted, and was to be tried again: it was not */
        sum->retries -= sum->retries > 0;
        return;
    }
    sum->busy += event->span.finished - event->span.began;
    sum->first = sum->first < 0 || event->span.began < sum->first ? event->span.began : sum->first;
    sum->last = event->span.finished > sum->last ? event->span.finished : sum->last;
    sum->worker = event->place.worker > sum->worker ? event->place.worker : sum->worker;
    note_usage(sum, event);
    end_usage(sum);
    if (event->kind == EVENT_TASK_RETRYING) {
        sum->retries++;
        sum->waited += event->duration;
    }
    if (ended)
        note_slow(summary, event, event->span.all ? event->span.all : event->duration);
}

static void take_life(struct summary *summary, const struct event *event)
{
    struct sum *sum = sum_of(summary, event);
    bool failed = (event->kind == EVENT_PROCESS_EXITED || event->kind == EVENT_THREAD_ENDED) && event->flags & EVENT_WRONG;
    sum->failed += failed;
    sum->allowed += failed && event->flags & EVENT_ALLOWED;
    if (event->kind == EVENT_PROCESS_STARTED || event->kind == EVENT_THREAD_STARTED) {
        sum->started++;
        sum->began = event->at;
        sum->first = sum->first < 0 ? event->at : sum->first;
        return;
    }
    if (event->kind == EVENT_PROCESS_SCHEDULED && event->flags & EVENT_AGAIN)
        sum->failed = sum->allowed = 0;
    if (event->kind == EVENT_PROCESS_RESTARTING) {
        sum->retries++;
        sum->waited += event->has_duration ? event->duration : 0;
    }
    if (sum->began < 0)
        return;
    sum->busy += event->at - sum->began;
    end_usage(sum);
    sum->last = event->at;
    sum->began = -1;
}

static void put_told(struct buf *out, size_t most, const struct event *event)
{
    const char *sentence = event_sentence(event);
    if (!sentence || !*sentence || out->length > most)
        return;
    event_fill(out, sentence, strlen(sentence), event);
    buf_char(out, '\n');
}

static void take_opened(struct summary *summary, const struct event *event)
{
    buf_text(&summary->head, "Run begun at ");
    clock_print(&summary->head, event->wall);
    summary->at = event->at;
}

static bool summary_wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)flags;
    switch (kind) {
    case EVENT_TASK_STARTED:
    case EVENT_TASK_PLANNED:
    case EVENT_QUEUE_PUT:
    case EVENT_QUEUE_GET:
        return false;
    default:
        return !event_is_output(kind);
    }
}

static void summary_take(void *arg, const struct event *event)
{
    struct summary *summary = arg;
    summary->at = event->at;
    switch ((int)event->kind) {
    case EVENT_RUN_OPENED:
        take_opened(summary, event);
        break;
    case EVENT_TASK_TIMEOUT:
        put_told(&summary->early, EARLY_MOST, event);
        break;
    case EVENT_TASK_ENDED:
        if (event->flags & EVENT_WRONG)
            put_told(&summary->early, EARLY_MOST, event);
        take_attempt(summary, event);
        break;
    case EVENT_TASK_RETRYING:
    case EVENT_TASK_STOPPED:
        take_attempt(summary, event);
        break;
    case EVENT_PROCESS_SAMPLE:
        note_usage(sum_of(summary, event), event);
        break;
    case EVENT_PROCESS_STARTED:
    case EVENT_PROCESS_EXITED:
    case EVENT_PROCESS_RESTARTING:
    case EVENT_PROCESS_SCHEDULED:
    case EVENT_THREAD_STARTED:
    case EVENT_THREAD_STOPPED:
    case EVENT_THREAD_ENDED:
        take_life(summary, event);
        break;
    case EVENT_RUN_STALLED:
    case EVENT_RUN_FAILED:
    case EVENT_POOL_FAILURE:
    case EVENT_POOL_SUMMARY:
        put_told(&summary->failures, FAILURES_MOST, event);
        break;
    case EVENT_RUN_STOPPING:
        free(summary->stopped);
        summary->stopped = event->reason && !event->end.signal ? mem_strdup(event->reason) : NULL;
        break;
    case EVENT_RUN_ENDED:
        summary->status = event->flags & EVENT_SIGNALED ? 128 + event->end.signal : event->end.has_code ? event->end.code : (event->flags & EVENT_WRONG) != 0;
        break;
    default:
        break;
    }
}

struct bus_reader summary_reader(struct summary *summary)
{
    return (struct bus_reader){.arg = summary, .wants = summary_wants, .take = summary_take, .dated = true};
}

static void put_duration(struct buf *out, int64_t ns)
{
    buf_printf(out, "%" PRId64 ".%02" PRId64 " s", ns / NS_PER_S, ns % NS_PER_S / (10 * NS_PER_MS));
}

/* WHO has held that much memory. */
static void put_usage(struct buf *out, const struct sum *sum, const char *who)
{
    if (sum->cpu + sum->of_life) {
        buf_text(out, ", used ");
        put_duration(out, sum->cpu + sum->of_life);
        buf_text(out, " of processor time");
    }
    if (!sum->memory)
        return;
    buf_printf(out, ", %sheld up to ", who);
    size_print(out, (uint64_t)sum->memory >> 10 << 10);
}

static void put_allowed(struct buf *out, const struct sum *sum)
{
    if (sum->allowed && sum->allowed == sum->failed)
        buf_text(out, ", which is allowed");
    else if (sum->allowed)
        buf_printf(out, ", %" PRId64 " of them allowed", sum->allowed);
}

static void put_pool(struct buf *out, const struct sum *sum)
{
    int64_t time = sum->last - sum->first;
    int64_t capacity = time * (sum->worker ? sum->worker : 1);
    buf_printf(out, "  %s: %" PRId64 " task%s, %" PRId64 " failed", sum->object, sum->started,
               sum->started == 1 ? "" : "s", sum->failed);
    put_allowed(out, sum);
    if (sum->retries) {
        buf_printf(out, ", %" PRId64 " tried again after ", sum->retries);
        put_duration(out, sum->waited);
    }
    buf_text(out, "; ");
    put_duration(out, time);
    buf_printf(out, ", %" PRId64 " worker%s", sum->worker, sum->worker == 1 ? "" : "s");
    if (capacity > 0)
        buf_printf(out, " busy %" PRId64 "%%", sum->busy / (capacity / 100 ? capacity / 100 : 1));
    put_usage(out, sum, "a task ");
    buf_char(out, '\n');
}

static void put_lives(struct buf *out, const struct sum *sum)
{
    buf_printf(out, "  %s: ran ", sum->object);
    put_duration(out, sum->busy);
    if (sum->started > 1)
        buf_printf(out, " in %" PRId64 " lives", sum->started);
    if (sum->retries) {
        buf_text(out, ", waited ");
        put_duration(out, sum->waited);
        buf_text(out, " to be started again");
    }
    put_usage(out, sum, "");
    buf_text(out, sum->failed ? ", failed" : "");
    put_allowed(out, sum);
    buf_char(out, '\n');
}

static void put_objects(struct buf *out, const struct summary *summary, enum event_object kind, const char *heading)
{
    bool any = false;
    for (size_t i = 0; i < summary->count; i++) {
        const struct sum *sum = &summary->sums[i];
        if (sum->kind != kind || sum->first < 0)
            continue;
        buf_text(out, any ? "" : heading);
        any = true;
        if (kind == EVENT_OF_POOL)
            put_pool(out, sum);
        else
            put_lives(out, sum);
    }
}

static void put_slowest(struct buf *out, const struct summary *summary)
{
    if (summary->slow_count)
        buf_text(out, "Slowest tasks:\n");
    for (size_t i = 0; i < summary->slow_count; i++) {
        const struct slow *slow = &summary->slowest[i];
        buf_text(out, "  ");
        put_duration(out, slow->took);
        buf_printf(out, "  %s %" PRId64, slow->pool, slow->task);
        if (slow->item)
            buf_printf(out, " (%s)", slow->item);
        buf_char(out, '\n');
    }
}

static void put_verdict(struct buf *out, const struct summary *summary)
{
    buf_append(out, summary->head.data, summary->head.length);
    buf_text(out, summary->status < 0 ? ", not ended after " : ", ended after ");
    put_duration(out, summary->at);
    if (summary->status > 128 && summary->stopped)
        buf_printf(out, ": stopped: %s.\n", summary->stopped);
    else if (summary->status > 128)
        buf_printf(out, ": stopped by signal %s.\n", signal_name(summary->status - 128));
    else if (summary->status > 0)
        buf_printf(out, ": failed with exit status %d.\n", summary->status);
    else
        buf_text(out, summary->status ? ".\n" : ": succeeded.\n");
}

/* What still runs has run until the last event. */
static void end_lives(struct summary *summary)
{
    for (size_t i = 0; i < summary->count; i++) {
        struct sum *sum = &summary->sums[i];
        if (sum->began >= 0)
            sum->busy += summary->at - sum->began;
        sum->began = -1;
    }
}

void summary_finish(struct summary *summary)
{
    struct buf out = {0};
    end_lives(summary);
    put_verdict(&out, summary);
    put_objects(&out, summary, EVENT_OF_POOL, "Pools:\n");
    put_objects(&out, summary, EVENT_OF_PROCESS, "Processes:\n");
    put_objects(&out, summary, EVENT_OF_THREAD, "Threads:\n");
    put_slowest(&out, summary);
    buf_append(&out, summary->failures.data, summary->failures.length);
    if (summary->status < 0)
        buf_append(&out, summary->early.data, summary->early.length);
    output_put(summary->output, out.data, out.length);
    buf_release(&out);
}

int summary_status(const struct summary *summary)
{
    return summary->status;
}
