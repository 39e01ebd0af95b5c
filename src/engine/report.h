/* What went wrong in a run, in the order of cause. */
#ifndef ENGINE_REPORT_H
#define ENGINE_REPORT_H

struct run;

/*
 * Tells, as run.failed events, of each object that failed by itself: how, its last lines, how to run
 * it alone, and what was skipped or stopped because of it. Nothing where the failure was the last
 * thing that happened: then the log ends with it already.
 */
void report_failures(struct run *run);

#endif
