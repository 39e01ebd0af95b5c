/*
 * A number that changes with time, such as the depth of a queue, in a bounded number of points: where there are
 * too many, two neighbours become one with the larger value. A zeroed one is empty.
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include <stddef.h>
#include <stdint.h>

struct buf;

struct point {
    int64_t at;    /* ns since the run began */
    int64_t value;
};

struct series {
    struct point *points;
    size_t count;
    size_t capacity;
    int64_t step; /* points nearer than that to the last one become one with it */
};

void series_add(struct series *series, int64_t at, int64_t value);

/* Appends [[us...],[values...]], the times as differences. */
void series_json(const struct series *series, struct buf *out);
void series_release(struct series *series);

#endif
