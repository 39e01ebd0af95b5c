/* glob(3) with "**", which matches directories at any depth. */
#include "base/glob_tree.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define FLAGS (GLOB_NOSORT | GLOB_BRACE | GLOB_APPEND)

typedef int on_error_function(const char *path, int number);

/* The first part "**"; NULL: there is none. */
static const char *find_stars(const char *pattern)
{
    const char *at = pattern;
    while ((at = strstr(at, "**"))) {
        if ((at == pattern || at[-1] == '/') && (at[2] == '/' || !at[2]))
            return at;
        at++;
    }
    return NULL;
}

bool glob_tree_is_deep(const char *pattern)
{
    return find_stars(pattern);
}

bool glob_tree_is_braced(const char *pattern)
{
    int depth = 0;
    for (const char *at = pattern; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '{')
            depth++;
        else if (*at == '}' && depth)
            depth--;
        else if (depth && !strncmp(at, "**", 2))
            return true;
    }
    return false;
}

void glob_tree_quote(struct buf *pattern, const char *path)
{
    for (; *path; path++) {
        if (strchr("\\*?[]{},~", *path))
            buf_char(pattern, '\\');
        buf_char(pattern, *path);
    }
}

/* What REST matches in DIRECTORY. */
static int glob_in(const char *directory, const char *rest, on_error_function *on_error,
                   glob_t *found)
{
    struct buf pattern = {0};
    glob_tree_quote(&pattern, directory);
    if (pattern.length && pattern.data[pattern.length - 1] != '/')
        buf_char(&pattern, '/');
    buf_text(&pattern, rest);
    int result = glob_tree(pattern.data, on_error, found);
    buf_release(&pattern);
    return result;
}

/* PATH below the directory that a pattern begins in is not told with it. */
static const char *without_dot(const char *path)
{
    return path[0] == '.' && (!path[1] || path[1] == '/') ? path + 1 + (path[1] == '/') : path;
}

/* What FTS has come to: 0, GLOB_NOMATCH or GLOB_ABORTED. */
static int visit(FTS *tree, FTSENT *entry, const char *path, const char *rest,
                 on_error_function *on_error, glob_t *found)
{
    switch (entry->fts_info) {
    case FTS_D:
        if (entry->fts_level == 0 || entry->fts_name[0] != '.')
            return glob_in(path, rest, on_error, found);
        fts_set(tree, entry, FTS_SKIP);
        return GLOB_NOMATCH;
    case FTS_DNR:
    case FTS_ERR:
        errno = entry->fts_errno;
        return on_error(path, entry->fts_errno) ? GLOB_ABORTED : GLOB_NOMATCH;
    default:
        return GLOB_NOMATCH;
    }
}

static bool is_over(int result)
{
    return result == GLOB_ABORTED || result == GLOB_NOSPACE;
}

/* What REST matches in ROOT, "" for here, and in all directories below. */
static int walk(char *root, const char *rest, on_error_function *on_error, glob_t *found)
{
    char *roots[] = {*root ? root : (char *)".", NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_NOSTAT, NULL);
    FTSENT *entry;
    int result = GLOB_NOMATCH;
    if (!tree)
        return errno == ENOMEM ? GLOB_NOSPACE : GLOB_ABORTED;
    while ((errno = 0, entry = fts_read(tree))) {
        const char *path = *root ? entry->fts_path : without_dot(entry->fts_path);
        int one = visit(tree, entry, path, rest, on_error, found);
        result = one == GLOB_NOMATCH ? result : one;
        if (is_over(result))
            break;
    }
    int number = errno;
    if (!entry && number)
        result = GLOB_ABORTED;
    fts_close(tree);
    errno = number;
    return result;
}

/* "src/" and "*.c" of "src/" "**" "/" "*.c". */
static int glob_deep(const char *pattern, const char *stars, on_error_function *on_error,
                     glob_t *found)
{
    glob_t roots = {0};
    char *before = mem_copy(pattern, (size_t)(stars - pattern));
    const char *rest = stars + 2 + (stars[2] == '/');
    while (!strncmp(rest, "**/", 3)) /* the same, and found many times */
        rest += 3;
    if (!*rest)
        rest = stars[2] == '/' ? "*/" : "*";
    int result = *before ? glob(before, GLOB_NOSORT | GLOB_BRACE, on_error, &roots)
                         : walk(before, rest, on_error, found);
    int number = errno;
    result = *before && !result ? GLOB_NOMATCH : result;
    for (size_t i = 0; !is_over(result) && i < roots.gl_pathc; i++) {
        int one = walk(roots.gl_pathv[i], rest, on_error, found);
        number = errno;
        result = one == GLOB_NOMATCH ? result : one;
    }
    globfree(&roots);
    free(before);
    errno = number;
    return result;
}

int glob_tree(const char *pattern, on_error_function *on_error, glob_t *found)
{
    const char *stars = find_stars(pattern);
    return stars ? glob_deep(pattern, stars, on_error, found)
                 : glob(pattern, FLAGS, on_error, found);
}
