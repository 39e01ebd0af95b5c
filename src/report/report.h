/*
 * The HTML report of a run: one file that answers whether the run has succeeded, what failed first and why, where the
 * time went, and what ran beside what. It is made from events, as they happen or as a record has them.
 *
 * Memory is about 15 bytes for each attempt of a task, at most 26 MiB for texts, and what the page shows in words.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "event/bus.h"

struct buf;
struct output;
struct report;

/* Written to OUTPUT (borrowed) by report_finish() alone. Free it with report_free(). */
struct report *report_new(struct output *output);

/* The report as a reader of a bus. */
struct bus_reader report_reader(struct report *report);

/* No event comes any more: writes the page. Where run.ended was not among them, the page says that the run has not
 * ended. */
void report_finish(struct report *report);

/* Appends the page of a run that has begun and not ended. */
void report_begun(struct buf *out);

/* NULL is accepted. */
void report_free(struct report *report);

#endif
