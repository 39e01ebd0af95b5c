/* What a scenario needs of the machine that it is run on. */
#ifndef CLI_RUNNER_PREFLIGHT_H
#define CLI_RUNNER_PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct mask;
struct scenario;

/* Says on standard error, masked, what is not there and would keep something from starting: users,
 * groups, rights, room for JOBS workers of each pool (0: as many as the scenario says). True where nothing is. */
bool machine_fits(const struct scenario *scenario, const struct mask *mask, int64_t jobs);

/* Says on standard error where fewer files may be open than the scenario needs. False where parrun
 * itself could not run. JOBS: see need_descriptors(). */
bool machine_has_descriptors(const struct scenario *scenario, int64_t jobs);

/* The same for the stack, of which the runner and each worker need some. */
bool machine_has_stack(void);

/* Says on standard error what is declared and will have no effect here. */
void machine_warn(const struct scenario *scenario);

#endif
