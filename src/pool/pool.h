/* A pool: workers that live for the whole of it and take task after task. */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct object;
struct pool_spec;
struct run;

/* FLAGS: EVENT_NAMED where the scenario has several pools. */
struct object *pool_new(struct run *run, const struct pool_spec *spec, unsigned flags);

/* Before anything starts: claims what the pools of RUN will write their results to (pool/results.h), into
 * run.claims. 0, or ERROR_LOCKED with ERROR filled. */
int pools_claim_results(struct run *run, struct error *error);

/* Lets go what no pool has opened. */
void pools_release_claims(struct run *run);

/* True for a pool whose source of tasks hangs in a thread that was left behind. */
bool pool_was_left(const struct object *object);

/* How many workers the pool has: as it says, or as the run says for all. */
size_t pool_workers(const struct run *run, const struct pool_spec *spec);

/* The file of /proc/pressure that the pool's throttle looks at and this system does not have, or
 * NULL. */
const char *pool_missing_pressure(const struct pool_spec *spec);

#endif
