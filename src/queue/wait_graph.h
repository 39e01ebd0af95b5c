/*
 * A deadlock: the largest set of objects that wait for queues and for each other alone.
 *
 * Each waits for a message that only they could put, for room that only they could make, or for one
 * of them to come so far. A Lua body and a pool of those are known to wait; a command only seems
 * to, where its streams or a parrun put or get that it runs wait, as it might do anything next.
 */
#ifndef QUEUE_WAIT_GRAPH_H
#define QUEUE_WAIT_GRAPH_H

#include <stdbool.h>

struct buf;
struct run;
struct wait_graph;

/* Once the run's objects are made. */
struct wait_graph *wait_graph_new(struct run *run);

/* Looks for it anew; false: there is none. SEEMING: those are among it that only seem to wait. */
bool wait_graph_find(struct wait_graph *graph, bool seeming);

/*
 * Appends all that would differ if any of what was found had gone on in between. False where some
 * of it runs at this moment: then only half of it may have been written.
 */
bool wait_graph_print(const struct wait_graph *graph, struct buf *out);

/* Where all wait for messages: closes the queues; false where that is not so, or helps nobody. */
bool wait_graph_close(struct wait_graph *graph);

/* Appends a line for each, who waits for whom, with a newline in front of it. */
void wait_graph_describe(const struct wait_graph *graph, struct buf *out);

void wait_graph_free(struct wait_graph *graph);

#endif
