/*
 * What git ignores, as `git check-ignore --no-index` says it: by the files named .gitignore from the top of the repository
 * that a path is in, info/exclude and core.excludesFile. Each file is read once.
 */
#ifndef WATCH_IGNORE_TREE_H
#define WATCH_IGNORE_TREE_H

#include <stdbool.h>

struct ignore_tree;

struct ignore_tree *ignore_tree_new(void);

/* NULL is accepted. */
void ignore_tree_free(struct ignore_tree *tree);

/* Whether git ignores the absolute PATH, or a directory that it is in; in no repository nothing is. */
bool ignore_tree_ignores(struct ignore_tree *tree, const char *path, bool directory);

/* The files may be others: they are read anew. */
void ignore_tree_forget(struct ignore_tree *tree);

#endif
