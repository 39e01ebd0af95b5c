/* What a run is doing, and what went wrong in it. */
#ifndef ENGINE_REPORT_H
#define ENGINE_REPORT_H

struct buf;
struct part_wait;
struct run;

/*
 * The run is over. Of one that failed, and was not stopped from outside: tells, as run.failed events,
 * of each object that failed by itself: how, its last lines, how to run it alone, and what was skipped
 * or stopped because of it. No such event where there is one object alone: then the log ends with its
 * failure anyway. What objects have to report themselves follows, in any case.
 */
void report_end(struct run *run);

/* Tells, as a run.status event, what runs and for how long, what waits for what, and, in a stop, what
 * the stop waits for. */
void report_status(struct run *run);

/* Appends what the object, which has not ended, is doing or waits for: "runs for 3s, waits for a message of queue q". */
struct object;
void report_object(struct object *object, struct buf *out);

/* Appends "waits for room in queue q", or "2 of parrun get wait for a message of queue q". */
void report_wait(const struct run *run, const struct part_wait *wait, struct buf *out);

#endif
