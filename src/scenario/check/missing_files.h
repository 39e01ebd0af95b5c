/* Files of tasks that are not there when the scenario is loaded. */
#ifndef SCENARIO_CHECK_MISSING_FILES_H
#define SCENARIO_CHECK_MISSING_FILES_H

#include <stdbool.h>

struct block;
struct loader;
struct node;
struct source_spec;

/*
 * Warns where SOURCE, the tasks of POOL as the mapping NODE gives them, names a file that is not
 * there, or a pattern that no file matches: the pool would fail. Not where something else may make
 * it before, or has a say in it: depends_on, when, setup, a template.
 */
void absent_warn(struct loader *loader, const struct block *pool, const struct source_spec *source,
                 const struct node *node);

/* The same of NODE, a file that OBJECT reads or with DIRECTORY the one that it begins in. Not where it runs elsewhere (on). */
void absent_warn_of(struct loader *loader, const struct block *object, const struct node *node, bool directory);

#endif
