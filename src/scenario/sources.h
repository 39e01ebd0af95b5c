/* The files that diagnostics of one scenario point into. */
#ifndef SCENARIO_SOURCES_H
#define SCENARIO_SOURCES_H

#include <stddef.h>

struct error;
struct mask;
struct scenario_sources;
struct source;

/* An empty set, for scenario_free_sources(). */
struct scenario_sources *sources_new(void);

/*
 * Reads the whole of a text file ("-": standard input), without its byte order mark, to be named
 * SHOWN in messages. The source lives as long as the set. NULL with ERROR filled where the file
 * cannot be read, is larger than TREE_FILE_LIMIT, or is UTF-16.
 */
const struct source *sources_read(struct scenario_sources *sources, const char *path,
                                  const char *shown, struct error *error);

/* Takes TEXT (copied) in place of a file, to be named SHOWN in messages. As sources_read(), but never NULL. */
const struct source *sources_add(struct scenario_sources *sources, const char *shown,
                                 const char *text, size_t length);

/* What is not to be seen in any text about the scenario: secrets are added as they are met. */
struct mask *sources_mask(struct scenario_sources *sources);

#endif
