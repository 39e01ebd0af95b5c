/* A run and its journal. */
#include "cli/runner/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/options.h"
#include "engine/run.h"
#include "event/bus.h"
#include "pool/task_key.h"
#include "scenario/spec.h"
#include "store/database.h"
#include "store/journal.h"
#include "store/journal_file.h"
#include "store/journal_read.h"
#include "store/resume.h"

/* A part of a run begins nothing anew: what was done before counts as before. */
static const char *kind_of(const struct options *options)
{
    static const char *const kinds[] = {
        [RESUME_NONE] = "run",
        [RESUME_UNDONE] = "resume",
        [RESUME_PREVIOUS] = JOURNAL_PREVIOUS,
        [RESUME_FAILED] = "retry-failed",
    };
    bool part = options->select.resume == RESUME_NONE && options_name_a_part(options);
    return part ? "part" : kinds[options->select.resume];
}

static void take_task(void *arg, const char *pool, const struct hash *key, bool succeeded)
{
    resume_add(arg, pool, key, succeeded);
}

static void take_content(void *arg, const char *pool, const struct pool_content *content)
{
    resume_add_content(arg, pool, content);
}

/* A scenario that was renamed, or whose file was, would silently do all of it again. */
static void warn_of_name(const struct options *options, const struct run *run,
                         struct database *database)
{
    char *other = journal_other_scenario(database, run->scenario->name);
    if (other)
        fprintf(stderr,
                "parrun: warning: journal '%s' has no run of the scenario '%s', but of '%s': with "
                "'name: %s' in the file this one would go on with it\n",
                options->files.journal, run->scenario->name, other, other);
    free(other);
}

/* What was done is not skipped unless that is asked for: whoever forgot it learns so before anything begins. */
static void warn_of_done(const struct options *options, const struct run *run, struct database *database)
{
    struct error error = {0};
    int64_t done = 0;
    if (options_name_a_part(options))
        return;
    if (!journal_count_done(database, options->files.journal, run->scenario->name, &done, &error) && done)
        fprintf(stderr,
                "parrun: warning: journal '%s' has %lld task%s of this scenario as succeeded, which may run again: "
                "--resume skips what was done, and once this run has begun anew --resume-previous does\n",
                options->files.journal, (long long)done, done == 1 ? "" : "s");
    error_release(&error); /* a run that begins anew needs nothing of what it cannot read */
}

static int read_earlier(const struct options *options, struct run *run, struct database *database,
                        struct error *error)
{
    bool previous = options->select.resume == RESUME_PREVIOUS;
    if (options->select.resume == RESUME_NONE) {
        warn_of_done(options, run, database);
        return 0;
    }
    run->selection.resume = resume_new(options->select.resume == RESUME_FAILED);
    warn_of_name(options, run, database);
    const struct journal_consumer consumer = {take_task, take_content, run->selection.resume};
    int result =
        journal_read(database, options->files.journal, run->scenario->name, previous, &consumer, error);
    resume_pack(run->selection.resume);
    return result;
}

/* A dry run writes nothing: it makes no journal, and looks into one that is there. */
static bool is_wanted(const struct options *options)
{
    return options->files.journal && (!options->plan.dry || !access(options->files.journal, F_OK));
}

int journaling_open(const struct options *options, struct run *run, struct database **database,
                    struct error *error)
{
    *database = NULL;
    if (!is_wanted(options))
        return 0;
    run->selection.keys = true;
    if (options->select.resume == RESUME_FAILED && access(options->files.journal, F_OK))
        return error_system(error, errno, "--retry-failed: journal '%s'", options->files.journal);
    *database = journal_open(options->files.journal, error);
    int result = *database ? read_earlier(options, run, *database, error) : error->code;
    if (result || options->plan.dry) {
        database_close(*database);
        *database = NULL;
    }
    return result;
}

/* What the tasks of each pool have in common. */
static struct journal_pool *list_pools(const struct scenario *scenario)
{
    struct journal_pool *pools = mem_calloc(scenario->pool_count + 1, sizeof(*pools));
    for (size_t i = 0; i < scenario->pool_count; i++) {
        pools[i].name = scenario->pools[i].object.name;
        task_key_pool(scenario, &scenario->pools[i], &pools[i].content);
    }
    return pools;
}

static void free_pools(struct journal_pool *pools, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pool_content_release(&pools[i].content);
    free(pools);
}

int journaling_begin(const struct options *options, struct run *run, struct database *database,
                     const struct journal_callbacks *callbacks, void *arg, struct journal **journal,
                     struct error *error)
{
    struct journal_pool *pools = list_pools(run->scenario);
    const struct journal_run told = {
        .name = run->identity.id,
        .scenario = run->scenario->name,
        .file = run->scenario->source.file,
        .kind = kind_of(options),
        .pools = pools,
        .pool_count = run->scenario->pool_count,
    };
    *journal = journal_new(run->loop, database, &told, callbacks, arg, error);
    free_pools(pools, run->scenario->pool_count);
    if (!*journal)
        return error->code;
    struct bus_reader reader = journal_reader(*journal);
    bus_add(run->bus, &reader);
    return 0;
}
