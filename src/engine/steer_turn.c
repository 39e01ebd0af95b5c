/* Bringing about what words want: one transition of an object at a time, dependents first down and last up. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/dependencies.h"
#include "engine/hook.h"
#include "engine/object.h"
#include "engine/run.h"
#include "engine/steer_private.h"

static bool is_to_leave(const struct object *object)
{
    bool lives = object->state == OBJECT_RESTING || object_is_alive(object);
    return lives && (object->wish.wanted == WANTED_DOWN || object->wish.wanted == WANTED_NEW);
}

static void lower(struct object *object)
{
    bool waits = graph_any_dependent(object->run->all.graph, object, is_to_leave);
    if (object->state == OBJECT_PENDING || object->state == OBJECT_RESTING ||
        (object->state == OBJECT_RUNNING && !waits))
        object_happens(object, HAPPENING_LOWER, NULL);
    if (object->wish.now && object->state == OBJECT_STOPPING)
        object_happens(object, HAPPENING_KILL, NULL);
    if (object->copy.retired && object->state == OBJECT_STOPPED)
        object_happens(object, HAPPENING_STOP, NULL);
    if (object->wish.wanted == WANTED_DOWN && (object->state == OBJECT_STOPPED || object->state == OBJECT_ENDED))
        object->wish.wanted = WANTED_NOTHING;
}

/* It has ended or was stopped, or never began: from now on it waits for what it depends on. */
static void raise_again(struct object *object)
{
    struct error error = {0};
    if (object->state == OBJECT_ENDED && object->kind->revive(object, false, &error)) {
        object_asked(object, error.text, 0);
        error_release(&error);
        object->wish.wanted = WANTED_NOTHING;
        return;
    }
    object->wish.wanted = WANTED_UP;
    object->restarted++;
    object->restarts = 0;
    object_happens(object, HAPPENING_RAISE, NULL);
}

/* What it depends on is not on its way down, and has come so far; what follows its last end is over. */
static bool may_start(const struct object *object)
{
    const struct object_spec *spec = object->spec;
    const struct graph *graph = object->run->all.graph;
    for (size_t i = 0; !object->wish.no_deps && i < spec->depends_on_count; i++) {
        size_t count;
        struct object *const *others = graph_objects(graph, spec->depends_on[i].object, &count);
        for (size_t j = 0; j < count; j++)
            if (is_to_leave(others[j]))
                return false;
    }
    if (hooks_run(object))
        return false;
    return object->wish.no_deps || graph_holds(graph, object);
}

/* What it depends on has ended without coming so far. */
static void give_up(struct object *object, const struct object *other, enum condition condition)
{
    char *reason = graph_explain_end(other, condition);
    object->wish.wanted = WANTED_NOTHING;
    object->failed = other->failed || !other->skipped;
    object->cause = other->skipped ? other->cause : other;
    object_happens(object, HAPPENING_STOP, reason);
    free(reason);
}

static void start(struct object *object)
{
    enum condition condition;
    const struct object *other = object->wish.no_deps ? NULL : graph_in_vain(object->run->all.graph, object, &condition);
    if (other && other->wish.wanted == WANTED_NOTHING) {
        give_up(object, other, condition);
    } else if (may_start(object)) {
        object->wish.wanted = WANTED_NOTHING;
        object_happens(object, HAPPENING_START, NULL);
        object->wish.no_deps = false;
    }
}

static void bring_up(struct object *object)
{
    if (object->state == OBJECT_RUNNING)
        object->wish.wanted = WANTED_NOTHING;
    else if (object->state == OBJECT_STOPPED || object->state == OBJECT_ENDED || object->state == OBJECT_RESTING)
        raise_again(object);
    if (object->wish.wanted == WANTED_UP && object->state == OBJECT_PENDING)
        start(object);
}

void steer_advance(struct run *run)
{
    for (size_t i = run->all.object_count; i-- > 0;)
        if (run->all.objects[i]->wish.wanted == WANTED_DOWN || is_to_leave(run->all.objects[i]))
            lower(run->all.objects[i]);
    for (size_t i = 0; i < run->all.object_count; i++) {
        struct object *object = run->all.objects[i];
        if (object->wish.wanted == WANTED_NEW && !object_is_alive(object))
            object->wish.wanted = WANTED_UP;
        if (object->wish.wanted == WANTED_UP)
            bring_up(object);
    }
}

void steer_forget(struct run *run)
{
    for (size_t i = 0; i < run->all.object_count; i++)
        run->all.objects[i]->wish.wanted = WANTED_NOTHING;
}

size_t steer_tasks(const struct run *run)
{
    size_t tasks = 0;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
        struct object_staff staff = {0};
        if (object->kind->staff && object_is_alive(object))
            object->kind->staff(object, &staff);
        tasks += staff.tasks;
    }
    return tasks;
}
