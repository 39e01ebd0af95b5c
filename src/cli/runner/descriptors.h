/* What a scenario needs of the machine, worked out before anything is started. */
#ifndef CLI_RUNNER_DESCRIPTORS_H
#define CLI_RUNNER_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

struct scenario;

/* Descriptors without which parrun itself cannot run. */
#define NEED_LEAST 16

/*
 * How many descriptors the runner has open when all that is declared runs at the same time. JOBS
 * stands for the workers of each pool; 0: as the pool says.
 */
size_t need_descriptors(const struct scenario *scenario, int64_t jobs);

#endif
