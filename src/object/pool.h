/* A pool: workers that live for the whole of it and take task after task. */
#ifndef OBJECT_POOL_H
#define OBJECT_POOL_H

#include <stddef.h>

struct object;
struct pool_spec;
struct run;

/* FLAGS: EVENT_NAMED where the scenario has several pools. */
struct object *pool_new(struct run *run, const struct pool_spec *spec, unsigned flags);

/* How many workers the pool has: as it says, or as the run says for all. */
size_t pool_workers(const struct run *run, const struct pool_spec *spec);

#endif
