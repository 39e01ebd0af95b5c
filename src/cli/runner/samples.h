/* What a run uses, measured from time to time for those who read it. */
#ifndef CLI_RUNNER_SAMPLES_H
#define CLI_RUNNER_SAMPLES_H

struct run;
struct samples;

/*
 * Emits the samples of all objects and queues of RUN, twice a second at most and for a hundredth of one processor at
 * most. NULL where no reader of the bus wants any, or log.samples says so: nothing is done then.
 */
struct samples *samples_new(struct run *run);

/* NULL is accepted. */
void samples_free(struct samples *samples);

#endif
