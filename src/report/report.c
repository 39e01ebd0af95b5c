/* The HTML report: what events tell, until the page is written. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/markup.h"
#include "report/private.h"

struct report *report_new(struct output *output)
{
    struct report *report = mem_calloc(1, sizeof(*report));
    report->output = output;
    return report;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    objects_release(&report->objects);
    running_release(&report->running);
    spans_release(&report->spans);
    span_texts_release(&report->texts);
    findings_release(&report->findings);
    words_release(&report->words);
    buf_release(&report->text);
    buf_release(&report->stop_reason);
    free(report->opened);
    free(report);
}

struct report_object *report_object_at(struct report *report, uint32_t number)
{
    return &report->objects.items[number];
}

uint32_t report_object_of(struct report *report, const struct event *event)
{
    return objects_find(&report->objects, event_row(event->kind)->object, event->object ? event->object : "");
}

void report_fill_output(struct report *report, const struct buf *output, enum span_state state)
{
    size_t most = span_is_failure(state) || state == SPAN_RETRIED ? OUTPUT_KEPT : OUTPUT_MOST;
    markup_clean_end(&report->words.output, output->data, output->length, most);
}

void report_add_span(struct report *report, const struct span *span)
{
    spans_add(&report->spans, span);
    span_texts_add(&report->texts, &report->words, span_is_failure(span->state));
}

/* ---- pools and queues ---- */

static void take_pool_started(struct report *report, const struct event *event)
{
    struct report_object *pool = report_object_at(report, report_object_of(report, event));
    if (pool->began == NEVER) /* a word may start it again */
        pool->began = event->at;
    pool->pool.workers = event->count;
}

static void take_worker_started(struct report *report, const struct event *event)
{
    if (!event->place.machine)
        return;
    uint32_t number = objects_lane(&report->objects, report_object_of(report, event), event->place.worker);
    struct lane *lane = &report->objects.lanes[number];
    free(lane->host);
    lane->host = mem_strdup(event->place.machine);
}

static void take_pool_ended(struct report *report, const struct event *event)
{
    struct report_object *pool = report_object_at(report, report_object_of(report, event));
    pool->ended = event->at;
    pool->pool.current = event->tally.current;
}

static void take_pool_resumed(struct report *report, const struct event *event)
{
    report_object_at(report, report_object_of(report, event))->pool.resumed = event->count;
}

static void take_queue_counts(struct report *report, const struct event *event)
{
    struct report_object *queue = report_object_at(report, report_object_of(report, event));
    queue->queue.put = event->books.put;
    queue->queue.taken = event->books.taken;
    queue->queue.waiting = event->count;
    if (queue->queue.waiting > queue->queue.most_waiting)
        queue->queue.most_waiting = queue->queue.waiting;
    series_add(&queue->queue.depth, event->at, event->count);
    if (event->has_duration)
        queue->queue.wait = event->duration;
}

static void take_declared(struct report *report, const struct event *event)
{
    struct report_object *object = report_object_at(report, report_object_of(report, event));
    free(object->members);
    object->members = event->record.members ? mem_strdup(event->record.members) : NULL;
}

static void take_skipped(struct report *report, const struct event *event)
{
    struct report_object *object = report_object_at(report, report_object_of(report, event));
    object->skipped = true;
    buf_clear(&object->reason);
    if (event->reason)
        markup_clean(&object->reason, event->reason, strlen(event->reason), REASON_MOST);
}

/* ---- what went wrong, but for tasks ---- */

/* Events that say again what others have said, or that something goes on. */
static bool says_again(enum event_kind kind)
{
    return kind == EVENT_RUN_FAILED || kind == EVENT_RUN_ENDED || kind == EVENT_RUN_STOPPING ||
           kind == EVENT_POOL_FAILURE || kind == EVENT_POOL_SUMMARY || kind == EVENT_TASK_TIMEOUT ||
           kind == EVENT_TASK_RETRYING || kind == EVENT_TASK_ENDED || kind == EVENT_PROCESS_RESTARTING ||
           kind == EVENT_PROCESS_TERMINATED;
}

/* The event as the story tells it, in the report's TEXT; false where it does not. */
static bool tell(struct report *report, const struct event *event)
{
    const char *sentence = event_sentence(event);
    buf_clear(&report->text);
    if (sentence)
        event_fill(&report->text, sentence, strlen(sentence), event);
    return report->text.length;
}

/* The first of an object's life is what it failed by. */
static void take_wrong(struct report *report, const struct event *event)
{
    uint32_t number = report_object_of(report, event);
    struct report_object *object = report_object_at(report, number);
    bool pool = object->kind == EVENT_OF_POOL;
    if (object->failed || (pool && object->pool.states[SPAN_FAILED] + object->pool.states[SPAN_TIMEOUT]) ||
        !tell(report, event))
        return;
    object->failed = object->kind != EVENT_OF_RUN;
    object->allowed = event->flags & EVENT_ALLOWED;
    buf_clear(&object->reason);
    markup_clean(&object->reason, report->text.data, report->text.length, REASON_MOST);
    words_clear(&report->words);
    buf_append(&report->words.reason, object->reason.data, object->reason.length);
    report_fill_output(report, &object->output, SPAN_FAILED);
    struct finding finding = {
        .object = number,
        .task = -1,
        .span = -1,
        .attempts = object->lives.life + 1,
        .began = object->lives.life < 0 ? NEVER : object->lives.lived,
        .took = event->at - object->lives.lived,
        .at = event->at,
        .state = SPAN_FAILED,
        .words = report->words,
    };
    if (!object->allowed)
        findings_fail(&report->findings, &finding);
}

/* ---- the run ---- */

static void take_opened(struct report *report, const struct event *event)
{
    free(report->opened);
    report->opened = event->record.members ? mem_strdup(event->record.members) : NULL;
}

static void take_stopping(struct report *report, const struct event *event)
{
    buf_clear(&report->stop_reason);
    if (event->reason)
        markup_clean(&report->stop_reason, event->reason, strlen(event->reason), REASON_MOST);
}

static void take_ended(struct report *report, const struct event *event)
{
    report->ended = true;
    report->failed = event->flags & EVENT_WRONG;
    report->stopped = event->flags & EVENT_SIGNALED;
    report->leaked = event->leak.count;
}

/* ---- the reader ---- */

static bool report_wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)flags;
    return kind != EVENT_QUEUE_PUT && kind != EVENT_QUEUE_GET && kind != EVENT_POOL_SAMPLE;
}

static void take_object_event(struct report *report, const struct event *event)
{
    switch ((int)event->kind) {
    case EVENT_PROCESS_DECLARED:
    case EVENT_POOL_DECLARED:
    case EVENT_QUEUE_DECLARED:
    case EVENT_THREAD_DECLARED:
        take_declared(report, event);
        break;
    case EVENT_PROCESS_SKIPPED:
    case EVENT_POOL_SKIPPED:
    case EVENT_THREAD_SKIPPED:
        take_skipped(report, event);
        break;
    case EVENT_POOL_STARTED:
    case EVENT_POOL_SCALED:
        take_pool_started(report, event);
        break;
    case EVENT_POOL_ENDED:
        take_pool_ended(report, event);
        break;
    case EVENT_WORKER_STARTED:
        take_worker_started(report, event);
        break;
    case EVENT_POOL_RESUMED:
        take_pool_resumed(report, event);
        break;
    case EVENT_QUEUE_STATS:
    case EVENT_QUEUE_SAMPLE:
        take_queue_counts(report, event);
        break;
    default:
        report_take_life(report, event);
        break;
    }
}

static void take_run_event(struct report *report, const struct event *event)
{
    switch ((int)event->kind) {
    case EVENT_RUN_OPENED:
        take_opened(report, event);
        break;
    case EVENT_RUN_STOPPING:
        take_stopping(report, event);
        break;
    case EVENT_RUN_ENDED:
        take_ended(report, event);
        break;
    default:
        break;
    }
}

static void report_take(void *arg, const struct event *event)
{
    struct report *report = arg;
    if (!report->seen)
        report->wall = event->wall - event->at;
    report->seen = true;
    report->now = event->at;
    if (event->flags & EVENT_WRONG && !says_again(event->kind))
        take_wrong(report, event);
    if (event->has_task)
        report_take_task(report, event);
    else if (event_row(event->kind)->object == EVENT_OF_RUN)
        take_run_event(report, event);
    else
        take_object_event(report, event);
}

struct bus_reader report_reader(struct report *report)
{
    return (struct bus_reader){.arg = report, .wants = report_wants, .take = report_take, .dated = true};
}

void report_finish(struct report *report)
{
    report_end_tasks(report);
    report_end_lives(report);
    span_texts_finish(&report->texts);
    findings_finish(&report->findings);
    page_write(report);
}

int64_t pool_lasted(const struct report *report, const struct report_object *pool)
{
    if (pool->began == NEVER)
        return 0;
    return (pool->ended == NEVER ? report->now : pool->ended) - pool->began;
}

struct totals report_totals(const struct report *report)
{
    struct totals totals = {0};
    for (size_t i = 0; i < report->objects.count; i++) {
        const struct report_object *pool = &report->objects.items[i];
        if (pool->kind != EVENT_OF_POOL)
            continue;
        totals.done += pool->pool.states[SPAN_DONE];
        totals.failed += pool->pool.states[SPAN_FAILED] + pool->pool.states[SPAN_TIMEOUT];
        totals.allowed += pool->tasks_allowed;
        totals.retried += pool->pool.states[SPAN_RETRIED];
        totals.stopped += pool->pool.states[SPAN_STOPPED];
        totals.open += pool->pool.states[SPAN_OPEN];
        totals.passed_over += pool->pool.passed_over;
        totals.resumed += pool->pool.resumed;
        totals.current += pool->pool.current;
        totals.busy += pool->pool.busy;
        totals.could += pool->pool.workers * pool_lasted(report, pool);
        if (pool->memory > totals.memory)
            totals.memory = pool->memory;
    }
    return totals;
}
