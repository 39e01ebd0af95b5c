/*
 * The anchors of a YAML file, and the budget of what aliases may bring in.
 *
 * A zeroed struct anchors has none; anchors_release() frees it.
 */
#ifndef YAML_ANCHOR_H
#define YAML_ANCHOR_H

#include <stddef.h>

#include "base/name_index.h"
#include "yaml/tree.h"

struct nearest;

struct anchor {
    const char *name;
    struct node node;
    size_t nodes; /* that the node is made of, aliases in it counted in full; 0: still open */
};

struct anchors {
    struct names names;
    struct anchor *items;
    size_t count;
    size_t capacity;
    size_t nodes;        /* read so far, aliases counted in full */
    size_t from_aliases; /* of them */
};

/* Frees what the anchors hold. */
void anchors_release(struct anchors *anchors);

/* A node with the anchor NAME (borrowed) begins; returns its number for anchors_close(). */
size_t anchors_open(struct anchors *anchors, const char *name);

/* The node that began as NUMBER is complete; STARTED is what anchors->nodes was before it. */
void anchors_close(struct anchors *anchors, size_t number, const struct node *node, size_t started);

/* What an alias to NAME stands for, NULL where there is no such anchor. */
const struct anchor *anchors_find(const struct anchors *anchors, const char *name);

/* Offers every name to NEAREST. */
void anchors_offer(const struct anchors *anchors, struct nearest *nearest);

#endif
