/* What the command of a task reads as its standard input. */
#ifndef WORKER_INPUT_H
#define WORKER_INPUT_H

struct body_command;
struct error;
struct worker;

/* Opens it for the task that was rendered last; *FD is the caller's to close. 0 with *FD -1 where it reads nothing, or
 * a negative code: a file that cannot be read. */
int input_begin(const struct worker *worker, int *fd, struct error *error);

#endif
