/* Exponential backoff with a cap and jitter. */
#include "base/backoff.h"

int64_t backoff_wait(const struct backoff *backoff, int64_t attempt, double random)
{
    double wait = (double)backoff->delay;
    double most = (double)backoff->max_delay;
    for (int64_t i = 1; i < attempt && wait < most; i++)
        wait *= backoff->factor;
    if (wait > most)
        wait = most;
    if (backoff->jitter)
        wait -= wait / 2 * random;
    return (int64_t)wait;
}
