/*
 * The durable queues of a run as a whole: their files from before the first object starts to behind the
 * last one's end.
 */
#ifndef CLI_RUNNER_DURABLE_QUEUES_H
#define CLI_RUNNER_DURABLE_QUEUES_H

#include <stdbool.h>

struct error;
struct run;

/*
 * Opens the files of the scenario's durable queues, into RUN; nothing where there are none. Before the
 * queues are made. FINISHED(ARG) is called behind durable_finish(), when all is in the files. 0, or a
 * negative code with ERROR filled, as queue_store_add().
 */
int durable_begin(struct run *run, void (*finished)(void *arg), void *arg, struct error *error);

/* Tells in the files where this run can be asked. */
void durable_tell_control_socket(struct run *run);

/* Nothing runs any more. */
void durable_finish(struct run *run);

/* In a thread that is not the loop's: waits until all that has happened is in the files. False where any of it never
 * will be. */
bool durable_wait(struct run *run);

/* Frees what it holds, before the loop is freed. */
void durable_end(struct run *run);

#endif
