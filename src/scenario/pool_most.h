/* How many workers a pool may have: a bound for this machine, and one for those elsewhere. */
#ifndef SCENARIO_POOL_MOST_H
#define SCENARIO_POOL_MOST_H

#include <stdint.h>

#include "scenario/spec.h"

static inline int64_t pool_spec_most(const struct pool_spec *pool)
{
    return pool->on->command_count ? POOL_WORKERS_MOST_ELSEWHERE : POOL_WORKERS_MOST;
}

#endif
