/* The kinds of object: one constructor a kind, all objects of a scenario made from it. */
#ifndef CLI_RUNNER_OBJECTS_H
#define CLI_RUNNER_OBJECTS_H

#include <stdbool.h>

struct run;

/* Makes all queues and objects of run->scenario and puts them into RUN; nothing is started. */
void objects_make(struct run *run);

/* Frees the objects. False where a thread that hangs was left behind: then nothing more may be freed
 * and the process must end at once. */
bool objects_free(struct run *run);

/* Frees the queues: after the loop, whose mailbox may still name them. */
void queues_free(struct run *run);

#endif
