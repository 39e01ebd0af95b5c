/* Patterns and rules of a process's `watch`. */
#include "watch/watched_paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path_pattern.h"
#include "scenario/spec.h"
#include "watch/ignore_tree.h"

/* Of version control; vim's, which tries whether it may write; emacs's; of others. */
static const char never[] = ".git\n.hg\n.svn\n.jj\n*~\n4913\n.*.sw[a-p]\n.*.swpx\n.#*\n\\#*#\n.goutputstream-*\n*___jb_tmp___\n"
                            "*___jb_old___\n";

/* PATH is DIRECTORY of LENGTH bytes, or below it. */
static bool is_at(const char *path, const char *directory, size_t length)
{
    return !strncmp(path, directory, length) && (!path[length] || path[length] == '/' || length <= 1);
}

static void init_pattern(struct watched_pattern *pattern, const char *text, struct ignore_tree *tree)
{
    size_t literal = path_pattern_literal(text);
    pattern->text = text;
    pattern->whole = !text[literal];
    pattern->literal = path_pattern_plain(text, literal);
    if (!*pattern->literal) {
        free(pattern->literal);
        pattern->literal = mem_strdup("/");
    }
    pattern->length = strlen(pattern->literal);
    pattern->named = pattern->length > 1 &&
                     (ignore_tree_ignores(tree, pattern->literal, true) || ignore_tree_ignores(tree, pattern->literal, false));
}

void watched_paths_init(struct watched_paths *paths, const struct watch_spec *spec, struct ignore_tree *tree)
{
    *paths = (struct watched_paths){.count = spec->path_count, .directory = spec->directory, .tree = tree};
    paths->prefix = strlen(spec->directory) + (strcmp(spec->directory, "/") != 0);
    paths->patterns = mem_calloc(paths->count, sizeof(*paths->patterns));
    for (size_t i = 0; i < paths->count; i++)
        init_pattern(&paths->patterns[i], spec->paths[i], tree);
    for (size_t i = 0; i < spec->ignore_count; i++)
        ignore_rules_add(&paths->ignores, spec->ignores[i], strlen(spec->ignores[i]));
    ignore_rules_add(&paths->never, never, sizeof(never) - 1);
}

void watched_paths_release(struct watched_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->patterns[i].literal);
    free(paths->patterns);
    ignore_rules_release(&paths->ignores);
    ignore_rules_release(&paths->never);
    *paths = (struct watched_paths){0};
}

/* PATH as the rules see it. */
static const char *seen(const struct watched_paths *paths, const char *path)
{
    return is_at(path, paths->directory, strlen(paths->directory)) && strlen(path) > paths->prefix ? path + paths->prefix
                                                                                                    : path + 1;
}

/* Whether a name below its literal beginning, in PATH, is a hidden one. */
static bool is_hidden(const struct watched_pattern *pattern, const char *path)
{
    return strstr(path + (pattern->length > 1 ? pattern->length : 0), "/.") != NULL;
}

/* Whether the pattern names the file PATH, and nothing keeps it out but `ignore`. */
static bool wants(struct watched_paths *paths, const struct watched_pattern *pattern, const char *path, bool directory)
{
    bool below = is_at(path, pattern->literal, pattern->length);
    size_t root = pattern->length + (pattern->length > 1);
    if (pattern->whole ? !below || is_hidden(pattern, path)
                       : directory ? !path_pattern_leads(pattern->text, path) : !path_pattern_matches(pattern->text, path, false))
        return false;
    if (!below || !path[pattern->length])
        return true;
    if (ignore_rules_ignore(&paths->never, path + root, directory))
        return false;
    if (pattern->named || !ignore_tree_ignores(paths->tree, path, directory))
        return true;
    paths->left_out = true;
    return false;
}

static bool any_wants(struct watched_paths *paths, const char *path, bool directory)
{
    bool any = false;
    for (size_t i = 0; !any && i < paths->count; i++)
        any = wants(paths, &paths->patterns[i], path, directory);
    if (!any || !ignore_rules_ignore(&paths->ignores, seen(paths, path), directory))
        return any;
    paths->left_out = true;
    return false;
}

bool watched_paths_want(struct watched_paths *paths, const char *path)
{
    return any_wants(paths, path, false);
}

bool watched_paths_enter(struct watched_paths *paths, const char *path)
{
    return any_wants(paths, path, true);
}

bool watched_paths_name(const struct watched_paths *paths, const char *path)
{
    for (size_t i = 0; i < paths->count; i++)
        if (paths->patterns[i].whole && !strcmp(paths->patterns[i].literal, path))
            return true;
    return false;
}
