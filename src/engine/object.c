/* What the engine keeps of an object. */
#include "engine/object.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/tail.h"
#include "engine/run.h"
#include "event/bus.h"

char *object_replica_name(const struct object_spec *spec, int64_t replica)
{
    struct buf name = {0};
    buf_printf(&name, "%s.%" PRId64, spec->name, replica);
    return buf_take(&name);
}

static void keep_verdict(struct object *object, const struct event *event)
{
    const char *sentence = event_sentence(event);
    struct buf text = {0};
    if (!sentence || !*sentence)
        return;
    event_fill(&text, sentence, strlen(sentence), event);
    free(object->verdict);
    object->verdict = buf_take(&text);
}

void object_emit(struct object *object, struct event *event)
{
    event->object = object->name;
    if (event->kind == EVENT_PROCESS_OUTPUT || event->kind == EVENT_THREAD_OUTPUT)
        tail_add(&object->tail, event->bytes, event->length);
    else if ((event->flags & EVENT_WRONG) && !event->has_task)
        keep_verdict(object, event);
    bus_emit(object->run->bus, event);
}

void object_release(struct object *object)
{
    free(object->verdict);
    tail_free(object->tail);
}
