/* A process: any program, a shell line, or a worker that runs a Lua body. */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include <stdint.h>

struct object;
struct process_spec;
struct run;

/*
 * REPLICA is its number from 1, 0 where there is one alone. FLAGS: EVENT_NAMED, EVENT_PRODUCER,
 * EVENT_CONSUMER of its events (event/event.h).
 */
struct object *process_new(struct run *run, const struct process_spec *spec, int64_t replica,
                           unsigned flags);

#endif
