/* How long to wait before trying again: a pure function of what has happened. */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    int64_t delay;     /* ns before the second attempt */
    double factor;     /* each further wait is so many times the one before */
    int64_t max_delay; /* ns; no wait is longer */
    bool jitter;       /* a random part of up to half of the wait is taken off */
};

/*
 * The wait in ns after attempt number ATTEMPT (from 1) has failed. RANDOM, evenly spread over
 * [0, 1), is used where the backoff asks for jitter.
 */
int64_t backoff_wait(const struct backoff *backoff, int64_t attempt, double random);

#endif
