/* "parrun each": one command for each item, as a scenario in memory. */
#ifndef CLI_EACH_EACH_H
#define CLI_EACH_EACH_H

#include "event/bus.h"

struct buf;
struct diags;
struct each;
struct each_report;
struct error;
struct output;
struct run;
struct scenario;
struct scenario_sources;

/* The whole of it, where the line's word is "each". Returns the exit status, or ends the process by a signal. */
int each_main(int argc, char **argv);

/* Loads the scenario that EACH stands for, as scenario_load() does. */
struct scenario *each_load(const struct each *each, struct diags *diags,
                           struct scenario_sources **held);

/* Reads what the joblog of an earlier run of EACH has, as what is not to run again in RUN. 0, or a
 * negative code. (joblog.c) */
int each_read_joblog(const struct each *each, struct run *run, struct error *error);

/* What a run of EACH tells: to STANDARD what a dry run would do, to ERRORS what went wrong and,
 * with COMMANDS, the command of each task. A run that is stopped says how far it came and REST, how a later one goes on;
 * NULL: it does not say that. All are borrowed. (report.c) */
struct each_report *each_report_new(bool commands, const char *rest, struct output *standard,
                                    struct output *errors);
struct bus_reader each_report_reader(struct each_report *report);

/* Appends what its help has behind the options. (options.c) */
void each_help(struct buf *out);

/* NULL is accepted. */
void each_report_free(struct each_report *report);

#endif
