/*
 * What an agent knows of the work of one of its workers, from the frames that it passes on (wire/frame.h): whether the worker goes on
 * by itself, so that what it tells may wait for what others tell, or somebody waits for it.
 */
#ifndef WORKER_AGENT_WORK_H
#define WORKER_AGENT_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/frame.h"

/* Bytes of a frame in which its length and its type stand. */
#define FRAME_TYPED 5

/* All zero at the beginning. */
struct agent_work {
    size_t tasks; /* that it has not told the end of, or less */
    char head[FRAME_TYPED]; /* of a frame that has come in part */
    size_t head_length;
    size_t rest; /* bytes of a frame that are still to come */
};

/* The runner has sent it LENGTH bytes of whole frames. */
void agent_work_given(struct agent_work *work, const char *bytes, size_t length);

/* It has sent LENGTH bytes, cut anywhere: true where they are to go on at once. */
bool agent_work_told(struct agent_work *work, const char *bytes, size_t length);

#endif
