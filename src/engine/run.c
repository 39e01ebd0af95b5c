/* A run: starting, ending and stopping its objects in order. */
#include "engine/run.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/unit.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "scenario/spec.h"

static unsigned run_flags(const struct run *run)
{
    const struct scenario *scenario = run->scenario;
    unsigned flags = 0;
    if (scenario->process_count || scenario->pool_count)
        flags |= EVENT_PROCESSES;
    if (scenario->thread_count)
        flags |= EVENT_THREADS;
    return flags;
}

static void object_happens(struct object *object, enum happening happening, const char *reason)
{
    struct transition transition = lifecycle(object->state, happening);
    object->state = transition.next;
    switch (transition.action) {
    case ACTION_NEVER:
        abort();
    case ACTION_IGNORE:
        break;
    case ACTION_START:
        object->kind->start(object);
        break;
    case ACTION_SKIP:
        object->skipped = true;
        object->kind->skip(object, reason);
        break;
    case ACTION_STOP:
        object->kind->stop(object);
        break;
    case ACTION_KILL:
        object->kind->kill(object);
        break;
    case ACTION_FINISH:
        run_poke(object->run);
        break;
    }
}

void object_gone(struct object *object)
{
    object_happens(object, HAPPENING_GONE, NULL);
}

bool object_is_ending(const struct object *object)
{
    return object->state == OBJECT_STOPPING || object->state == OBJECT_KILLING;
}

/* In the reverse order of the file, as what stands later may use what stands earlier. */
static void stop_objects(struct run *run, bool daemons, enum happening happening)
{
    for (size_t i = run->object_count; i-- > 0;)
        if (run->objects[i]->daemon == daemons)
            object_happens(run->objects[i], happening, "the run was stopped");
}

static size_t count_alive(const struct run *run, bool daemons)
{
    size_t alive = 0;
    for (size_t i = 0; i < run->object_count; i++)
        if (run->objects[i]->daemon == daemons && run->objects[i]->state != OBJECT_ENDED)
            alive++;
    return alive;
}

/* Stops the daemons that nobody needs any more; one that still has messages to take is left. */
static void stop_drained_daemons(struct run *run)
{
    for (size_t i = run->object_count; i-- > 0;) {
        struct object *object = run->objects[i];
        if (object->daemon && (run->stop_cause || object->kind->drained(object)))
            object_happens(object, HAPPENING_STOP, "nothing is left that could need it");
    }
}

/* Whether those objects that decide it make the run a failure. */
static bool objects_failed(const struct run *run)
{
    bool any = run->scenario->success_any;
    for (size_t i = 0; i < run->object_count; i++) {
        const struct object *object = run->objects[i];
        if (any && !object->failed && !object->skipped && !object->daemon)
            return false;
        if (!any && object->failed && object->spec->decides)
            return true;
    }
    return any;
}

static void run_over(void *arg)
{
    struct run *run = arg;
    bool balanced = run->dry || run->balance(run);
    run->failed = objects_failed(run) || !balanced;
    struct event event = {.kind = EVENT_RUN_ENDED, .flags = run_flags(run), .pid = getpid()};
    if (run->failed)
        event.flags |= EVENT_WRONG;
    bus_emit(run->bus, &event);
    run->ended(run->ended_arg);
}

static void run_advance(void *arg)
{
    struct run *run = arg;
    run->advancing = false;
    if (run->over || count_alive(run, false))
        return;
    stop_drained_daemons(run);
    if (count_alive(run, true))
        return;
    run->over = true;
    loop_post(run->loop, run_over, run); /* behind every event that a thread has posted */
}

void run_poke(struct run *run)
{
    if (run->advancing)
        return;
    run->advancing = true;
    loop_defer(run->loop, run_advance, run);
}

void run_start(struct run *run)
{
    struct event event = {.kind = EVENT_RUN_STARTED, .flags = run_flags(run), .pid = getpid()};
    bus_emit(run->bus, &event);
    for (size_t i = 0; i < run->object_count; i++) {
        bool wanted = run->objects[i]->spec->when;
        object_happens(run->objects[i], wanted ? HAPPENING_START : HAPPENING_STOP, "when is false");
    }
    run_poke(run);
}

static void tell_stopping(struct run *run)
{
    struct buf reason = {0};
    if (run->stop_cause == STOP_SIGNAL) {
        buf_printf(&reason, "signal %s", signal_name(run->stop_signal));
        if (run->stop_signal == SIGINT)
            buf_text(&reason, ", press Ctrl-C again to end everything at once");
    } else {
        buf_text(&reason, "nobody reads the output any more");
    }
    struct event event = {
        .kind = EVENT_RUN_STOPPING,
        .reason = buf_string(&reason),
        .signal = run->stop_signal,
    };
    bus_emit(run->bus, &event);
    buf_release(&reason);
}

void run_stop(struct run *run, enum stop_cause cause, int signal)
{
    if (run->stop_cause) {
        stop_objects(run, false, HAPPENING_KILL);
        stop_objects(run, true, HAPPENING_KILL);
        return;
    }
    run->stop_cause = cause;
    run->stop_signal = signal;
    if (run->over)
        return;
    tell_stopping(run);
    stop_objects(run, false, HAPPENING_STOP);
    run_poke(run);
}

void run_hold(struct run *run, bool held)
{
    if (run->held == held)
        return;
    run->held = held;
    for (size_t i = 0; i < run->object_count; i++)
        if (run->objects[i]->state != OBJECT_ENDED && run->objects[i]->state != OBJECT_PENDING)
            run->objects[i]->kind->hold(run->objects[i], held);
}
