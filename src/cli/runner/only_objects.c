/* Leaving out of a scenario what was not asked for. */
#include "cli/runner/only_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/options.h"
#include "cli/runner/complain.h"
#include "scenario/spec.h"

struct selection {
    struct scenario *scenario;
    size_t count;
    bool alone;   /* without what they depend on */
    bool *named;  /* one an object */
    bool *chosen; /* the same: these, and what they depend on */
};

/* Cycles are errors of the scenario, so this ends. */
static void choose(struct selection *choice, size_t number)
{
    const struct object_spec *spec = scenario_object(choice->scenario, number);
    if (choice->chosen[number])
        return;
    choice->chosen[number] = true;
    for (size_t i = 0; i < spec->hook_count; i++)
        choice->chosen[spec->hooks[i]] = true;
    if (choice->alone)
        return;
    for (size_t i = 0; i < spec->depends_on_count; i++)
        choose(choice, spec->depends_on[i].object);
}

static int unknown(const struct selection *choice, const char *name, struct error *error)
{
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < choice->count; i++)
        nearest_offer(&nearest, scenario_object(choice->scenario, i)->name);
    for (size_t i = 0; i < choice->scenario->queue_count; i++)
        if (!strcmp(choice->scenario->queues[i].name, name))
            return error_set(error, ERROR_FAILED, "--only: '%s' is a queue: name what uses it", name);
    return unknown_name("--only: there is no", &nearest, "parrun list", error);
}

static int choose_name(struct selection *choice, const char *name, struct error *error)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (strcmp(scenario_object(choice->scenario, i)->name, name))
            continue;
        choice->named[i] = true;
        choose(choice, i);
        return 0;
    }
    return unknown(choice, name, error);
}

/* NAMES with commas between them. */
static int choose_names(struct selection *choice, const char *names, struct error *error)
{
    int result = 0;
    while (!result) {
        size_t length = strcspn(names, ",");
        char *name = mem_copy(names, length);
        result = choose_name(choice, name, error);
        free(name);
        if (!names[length])
            break;
        names += length + 1;
    }
    return result;
}

/* Where an object says that it is a daemon; NULL: it cannot be one. */
static bool *daemon_of(struct scenario *scenario, size_t number)
{
    size_t threads = scenario->process_count + scenario->pool_count;
    if (number < scenario->process_count)
        return &scenario->processes[number].daemon;
    return number < threads ? NULL : &scenario->threads[number - threads].daemon;
}

/* A run of daemons alone would end as soon as it has begun: it lasts as long as those named. */
static void keep_going(const struct selection *choice)
{
    bool *daemon;
    for (size_t i = 0; i < choice->count; i++) {
        daemon = daemon_of(choice->scenario, i);
        if (choice->chosen[i] && (!daemon || !*daemon))
            return;
    }
    for (size_t i = 0; i < choice->count; i++)
        if (choice->named[i] && (daemon = daemon_of(choice->scenario, i)))
            *daemon = false;
}

/* Who decides the exit status may be left out: then those named do. */
static void decide(const struct selection *choice)
{
    for (size_t i = 0; i < choice->count; i++)
        if (choice->named[i] && scenario_object(choice->scenario, i)->decides)
            return;
    for (size_t i = 0; i < choice->count; i++)
        if (choice->named[i])
            scenario_object(choice->scenario, i)->decides = true;
}

/* What is left out is waited for no longer. */
static void forget(const struct selection *choice, struct object_spec *spec)
{
    struct dependency_spec *kept = (struct dependency_spec *)spec->depends_on; /* the arena's */
    size_t count = 0;
    for (size_t i = 0; i < spec->depends_on_count; i++)
        if (choice->chosen[kept[i].object])
            kept[count++] = kept[i];
    spec->depends_on_count = count;
}

/* A hook of what is left out is a process as any other, and so is one of a run without anything else, whose other hooks
 * have nothing to follow. */
static void choose_hooks(const struct selection *choice)
{
    bool others = false;
    for (size_t i = 0; i < choice->count; i++)
        others = others || (choice->named[i] && !scenario_object(choice->scenario, i)->hook.when);
    for (size_t i = 0; i < choice->count; i++) {
        struct hook_spec *hook = &scenario_object(choice->scenario, i)->hook;
        if (choice->named[i] && (hook->of == HOOK_OF_RUN ? !others : !choice->chosen[hook->of]))
            *hook = (struct hook_spec){.alone = true, .of = hook->of};
    }
    for (size_t i = 0; others && i < choice->scenario->hook_count; i++)
        choice->chosen[choice->scenario->hooks[i]] = true;
}

static void apply(const struct selection *choice)
{
    choose_hooks(choice);
    keep_going(choice);
    decide(choice);
    for (size_t i = 0; i < choice->count; i++) {
        struct object_spec *spec = scenario_object(choice->scenario, i);
        if (choice->chosen[i]) {
            forget(choice, spec);
        } else {
            spec->left_out = spec->when;
            spec->when = false;
        }
    }
}

int only_apply(const struct options *options, struct scenario *scenario, struct error *error)
{
    struct selection choice = {
        .scenario = scenario,
        .count = scenario_object_count(scenario),
        .alone = options->select.no_deps,
    };
    int result = 0;
    if (!options->select.only.count)
        return 0;
    choice.named = mem_calloc(choice.count, sizeof(*choice.named));
    choice.chosen = mem_calloc(choice.count, sizeof(*choice.chosen));
    for (size_t i = 0; !result && i < options->select.only.count; i++)
        result = choose_names(&choice, options->select.only.items[i], error);
    if (!result)
        apply(&choice);
    free(choice.named);
    free(choice.chosen);
    return result;
}

/* An end of a queue: one of those that run, and one of those that --only leaves out. */
struct end {
    const char *runs;
    const char *left_out;
};

static void add_user(struct end *end, const struct object_spec *spec, const size_t *queues,
                     size_t count, size_t queue)
{
    for (size_t i = 0; i < count; i++) {
        if (queues[i] == queue && spec->when)
            end->runs = spec->name;
        else if (queues[i] == queue && spec->left_out)
            end->left_out = spec->name;
    }
}

/* True where a queue has items of its own, or gets what another gives up. */
static bool is_fed(const struct scenario *scenario, size_t queue)
{
    for (size_t i = 0; i < scenario->queue_count; i++)
        if (scenario->queues[i].dead_letter && *scenario->queues[i].dead_letter == queue)
            return true;
    return scenario->queues[queue].item_count;
}

void only_warn(const struct scenario *scenario)
{
    for (size_t queue = 0; queue < scenario->queue_count; queue++) {
        struct end puts = {0}, takes = {0};
        for (size_t i = 0; i < scenario_object_count(scenario); i++) {
            const struct object_spec *spec = scenario_object(scenario, i);
            add_user(&puts, spec, spec->queues.produces, spec->queues.produces_count, queue);
            add_user(&takes, spec, spec->queues.consumes, spec->queues.consumes_count, queue);
        }
        if (scenario->queues[queue].durable)
            continue;
        const char *name = scenario->queues[queue].name;
        if (takes.runs && !puts.runs && puts.left_out && !is_fed(scenario, queue))
            fprintf(stderr,
                    "parrun: warning: nothing puts into queue '%s', which '%s' takes from: --only "
                    "leaves out '%s'\n",
                    name, takes.runs, puts.left_out);
        if (puts.runs && !takes.runs && takes.left_out)
            fprintf(stderr,
                    "parrun: warning: nothing takes from queue '%s', which '%s' puts into: --only "
                    "leaves out '%s'\n",
                    name, puts.runs, takes.left_out);
    }
}
