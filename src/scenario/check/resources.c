/* Objects that share resources, or share nothing. */
#include "scenario/check/resources.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "scenario/loader.h"
#include "scenario/uses.h"
#include "template/template.h"

/* What USE takes, where no template leaves that open; else 0. */
static int64_t constant_amount(const struct scenario *scenario, const struct use_spec *use)
{
    struct buf text = {0};
    struct error error = {0};
    int64_t amount = 0;
    if (template_is_constant(use->amount)) {
        template_render(use->amount, NULL, &text, &error);
        if (uses_amount(&scenario->resources[use->resource], buf_string(&text), &amount, &error))
            amount = 0;
    }
    error_release(&error);
    buf_release(&text);
    return amount;
}

/* What daemons and what is always started again have of RESOURCE for as long as the run lasts. */
static int64_t kept_for_good(const struct scenario *scenario, size_t resource, const struct process_spec *but)
{
    int64_t sum = 0;
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        for (size_t j = 0; process != but && j < process->object.needs->uses_count; j++)
            if (process->object.needs->uses[j].resource == resource && (process->daemon || process->restart->on == RESTART_ALWAYS))
                sum += constant_amount(scenario, &process->object.needs->uses[j]) * process->replicas;
    }
    return sum;
}

static void check_uses(struct loader *loader, const char *word, const struct object_spec *object,
                       const struct process_spec *process)
{
    const struct scenario *scenario = loader->scenario;
    for (size_t i = 0; i < object->needs->uses_count; i++) {
        const struct use_spec *use = &object->needs->uses[i];
        const struct resource_spec *resource = &scenario->resources[use->resource];
        int64_t total = resource->total * (resource->units ? USES_UNIT : 1);
        int64_t kept = kept_for_good(scenario, use->resource, process);
        struct buf left = {0};
        if (!kept || constant_amount(scenario, use) <= total - kept)
            continue;
        uses_print(resource, kept < total ? total - kept : 0, &left);
        diag_warning(loader->diags, use->mark, "let it use less, or have more of it",
                     "%s '%s' waits as long as daemons run: they leave %s of '%s'", word, object->name, left.data,
                     resource->name);
        buf_release(&left);
    }
}

static void check_alone_process(struct loader *loader, const struct process_spec *process)
{
    if (process->object.needs->alone && process->daemon)
        diag_error(loader->diags, process->object.mark, "take 'alone' or 'daemon' away",
                   "process '%s' is a daemon that runs alone: nothing else could ever run", process->object.name);
    if (process->object.needs->alone && process->replicas > 1)
        diag_warning(loader->diags, process->object.mark, NULL, "process '%s' runs alone: one replica after the other",
                     process->object.name);
}

/* Its tasks begin while the process that makes them runs, and wait for its end. */
static void check_alone_pool(struct loader *loader, const struct pool_spec *pool)
{
    const struct scenario *scenario = loader->scenario;
    for (size_t i = 0; pool->object.needs->alone && pool->tasks.kind == SOURCE_QUEUE && i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        for (size_t j = 0; !process->daemon && j < process->object.queues.produces_count; j++)
            if (process->object.queues.produces[j] == pool->tasks.queue)
                diag_warning(loader->diags, pool->object.mark,
                             "make that process a daemon, or see that the queue holds all that it puts",
                             "the tasks of pool '%s' run alone: none begins before process '%s', which fills their queue, "
                             "has ended", pool->object.name, process->object.name);
    }
}

void resources_check(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        scenario->alone = scenario->alone || process->object.needs->alone;
        check_alone_process(loader, process);
        check_uses(loader, "process", &process->object, process);
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        scenario->alone = scenario->alone || scenario->pools[i].object.needs->alone;
        check_alone_pool(loader, &scenario->pools[i]);
        check_uses(loader, "pool", &scenario->pools[i].object, NULL);
    }
}
