/* Which kind of file it is, and what the readers of all kinds share. */
#include "import/import.h"

#include "base/error.h"
#include "base/nearest.h"
#include "base/str.h"
#include "import/private.h"
#include "scenario/dotenv.h"
#include "scenario/hints/other_formats.h"
#include "scenario/sources.h"
#include "scenario/spec.h"
#include "yaml/quote.h"

#define STANDARD_INPUT "<stdin>"
#define KINDS "a Procfile, a compose.yaml or a process-compose.yaml"

static const struct import_kind *const kinds[] = {&import_compose, &import_processes};

/* True for a Procfile by its name; where that says nothing each line has to be one of a Procfile. */
static bool is_procfile(struct import *import, const char *file)
{
    static const struct {
        const char *pattern;
        bool procfile;
    } names[] = {
        {"*.yaml", false}, {"*.yml", false}, {"*.json", false}, {"Procfile*", true}, {"*.procfile", true}, {"*.Procfile", true},
    };
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    for (size_t i = 0; i < countof(names); i++)
        if (wildcard_match(names[i].pattern, base))
            return names[i].procfile;
    return import_is_procfile(import);
}

/* A key of the mapping that none of the kinds has, and what may have been meant. */
static void report_unknown(struct import *import, const struct node *root)
{
    struct nearest nearest = {0};
    const struct node *place = root->size ? node_key(root, 0) : root;
    for (size_t i = 0; !nearest.name && i < root->size; i++) {
        nearest = (struct nearest){.wrong = node_key(root, i)->text};
        for (size_t k = 0; k < countof(kinds); k++)
            nearest_offer(&nearest, kinds[k]->key);
        if (nearest.name)
            place = node_key(root, i);
    }
    const char *hint = nearest.name                         ? arena_printf(import->arena, "did you mean '%s'?", nearest.name)
                       : import_is_procfile(import) ? "a Procfile is known by its name, such as Procfile.dev"
                                                            : KINDS;
    diag_error(import->diags, node_mark(import->source, place), hint, "this file has neither 'services' nor 'processes'");
}

/* A scenario of parrun's own: nothing is to be done. */
static bool is_scenario(const struct node *root)
{
    static const char *const sections[] = {"pools", "queues", "threads"};
    static const char *const bodies[] = {"run", "exec", "lua"};
    for (size_t i = 0; i < countof(sections); i++)
        if (node_find(root, sections[i]))
            return true;
    const struct node *processes = node_find(root, "processes");
    for (size_t i = 0; processes && processes->kind == NODE_MAP && i < processes->size; i++)
        for (size_t k = 0; k < countof(bodies); k++)
            if (node_find(node_value(processes, i), bodies[k]))
                return true;
    return false;
}

/* One of its processes, of the name KEY. */
static void read_object(struct import *import, const struct node *key, const struct node *map)
{
    struct draft draft;
    if (map->kind != NODE_MAP) {
        import_expected(import, key->text, map, import->kind->object);
        return;
    }
    draft_init(&draft, import, key->text);
    draft.map = map;
    import->kind->read(import, key);
    import_rest(import);
    draft_finish(import);
}

/* The file's own keys, then its processes, and what is to be told of all of it. */
static void read_file(struct import *import, const struct import_kind *kind)
{
    import->rows[0] = kind->rows;
    import_index(import);
    kind->begin(import);
    import_read(import);
    import_whole(import, import->all);
    import_rest(import);
    import->file.owner = kind->key;
    for (size_t i = 0; i < import->all->size; i++)
        read_object(import, node_key(import->all, i), node_value(import->all, i));
    kind->explain(import);
    for (const char *const *name = kind->overrides; *name; name++)
        if (import_beside(import, *name))
            import_note(import, "%s is not read here: %s.", *name, kind->whole);
}

static void read_kind(struct import *import, const struct import_kind *kind)
{
    static const struct node none = {.kind = NODE_MAP};
    const struct node *all = node_find(import->root, kind->key);
    bool right = all->kind == NODE_MAP && all->size;
    if (!right)
        diag_error(import->diags, node_mark(import->source, all), kind->hint, "'%s': expected a mapping of names to %s, found %s",
                   kind->key, kind->key, show_node(all).text);
    import->kind = kind;
    import->dollar = kind->dollar;
    import->all = right ? all : &none;
    read_file(import, kind);
}

static void read_root(struct import *import, const struct node *root)
{
    if (root->kind != NODE_MAP) {
        diag_error(import->diags, node_mark(import->source, root), KINDS, "expected a mapping with 'services' or 'processes', found %s",
                   show_node(root).text);
        return;
    }
    if (is_scenario(root)) {
        diag_error(import->diags, node_mark(import->source, node_key(root, 0)), "run it as it is",
                   "this file is a scenario of parrun's already");
        return;
    }
    for (size_t i = 0; i < countof(kinds); i++) {
        if (node_find(root, kinds[i]->key)) {
            read_kind(import, kinds[i]);
            return;
        }
    }
    if (!stranger_tree(STRANGER_IMPORT, import->source, root, import->diags))
        report_unknown(import, root);
}

static void read_yaml(struct import *import)
{
    const char *text = import->source->text;
    while (*(text += strspn(text, " \t\r\n")) == '#')
        text += strcspn(text, "\n");
    if (!*text)
        diag_error(import->diags, (struct mark){import->source, 1, 1, 1}, KINDS, "the file is empty");
    const struct node *root = *text ? tree_parse(import->arena, import->source, import->diags) : NULL;
    if (!root || diags_count(import->diags))
        return;
    import->root = import->file.map = tree_unshared(import->arena, root);
    read_root(import, import->root);
}

static void release(struct import *import)
{
    if (import->now)
        dotenv_release(import->now);
    struct import_index *index = &import->index;
    struct names *const all[] = {&index->names,     &index->called,  &index->places, &index->awaited,
                                 &index->cascading, &index->volumes, &index->named};
    for (size_t i = 0; i < countof(all); i++)
        names_release(all[i]);
    names_release(&import->taken);
    texts_release(&index->fitting);
    buf_release(&import->file.notes);
    buf_release(&import->file.keys);
    buf_release(&import->objects);
    arena_free(import->arena);
}

bool import_file(const char *file, struct buf *out, struct diags *diags, struct scenario_sources **held)
{
    struct arena *arena = arena_new();
    struct error error = {0};
    struct import import = {.arena = arena, .diags = diags, .file.owner = "the file", .draft = &import.file};
    const char *shown = strcmp(file, "-") != 0 ? file : STANDARD_INPUT;
    const char *slash = strrchr(file, '/');
    if (shown == file) /* not standard input */
        import.directory = arena_copy(arena, file, slash ? (size_t)(slash - file) + 1 : 0);
    import.held = *held = sources_new();
    import.source = sources_read(*held, file, shown, &error);
    import_note(&import, "From %s, by parrun import.", import_shown(&import, shown));
    if (!import.source)
        diag_error(diags, (struct mark){0}, NULL, "%s", error.text);
    else if (!stranger_text(STRANGER_IMPORT, import.source, diags) && is_procfile(&import, file))
        import_procfile(&import);
    else if (!diags_count(diags))
        read_yaml(&import);
    bool fine = !diags_count(diags);
    if (fine)
        buf_printf(out, "%s%sprocesses:\n%s", buf_string(&import.file.notes), buf_string(&import.file.keys), buf_string(&import.objects));
    error_release(&error);
    release(&import);
    return fine;
}
