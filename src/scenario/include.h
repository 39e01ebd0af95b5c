/* The files that a scenario includes, as one tree. */
#ifndef SCENARIO_INCLUDE_H
#define SCENARIO_INCLUDE_H

#include <stddef.h>

#include "base/diag.h"

struct loader;
struct node;

/* Files within files, and files of one scenario, at most. */
#define INCLUDE_DEPTH_LIMIT 16
#define INCLUDE_FILE_LIMIT 1000

/* A file of the scenario; number 0 is the one that was asked for. */
struct scenario_file {
    const struct source *source;
    const char *directory; /* absolute; relative paths in the file start here */
    const char *identity;  /* the path without links: a file is included once */
    size_t parent;         /* number of the file that includes it */
    struct mark place;     /* where it does so */
};

/* Adds FILE to those of the scenario and returns its number. */
size_t include_add(struct loader *loader, const struct scenario_file *file);

/*
 * Reads what ROOT, the tree of the scenario's own file, includes, and returns the tree of all
 * together. A file that cannot be read is reported and left out, and loader->incomplete set.
 */
const struct node *include_all(struct loader *loader, const struct node *root);

/* Notes at each error in an included file where that file is included. */
void include_explain(struct loader *loader);

#endif
