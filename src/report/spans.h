/*
 * What took time, in columns: each attempt of a task, each life of a process, each thread. A zeroed one is empty.
 *
 * A column is a run of varints (7 bits a byte, the lowest first, the highest bit: more follows); times are whole
 * microseconds. The page of the report reads them: see page/data.js.
 */
#ifndef REPORT_SPANS_H
#define REPORT_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* How it ended; the page knows these numbers. */
enum span_state {
    SPAN_DONE,
    SPAN_FAILED,
    SPAN_TIMEOUT,
    SPAN_RETRIED, /* it failed, and was tried again */
    SPAN_STOPPED, /* ended before its time by parrun */
    SPAN_OPEN,    /* its end is not known */
    SPAN_STATES,
};

struct span {
    uint32_t lane;
    int64_t number;  /* of the task in its pool; of a life, which it is, from 0 */
    int64_t attempt; /* from 1 */
    int64_t began;   /* ns since the run began */
    int64_t took;    /* ns */
    enum span_state state;
    int64_t memory; /* bytes at most; 0: not known */
};

/* In the order in which they stand in the page. */
enum span_column {
    COLUMN_LANE,
    COLUMN_NUMBER,  /* difference to the one before, zigzag */
    COLUMN_ATTEMPT, /* less 1 */
    COLUMN_BEGAN,   /* us, difference to the one before, zigzag */
    COLUMN_TOOK,    /* us */
    COLUMN_STATE,
    COLUMN_MEMORY, /* KiB */
    COLUMNS,
};

struct spans {
    struct buf columns[COLUMNS];
    int64_t count;
    int64_t number; /* of the last one, as BEGAN */
    int64_t began;
};

void spans_add(struct spans *spans, const struct span *span);
void spans_release(struct spans *spans);

/* True where a task or an object has failed by it. */
bool span_is_failure(enum span_state state);

/* "done", "failed" and so on, for a person. */
const char *span_state_word(enum span_state state);

#endif
