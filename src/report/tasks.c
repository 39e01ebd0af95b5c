/* The tasks of a run: an attempt of one is a span. */
#include <string.h>

#include "report/markup.h"
#include "report/private.h"
#include "value/value.h"

static void count_span(struct report_object *pool, const struct span *span)
{
    pool->pool.states[span->state]++;
    pool->pool.busy += span->took;
    if (span->state != SPAN_DONE && span->state != SPAN_OPEN)
        pool->pool.wasted += span->took;
    if (span->took > pool->pool.longest)
        pool->pool.longest = span->took;
    if (span->memory > pool->memory)
        pool->memory = span->memory;
}

static struct finding find(const struct report *report, uint32_t object, const struct span *span)
{
    return (struct finding){
        .object = object,
        .task = span->number,
        .span = report->spans.count - 1,
        .worker = report->objects.lanes[span->lane].worker,
        .attempts = span->attempt,
        .began = span->began,
        .took = span->took,
        .at = report->now,
        .memory = span->memory,
        .state = span->state,
        .words = report->words,
    };
}

/* An attempt of a task is over. */
static void end_task(struct report *report, uint32_t object, const struct span *span, bool allowed)
{
    count_span(report_object_at(report, object), span);
    report_add_span(report, span);
    if (span->state == SPAN_RETRIED || span->state == SPAN_STOPPED || span->state == SPAN_OPEN)
        return;
    struct finding finding = find(report, object, span);
    findings_time(&report->findings, &finding);
    report_object_at(report, object)->tasks_allowed += allowed;
    if (span_is_failure(span->state) && !allowed)
        findings_fail(&report->findings, &finding);
}

static void fill_item(struct report *report, const char *encoded, size_t length)
{
    buf_clear(&report->text);
    value_text_of(&report->text, encoded, length);
    markup_clean(&report->words.item, report->text.data, report->text.length, ITEM_MOST);
}

/* Everything that an event tells of a task, and what the task has written. */
static void fill_words(struct report *report, const struct event *event, const struct running_task *running,
                       enum span_state state)
{
    struct words_of_span *words = &report->words;
    words_clear(words);
    if (event->work.item)
        fill_item(report, event->work.item, event->work.item_length);
    else
        fill_item(report, running->item.data, running->item.length);
    if (event->work.command)
        markup_clean(&words->command, event->work.command, strlen(event->work.command), COMMAND_MOST);
    if (event->reason)
        markup_clean(&words->reason, event->reason, strlen(event->reason), REASON_MOST);
    if (event->flags & EVENT_ALLOWED)
        buf_text(&words->reason, " (allowed)");
    report_fill_output(report, &running->output, state);
}

static void take_task_started(struct report *report, const struct event *event)
{
    struct running_task *running = running_find(&report->running, report_object_of(report, event), event->task);
    running->attempt = event->attempt;
    running->worker = event->place.worker;
    running->began = event->at;
    buf_clear(&running->item);
    buf_clear(&running->output);
    buf_append(&running->item, event->work.item, event->work.item_length);
}

static void take_task_output(struct report *report, const struct event *event)
{
    struct running_task *running = running_find(&report->running, report_object_of(report, event), event->task);
    keep_output(&running->output, event->output.bytes, event->output.length);
}

/* An attempt is over, in that state. */
static void take_task_over(struct report *report, const struct event *event, enum span_state state)
{
    uint32_t object = report_object_of(report, event);
    struct running_task *running = running_find(&report->running, object, event->task);
    struct span span = {
        .lane = objects_lane(&report->objects, object, event->place.worker),
        .number = event->task,
        .attempt = state == SPAN_RETRIED ? event->attempt - 1 : event->attempt,
        .began = event->span.known ? event->span.began : event->at, /* else the attempt has a span: it was to be tried again */
        .took = event->span.known ? event->span.finished - event->span.began : 0,
        .state = state,
        .memory = event->usage.memory,
    };
    fill_words(report, event, running, state);
    end_task(report, object, &span, event->flags & EVENT_ALLOWED);
    running_remove(&report->running, object, event->task);
}

static enum span_state state_of(const struct event *event)
{
    if (!(event->flags & EVENT_WRONG))
        return SPAN_DONE;
    return event->flags & EVENT_TOLD ? SPAN_TIMEOUT : SPAN_FAILED;
}

static void take_task_skipped(struct report *report, const struct event *event)
{
    uint32_t object = report_object_of(report, event);
    report_object_at(report, object)->pool.passed_over++;
    running_remove(&report->running, object, event->task);
}

void report_take_task(struct report *report, const struct event *event)
{
    switch ((int)event->kind) {
    case EVENT_TASK_STARTED:
        take_task_started(report, event);
        break;
    case EVENT_TASK_OUTPUT:
        take_task_output(report, event);
        break;
    case EVENT_TASK_RETRYING:
        take_task_over(report, event, SPAN_RETRIED);
        break;
    case EVENT_TASK_ENDED:
        take_task_over(report, event, state_of(event));
        break;
    case EVENT_TASK_STOPPED:
        take_task_over(report, event, SPAN_STOPPED);
        break;
    case EVENT_TASK_SKIPPED:
        take_task_skipped(report, event);
        break;
    default:
        break;
    }
}

void report_end_tasks(struct report *report)
{
    for (size_t i = 0; i < report->running.count; i++) {
        const struct running_task *running = &report->running.items[i];
        struct event event = {.work.item = NULL};
        if (running->task < 0)
            continue;
        struct span span = {
            .lane = objects_lane(&report->objects, running->object, running->worker),
            .number = running->task,
            .attempt = running->attempt,
            .began = running->began,
            .took = report->now - running->began,
            .state = SPAN_OPEN,
        };
        fill_words(report, &event, running, SPAN_OPEN);
        end_task(report, running->object, &span, false);
    }
}
