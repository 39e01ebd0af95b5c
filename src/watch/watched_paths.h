/* Which paths a process watches: what `paths` names, without what git or `ignore` ignore. */
#ifndef WATCH_WATCHED_PATHS_H
#define WATCH_WATCHED_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "watch/ignore_rules.h"

struct ignore_tree;
struct watch_spec;

struct watched_pattern {
    const char *text; /* absolute */
    char *literal;    /* the path of the directory that it begins in, or all of it */
    size_t length;    /* of that */
    bool whole;       /* it holds no wildcard: all below it counts, where it is a directory */
    bool named;       /* git ignores LITERAL: as it is named all the same, git is not asked */
};

struct watched_paths {
    struct watched_pattern *patterns;
    size_t count;
    const char *directory; /* that the rules are seen from; */
    size_t prefix;         /* bytes of it, with a '/' behind it */
    struct ignore_rules ignores;
    struct ignore_rules never; /* what editors and version control make for themselves */
    struct ignore_tree *tree;  /* of git, borrowed */
    bool left_out; /* something was, that the patterns name */
};

/* The spec and the tree must outlive it. */
void watched_paths_init(struct watched_paths *paths, const struct watch_spec *spec, struct ignore_tree *tree);
void watched_paths_release(struct watched_paths *paths);

/* Whether the file PATH counts. */
bool watched_paths_want(struct watched_paths *paths, const char *path);

/* Whether something below the directory PATH may. */
bool watched_paths_enter(struct watched_paths *paths, const char *path);

/* Whether `paths` names PATH itself, without a wildcard. */
bool watched_paths_name(const struct watched_paths *paths, const char *path);

#endif
