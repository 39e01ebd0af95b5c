/* What came of a run, for a person at a terminal: totals, the slowest, the failed with their last lines, where the time went. */
#ifndef RECORD_SUMMARY_H
#define RECORD_SUMMARY_H

#include "event/bus.h"

struct output;
struct summary;

/* Written to OUTPUT (borrowed) at the end. */
struct summary *summary_new(struct output *output);

/* NULL is accepted. */
void summary_free(struct summary *summary);

struct bus_reader summary_reader(struct summary *summary);

/* No more events come: writes it. */
void summary_finish(struct summary *summary);

/* How the run ended: its exit status, 128 and the signal where one stopped it, -1: it has not ended. */
int summary_status(const struct summary *summary);

#endif
