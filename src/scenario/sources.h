/* The files that diagnostics of one scenario point into. */
#ifndef SCENARIO_SOURCES_H
#define SCENARIO_SOURCES_H

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

/* What is not to be seen in any text about the scenario: secrets are added as they are met. */
struct mask *sources_mask(struct scenario_sources *sources);

#endif
