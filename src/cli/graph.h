/* What "parrun graph" prints: who puts into which queue, and who takes from it. */
#ifndef CLI_GRAPH_H
#define CLI_GRAPH_H

struct buf;
struct scenario;

/* Appends the objects and their queues as a graph in the language of dot(1). */
void graph_print_dot(struct buf *out, const struct scenario *scenario);

/* Appends them as a tree: below each object its queues, below each queue its consumers. */
void graph_print_tree(struct buf *out, const struct scenario *scenario);

#endif
