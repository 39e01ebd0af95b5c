/*
 * How far the pools are, while they run: on a terminal in a line below everything else, elsewhere in a
 * line now and then.
 */
#ifndef CLI_RUNNER_PROGRESS_H
#define CLI_RUNNER_PROGRESS_H

#include <stdint.h>

#include "base/unit.h"

struct output;
struct progress;
struct run;

/* Tells of RUN on BOARD, whose descriptor is FD: both stay the caller's. A pool is told of once it has run for PATIENCE ns. */
struct progress *progress_new(struct run *run, struct output *board, int fd, int64_t patience);

/* So long a pool runs before it is told of unasked. */
#define PROGRESS_PATIENCE (2 * NS_PER_S)

/* Nothing more is told, and nothing of it is left on a terminal. NULL is accepted. */
void progress_free(struct progress *progress);

#endif
