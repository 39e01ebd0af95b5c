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
    return lives && (object->wanted == WANTED_DOWN || object->wanted == WANTED_NEW);
}

static void lower(struct object *object)
{
    bool waits = graph_any_dependent(object->run->graph, object, is_to_leave);
    if (object->state == OBJECT_PENDING || object->state == OBJECT_RESTING ||
        (object->state == OBJECT_RUNNING && !waits))
        object_happens(object, HAPPENING_LOWER, NULL);
    if (object->now && object->state == OBJECT_STOPPING)
        object_happens(object, HAPPENING_KILL, NULL);
    if (object->retired && object->state == OBJECT_STOPPED)
        object_happens(object, HAPPENING_STOP, NULL);
    if (object->wanted == WANTED_DOWN && (object->state == OBJECT_STOPPED || object->state == OBJECT_ENDED))
        object->wanted = WANTED_NOTHING;
}

/* It has ended or was stopped, or never began: from now on it waits for what it depends on. */
static void raise_again(struct object *object)
{
    struct error error = {0};
    if (object->state == OBJECT_ENDED && object->kind->revive(object, false, &error)) {
        object_asked(object, error.text, 0);
        error_release(&error);
        object->wanted = WANTED_NOTHING;
        return;
    }
    object->wanted = WANTED_UP;
    object->restarted++;
    object->restarts = 0;
    object_happens(object, HAPPENING_RAISE, NULL);
}

/* What it depends on is not on its way down, and has come so far; what follows its last end is over. */
static bool may_start(const struct object *object)
{
    const struct object_spec *spec = object->spec;
    const struct graph *graph = object->run->graph;
    for (size_t i = 0; !object->no_deps && i < spec->depends_on_count; i++) {
        size_t count;
        struct object *const *others = graph_objects(graph, spec->depends_on[i].object, &count);
        for (size_t j = 0; j < count; j++)
            if (is_to_leave(others[j]))
                return false;
    }
    if (hooks_run(object))
        return false;
    return object->no_deps || graph_holds(graph, object);
}

/* What it depends on has ended without coming so far. */
static void give_up(struct object *object, const struct object *other, enum condition condition)
{
    char *reason = graph_explain_end(other, condition);
    object->wanted = WANTED_NOTHING;
    object->failed = other->failed || !other->skipped;
    object->cause = other->skipped ? other->cause : other;
    object_happens(object, HAPPENING_STOP, reason);
    free(reason);
}

static void start(struct object *object)
{
    enum condition condition;
    const struct object *other = object->no_deps ? NULL : graph_in_vain(object->run->graph, object, &condition);
    if (other && other->wanted == WANTED_NOTHING) {
        give_up(object, other, condition);
    } else if (may_start(object)) {
        object->wanted = WANTED_NOTHING;
        object_happens(object, HAPPENING_START, NULL);
        object->no_deps = false;
    }
}

static void bring_up(struct object *object)
{
    if (object->state == OBJECT_RUNNING)
        object->wanted = WANTED_NOTHING;
    else if (object->state == OBJECT_STOPPED || object->state == OBJECT_ENDED || object->state == OBJECT_RESTING)
        raise_again(object);
    if (object->wanted == WANTED_UP && object->state == OBJECT_PENDING)
        start(object);
}

void steer_advance(struct run *run)
{
    for (size_t i = run->object_count; i-- > 0;)
        if (run->objects[i]->wanted == WANTED_DOWN || is_to_leave(run->objects[i]))
            lower(run->objects[i]);
    for (size_t i = 0; i < run->object_count; i++) {
        struct object *object = run->objects[i];
        if (object->wanted == WANTED_NEW && !object_is_alive(object))
            object->wanted = WANTED_UP;
        if (object->wanted == WANTED_UP)
            bring_up(object);
    }
}

void steer_forget(struct run *run)
{
    for (size_t i = 0; i < run->object_count; i++)
        run->objects[i]->wanted = WANTED_NOTHING;
}

size_t steer_tasks(const struct run *run)
{
    size_t tasks = 0;
    for (size_t i = 0; i < run->object_count; i++) {
        const struct object *object = run->objects[i];
        struct object_staff staff = {0};
        if (object->kind->staff && object_is_alive(object))
            object->kind->staff(object, &staff);
        tasks += staff.tasks;
    }
    return tasks;
}
