/*
 * How far the pools are, while they run: on a terminal in a line below everything else, elsewhere in a
 * line now and then.
 */
#ifndef CLI_RUNNER_PROGRESS_H
#define CLI_RUNNER_PROGRESS_H

struct output;
struct progress;
struct run;

/* Tells of RUN on BOARD, whose descriptor is FD: both stay the caller's. */
struct progress *progress_new(struct run *run, struct output *board, int fd);

/* Nothing more is told, and nothing of it is left on a terminal. NULL is accepted. */
void progress_free(struct progress *progress);

#endif
