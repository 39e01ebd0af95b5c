/* Ctrl-Z: everything stops, and goes on as if no time had passed. */
#ifndef CLI_RUNNER_JOB_CONTROL_H
#define CLI_RUNNER_JOB_CONTROL_H

#include <stdbool.h>

#include "os/descendants.h"

struct run;

struct pause {
    struct run *run; /* set by whoever has this; the rest begins with zeros */
    bool begun;
    struct descendants stopped;
};

/*
 * Soon stops all that descends from the run, then this process, and returns to the loop when it was
 * continued; the clocks have stood still meanwhile. For the loop's thread.
 */
void pause_run(struct pause *pause);

/* A child was stopped: one that the terminal has stopped stops the run. ARG is the pause. */
void pause_look(void *arg);

#endif
