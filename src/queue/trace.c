/* Events about single messages of a traced queue. */
#include "queue/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"

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
    copy->bytes = mem_copy(event->output.bytes ? event->output.bytes : "", event->output.length);
    copy->reason = mem_strdup(event->reason ? event->reason : "");
    copy->event.output.bytes = event->output.bytes ? copy->bytes : NULL;
    copy->event.reason = event->reason ? copy->reason : NULL;
    loop_post(run->loop, emit_copy, copy);
}
