/* A run that goes on without the command that has started it. */
#ifndef CLI_CONTROL_BACKGROUND_H
#define CLI_CONTROL_BACKGROUND_H

struct options;

/* What the run itself has of it. */
struct background {
    const char *id;  /* the run's */
    const char *log; /* the path of its log */
    int told;        /* a descriptor: a byte in it says that the run's socket is there, or is not: see background_tell() */
};

/*
 * Starts the scenario that OPTIONS name in a session of its own, with no descriptor of the caller, and waits until all of it is up: what
 * has `ready` is ready, what others wait for has succeeded, the rest has started. Prints the run's id. The exit status, which is that of
 * the run where it has ended before; STATUS_DOWN where the file runs already. A signal that asks this command to end ends the run.
 */
int background_run(const struct options *options);

/* In the run: its socket is there, or CAN not be opened. */
void background_tell(const struct background *background, int can);

#endif
