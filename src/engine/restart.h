/* Whether a process that has ended is started again, and when: a pure function of its history. */
#ifndef ENGINE_RESTART_H
#define ENGINE_RESTART_H

#include <stdbool.h>
#include <stdint.h>

struct restart_spec;

struct restart_history {
    int64_t in_a_row; /* restarts since it last ran for as long as reset_after */
};

/* True where SPEC is for a life that ended so, however often it has been started again. */
bool restart_is_for(const struct restart_spec *spec, bool failed);

/*
 * A life of RAN ns is over, FAILED or not. True where another follows, after *WAIT ns; HISTORY
 * counts it. RANDOM is evenly spread over [0, 1).
 */
bool restart_follows(const struct restart_spec *spec, struct restart_history *history, bool failed,
                     int64_t ran, double random, int64_t *wait);

#endif
