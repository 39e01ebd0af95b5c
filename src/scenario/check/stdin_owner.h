/* Checks of processes on terminals: stdin: inherit, and tty: true. */
#ifndef SCENARIO_CHECK_STDIN_OWNER_H
#define SCENARIO_CHECK_STDIN_OWNER_H

struct loader;
struct process_spec;

/* Reports processes that could read it at the same time as another or a pool. Call it behind
 * depend_check(). */
void foreground_check(struct loader *loader);

/* Reports streams of PROCESS that its own terminal (tty: true) would stand in for. */
void tty_check(struct loader *loader, const struct process_spec *process);

/* Reports what PROCESS cannot be where it puts itself into the background (forking: true). */
void forking_check(struct loader *loader, const struct process_spec *process);

#endif
