/* The runner: one run from loading the scenario to its exit status, under the guard. */
#ifndef CLI_RUNNER_H
#define CLI_RUNNER_H

struct options;
struct scenario;
struct scenario_sources;

/* ARG is a struct options. Returns the exit status, or ends the process by a signal. */
int runner_main(void *arg);

/* Loads the scenario that OPTIONS name; NULL once its errors were written to standard error. HELD
 * is to be freed in either case. (cli.c) */
struct scenario *cli_load(const struct options *options, struct scenario_sources **held);

#endif
