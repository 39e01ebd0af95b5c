/* Leaving out of a scenario what was not asked for. */
#include "cli/only.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/complain.h"
#include "cli/options.h"
#include "scenario/spec.h"

struct choice {
    const struct scenario *scenario;
    size_t count;
    bool *chosen; /* one an object */
};

/* Cycles are errors of the scenario, so this ends. */
static void choose(struct choice *choice, size_t number)
{
    const struct object_spec *spec = scenario_object(choice->scenario, number);
    if (choice->chosen[number])
        return;
    choice->chosen[number] = true;
    for (size_t i = 0; i < spec->depends_on_count; i++)
        choose(choice, spec->depends_on[i].object);
}

static int unknown(const struct choice *choice, const char *name, struct error *error)
{
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < choice->count; i++)
        nearest_offer(&nearest, scenario_object(choice->scenario, i)->name);
    for (size_t i = 0; i < choice->scenario->queue_count; i++)
        if (!strcmp(choice->scenario->queues[i].name, name))
            return error_set(error, ERROR_FAILED, "--only: '%s' is a queue: name what uses it", name);
    return unknown_name("--only: there is no", &nearest, "--list", error);
}

static int choose_name(struct choice *choice, const char *name, struct error *error)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (strcmp(scenario_object(choice->scenario, i)->name, name))
            continue;
        choose(choice, i);
        return 0;
    }
    return unknown(choice, name, error);
}

/* NAMES with commas between them. */
static int choose_names(struct choice *choice, const char *names, struct error *error)
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

int only_apply(const struct options *options, struct scenario *scenario, struct error *error)
{
    struct choice choice = {.scenario = scenario, .count = scenario_object_count(scenario)};
    int result = 0;
    choice.chosen = mem_calloc(choice.count, sizeof(*choice.chosen));
    for (size_t i = 0; !result && i < options->only.count; i++)
        result = choose_names(&choice, options->only.items[i], error);
    for (size_t i = 0; !result && options->only.count && i < choice.count; i++)
        scenario_object(scenario, i)->left_out = !choice.chosen[i];
    free(choice.chosen);
    return result;
}
