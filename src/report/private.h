/* What the parts of the report share. */
#ifndef REPORT_PRIVATE_H
#define REPORT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "report/findings.h"
#include "report/objects.h"
#include "report/running.h"
#include "report/span_texts.h"
#include "report/spans.h"

struct event;
struct output;

/* Of so many processes, those that have used most, CPU and memory are drawn. */
#define CHARTED_PROCESSES 12

/* Bytes of texts, as the page has them. */
#define ITEM_MOST 500
#define COMMAND_MOST 2000
#define REASON_MOST 2000
#define OUTPUT_MOST 1000

struct report {
    struct output *output;
    struct objects objects;
    struct running running;
    struct spans spans;
    struct span_texts texts;
    struct findings findings;
    struct words_of_span words; /* of the span that is being added */
    struct buf text;            /* for what is made and used at once */
    char *opened;  /* the members of run.opened; NULL: it did not come */
    int64_t wall;  /* ns since 1970 when the run began */
    int64_t now;   /* of the last event, ns since the run began */
    bool seen;     /* there was an event */
    bool ended;    /* and the last one of a run */
    bool failed;
    bool stopped;          /* by a signal */
    struct buf stop_reason;
    int64_t leaked;
};

/* The object that EVENT is about, added where it is new, and one by its number. */
uint32_t report_object_of(struct report *report, const struct event *event);
struct report_object *report_object_at(struct report *report, uint32_t number);

/* Puts the end of OUTPUT into the report's words: of what failed four times as much as of what did not. */
void report_fill_output(struct report *report, const struct buf *output, enum span_state state);

/* Adds SPAN with the report's words. */
void report_add_span(struct report *report, const struct span *span);

/* An event of a task, and at the end those that have begun and not ended. (tasks.c) */
void report_take_task(struct report *report, const struct event *event);
void report_end_tasks(struct report *report);

/* An event of a process or thread; others are passed over. At the end, those that are still alive. (lives.c) */
void report_take_life(struct report *report, const struct event *event);
void report_end_lives(struct report *report);

/* Writes the page; all spans are closed. (page.c) */
void page_write(struct report *report);

/* Appends the tables. (page_tables.c) */
void page_failures(const struct report *report, struct buf *out);
void page_slowest(const struct report *report, struct buf *out);
void page_pools(const struct report *report, struct buf *out);
void page_others(const struct report *report, struct buf *out);
void page_queues(const struct report *report, struct buf *out);

/* Appends the data for the script, in script elements, but for the texts. (page_data.c) */
void page_data(const struct report *report, struct buf *out);

/* Totals of all pools. */
struct totals {
    int64_t done;
    int64_t failed;
    int64_t retried;
    int64_t stopped;
    int64_t open;
    int64_t allowed; /* of the failed ones */
    int64_t passed_over;
    int64_t resumed;
    int64_t current;
    int64_t busy;  /* ns */
    int64_t could; /* ns that all workers could have been busy */
    int64_t memory;
};
struct totals report_totals(const struct report *report);

/* How long the workers of POOL were there, ns. */
int64_t pool_lasted(const struct report *report, const struct report_object *pool);

#endif
