/* A process: any program, a shell line, or a worker that runs a Lua body. */
#ifndef OBJECT_PROCESS_H
#define OBJECT_PROCESS_H

#include <stdbool.h>

struct object;
struct process_spec;
struct run;

/* FLAGS: EVENT_NAMED, EVENT_PRODUCER, EVENT_CONSUMER of its events (event/event.h). */
struct object *process_new(struct run *run, const struct process_spec *spec, unsigned flags);

#endif
