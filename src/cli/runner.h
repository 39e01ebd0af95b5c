/* The runner: one run from loading the scenario to its exit status, under the guard. */
#ifndef CLI_RUNNER_H
#define CLI_RUNNER_H

struct jobserver;
struct options;
struct scenario;
struct scenario_sources;

/* What the command line asks for, and the jobserver of the make that started it. */
struct order {
    const struct options *options;
    struct jobserver *jobserver; /* NULL: none, or none that can be used */
    const char *no_jobserver;    /* why there is one that cannot; NULL: there is none */
};

/* ARG is a struct order. Returns the exit status, or ends the process by a signal. */
int runner_main(void *arg);

/* Loads the scenario that OPTIONS name; NULL once its errors were written to standard error. HELD
 * is to be freed in either case. (cli.c) */
struct scenario *cli_load(const struct options *options, struct scenario_sources **held);

#endif
