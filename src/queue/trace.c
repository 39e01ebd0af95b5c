/* Events about single messages of a traced queue. */
#include "queue/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"

struct trace {
    struct run *run;
    enum event_kind kind;
    const char *queue;
    bool named;
    size_t length;
    char text[];
};

static void trace_emit(void *arg)
{
    struct trace *trace = arg;
    struct event event = {
        .kind = trace->kind,
        .flags = trace->named ? EVENT_NAMED : 0,
        .object = trace->queue,
        .bytes = trace->text,
        .length = trace->length,
    };
    bus_emit(trace->run->bus, &event);
    free(trace);
}

struct copy {
    struct run *run;
    struct event event;
    char *bytes;
    char *reason;
};

static void emit_copy(void *arg)
{
    struct copy *copy = arg;
    bus_emit(copy->run->bus, &copy->event);
    free(copy->bytes);
    free(copy->reason);
    free(copy);
}

void trace_event(struct run *run, const struct event *event)
{
    struct copy *copy = mem_calloc(1, sizeof(*copy));
    *copy = (struct copy){.run = run, .event = *event};
    copy->bytes = mem_copy(event->bytes ? event->bytes : "", event->length);
    copy->reason = mem_strdup(event->reason ? event->reason : "");
    copy->event.bytes = event->bytes ? copy->bytes : NULL;
    copy->event.reason = event->reason ? copy->reason : NULL;
    loop_post(run->loop, emit_copy, copy);
}

void trace_post(struct run *run, enum event_kind kind, const char *queue, bool named,
                const char *text, size_t length)
{
    struct trace *trace = mem_realloc(NULL, sizeof(*trace) + length + 1, 1);
    *trace = (struct trace){
        .run = run, .kind = kind, .queue = queue, .named = named, .length = length};
    if (length)
        memcpy(trace->text, text, length);
    loop_post(run->loop, trace_emit, trace);
}
