/* Whether what creates a file can. */
#include "scenario/check/creates.h"

#include "base/mem.h"
#include "scenario/loader.h"

/* A key with which `creates` cannot stand, where GIVEN. */
struct clash {
    bool given;
    const char *key;
    const char *why;
    const char *hint;
};

static void report(struct loader *loader, const char *word, const struct object_spec *object, const struct clash *clashes,
                   size_t count)
{
    for (size_t i = 0; object->creates.path && i < count; i++)
        if (clashes[i].given)
            diag_error(loader->diags, object->mark, clashes[i].hint, "%s '%s': %s cannot stand with 'creates': %s", word,
                       object->name, clashes[i].key, clashes[i].why);
}

void creates_check(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        const struct clash clashes[] = {
            {process->daemon, "'daemon'", "it has made its file when it has ended, and a daemon ends with the run",
             "take one of them away"},
            {process->restart->on == RESTART_ALWAYS, "'restart: always'", "once its file is made it is not run again",
             "write restart: failure"},
            {process->replicas > 1, "'replicas'", "they would all make one file",
             "let a pool with a task for each file do it"},
        };
        report(loader, "process", &process->object, clashes, countof(clashes));
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_spec *pool = &scenario->pools[i];
        const struct clash clashes[] = {
            {pool->on->command_count > 0, "'on'", "the files would be looked for here, and the tasks run elsewhere",
             "take one of them away"},
            {pool->batches.split, "'split'", "it names one file for the batch, not one for each message", "take one of them away"},
        };
        report(loader, "pool", &pool->object, clashes, countof(clashes));
    }
}
