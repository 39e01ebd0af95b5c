/* Waiting for what the system refuses. */
#include "base/refusal.h"

#include <errno.h>

#include "base/clock.h"
#include "base/unit.h"

#define FIRST_WAIT (50 * NS_PER_MS)
#define LONGEST_WAIT NS_PER_S
#define PATIENCE (10 * NS_PER_S)

bool refusal_may_pass(int code)
{
    return code == -EAGAIN || code == -ENOMEM;
}

bool refusal_waits(struct refusal *refusal, int64_t *wait)
{
    int64_t now = clock_monotonic();
    if (!refusal->since) {
        refusal->since = now;
        refusal->wait = FIRST_WAIT / 2;
    }
    if (now - refusal->since >= PATIENCE)
        return false;
    refusal->wait *= 2;
    if (refusal->wait > LONGEST_WAIT)
        refusal->wait = LONGEST_WAIT;
    *wait = refusal->wait;
    return true;
}
