/* Finding a run. */
#include "cli/control/find.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/options.h"
#include "os/run_places.h"
#include "value/value.h"

struct search {
    struct arena *arena;
    struct found_run *runs;
    size_t count;
};

static void add_run(void *arg, const char *directory)
{
    struct search *search = arg;
    struct buf text = {0};
    struct error error = {0};
    struct value *identity = arena_alloc(search->arena, sizeof(*identity));
    run_directory_text(directory, &text);
    if (!strcmp(buf_string(&text), RUN_OF_AGENT)) {
        buf_release(&text);
        return;
    }
    if (value_from_json(search->arena, buf_string(&text), text.length, identity, &error))
        *identity = (struct value){.type = VALUE_TABLE};
    error_release(&error);
    buf_release(&text);
    struct found_run *runs = arena_alloc(search->arena, (search->count + 1) * sizeof(*runs));
    if (search->count)
        memcpy(runs, search->runs, search->count * sizeof(*runs));
    runs[search->count++] = (struct found_run){arena_printf(search->arena, "%s" RUN_SOCKET, directory), identity};
    search->runs = runs;
}

size_t control_runs(struct arena *arena, struct found_run **runs)
{
    struct search search = {.arena = arena};
    char places[RUN_PLACES_MOST][RUN_PATH_SIZE];
    size_t count = run_places_all(places);
    for (size_t i = 0; i < count; i++) {
        struct error error = {0};
        if (!run_place_check(places[i], &error))
            run_place_each(places[i], add_run, &search);
        error_release(&error);
    }
    *runs = search.runs;
    return search.count;
}

const char *control_text(const struct value *object, const char *name)
{
    for (size_t i = 0; object->type == VALUE_TABLE && i < object->table.count; i++) {
        const struct value_pair *pair = &object->table.pairs[i];
        if (pair->key.type == VALUE_STRING && !strcmp(pair->key.string.bytes, name) && pair->value.type == VALUE_STRING)
            return pair->value.string.bytes;
    }
    return "";
}

/* WANTED is its id or the beginning of it, its scenario's name, or its file. */
static bool is_meant(const struct found_run *run, const char *wanted)
{
    char *path = realpath(wanted, NULL);
    char *file = realpath(control_text(run->identity, "file"), NULL);
    bool meant = (path && file && !strcmp(path, file)) || !strcmp(control_text(run->identity, "scenario"), wanted) ||
                 (*wanted && !strncmp(control_text(run->identity, "run"), wanted, strlen(wanted)));
    free(path);
    free(file);
    return meant;
}

static bool is_here(const struct found_run *run, const char *directory)
{
    const char *file = control_text(run->identity, "file");
    const char *slash = strrchr(file, '/');
    size_t length = slash ? (size_t)(slash - file) : 0;
    return slash && strlen(directory) == length && !memcmp(file, directory, length);
}

/* Where runs were looked for, and why not in some of these places. */
static void put_places(struct buf *out)
{
    char places[RUN_PLACES_MOST][RUN_PATH_SIZE];
    size_t count = run_places_all(places);
    for (size_t i = 0; i < count; i++) {
        struct error error = {0};
        if (run_place_check(places[i], &error) && error.text)
            buf_printf(out, "%s (skipped: %s)", i ? ", " : "", error.text);
        else
            buf_printf(out, "%s%s", i ? ", " : "", places[i]);
        error_release(&error);
    }
}

static int no_run(const char *wanted, struct error *error)
{
    struct buf places = {0};
    put_places(&places);
    if (wanted)
        error_set(error, -ESRCH, "no run that goes on is called '%s', by the beginning of its id, its scenario or its file; looked in %s", wanted,
                  buf_string(&places));
    else
        error_set(error, -ESRCH, "no run of yours goes on; looked in %s", buf_string(&places));
    buf_release(&places);
    return error->code;
}

static int many_runs(const struct found_run *runs, size_t count, const bool *meant, struct error *error)
{
    struct buf text = {0};
    for (size_t i = 0; i < count; i++)
        if (meant[i])
            buf_printf(&text, "\n  -r %s  %s  %s", control_text(runs[i].identity, "run"), control_text(runs[i].identity, "scenario"),
                       control_text(runs[i].identity, "file"));
    error_set(error, -ESRCH, "more than one run goes on: say which%s", buf_string(&text));
    buf_release(&text);
    return error->code;
}

/* The only one of those that are MEANT; NULL: there is none, or there are more. */
static const struct found_run *only_one(const struct found_run *runs, size_t count, const bool *meant, size_t *all)
{
    const struct found_run *found = NULL;
    *all = 0;
    for (size_t i = 0; i < count; i++) {
        if (!meant[i])
            continue;
        found = &runs[i];
        ++*all;
    }
    return *all == 1 ? found : NULL;
}

const char *control_find(const struct options *options, struct arena *arena, struct error *error)
{
    const char *own = getenv("PARRUN_SOCKET");
    struct found_run *runs = NULL;
    if (!options->control.run && own && own[0] == '/')
        return own;
    size_t count = control_runs(arena, &runs), all;
    bool *meant = arena_alloc(arena, (count + 1) * sizeof(bool));
    for (size_t i = 0; i < count; i++)
        meant[i] = !options->control.run || is_meant(&runs[i], options->control.run);
    const struct found_run *found = only_one(runs, count, meant, &all);
    if (!found && all && !options->control.run) {
        size_t here;
        char *directory = getcwd(NULL, 0);
        bool *close = arena_alloc(arena, (count + 1) * sizeof(bool));
        for (size_t i = 0; directory && i < count; i++)
            close[i] = is_here(&runs[i], directory);
        found = only_one(runs, count, close, &here);
        free(directory);
    }
    if (!found)
        all ? many_runs(runs, count, meant, error) : no_run(options->control.run, error);
    return found ? found->socket : NULL;
}
