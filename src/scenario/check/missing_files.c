/* Looking for the files that tasks are taken from. */
#include "scenario/check/missing_files.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/glob_tree.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "yaml/quote.h"

/* So many files are looked at for a pattern; where there are more, nothing is said. */
#define ENTRIES_MOST 10000

static const char *hint_of(const char *path)
{
    return *path == '/' ? NULL : "a path begins in the directory of the scenario's file";
}

/* glob() passes nothing on to its functions. */
static _Thread_local size_t entries_left;

static struct dirent *read_entry(void *directory)
{
    if (!entries_left)
        return NULL;
    entries_left--;
    return readdir(directory);
}

static void *open_directory(const char *path)
{
    return opendir(path);
}

static void close_directory(void *directory)
{
    closedir(directory);
}

/* What cannot be read may have files that match. */
static int on_unreadable(const char *path, int number)
{
    (void)path;
    return number != ENOENT && number != ENOTDIR;
}

/* True where it is certain that no file matches PATTERN, which is relative to the scenario. */
static bool is_unmatched(const struct loader *loader, const char *pattern)
{
    glob_t found = {
        .gl_opendir = open_directory,
        .gl_readdir = read_entry,
        .gl_closedir = close_directory,
        .gl_stat = stat,
        .gl_lstat = lstat,
    };
    struct buf whole = {0};
    const char *directory = *pattern == '/' ? "" : loader->scenario->source.directory;
    glob_tree_quote(&whole, directory);
    buf_printf(&whole, "%s%s", *directory ? "/" : "", pattern);
    entries_left = ENTRIES_MOST;
    int flags = GLOB_NOSORT | GLOB_BRACE | GLOB_ALTDIRFUNC;
    int result = glob(buf_string(&whole), flags, on_unreadable, &found);
    globfree(&found);
    buf_release(&whole);
    return result == GLOB_NOMATCH && entries_left;
}

static bool is_open(const char *pattern)
{
    const char *bracket = strrchr(pattern, '[');
    return bracket && !strchr(bracket, ']');
}

static void check_patterns(struct loader *loader, const struct source_spec *source,
                           const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    for (size_t i = 0; i < source->pattern_count; i++)
        if (!glob_tree_is_deep(source->patterns[i]) && is_unmatched(loader, source->patterns[i]))
            diag_warning(loader->diags, loader_mark(loader, &items[i]),
                         is_open(source->patterns[i]) ? "'[' without its ']' stands for itself: write [a-c], or [[] for a '['"
                                                      : hint_of(source->patterns[i]), "no file matches '%s'",
                         show_text(source->patterns[i], strlen(source->patterns[i])).text);
}

static void check_path(struct loader *loader, const struct source_spec *source,
                       const struct node *node)
{
    struct stat status;
    if (strcmp(source->path, "-") && stat(source->path, &status) && errno == ENOENT)
        diag_warning(loader->diags, loader_mark(loader, node), hint_of(node->text),
                     "there is no file '%s'", show_text(node->text, node->size).text);
}

static bool has_template(const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    for (size_t i = 0; i < count; i++)
        if (items[i].kind != NODE_SCALAR || node_has_template(&items[i]))
            return true;
    return false;
}

/* What may make a file before OBJECT begins. */
static const char *const makers[] = {"depends_on", "when", "setup"};

void absent_warn_of(struct loader *loader, const struct block *object, const struct node *node, bool directory)
{
    struct stat status;
    if (!object || node->kind != NODE_SCALAR || !node->size || node_has_template(node) || block_given(object, "on"))
        return;
    for (size_t i = 0; i < countof(makers); i++)
        if (block_given(object, makers[i]))
            return;
    char *path = loader_path(loader, node, node->text);
    int failed = stat(path, &status) ? errno : 0;
    if (failed == ENOENT || failed == ENOTDIR)
        diag_warning(loader->diags, loader_mark(loader, node), hint_of(node->text), "there is no %s '%s'",
                     directory ? "directory" : "file", show_text(node->text, node->size).text);
    else if (!failed && directory && !S_ISDIR(status.st_mode))
        diag_warning(loader->diags, loader_mark(loader, node), NULL, "'%s' is no directory", show_text(node->text, node->size).text);
    free(path);
}

void absent_warn(struct loader *loader, const struct block *pool, const struct source_spec *source,
                 const struct node *node)
{
    static const struct {
        enum source_kind kind;
        const char *key;
        void (*check)(struct loader *, const struct source_spec *, const struct node *);
    } kinds[] = {
        {SOURCE_GLOB, "glob", check_patterns},
        {SOURCE_LINES, "lines", check_path},
        {SOURCE_JSONL, "jsonl", check_path},
        {SOURCE_CSV, "csv", check_path},
        {SOURCE_BLOCKS, "blocks", check_path},
    };
    for (size_t i = 0; i < countof(makers); i++)
        if (block_given(pool, makers[i]) || source->optional)
            return;
    for (size_t i = 0; i < node->size; i++)
        for (size_t k = 0; k < countof(kinds); k++)
            if (source->kind == kinds[k].kind && !strcmp(node_key(node, i)->text, kinds[k].key) &&
                !has_template(node_value(node, i)))
                kinds[k].check(loader, source, node_value(node, i));
}
