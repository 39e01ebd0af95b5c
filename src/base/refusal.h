/* How long to go on asking the system for what it refuses: a process, memory. */
#ifndef BASE_REFUSAL_H
#define BASE_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

/* All zeros: nothing was refused. */
struct refusal {
    int64_t since; /* clock_monotonic() of the first refusal in a row; 0: none */
    int64_t wait;  /* ns: the last one */
};

/* True for the codes (negative errno) of what may be granted a moment later: -EAGAIN, -ENOMEM. */
bool refusal_may_pass(int code);

/*
 * Refused once more: true where it is to be tried again after *WAIT ns, from 50 ms on, twice as
 * long each time up to 1 s. False once it has been refused for 10 s.
 */
bool refusal_waits(struct refusal *refusal, int64_t *wait);

#endif
