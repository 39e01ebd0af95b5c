/* What is made of the events of a run, or of its record, besides a log: one interface to each. */
#ifndef CLI_VIEWS_H
#define CLI_VIEWS_H

#include "event/bus.h"

struct output;
struct view;

enum view_kind {
    VIEW_JUNIT,   /* record/junit.h */
    VIEW_TRACE,   /* record/timeline.h */
    VIEW_REPORT,  /* report/report.h */
    VIEW_SUMMARY, /* record/summary.h */
};

/* Written to OUTPUT (borrowed). */
struct view *view_new(enum view_kind kind, struct output *output);

/* NULL is accepted. */
void view_free(struct view *view);

struct bus_reader view_reader(const struct view *view);

/* No more events come: what is left is written. */
void view_finish(struct view *view);

/* Of VIEW_SUMMARY: how the run ended, see summary_status(). */
int view_status(const struct view *view);

#endif
