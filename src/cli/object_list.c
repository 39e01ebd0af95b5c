/* One list of all objects. */
#include "cli/object_list.h"

#include "base/mem.h"
#include "scenario/spec.h"

static struct outline_object of_body(const char *kind, const struct object_spec *object)
{
    return (struct outline_object){
        .kind = kind,
        .name = object->name,
        .help = object->help,
        .produces = object->produces,
        .produces_count = object->produces_count,
        .consumes = object->consumes,
        .consumes_count = object->consumes_count,
        .depends_on = object->depends_on,
        .depends_on_count = object->depends_on_count,
    };
}

struct outline_object *outline_make(const struct scenario *scenario, size_t *count)
{
    size_t most = scenario->process_count + scenario->pool_count + scenario->thread_count +
                  scenario->queue_count;
    struct outline_object *objects = mem_calloc(most, sizeof(*objects));
    struct outline_object *next = objects;
    for (size_t i = 0; i < scenario->process_count; i++)
        *next++ = of_body("process", &scenario->processes[i].object);
    for (size_t i = 0; i < scenario->pool_count; i++)
        *next++ = of_body("pool", &scenario->pools[i].object);
    for (size_t i = 0; i < scenario->thread_count; i++)
        *next++ = of_body("thread", &scenario->threads[i].object);
    for (size_t i = 0; i < scenario->queue_count; i++)
        *next++ = (struct outline_object){
            .kind = "queue",
            .name = scenario->queues[i].name,
            .help = scenario->queues[i].help,
        };
    *count = most;
    return objects;
}
