/* What a run tells before anything starts. */
#include "cli/declare.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "cli/log_settings.h"
#include "base/version.h"
#include "engine/run.h"
#include "event/bus.h"
#include "log/record.h"
#include "scenario/spec.h"

static const char *const conditions[] = {
    [CONDITION_STARTED] = "started",
    [CONDITION_READY] = "ready",
    [CONDITION_COMPLETED] = "completed",
    [CONDITION_SUCCEEDED] = "succeeded",
};

/* "KEY":, with a comma before it where it is not the first. */
static void put_key(struct buf *out, const char *key)
{
    buf_printf(out, "%s\"%s\":", out->length ? "," : "", key);
}

static void put_text(struct buf *out, const char *key, const char *text)
{
    put_key(out, key);
    json_quote(out, text, strlen(text));
}

static void put_number(struct buf *out, const char *key, int64_t number)
{
    put_key(out, key);
    buf_number(out, number);
}

static void tell_opened(struct run *run, const struct log_settings *settings)
{
    char host[256] = "";
    struct buf members = {0};
    struct event event = {.kind = EVENT_RUN_OPENED, .place.pid = getpid()};
    gethostname(host, sizeof(host) - 1);
    buf_printf(&members, "\"version\":\"%d.%d\"", RECORD_MAJOR, RECORD_MINOR);
    put_text(&members, "parrun", PARRUN_VERSION);
    put_text(&members, "host", host);
    put_text(&members, "scenario", run->scenario->name);
    put_text(&members, "file", run->scenario->source.file);
    put_key(&members, "log");
    log_settings_write(settings, &members);
    event.record.members = members.data;
    bus_emit(run->bus, &event);
    buf_release(&members);
}

static void put_dependencies(struct buf *out, const struct scenario *scenario, const struct object_spec *object)
{
    if (!object->depends_on_count)
        return;
    put_key(out, "depends_on");
    for (size_t i = 0; i < object->depends_on_count; i++) {
        const struct dependency_spec *dependency = &object->depends_on[i];
        const char *name = scenario_object(scenario, dependency->object)->name;
        buf_text(out, i ? ",{\"name\":" : "[{\"name\":");
        json_quote(out, name, strlen(name));
        buf_printf(out, ",\"until\":\"%s\"}", conditions[dependency->condition]);
    }
    buf_char(out, ']');
}

static void put_queues(struct buf *out, const char *key, const struct scenario *scenario, const size_t *queues,
                       size_t count)
{
    if (!count)
        return;
    put_key(out, key);
    for (size_t i = 0; i < count; i++) {
        const char *name = scenario->queues[queues[i]].name;
        buf_char(out, i ? ',' : '[');
        json_quote(out, name, strlen(name));
    }
    buf_char(out, ']');
}

static void tell_declared(struct run *run, enum event_kind kind, const char *name, const struct buf *members)
{
    struct event event = {
        .kind = kind, .object = name, .record.members = members->length ? buf_string(members) : NULL};
    bus_emit(run->bus, &event);
}

/* What is behind the links that all kinds have. */
static void put_replicas(struct buf *out, int64_t replicas, bool daemon)
{
    if (replicas > 1)
        put_number(out, "replicas", replicas);
    if (daemon) {
        put_key(out, "daemon");
        buf_text(out, "true");
    }
}

/* What a hook follows, and of which end. */
static void put_hook(struct buf *out, const struct scenario *scenario, const struct hook_spec *hook)
{
    if (!hook->when)
        return;
    put_key(out, "hook");
    buf_text(out, hook->when == HOOK_FINALLY ? "\"finally\"" : "\"on_failure\"");
    if (hook->of == HOOK_OF_RUN)
        return;
    const char *name = scenario_object(scenario, hook->of)->name;
    put_key(out, "of");
    json_quote(out, name, strlen(name));
}

static void put_kind(struct buf *out, const struct scenario *scenario, size_t number, enum event_kind *kind)
{
    if (number < scenario->process_count) {
        const struct process_spec *process = &scenario->processes[number];
        *kind = EVENT_PROCESS_DECLARED;
        put_replicas(out, process->replicas, process->daemon);
        put_hook(out, scenario, &process->object.hook);
    } else if (number - scenario->process_count < scenario->pool_count) {
        *kind = EVENT_POOL_DECLARED;
        put_number(out, "workers", scenario->pools[number - scenario->process_count].staff.workers);
    } else {
        const struct thread_spec *thread =
            &scenario->threads[number - scenario->process_count - scenario->pool_count];
        *kind = EVENT_THREAD_DECLARED;
        put_replicas(out, thread->replicas, thread->daemon);
    }
}

static void tell_objects(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    for (size_t i = 0; i < scenario_object_count(scenario); i++) {
        const struct object_spec *object = scenario_object(scenario, i);
        struct buf members = {0};
        enum event_kind kind;
        put_dependencies(&members, scenario, object);
        put_queues(&members, "puts", scenario, object->queues.produces, object->queues.produces_count);
        put_queues(&members, "takes", scenario, object->queues.consumes, object->queues.consumes_count);
        put_kind(&members, scenario, i, &kind);
        if (object->allow_failure) {
            put_key(&members, "allow_failure");
            buf_text(&members, "true");
        }
        tell_declared(run, kind, object->name, &members);
        buf_release(&members);
    }
}

void declare_run(struct run *run, const struct log_settings *settings)
{
    const struct scenario *scenario = run->scenario;
    tell_opened(run, settings);
    for (size_t i = 0; i < scenario->queue_count; i++) {
        struct buf members = {0};
        put_number(&members, "capacity", scenario->queues[i].capacity);
        tell_declared(run, EVENT_QUEUE_DECLARED, scenario->queues[i].name, &members);
        buf_release(&members);
    }
    tell_objects(run);
}
