/* Files that a process watches. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/glob_tree.h"
#include "base/mem.h"
#include "base/path_pattern.h"
#include "scenario/hints/values.h"
#include "scenario/include.h"
#include "scenario/loader.h"
#include "scenario/types.h"

static void bind_watch(struct loader *loader, const struct field *field, const struct node *node)
{
    struct watch_spec *watch = field->member;
    const struct process_spec *process = field->block->spec;
    if (node->kind != NODE_MAP) {
        field_expected(loader, field, node, field->key->type->wording, "for example: watch: {paths: [src]}");
        return;
    }
    watch->directory = loader->files[node->file].directory;
    field_block(loader, field, node, watch);
    if (watch->act == WATCH_RUN && process->daemon)
        diag_error(loader->diags, loader_mark(loader, node), "use do: restart",
                   "'do: run' of %s waits for the process's end, and a daemon ends with the run", field_label(loader, field));
}

/* TEXT as an absolute pattern. */
static char *absolute(struct loader *loader, const struct node *node, const char *text)
{
    struct buf whole = {0};
    if (*text != '/') {
        glob_tree_quote(&whole, loader->files[node->file].directory);
        buf_char(&whole, '/');
    }
    buf_text(&whole, text);
    return buf_take(&whole);
}

/* A pattern below a directory that is not there is most likely misspelt; a path without a wildcard may well come later. */
static void warn_of_missing(struct loader *loader, const struct node *node, const char *text, const char *pattern)
{
    size_t length = path_pattern_literal(pattern);
    char *literal = path_pattern_plain(pattern, length);
    if (pattern[length] && *literal && access(literal, F_OK) && errno == ENOENT)
        diag_warning(loader->diags, loader_mark(loader, node),
                     *text == '/' ? NULL : "a path begins in the directory of the scenario's file",
                     "there is no directory for '%s' yet, so that no file matches", loader_shown(loader, text));
    free(literal);
}

/* What comes of the braces in a pattern, appended to a list. */
static void take_pattern(void *arg, const char *pattern)
{
    struct {
        struct loader *loader;
        struct watch_spec *watch;
        size_t capacity;
    } *taking = arg;
    struct watch_spec *watch = taking->watch;
    if (watch->path_count == taking->capacity) {
        taking->capacity = taking->capacity ? 2 * taking->capacity : 8;
        const char **paths = arena_alloc(taking->loader->arena, taking->capacity * sizeof(*paths));
        if (watch->path_count)
            memcpy(paths, watch->paths, watch->path_count * sizeof(*paths));
        watch->paths = paths;
    }
    watch->paths[watch->path_count++] = arena_strdup(taking->loader->arena, pattern);
}

static void bind_watch_paths(struct loader *loader, const struct field *field, const struct node *node)
{
    struct {
        struct loader *loader;
        struct watch_spec *watch;
        size_t capacity;
    } taking = {.loader = loader, .watch = field->block->spec};
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    if (!count)
        field_wrong(loader, field, node);
    for (size_t i = 0; i < count; i++) {
        const char *text;
        if (!field_text(loader, field, &items[i], &text))
            continue;
        if (!*text) {
            field_wrong(loader, field, &items[i]);
            continue;
        }
        char *pattern = absolute(loader, &items[i], text);
        if (path_pattern_expand(pattern, take_pattern, &taking))
            field_expected(loader, field, &items[i], "a pattern that stands for no more than 1000 others",
                           "write fewer braces");
        warn_of_missing(loader, &items[i], text, pattern);
        free(pattern);
    }
}

static void bind_watch_ignore(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    const char **lines = arena_alloc(loader->arena, (count + 1) * sizeof(*lines));
    for (size_t i = 0; i < count; i++)
        if (field_text(loader, field, &items[i], &lines[i]) && (!*lines[i] || strchr(lines[i], '\n')))
            field_wrong(loader, field, &items[i]);
    *(const char ***)field->member = lines;
    *field->count = count;
}

static void bind_watch_do(struct loader *loader, const struct field *field, const struct node *node)
{
    struct watch_spec *watch = field->block->spec;
    const char *word;
    if (node->kind == NODE_MAP) {
        watch->act = WATCH_SIGNAL;
        field_block(loader, field, node, watch);
        return;
    }
    if (!field_text(loader, field, node, &word))
        return;
    for (const struct choice *choice = field->key->choices; choice->name; choice++) {
        if (!strcmp(choice->name, word)) {
            watch->act = (enum watch_act)choice->value;
            return;
        }
    }
    if (!strcmp(word, "signal"))
        field_expected(loader, field, node, field->key->type->wording, "say which: do: {signal: HUP}");
    else if (!strcmp(word, "reload"))
        field_expected(loader, field, node, field->key->type->wording, "write do: {signal: HUP}");
    else
        field_meant(loader, field, node, meant_choice(loader->arena, word));
}

const struct type type_watch = {
    .name = "watch",
    .wording = "a mapping of keys",
    .bind = bind_watch,
    .block = BLOCK_WATCH,
    .json = "@block",
};
const struct type type_watch_paths = {
    .name = "watched paths",
    .wording = "a path, a pattern such as src/**/*.py, or a list of them",
    .bind = bind_watch_paths,
    .early = true,
    .json = "'anyOf':[@text,{'type':'array','minItems':1,'items':@text}]",
};
const struct type type_watch_ignore = {
    .name = "ignored paths",
    .wording = "a line as one of .gitignore, or a list of them",
    .bind = bind_watch_ignore,
    .early = true,
    .json = "'anyOf':[@text,{'type':'array','items':@text}]",
};
const struct type type_watch_do = {
    .name = "what follows a change",
    .wording = "restart, run or {signal: NAME}",
    .bind = bind_watch_do,
    .block = BLOCK_DO,
    .json = "'anyOf':[{'enum':[@choices]},@template,@block]",
};
