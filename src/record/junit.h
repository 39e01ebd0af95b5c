/*
 * What came of a run as JUnit XML: a suite a pool with a case a task, a suite of processes, one of threads, and one of the
 * run itself, which has an error where the run failed by nothing else.
 */
#ifndef RECORD_JUNIT_H
#define RECORD_JUNIT_H

#include "event/bus.h"

struct buf;
struct junit;
struct output;

/* Written to OUTPUT (borrowed) at the end, as the counts stand first; until then cases are in files without a name. */
struct junit *junit_new(struct output *output);

/* NULL is accepted. */
void junit_free(struct junit *junit);

struct bus_reader junit_reader(struct junit *junit);

/* No more events come: writes it. Where run.ended was not among them, that is an error of the run. */
void junit_finish(struct junit *junit);

/* Appends what stands for a run that has begun and not ended: one error. */
void junit_begun(struct buf *out);

#endif
