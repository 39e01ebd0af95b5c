/* The restart policy. */
#include "engine/restart.h"

#include "base/backoff.h"
#include "scenario/spec.h"

bool restart_is_for(const struct restart_spec *spec, bool failed)
{
    return spec->on == RESTART_ALWAYS || (spec->on == RESTART_FAILURE && failed);
}

bool restart_follows(const struct restart_spec *spec, struct restart_history *history, bool failed,
                     int64_t ran, double random, int64_t *wait)
{
    const struct backoff backoff = {
        .delay = spec->delay,
        .factor = spec->factor,
        .max_delay = spec->max_delay,
        .jitter = spec->jitter,
    };
    if (!restart_is_for(spec, failed))
        return false;
    if (ran >= spec->reset_after)
        history->in_a_row = 0;
    if (history->in_a_row >= spec->max)
        return false;
    *wait = backoff_wait(&backoff, ++history->in_a_row, random);
    return true;
}
