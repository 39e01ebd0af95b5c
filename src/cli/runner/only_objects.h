/* The objects that --only names. */
#ifndef CLI_RUNNER_ONLY_OBJECTS_H
#define CLI_RUNNER_ONLY_OBJECTS_H

struct error;
struct options;
struct scenario;

/*
 * Leaves out of SCENARIO all but these and what they depend on, with --no-deps that too; without
 * --only nothing. Where nothing is left but daemons, those named are none any more; where none of
 * those named decides the exit status, all of them do. 0, or ERROR_FAILED where there is no such
 * object.
 */
int only_apply(const struct options *options, struct scenario *scenario, struct error *error);

/* Says on standard error which queues have lost all that is at one of their ends. */
void only_warn(const struct scenario *scenario);

#endif
