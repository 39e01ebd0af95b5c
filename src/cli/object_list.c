/* One list of all objects. */
#include "cli/object_list.h"

#include "base/mem.h"
#include "scenario/spec.h"

static struct object_entry of_body(const char *kind, const struct object_spec *object)
{
    return (struct object_entry){
        .kind = kind,
        .name = object->name,
        .help = object->help,
        .produces = object->queues.produces,
        .produces_count = object->queues.produces_count,
        .consumes = object->queues.consumes,
        .consumes_count = object->queues.consumes_count,
        .depends_on = object->depends_on,
        .depends_on_count = object->depends_on_count,
    };
}

struct object_entry *object_list_make(const struct scenario *scenario, size_t *count)
{
    size_t most = scenario->process_count + scenario->pool_count + scenario->thread_count +
                  scenario->queue_count;
    struct object_entry *objects = mem_calloc(most, sizeof(*objects));
    struct object_entry *next = objects;
    for (size_t i = 0; i < scenario->process_count; i++)
        *next++ = of_body("process", &scenario->processes[i].object);
    for (size_t i = 0; i < scenario->pool_count; i++)
        *next++ = of_body("pool", &scenario->pools[i].object);
    for (size_t i = 0; i < scenario->thread_count; i++)
        *next++ = of_body("thread", &scenario->threads[i].object);
    for (size_t i = 0; i < scenario->queue_count; i++)
        *next++ = (struct object_entry){
            .kind = "queue",
            .name = scenario->queues[i].name,
            .help = scenario->queues[i].help,
        };
    *count = most;
    return objects;
}
