/* What the engine keeps of an object, and what its lifecycle does with it. */
#include "engine/object.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tail.h"
#include "engine/dependencies.h"
#include "engine/hook.h"
#include "engine/run.h"
#include "engine/schedule.h"
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
    if (event->flags & EVENT_WRONG && object->spec->allow_failure)
        event->flags |= EVENT_ALLOWED;
    if (event->kind == EVENT_PROCESS_OUTPUT || event->kind == EVENT_THREAD_OUTPUT)
        tail_add(&object->tail, event->output.bytes, event->output.length);
    else if ((event->flags & EVENT_WRONG) && !event->has_task)
        keep_verdict(object, event);
    if (event->kind == EVENT_PROCESS_EXITED) {
        object->end.has_code = event->end.has_code;
        object->end.code = event->end.code;
        object->end.signal = event->end.signal;
    }
    bus_emit(object->run->bus, event);
}

/* Where the number of a replica begins, with its dot; the end of NAME where it has none. */
static size_t replica_at(const char *name)
{
    size_t end = strlen(name), at = end;
    while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
        at--;
    return at > 1 && at < end && name[at - 1] == '.' ? at - 1 : end;
}

bool object_is_called(const char *name, const char *pattern)
{
    size_t length = replica_at(name);
    if (wildcard_match(pattern, name))
        return true;
    if (!name[length])
        return !strncmp(pattern, name, length) && !strcmp(pattern + length, ".1");
    char *base = mem_copy(name, length);
    bool called = wildcard_match(pattern, base);
    free(base);
    return called;
}

void facts_add_pid(struct object_facts *facts, int64_t pid)
{
    facts->pids = mem_grow(facts->pids, &facts->pid_capacity, facts->pid_count + 1, sizeof(*facts->pids));
    facts->pids[facts->pid_count++] = pid;
}

void facts_release(struct object_facts *facts)
{
    free(facts->pids);
    free(facts->hosts);
}

void object_release(struct object *object)
{
    schedule_free(object->schedule);
    free(object->verdict);
    free(object->watch.changed);
    tail_free(object->tail);
}

/* Nothing will come of it any more: those that wait for it hear so. */
static void object_ended(struct object *object)
{
    schedule_close(object->schedule);
    object->ended = ++object->run->all.ended_count;
    if (!object->copy.retired)
        graph_ended(object->run->all.graph, object);
    hooks_follow(object);
    run_poke(object->run);
}

/* One that was down, or whose place is taken away, has neither succeeded nor failed. */
static void object_finish(struct object *object)
{
    object->failed = object->end.failed = schedule_failed(object->schedule, object->failed);
    if (object->down || object->copy.retired) {
        object_ended(object);
        return;
    }
    if (object->failed)
        object_fails(object);
    if (object->spec->allow_failure)
        object->failed = false;
    if (object->run->plan.dry) {
        object_reached(object, CONDITION_STARTED);
        object_reached(object, CONDITION_READY);
    }
    object_reached(object, CONDITION_COMPLETED);
    if (!object->failed)
        object_reached(object, CONDITION_SUCCEEDED);
    object_ended(object);
}

/* What others may use of it is not there; what it has done stays done. */
static void object_leaves(struct object *object)
{
    object_lost(object, CONDITION_READY);
    object_lost(object, CONDITION_STARTED);
}

static void be_down(struct object *object)
{
    struct event event = {.kind = object->kind->events.stopped};
    object_leaves(object);
    schedule_stopped(object->schedule, !object_is_raised(object));
    object->down = true;
    object->failed = object->end.failed = false;
    object->end.stopped = true;
    object->wish.now = false;
    object_emit(object, &event);
    hooks_follow(object);
    run_poke(object->run);
}

/* Another life: whatever the last one was, it counts no more. */
static void await_start(struct object *object)
{
    object_leaves(object);
    object->down = object->failed = object->skipped = false;
    object->ended = 0;
    object->cause = NULL;
    free(object->verdict);
    object->verdict = NULL;
    run_poke(object->run);
}

/* Where it has a schedule it rests until its time has come. */
static void start(struct object *object)
{
    if (!object->schedule)
        object->schedule = schedule_new(object);
    if (!schedule_admits(object->schedule)) {
        object_rests(object);
        return;
    }
    hooks_await(object);
    object->end = (struct object_end){0};
    object->lives++;
    object->kind->start(object);
}

void object_happens(struct object *object, enum happening happening, const char *reason)
{
    struct transition transition = lifecycle(object->state, happening);
    if (object->state != transition.next)
        object->since = clock_monotonic();
    if (transition.action == ACTION_FINISH)
        object->end.stopped = object->state != OBJECT_RUNNING;
    object->state = transition.next;
    switch (transition.action) {
    case ACTION_NEVER:
        abort();
    case ACTION_IGNORE:
    case ACTION_REST:
        break;
    case ACTION_START:
        start(object);
        break;
    case ACTION_SKIP:
        object->skipped = true;
        object->kind->skip(object, reason);
        object_ended(object);
        break;
    case ACTION_STOP:
        if (happening == HAPPENING_LOWER)
            object_leaves(object);
        object->kind->stop(object);
        break;
    case ACTION_KILL:
        object->kind->kill(object);
        break;
    case ACTION_SETTLE:
        object->kind->settle(object);
        break;
    case ACTION_FINISH:
        object_finish(object);
        break;
    case ACTION_CANCEL:
        object->kind->cancel(object);
        if (object->state == OBJECT_STOPPED)
            be_down(object);
        else
            await_start(object);
        break;
    case ACTION_DOWN:
        be_down(object);
        break;
    case ACTION_AWAIT:
        await_start(object);
        break;
    }
}

void object_reached(struct object *object, enum condition condition)
{
    if (object->reached & 1u << condition)
        return;
    object->reached |= 1u << condition;
    graph_reached(object->run->all.graph, object, condition);
    run_poke(object->run);
}

void object_lost(struct object *object, enum condition condition)
{
    if (!(object->reached & 1u << condition))
        return;
    object->reached &= ~(1u << condition);
    graph_lost(object->run->all.graph, object, condition);
}

void object_gone(struct object *object)
{
    object_happens(object, HAPPENING_GONE, NULL);
}

void object_down(struct object *object)
{
    object_happens(object, HAPPENING_DOWN, NULL);
}

void object_rests(struct object *object)
{
    object_happens(object, HAPPENING_REST, NULL);
}

void object_due(struct object *object)
{
    object_happens(object, HAPPENING_START, NULL);
}

void object_fails(struct object *object)
{
    struct run *run = object->run;
    if (!run->scenario->fail_fast || run->stop.cause || run->stop.culprit ||
        object->spec->allow_failure || !object->spec->decides)
        return;
    run->stop.culprit = object;
    run_poke(run);
}

bool object_is_alive(const struct object *object)
{
    return object->state == OBJECT_RUNNING || object->state == OBJECT_STOPPING ||
           object->state == OBJECT_KILLING;
}

bool object_is_raised(const struct object *object)
{
    return object->wish.wanted == WANTED_UP || object->wish.wanted == WANTED_NEW;
}

bool object_is_lowered(const struct object *object)
{
    bool wanted = object->wish.wanted == WANTED_DOWN || object->wish.wanted == WANTED_NEW ||
                  (object->wish.wanted == WANTED_UP && object->state != OBJECT_RUNNING); /* and then up again */
    return wanted && object_is_alive(object) && !object->run->stop.cause;
}

bool object_is_ending(const struct object *object)
{
    return object->state == OBJECT_STOPPING || object->state == OBJECT_KILLING ||
           object_is_lowered(object);
}

void object_asked(struct object *object, const char *reason, int signal)
{
    struct event event = {.kind = object->kind->events.asked, .reason = reason, .end.signal = signal};
    object_emit(object, &event);
}
