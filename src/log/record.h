/*
 * The record of a run: every event as a JSON line, whatever the log shows, with as much of the output of each object
 * as is asked for. What is left out is told by the object's last event (unrecorded, omitted).
 */
#ifndef LOG_RECORD_H
#define LOG_RECORD_H

#include <stdint.h>

#include "event/bus.h"

struct output;
struct record;

/* The version of the format. Readers of it take any minor, and pass over what they do not know. */
#define RECORD_MAJOR 1
#define RECORD_MINOR 0

/* Written to OUTPUT (borrowed); MOST: bytes of output of an object that are kept, 0: all. RUN is the run's id. */
struct record *record_new(int64_t most, const char *run, struct output *output);

/* NULL is accepted. */
void record_free(struct record *record);

struct bus_reader record_reader(struct record *record);

#endif
