/* The tasks that --task names. */
#ifndef CLI_RUNNER_ONLY_TASKS_H
#define CLI_RUNNER_ONLY_TASKS_H

struct error;
struct options;
struct run;

/* Fills in the selected tasks of the run, which the caller frees. 0, or ERROR_FAILED where the
 * scenario has no such pool, or has several and none is named. */
int selected_tasks_read(const struct options *options, struct run *run, struct error *error);

#endif
