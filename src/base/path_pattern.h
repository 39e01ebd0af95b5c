/*
 * Patterns of paths, against which names are held without a look at the disk.
 *
 * '*' and '?' stand for what is no '/', [...] for one character, '\' makes the next one stand for itself, and a part "**" for
 * any number of directories, at the end for all that is below.
 */
#ifndef BASE_PATH_PATTERN_H
#define BASE_PATH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Patterns that braces may stand for. */
#define PATH_PATTERNS_MOST 1000

/*
 * True where PATH matches all of PATTERN. HIDDEN: as git has it; else, as shells have it, no wildcard stands for the dot at
 * the beginning of a name.
 */
bool path_pattern_matches(const char *pattern, const char *path, bool hidden);

/* True where something below the directory PATH may match, as shells have it. */
bool path_pattern_leads(const char *pattern, const char *path);

/* Bytes at the beginning of PATTERN that are the path of a directory, or all of them where no wildcard stands in it:
 * those before the '/' that the first part with a wildcard follows. */
size_t path_pattern_literal(const char *pattern);

/* The LENGTH bytes of PATTERN without the '\' in them. The caller frees it. */
char *path_pattern_plain(const char *pattern, size_t length);

/*
 * Calls FOUND(ARG, pattern) for each of what "{a,b}" in PATTERN stands for, and for PATTERN itself where there is none, with
 * "." and ".." worked out by the names alone. 0, or a negative code where they are more than PATH_PATTERNS_MOST.
 */
int path_pattern_expand(const char *pattern, void (*found)(void *arg, const char *pattern), void *arg);

#endif
