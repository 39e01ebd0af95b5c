/*
 * A run as a trace in Chrome's format (JSON), for Perfetto: a track a worker of a pool, a process and a thread; on it a slice
 * for each attempt of a task and each life; counters of what waits in queues and of tasks that are done.
 */
#ifndef RECORD_TIMELINE_H
#define RECORD_TIMELINE_H

#include "event/bus.h"

struct output;
struct timeline;

/* Written to OUTPUT (borrowed) as the events come: an array with an element a line, each with its comma in front, so that the
 * trace of a run that was killed can be read once a bracket ends it. */
struct timeline *timeline_new(struct output *output);

/* NULL is accepted. */
void timeline_free(struct timeline *timeline);

struct bus_reader timeline_reader(struct timeline *timeline);

/* No more events come: lives that have not ended end now, and so does the array. */
void timeline_finish(struct timeline *timeline);

#endif
