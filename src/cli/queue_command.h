/* "parrun queue FILE": durable queues from the shell, whether a run has them open or not. */
#ifndef CLI_QUEUE_COMMAND_H
#define CLI_QUEUE_COMMAND_H

#include <stdint.h>

struct options;

/* Says on standard output that COUNT messages were "put into" QUEUE or the like. */
void queue_tell(int64_t count, const char *what, const char *queue);

/* Does what the words behind the file say; returns the exit status. */
int queue_command(const struct options *options);

#endif
