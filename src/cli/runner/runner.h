/* The runner: one run from loading the scenario to its exit status, under the guard. */
#ifndef CLI_RUNNER_RUNNER_H
#define CLI_RUNNER_RUNNER_H

struct jobserver;
struct options;
struct private_socket;
struct scenario;
struct scenario_sources;

/* What the command line asks for, and what the guard settles where the runner could not. */
struct runner_args {
    const struct options *options;
    struct jobserver *jobserver; /* of the make that started it; NULL: none that can be used */
    const char *no_jobserver;    /* why there is one that cannot; NULL: there is none */
    struct private_socket *socket; /* for the run's queues; NULL: there is no memory for it */
    struct scenario *scenario;        /* what runner_load() has loaded already, the runner's to free; NULL: nothing */
    struct scenario_sources *sources; /* of it */
};

/* Loads the scenario that OPTIONS name, leaves out what was not asked for, and looks whether the machine has what it needs; NULL once
 * what is wrong was written to standard error. HELD is to be freed in either case. */
struct scenario *runner_load(const struct options *options, struct scenario_sources **held);

/* ARG is a struct runner_args. Returns the exit status, or ends the process by a signal. */
int runner_main(void *arg);

/* Loads the scenario that OPTIONS name; NULL once its errors were written to standard error. HELD
 * is to be freed in either case. (cli.c) */
struct scenario *cli_load(const struct options *options, struct scenario_sources **held);

/* Runs the scenario that OPTIONS name. Returns the exit status, or ends the process by a signal. (cli.c) */
int cli_run(const struct options *options);

#endif
