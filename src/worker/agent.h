/*
 * An agent: this program on another machine, started by a runner's launcher. It starts workers there and passes
 * their frames on, so that its standard input and output are all that a runner needs of that machine. See wire/agent.h.
 */
#ifndef WORKER_AGENT_H
#define WORKER_AGENT_H

/*
 * Serves a runner on standard input and output, below a guard (os/guard.h): when it ends, whatever ends it, nothing is
 * left of its workers and of what they have started. Ends the process.
 */
_Noreturn void agent_main(void);

/* The same for a copy of the program, with AGENT_BROUGHT in its path: first removes its file, and a directory that was made for
 * it, which nothing needs from then on. */
_Noreturn void agent_main_brought(void);

#endif
