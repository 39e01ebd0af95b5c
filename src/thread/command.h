/* parrun.run of a body in a thread: the command is a child of the loop, the thread waits for it. */
#ifndef THREAD_COMMAND_H
#define THREAD_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct loop;
struct script_command;
struct script_result;
struct thread_run;

struct thread_run_options {
    struct loop *loop;
    const struct script_command *command;
    const char **environment;
    int64_t deadline; /* clock_monotonic(); 0: none */
};

/* Nothing is started yet. OPTIONS and what they point to are borrowed until thread_run_free(). */
struct thread_run *thread_run_new(const struct thread_run_options *options);

/*
 * Runs the command and waits, on the body's thread. 0 with RESULT filled, or a negative code:
 * ERROR_STOPPED after thread_run_cancel(), ERROR_TIMEOUT, or why it could not be started.
 */
int thread_run_wait(struct thread_run *run, struct script_result *result, struct error *error);

/* Ends the command with its process group: FORCE at once, else as 'stop' does by default. Any thread. */
void thread_run_cancel(struct thread_run *run, bool force);

void thread_run_free(struct thread_run *run);

#endif
