/* Items that are paths of files, by patterns. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/glob_tree.h"
#include "base/mem.h"
#include "engine/run.h"
#include "pool/source/private.h"
#include "value/value.h"

struct paths {
    glob_t found;
    size_t count;
};

/* What on_unreadable() has met: glob() hands it nothing of ours. Of the loop's thread, for one search. */
static char *unreadable;

/* What is not there has no files; what cannot be read may have some: that ends the search. */
static int on_unreadable(const char *path, int number)
{
    bool ends = number != ENOENT && number != ENOTDIR;
    if (ends) {
        free(unreadable);
        unreadable = mem_strdup(path);
    }
    errno = number;
    return ends;
}

static int say_unreadable(const char *pattern, int number, struct error *error)
{
    const char *path = unreadable ? unreadable : "?";
    error_system(error, number, "cannot look for files that match '%s': '%s'", pattern, path);
    free(unreadable);
    unreadable = NULL;
    return error->code;
}

/* Puts DIRECTORY and a slash, so that a pattern takes it as it is. */
static void put_directory(struct buf *out, const char *directory)
{
    glob_tree_quote(out, directory);
    if (out->length && out->data[out->length - 1] != '/')
        buf_char(out, '/');
}

/*
 * A pattern is relative to the scenario's directory. Its paths are to be right where a task runs:
 * where parrun was started, or, with a `cwd`, anywhere.
 */
static void put_pattern(struct buf *out, const struct items *items, const char *pattern)
{
    const struct scenario *scenario = items->run->scenario;
    const char *slash = strrchr(scenario->source.file, '/');
    char *beside = mem_copy(scenario->source.file, slash ? (size_t)(slash + 1 - scenario->source.file) : 0);
    if (*pattern != '/') /* that is right everywhere */
        put_directory(out, items->pool->object.cwd ? scenario->source.directory : beside);
    free(beside);
    buf_text(out, pattern);
}

static int find(struct items *items, const char *pattern, struct error *error)
{
    struct paths *paths = items->state;
    struct buf whole = {0};
    put_pattern(&whole, items, pattern);
    int result = glob_tree(buf_string(&whole), on_unreadable, &paths->found);
    if (result == GLOB_NOSPACE)
        mem_exhausted();
    int number = errno;
    buf_release(&whole);
    if (result == GLOB_ABORTED)
        return say_unreadable(pattern, number, error);
    if (result == GLOB_NOMATCH && !items->spec->optional)
        return error_set(error, ERROR_FAILED, "no file matches '%s'", pattern);
    return 0;
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sorts all paths; moves those that are there twice behind the others, to be freed with them. */
static void sort(struct paths *paths)
{
    char **found = paths->found.gl_pathv;
    size_t count = paths->found.gl_pathc;
    if (count)
        qsort(found, count, sizeof(*found), by_bytes);
    for (size_t i = 0; i < count; i++) {
        if (paths->count && !strcmp(found[paths->count - 1], found[i]))
            continue;
        char *path = found[i];
        found[i] = found[paths->count];
        found[paths->count++] = path;
    }
}

static int glob_open(struct items *items, struct error *error)
{
    items->state = mem_calloc(1, sizeof(struct paths));
    for (size_t i = 0; i < items->spec->pattern_count; i++) {
        int result = find(items, items->spec->patterns[i], error);
        if (result)
            return result;
    }
    sort(items->state);
    return 0;
}

static enum items_result glob_next(struct items *items, struct buf *encoded, struct error *error)
{
    const struct paths *paths = items->state;
    (void)error;
    if ((size_t)items->at >= paths->count)
        return ITEMS_END;
    const char *path = paths->found.gl_pathv[items->at];
    value_encode_string(encoded, path, strlen(path));
    return ITEMS_ONE;
}

static int64_t glob_count(const struct items *items)
{
    const struct paths *paths = items->state;
    return (int64_t)paths->count;
}

static void glob_close(struct items *items)
{
    struct paths *paths = items->state;
    globfree(&paths->found);
    free(paths);
}

const struct items_kind items_of_glob = {
    .open = glob_open, .next = glob_next, .count = glob_count, .close = glob_close};
