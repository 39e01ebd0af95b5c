/*
 * A standstill: the largest set of objects that wait for queues and for each other alone.
 *
 * Each waits for a message that only they could put, for room that only they could make, or for one of
 * them to come so far. A Lua body and a pool of those are known to wait; a command only seems to, where
 * its streams or a parrun put or get that it runs wait, as it might do anything next.
 */
#ifndef QUEUE_WAIT_GRAPH_H
#define QUEUE_WAIT_GRAPH_H

#include <stdbool.h>

struct buf;
struct run;
struct standstill;

/* Once the run's objects are made. */
struct standstill *standstill_new(struct run *run);

/* Looks for it anew; false: there is none. SEEMING: those are among it that only seem to wait. */
bool standstill_find(struct standstill *standstill, bool seeming);

/*
 * Appends all that would differ if any of what was found had gone on in between. False where some of it
 * runs at this moment: then only half of it may have been written.
 */
bool standstill_print(const struct standstill *standstill, struct buf *out);

/* Where all wait for messages: closes the queues; false where that is not so, or helps nobody. */
bool standstill_close(struct standstill *standstill);

/* Appends a line for each, who waits for whom, with a newline in front of it. */
void standstill_describe(const struct standstill *standstill, struct buf *out);

void standstill_free(struct standstill *standstill);

#endif
