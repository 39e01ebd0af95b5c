/* glob(3) with "**", which matches directories at any depth. */
#ifndef BASE_GLOB_TREE_H
#define BASE_GLOB_TREE_H

#include <glob.h>
#include <stdbool.h>

struct buf;

/*
 * As glob() with GLOB_NOSORT, GLOB_BRACE and GLOB_APPEND: appends to FOUND, zeroed before the first call, and
 * returns 0, GLOB_NOMATCH, GLOB_NOSPACE or GLOB_ABORTED (errno says why). A part "**" of the path stands for
 * no directory, one, or one below the other; at its end for all that is below. As for bash, it finds
 * nothing in directories whose names begin with a dot, or that are symbolic links. ON_ERROR: as for
 * glob(), of directories that cannot be read; not 0 aborts.
 */
int glob_tree(const char *pattern, int (*on_error)(const char *path, int number), glob_t *found);

/* True where PATTERN has such a part. */
bool glob_tree_is_deep(const char *pattern);

/* True where that is within braces: it matches no more than "*" there. */
bool glob_tree_is_braced(const char *pattern);

/* Appends PATH to a pattern, in which it stands for itself. */
void glob_tree_quote(struct buf *pattern, const char *path);

#endif
