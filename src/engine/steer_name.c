/* The objects that a name or a pattern means. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/str.h"
#include "engine/object.h"
#include "engine/run.h"
#include "engine/steer.h"

static bool is_meant(const struct object *object, const char *name)
{
    char *numbered = object_replica_name(object->spec, object->copy.replica);
    bool meant = !object->copy.retired && (wildcard_match(name, object->spec->name) || wildcard_match(name, object->name) ||
                                      wildcard_match(name, numbered));
    free(numbered);
    return meant;
}

static int unknown(const struct run *run, const char *name, struct error *error)
{
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        if (!strcmp(run->scenario->queues[i].name, name))
            return error_set(error, ERROR_FAILED, "'%s' is a queue: name what uses it", name);
    for (size_t i = 0; i < run->all.object_count; i++)
        if (!run->all.objects[i]->copy.retired)
            nearest_offer(&nearest, run->all.objects[i]->spec->name);
    if (strchr(name, '*'))
        return error_set(error, ERROR_FAILED, "no process, pool or thread has a name like '%s'", name);
    if (nearest.name)
        return error_set(error, ERROR_FAILED, "the run has no '%s', did you mean '%s'?", name, nearest.name);
    return error_set(error, ERROR_FAILED, "the run has no '%s'", name);
}

int64_t steer_find(const struct run *run, const char *const *names, size_t count, struct object ***found,
                   struct error *error)
{
    bool *meant = mem_calloc(run->all.object_count + 1, sizeof(*meant));
    int64_t number = 0;
    for (size_t i = 0; i < count && !error->code; i++) {
        bool any = false;
        for (size_t j = 0; j < run->all.object_count; j++)
            if (is_meant(run->all.objects[j], names[i]))
                any = meant[j] = true;
        if (!any)
            unknown(run, names[i], error);
    }
    *found = error->code ? NULL : mem_calloc(run->all.object_count + 1, sizeof(**found));
    for (size_t i = 0; *found && i < run->all.object_count; i++)
        if (meant[i])
            (*found)[number++] = run->all.objects[i];
    free(meant);
    return error->code ? error->code : number;
}
