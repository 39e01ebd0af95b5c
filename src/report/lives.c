/* The lives of processes and threads, each of which is a span. */
#include "report/private.h"

static void begin_life(struct report *report, const struct event *event)
{
    struct report_object *object = report_object_at(report, report_object_of(report, event));
    object->lives.life++;
    object->lives.alive = true;
    object->failed = false;
    object->lives.pid = event->place.pid;
    if (object->began == NEVER)
        object->began = event->at;
    object->ended = NEVER;
    object->lives.lived = event->at;
    object->lives.cpu_of_life = 0;
    object->lives.sampled = NEVER;
    buf_clear(&object->reason);
    buf_clear(&object->output);
}

/* A value holds until the next one: what was used in a time stands at its beginning. */
static void take_sample(struct report *report, const struct event *event)
{
    struct report_object *object = report_object_at(report, report_object_of(report, event));
    int64_t used = event->usage.cpu - object->lives.cpu_of_life;
    int64_t since = event->at - event->duration;
    if (object->lives.sampled != NEVER && since > object->lives.sampled)
        series_add(&object->lives.load, object->lives.sampled, 0);
    series_add(&object->lives.load, since > object->lives.sampled ? since : object->lives.sampled,
               used * 100 / (event->duration ? event->duration : 1));
    series_add(&object->lives.held, event->at, event->usage.memory);
    object->lives.cpu += used;
    object->lives.cpu_of_life = event->usage.cpu;
    object->lives.sampled = event->at;
    if (event->usage.memory > object->memory)
        object->memory = event->usage.memory;
}

static void end_samples(struct report_object *object)
{
    if (object->lives.sampled == NEVER || object->kind != EVENT_OF_PROCESS)
        return;
    series_add(&object->lives.load, object->ended, 0);
    series_add(&object->lives.held, object->ended, 0);
    object->lives.sampled = NEVER;
}

/* Its end, at OBJECT's ENDED where that is known. */
static void end_life(struct report *report, uint32_t number, enum span_state state)
{
    struct report_object *object = report_object_at(report, number);
    if (!object->lives.alive)
        return;
    object->lives.alive = false;
    if (object->ended == NEVER)
        object->ended = report->now;
    object->pool.states[state]++;
    end_samples(object);
    struct span span = {
        .lane = objects_lane(&report->objects, number, 0),
        .number = object->lives.life,
        .attempt = object->lives.life + 1,
        .began = object->lives.lived,
        .took = object->ended - object->lives.lived,
        .state = state,
    };
    words_clear(&report->words);
    buf_append(&report->words.reason, object->reason.data, object->reason.length);
    report_fill_output(report, &object->output, state);
    report_add_span(report, &span);
}

static void take_exited(struct report *report, const struct event *event)
{
    report_object_at(report, report_object_of(report, event))->ended = event->at;
}

static void take_over(struct report *report, const struct event *event, enum span_state state)
{
    uint32_t number = report_object_of(report, event);
    const struct report_object *object = report_object_at(report, number);
    end_life(report, number, object->failed && state != SPAN_RETRIED ? SPAN_FAILED : state);
}

/* A run of a schedule is over, or there was none yet. */
static void take_scheduled(struct report *report, const struct event *event)
{
    uint32_t number = report_object_of(report, event);
    take_over(report, event, event->flags & EVENT_AGAIN && report_object_at(report, number)->failed ? SPAN_RETRIED : SPAN_DONE);
}

static void take_thread_ended(struct report *report, const struct event *event)
{
    enum span_state state = event->flags & EVENT_SIGNALED ? SPAN_STOPPED
                            : event->flags & EVENT_TOLD   ? SPAN_TIMEOUT
                                                          : SPAN_DONE;
    take_over(report, event, state);
}

static void take_line(struct report *report, const struct event *event)
{
    struct report_object *object = report_object_at(report, report_object_of(report, event));
    keep_output(&object->output, event->output.bytes, event->output.length);
    keep_output(&object->output, "\n", 1);
}

void report_take_life(struct report *report, const struct event *event)
{
    switch ((int)event->kind) {
    case EVENT_PROCESS_STARTED:
    case EVENT_THREAD_STARTED:
        begin_life(report, event);
        break;
    case EVENT_PROCESS_OUTPUT:
    case EVENT_THREAD_OUTPUT:
        take_line(report, event);
        break;
    case EVENT_PROCESS_SAMPLE:
        take_sample(report, event);
        break;
    case EVENT_PROCESS_EXITED:
        take_exited(report, event);
        break;
    case EVENT_PROCESS_RESTARTING:
        take_over(report, event, event->flags & EVENT_WRONG ? SPAN_RETRIED : SPAN_DONE);
        break;
    case EVENT_PROCESS_SCHEDULED:
        take_scheduled(report, event);
        break;
    case EVENT_PROCESS_TERMINATED:
    case EVENT_THREAD_STOPPED:
        take_over(report, event, SPAN_STOPPED);
        break;
    case EVENT_PROCESS_ENDED:
        take_over(report, event, SPAN_DONE);
        break;
    case EVENT_THREAD_ENDED:
        take_thread_ended(report, event);
        break;
    default:
        break;
    }
}

void report_end_lives(struct report *report)
{
    for (uint32_t i = 0; i < report->objects.count; i++)
        end_life(report, i, SPAN_OPEN);
}
