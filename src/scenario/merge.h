/* Putting the trees of several files together, key by key of the scenario. */
#ifndef SCENARIO_MERGE_H
#define SCENARIO_MERGE_H

#include <stdbool.h>
#include <stddef.h>

struct loader;
struct node;

/* A tree in the making; all but the loader begins as zero. */
struct merge {
    struct loader *loader;
    struct node *items; /* key, value, key, value */
    size_t count;       /* of pairs */
    size_t capacity;
};

/* Adds the tree of an included file; what two included files both define is reported. */
void merge_included(struct merge *merge, const struct node *root);

/* Adds the tree of the including file: its vars, env and log win over those that are there. */
void merge_own(struct merge *merge, const struct node *root);

/* The tree of all, at the place of ROOT. The merge is empty afterwards. */
const struct node *merge_finish(struct merge *merge, const struct node *root);

/* Reports the keys of ROOT that have no meaning in an included file. */
void merge_check_part(struct loader *loader, const struct node *root);

#endif
