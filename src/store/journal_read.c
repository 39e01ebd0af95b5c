/* What the earlier runs of a scenario have put into a journal. */
#include "store/journal_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/database.h"
#include "store/journal_file.h"

/* The runs whose tasks count, by their number. */
struct runs {
    int64_t *ids;
    size_t count;
    size_t capacity;
};

struct journal_reading {
    const char *path;
    struct runs starts;   /* those that began anew and have ended a task */
    struct runs runs;     /* from the last of these on */
    struct runs previous; /* the same without the last of these */
    const struct journal_consumer *consumer;
};

static int damaged(const struct journal_reading *reading, const char *table, int64_t id,
                   struct error *error)
{
    return error_set(error, ERROR_FAILED,
                     "journal '%s': damaged, row %lld of the table %s is not as it was written",
                     reading->path, (long long)id, table);
}

static void add_run(struct runs *runs, int64_t id)
{
    runs->ids = mem_grow(runs->ids, &runs->capacity, runs->count + 1, sizeof(*runs->ids));
    runs->ids[runs->count++] = id;
}

static void copy_runs(struct runs *to, const struct runs *from)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++)
        add_run(to, from->ids[i]);
}

static bool has_run(const struct runs *runs, int64_t id)
{
    for (size_t i = 0; i < runs->count; i++)
        if (runs->ids[i] == id)
            return true;
    return false;
}

/* Another run of the scenario: what counts after it. */
static void count_run(struct journal_reading *reading, int64_t id, const char *kind)
{
    bool previous = !strcmp(kind, JOURNAL_PREVIOUS);
    if (has_run(&reading->starts, id)) {
        copy_runs(&reading->previous, &reading->runs);
        reading->runs.count = 0; /* what was before does not count */
    }
    if (previous)
        copy_runs(&reading->runs, &reading->previous);
    add_run(&reading->runs, id);
    if (previous) /* asked for again it goes on from here */
        copy_runs(&reading->previous, &reading->runs);
}

static int take_run(struct journal_reading *reading, struct query *query, const char *scenario,
                    struct error *error)
{
    const char *name, *kind;
    int64_t id, sum;
    bool whole = query_integer(query, 0, &id);
    whole = query_text(query, 1, &name) && whole;
    whole = query_text(query, 2, &kind) && whole;
    whole = query_integer(query, 3, &sum) && whole;
    if (!whole || sum != journal_run_sum(id, name, kind))
        return damaged(reading, "run", id, error);
    if (!strcmp(name, scenario))
        count_run(reading, id, kind);
    return 0;
}

static int read_runs(struct journal_reading *reading, struct database *database,
                     const char *scenario, struct error *error)
{
    struct query *query =
        database_query(database, "SELECT id, scenario, kind, sum FROM run ORDER BY id", error);
    int step = query ? query_step(query, error) : error->code;
    while (step == 1) {
        step = take_run(reading, query, scenario, error);
        if (!step)
            step = query_step(query, error);
    }
    return step;
}

static int find_starts(struct journal_reading *reading, struct database *database,
                       const char *scenario, struct error *error)
{
    struct query *query =
        database_query(database,
                       "SELECT DISTINCT run FROM task "
                       "WHERE run IN (SELECT id FROM run WHERE scenario = ? AND kind = 'run')",
                       error);
    if (!query)
        return error->code;
    query_set_text(query, 1, scenario, strlen(scenario));
    int step;
    int64_t id;
    while ((step = query_step(query, error)) == 1)
        if (query_integer(query, 0, &id))
            add_run(&reading->starts, id);
    return step;
}

/* The runs stand in their order, and so do their tasks nearly always: *AT is where to look. */
static bool counts(const struct runs *runs, int64_t run, size_t *at)
{
    for (size_t i = 0; i < runs->count; i++, *at = (*at + 1) % runs->count)
        if (runs->ids[*at] == run)
            return true;
    return false;
}

static int take_task(const struct journal_reading *reading, struct query *query, int64_t *last,
                     size_t *at, struct error *error)
{
    const char *pool, *state;
    const void *bytes = NULL;
    int64_t id, run, sum;
    bool whole = query_integer(query, 0, &id);
    whole = query_integer(query, 1, &run) && whole;
    whole = query_text(query, 2, &pool) && whole;
    whole = query_text(query, 3, &state) && whole;
    whole = query_blob(query, 4, HASH_SIZE, &bytes) && whole;
    whole = query_integer(query, 5, &sum) && whole;
    bool succeeded = !strcmp(state, "succeeded");
    if (!whole || id <= *last || (!succeeded && strcmp(state, "failed") != 0))
        return damaged(reading, "task", id, error);
    struct hash key = hash_read(bytes);
    if (sum != journal_task_sum(id, run, succeeded, &key))
        return damaged(reading, "task", id, error);
    *last = id;
    if (counts(&reading->runs, run, at))
        reading->consumer->task(reading->consumer->arg, pool, &key, succeeded);
    return 0;
}

static int read_tasks(const struct journal_reading *reading, struct database *database,
                      struct error *error)
{
    int64_t last = 0;
    size_t at = 0;
    struct query *query = database_query(
        database, "SELECT id, run, pool, state, key, sum FROM task ORDER BY id", error);
    int step = query ? query_step(query, error) : error->code;
    while (step == 1) {
        step = take_task(reading, query, &last, &at, error);
        if (!step)
            step = query_step(query, error);
    }
    return step;
}

static int read_contents(const struct journal_reading *reading, struct database *database,
                         struct error *error)
{
    int result = 0;
    for (size_t i = reading->runs.count; !result && i-- > 0;)
        result = pool_content_read(database, reading->runs.ids[i], reading->consumer->content,
                                   reading->consumer->arg, error);
    return result;
}

static int find_runs(struct journal_reading *reading, struct database *database,
                     const char *scenario, struct error *error)
{
    int result = find_starts(reading, database, scenario, error);
    return result ? result : read_runs(reading, database, scenario, error);
}

static void release(struct journal_reading *reading)
{
    free(reading->starts.ids);
    free(reading->runs.ids);
    free(reading->previous.ids);
}

int journal_read(struct database *database, const char *path, const char *scenario, bool previous,
                 const struct journal_consumer *consumer, struct error *error)
{
    struct journal_reading reading = {.path = path, .consumer = consumer};
    int result = find_runs(&reading, database, scenario, error);
    if (!result && previous && !reading.previous.count)
        result = error_set(error, ERROR_FAILED, "--resume-previous: journal '%s' has no run before the last one that "
                                                "began anew; --resume goes on from that", path);
    if (!result && previous)
        copy_runs(&reading.runs, &reading.previous);
    if (!result)
        result = read_contents(&reading, database, error);
    if (!result && reading.runs.count)
        result = read_tasks(&reading, database, error);
    release(&reading);
    return result;
}

static int count_tasks(const struct journal_reading *reading, struct database *database,
                       int64_t *count, struct error *error)
{
    struct query *query =
        database_query(database, "SELECT run, count(*) FROM task WHERE state = 'succeeded' GROUP BY run", error);
    int step = query ? query_step(query, error) : error->code;
    int64_t run, number;
    while (step == 1) {
        if (query_integer(query, 0, &run) && query_integer(query, 1, &number) && has_run(&reading->runs, run))
            *count += number;
        step = query_step(query, error);
    }
    return step;
}

int journal_count_done(struct database *database, const char *path, const char *scenario, int64_t *count,
                       struct error *error)
{
    struct journal_reading reading = {.path = path};
    *count = 0;
    int result = find_runs(&reading, database, scenario, error);
    if (!result && reading.runs.count)
        result = count_tasks(&reading, database, count, error);
    release(&reading);
    return result;
}

char *journal_other_scenario(struct database *database, const char *scenario)
{
    struct error error = {0};
    const char *name = NULL;
    char *other = NULL;
    struct query *query = database_query(
        database, "SELECT scenario FROM run ORDER BY scenario = ? DESC, id DESC LIMIT 1", &error);
    if (query)
        query_set_text(query, 1, scenario, strlen(scenario));
    if (query && query_step(query, &error) == 1 && query_text(query, 0, &name) &&
        strcmp(name, scenario) != 0)
        other = mem_strdup(name);
    if (query)
        query_run(query, &error);
    error_release(&error); /* what cannot be read is told by journal_read() */
    return other;
}
