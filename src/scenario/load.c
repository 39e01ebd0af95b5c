/* Loading a scenario: file -> tree -> the scenario's block -> cross checks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "scenario/bind/secret.h"
#include "scenario/check/check.h"
#include "scenario/hints/other_formats.h"
#include "scenario/include.h"
#include "scenario/loader.h"
#include "scenario/sources.h"
#include "scenario/spec.h"
#include "yaml/quote.h"

#define STANDARD_INPUT "<stdin>"

/* WRITTEN as an absolute path, relative ones starting in DIRECTORY; the caller frees it. */
static char *path_in(const char *directory, const char *written)
{
    struct buf path = {0};
    if (*written != '/')
        buf_printf(&path, "%s/", directory);
    buf_text(&path, written);
    return buf_take(&path);
}

char *scenario_path(const struct scenario *scenario, const char *written)
{
    return path_in(scenario->source.directory, written);
}

const struct source *loader_source(const struct loader *loader, const struct node *node)
{
    return loader->files[node->file].source;
}

char *loader_path(const struct loader *loader, const struct node *node, const char *path)
{
    return path_in(loader->files[node->file].directory, path);
}

bool scenario_is_success(const struct codes_spec *success, int64_t code)
{
    for (size_t i = 0; i < success->count; i++)
        if (success->codes[i] == code)
            return true;
    return !success->count && !code;
}

size_t scenario_object_count(const struct scenario *scenario)
{
    return scenario->process_count + scenario->pool_count + scenario->thread_count;
}

struct object_spec *scenario_object(const struct scenario *scenario, size_t number)
{
    if (number < scenario->process_count)
        return &scenario->processes[number].object;
    number -= scenario->process_count;
    if (number < scenario->pool_count)
        return &scenario->pools[number].object;
    return &scenario->threads[number - scenario->pool_count].object;
}

const char *loader_directory(struct arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *written = ".";
    if (slash == file)
        written = "/";
    else if (slash)
        written = arena_copy(arena, file, (size_t)(slash - file));
    char *absolute = realpath(written, NULL);
    const char *directory = absolute ? arena_strdup(arena, absolute) : NULL;
    free(absolute);
    return directory;
}

/* "configs/pool.yaml" -> "pool" */
static const char *name_of(struct arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    const char *dot = strrchr(base, '.');
    return arena_copy(arena, base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

const struct source *loader_read(struct loader *loader, const struct node *node, const char *path,
                                 struct error *error)
{
    const char *name = loader_source(loader, node)->name;
    const char *slash = strrchr(name, '/');
    const char *shown = path;
    if (*path != '/' && slash)
        shown = arena_printf(loader->arena, "%.*s/%s", (int)(slash - name), name, path);
    char *absolute = loader_path(loader, node, path);
    const struct source *source = sources_read(loader->sources, absolute, shown, error);
    free(absolute);
    return source;
}

static void report_nowhere(struct diags *diags, const char *text)
{
    diag_error(diags, (struct mark){0}, NULL, "%s", text);
}

/* Keeps what is needed to print the scenario anew. */
static void keep_tree(struct loader *loader, const struct node *root)
{
    struct scenario *scenario = loader->scenario;
    scenario->source.root = root;
    scenario->source.directories =
        arena_alloc(loader->arena, loader->file_count * sizeof(*scenario->source.directories));
    for (size_t i = 0; i < loader->file_count; i++)
        scenario->source.directories[i] = loader->files[i].directory;
}

/* What the command line says of pools: as if it stood in a file of that name. */
static void read_on(struct loader *loader)
{
    const char *text = loader->wishes.on;
    if (!text)
        return;
    struct scenario_file file = {
        .source = sources_add(loader->sources, "--on", text, strlen(text)),
        .directory = loader->scenario->source.directory,
        .identity = "",
    };
    size_t number = include_add(loader, &file);
    loader->on = tree_parse_part(loader->arena, file.source, (uint16_t)number, loader->diags);
}

static void read_scenario(struct loader *loader)
{
    char *identity = realpath(loader->scenario->source.file, NULL);
    include_add(loader, &(struct scenario_file){
                            .source = loader->source,
                            .directory = loader->scenario->source.directory,
                            .identity = identity ? arena_strdup(loader->arena, identity) : "",
                        });
    free(identity);
    if (stranger_text(STRANGER_SCENARIO, loader->source, loader->diags))
        return;
    const struct node *root = tree_parse(loader->arena, loader->source, loader->diags);
    if (!root || root->kind == NODE_BROKEN)
        return;
    if (root->kind != NODE_MAP) {
        diag_error(loader->diags, loader_mark(loader, root),
                   "a scenario is a mapping of keys such as 'processes:'",
                   "expected the keys of a scenario, found %s", show_node(root).text);
        return;
    }
    if (stranger_tree(STRANGER_SCENARIO, loader->source, root, loader->diags))
        return;
    root = include_all(loader, root);
    struct block block = {
        .kind = BLOCK_SCENARIO,
        .spec = loader->scenario,
        .mark = loader_mark(loader, root),
    };
    keep_tree(loader, root);
    read_on(loader);
    block_read(loader, &block, root);
    if (loader->incomplete)
        return;
    scenario_check(loader);
    secrets_check(loader);
}

static void release_loader(struct loader *loader)
{
    loader_release_script(loader);
    script_compiler_release(&loader->evaluation.compiler);
    names_release(&loader->objects.names);
    free(loader->objects.declared);
    free(loader->mentions.references);
    free(loader->files);
}

static struct scenario *new_scenario(const char *file, bool standard)
{
    struct arena *arena = arena_new();
    struct scenario *scenario = arena_alloc(arena, sizeof(*scenario));
    scenario->arena = arena;
    scenario->source.file = standard ? STANDARD_INPUT : arena_strdup(arena, file);
    scenario->source.directory = loader_directory(arena, standard ? "." : file);
    scenario->name = standard ? "stdin" : name_of(arena, file);
    scenario->vars.type = VALUE_TABLE;
    return scenario;
}

/* Reads what LOADER's source holds, NULL: ERROR says why there is none. */
static struct scenario *load(struct loader *loader, struct scenario *scenario, struct error *error)
{
    struct diags *diags = loader->diags;
    size_t before = diags_count(diags);
    if (!loader->source)
        report_nowhere(diags, error->text);
    else if (!scenario->source.directory)
        report_nowhere(diags, arena_printf(scenario->arena, "cannot find the directory of '%s': %s",
                                           scenario->source.file, strerror(errno)));
    else
        read_scenario(loader);
    include_explain(loader);
    error_release(error);
    scenario->mask = scenario_mask(loader->sources);
    release_loader(loader);
    if (diags_count(diags) == before)
        return scenario;
    scenario_free(scenario);
    return NULL;
}

static struct loader loader_of(struct scenario *scenario, struct diags *diags,
                               struct scenario_sources *held)
{
    return (struct loader){
        .scenario = scenario, .arena = scenario->arena, .diags = diags, .sources = held};
}

struct scenario *scenario_load(const char *file, const struct scenario_wishes *wishes, struct diags *diags,
                               struct scenario_sources **held)
{
    bool standard = !strcmp(file, "-");
    struct scenario *scenario = new_scenario(file, standard);
    struct error error = {0};
    *held = sources_new();
    struct loader loader = loader_of(scenario, diags, *held);
    if (wishes)
        loader.wishes = *wishes;
    loader.standard_input = standard;
    loader.source = sources_read(*held, file, scenario->source.file, &error);
    return load(&loader, scenario, &error);
}

struct scenario *scenario_load_text(const char *name, const char *text, size_t length,
                                    struct diags *diags, struct scenario_sources **held)
{
    struct scenario *scenario = new_scenario(name, false);
    struct error error = {0};
    *held = sources_new();
    struct loader loader = loader_of(scenario, diags, *held);
    loader.source = sources_add(*held, name, text, length);
    return load(&loader, scenario, &error);
}

void scenario_free(struct scenario *scenario)
{
    if (scenario)
        arena_free(scenario->arena);
}
