/*
 * The words that read the record of a run: its events go to readers as those of a run do, and what these write goes
 * through the same destinations.
 */
#ifndef CLI_READING_H
#define CLI_READING_H

struct options;

/* parrun replay: the log of the run, told again. Returns the exit status. */
int reading_replay(const struct options *options);

/* parrun summary, junit, trace and report: what is made of it. Return the exit status. */
int reading_summary(const struct options *options);
int reading_junit(const struct options *options);
int reading_trace(const struct options *options);
int reading_report(const struct options *options);

#endif
