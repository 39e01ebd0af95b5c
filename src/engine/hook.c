/* Hooks. */
#include "engine/hook.h"

#include "base/buf.h"
#include "base/unit.h"
#include "engine/dependencies.h"
#include "engine/object.h"
#include "engine/run.h"
#include "scenario/spec.h"

const char *const hook_variables[HOOK_VARIABLES] = {
    [HOOK_OBJECT] = "PARRUN_OBJECT", [HOOK_STATUS] = "PARRUN_STATUS", [HOOK_CODE] = "PARRUN_CODE",
    [HOOK_SIGNAL] = "PARRUN_SIGNAL", [HOOK_REASON] = "PARRUN_REASON",
};

/* The object of a hook, which has no replicas. */
static struct object *hook_object(const struct run *run, size_t number)
{
    size_t count;
    return graph_objects(run->all.graph, number, &count)[0];
}

static bool is_better(const struct object *one, const struct object *other)
{
    if (!other || one->end.failed != other->end.failed)
        return !other || one->end.failed;
    if (one->end.stopped != other->end.stopped)
        return one->end.stopped;
    return one->ended < other->ended;
}

/* Of the declaration NUMBER the one that tells how it has ended: the first that has failed, else the first that was stopped. NULL
 * where none of them has started. */
static const struct object *find_ended(const struct run *run, size_t number)
{
    size_t count;
    struct object *const *objects = graph_objects(run->all.graph, number, &count);
    const struct object *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (objects[i]->lives && is_better(objects[i], found))
            found = objects[i];
    return found;
}

/* What was stopped by hand has ended, as far as its hooks go, unless that is for its next life. */
static bool has_ended(const struct object *object)
{
    return object->state == OBJECT_ENDED || (object->state == OBJECT_STOPPED && !object_is_raised(object));
}

static bool all_ended(const struct run *run, size_t number)
{
    size_t count;
    struct object *const *objects = graph_objects(run->all.graph, number, &count);
    for (size_t i = 0; i < count; i++)
        if (!has_ended(objects[i]))
            return false;
    return true;
}

/* How the run has ended, as if it were an object; the reason is what has failed first. */
static struct object_end end_of_run(const struct run *run, const char **reason)
{
    const struct object *first = NULL;
    for (size_t i = 0; i < run->all.object_count; i++)
        if (run->all.objects[i]->failed && !run->all.objects[i]->skipped && (!first || run->all.objects[i]->ended < first->ended))
            first = run->all.objects[i];
    bool by_signal = run->stop.cause == STOP_SIGNAL;
    struct object_end end = {.stopped = run->stop.cause, .failed = run_has_failed(run), .has_code = !by_signal};
    end.code = end.failed ? run_failure_code(run) : RUN_SUCCEEDED;
    end.signal = by_signal ? run->stop.signal : 0;
    *reason = first ? first->verdict : NULL;
    return end;
}

void hook_print(const struct run *run, const struct object_spec *spec, enum hook_variable variable, struct buf *out)
{
    bool of_run = spec->hook.of == HOOK_OF_RUN;
    const struct object *object = of_run ? NULL : find_ended(run, spec->hook.of);
    const char *reason = object ? object->verdict : NULL;
    struct object_end end = of_run ? end_of_run(run, &reason) : object ? object->end : (struct object_end){0};
    if (variable == HOOK_OBJECT)
        buf_text(out, of_run ? run->scenario->name : scenario_object(run->scenario, spec->hook.of)->name);
    else if (spec->hook.alone)
        return; /* nothing has ended */
    else if (variable == HOOK_STATUS)
        buf_text(out, end.failed ? "failed" : end.stopped ? "stopped" : "succeeded");
    else if (variable == HOOK_CODE && end.has_code)
        buf_number(out, end.code);
    else if (variable == HOOK_SIGNAL && end.signal)
        buf_text(out, signal_name(end.signal));
    else if (variable == HOOK_REASON && end.failed && reason)
        buf_text(out, reason);
}

void hooks_await(const struct object *object)
{
    for (size_t i = 0; i < object->spec->hook_count; i++) {
        struct object *hook = hook_object(object->run, object->spec->hooks[i]);
        if (hook->state == OBJECT_ENDED)
            object_happens(hook, HAPPENING_RAISE, NULL);
    }
}

/* Starts it where it is DUE, else tells WHY_NOT. */
static void follow(struct object *hook, bool due, const char *name, const char *why_not)
{
    struct buf reason = {0};
    if (hook->state != OBJECT_PENDING || !hook->spec->hook.when)
        return; /* all was ended by force, or it was asked for by its name and follows nothing */
    buf_printf(&reason, "%s %s", name, why_not);
    if (due)
        object_happens(hook, HAPPENING_START, NULL);
    else
        object_happens(hook, HAPPENING_STOP, buf_string(&reason));
    buf_release(&reason);
}

/* Whether it follows such an end; a dry run shows all of them. */
static bool is_due(const struct object *hook, bool failed)
{
    return hook->spec->hook.when == HOOK_FINALLY || failed || hook->run->plan.dry;
}

void hooks_follow(const struct object *object)
{
    const struct object_spec *spec = object->spec;
    const struct run *run = object->run;
    if (!spec->hook_count || !all_ended(run, object->number))
        return;
    const struct object *ended = find_ended(run, object->number);
    for (size_t i = 0; i < spec->hook_count; i++) {
        struct object *hook = hook_object(run, spec->hooks[i]);
        if (ended)
            follow(hook, is_due(hook, ended->end.failed), spec->name, "has not failed");
        else if (object->state == OBJECT_ENDED) /* what was stopped before it began may yet be started */
            follow(hook, false, spec->name, "never started");
    }
}

bool hooks_run(const struct object *object)
{
    for (size_t i = 0; i < object->spec->hook_count; i++) {
        const struct object *hook = hook_object(object->run, object->spec->hooks[i]);
        if (hook->state != OBJECT_PENDING && hook->state != OBJECT_ENDED)
            return true;
    }
    return false;
}

bool hooks_end_run(const struct run *run)
{
    const struct scenario *scenario = run->scenario;
    bool failed = run_has_failed(run), runs = false;
    for (size_t i = 0; i < scenario->hook_count; i++) {
        struct object *hook = hook_object(run, scenario->hooks[i]);
        follow(hook, is_due(hook, failed), "the run", "has not failed");
        runs = runs || hook->state != OBJECT_ENDED;
    }
    return runs;
}

void hook_explain(const struct run *run, const struct object_spec *spec, struct buf *out)
{
    bool of_run = spec->hook.of == HOOK_OF_RUN;
    buf_printf(out, "%s has %s", of_run ? "all else" : scenario_object(run->scenario, spec->hook.of)->name,
               of_run || spec->hook.when == HOOK_FINALLY ? "ended" : "failed");
}
