/*
 * Whether a thread that does not answer could have done so. While it is ready to run, only the processor time that it gets counts:
 * on a machine that is busy it may get none for long. While it is stopped, sleeps or waits for a disk, all time counts.
 */
#ifndef OS_HEARING_H
#define OS_HEARING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/unit.h"

/* From one look to the next. */
#define HEARING_LOOK (100 * NS_PER_MS)

struct hearing {
    pid_t pid;
    int64_t left; /* ns that it still has */
    int64_t used; /* ns of processor time, by the last look */
};

/* The main thread of process PID is asked something now, and has a moment to answer. */
void hearing_begin(struct hearing *hearing, pid_t pid);

/* To be asked a HEARING_LOOK after the beginning and then after each other; false: it has had its moment. */
bool hearing_goes_on(struct hearing *hearing);

#endif
