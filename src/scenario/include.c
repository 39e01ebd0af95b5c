/* Finding and reading the files that a scenario includes. */
#include "scenario/include.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "scenario/merge.h"
#include "scenario/types.h"
#include "yaml/quote.h"

static const struct node *include_files(struct loader *loader, size_t number,
                                        const struct node *root);

/* "a.yaml -> b.yaml -> a.yaml": from the file NUMBER down to FROM, and NUMBER again. */
static const char *chain_of(struct loader *loader, size_t number, size_t from)
{
    const char *chain = loader->files[number].source->name;
    for (size_t at = from; at != number; at = loader->files[at].parent)
        chain = arena_printf(loader->arena, "%s -> %s", loader->files[at].source->name, chain);
    return arena_printf(loader->arena, "%s -> %s", loader->files[number].source->name, chain);
}

static size_t depth_of(const struct loader *loader, size_t number)
{
    size_t depth = 0;
    for (; number; number = loader->files[number].parent)
        depth++;
    return depth;
}

/* True where the file NUMBER is FROM or one of those that FROM is included by. */
static bool is_around(const struct loader *loader, size_t number, size_t from)
{
    while (from && from != number)
        from = loader->files[from].parent;
    return from == number;
}

/* What speaks against including one more file from FROM; NULL: nothing. */
static const char *include_fault(struct loader *loader, size_t from)
{
    if (depth_of(loader, from) == INCLUDE_DEPTH_LIMIT)
        return arena_printf(loader->arena, "files include each other deeper than %d levels",
                            INCLUDE_DEPTH_LIMIT);
    if (loader->file_count == INCLUDE_FILE_LIMIT)
        return arena_printf(loader->arena, "a scenario has %d files at most", INCLUDE_FILE_LIMIT);
    return NULL;
}

size_t include_add(struct loader *loader, const struct scenario_file *file)
{
    loader->files = mem_grow(loader->files, &loader->file_capacity, loader->file_count + 1,
                             sizeof(*loader->files));
    loader->files[loader->file_count] = *file;
    return loader->file_count++;
}

/* The number of the file PATH; it is new where the number is loader->file_count. */
static size_t find_file(const struct loader *loader, const char *identity)
{
    size_t number = 0;
    while (number < loader->file_count && strcmp(loader->files[number].identity, identity) != 0)
        number++;
    return number;
}

static bool fail(struct loader *loader, const struct node *node, const char *text)
{
    diag_error(loader->diags, loader_mark(loader, node), NULL, "'include': %s", text);
    return false;
}

/* Reads a file that is not known yet and all that it includes. NULL where that fails. */
static const struct node *read_file(struct loader *loader, const struct node *node,
                                    const char *path, const char *identity)
{
    struct error error = {0};
    const char *fault = include_fault(loader, node->file);
    const struct source *source = fault ? NULL : loader_read(loader, node, node->text, &error);
    if (!source) {
        fail(loader, node, fault ? fault : loader_shown(loader, error.text));
        error_release(&error);
        return NULL;
    }
    const char *directory = loader_directory(loader->arena, path);
    size_t number = include_add(
        loader, &(struct scenario_file){
                    .source = source,
                    .directory = directory ? directory : loader->scenario->source.directory,
                    .identity = identity,
                    .parent = node->file,
                    .place = loader_mark(loader, node),
                });
    const struct node *root =
        tree_parse_part(loader->arena, source, (uint16_t)number, loader->diags);
    if (root && root->kind == NODE_BROKEN)
        return NULL;
    if (root && root->kind != NODE_MAP) {
        diag_error(loader->diags, loader_mark(loader, root), NULL,
                   "expected the keys of a scenario, found %s", show_node(root).text);
        return NULL;
    }
    return root ? include_files(loader, number, root) : NULL;
}

/* Merges the file that NODE names into TOGETHER. False where that fails, which is reported. */
static bool include_one(struct loader *loader, const struct node *node, struct merge *together)
{
    if (node->kind != NODE_SCALAR || !node->size)
        return fail(loader, node,
                    arena_printf(loader->arena, "expected the path of a file, found %s",
                                 show_node(node).text));
    if (node_has_template(node))
        return fail(loader, node, "a path cannot hold a template: vars are not known yet");
    char *absolute = loader_path(loader, node, node->text);
    char *real = realpath(absolute, NULL);
    const char *path = arena_strdup(loader->arena, absolute);
    const char *identity = real ? arena_strdup(loader->arena, real) : path;
    free(real);
    free(absolute);
    size_t known = find_file(loader, identity);
    if (known < loader->file_count && is_around(loader, known, node->file))
        return fail(loader, node,
                    arena_printf(loader->arena, "the files include each other: %s",
                                 chain_of(loader, known, node->file)));
    if (known < loader->file_count)
        return true;
    const struct node *root = read_file(loader, node, path, identity);
    if (root)
        merge_included(together, root);
    return root;
}

/* The tree of ROOT, of the file NUMBER, with what it includes, as far as that can be read. */
static const struct node *include_files(struct loader *loader, size_t number,
                                        const struct node *root)
{
    const struct node *value = NULL;
    for (size_t i = 0; i < root->size; i++)
        if (!strcmp(node_key(root, i)->text, "include"))
            value = node_value(root, i);
    if (number)
        merge_check_part(loader, root);
    if (!value || value->kind == NODE_BROKEN)
        return root;
    struct merge together = {.loader = loader};
    const struct node *items = value->kind == NODE_LIST ? value->items : value;
    size_t count = value->kind == NODE_LIST ? value->size : 1;
    for (size_t i = 0; i < count; i++)
        loader->incomplete |= !include_one(loader, &items[i], &together);
    merge_own(&together, root);
    return merge_finish(&together, root);
}

const struct node *include_all(struct loader *loader, const struct node *root)
{
    return include_files(loader, 0, root);
}

void include_explain(struct loader *loader)
{
    for (size_t i = 1; i < loader->file_count; i++)
        for (size_t at = i; at && loader->files[at].place.source; at = loader->files[at].parent)
            diags_note_source(loader->diags, loader->files[i].source, loader->files[at].place,
                              "included here");
}

/* The files are read before any key is bound: what they hold stands in the tree already. */
static void bind_include(struct loader *loader, const struct field *field, const struct node *node)
{
    (void)loader;
    (void)field;
    (void)node;
}

const struct type type_include = {
    .name = "include",
    .wording = "the path of a file, or a list of them",
    .bind = bind_include,
    .early = true,
    .json = "'anyOf':[@text,{'type':'array','items':@text}]",
};
