/* A number that changes with time. */
#include "report/series.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"

#define POINTS_MOST 4096

static void thin_out(struct series *series)
{
    size_t count = 0;
    for (size_t i = 0; i + 1 < series->count; i += 2) {
        const struct point *pair = &series->points[i];
        series->points[count++] = pair[pair[1].value > pair[0].value];
    }
    int64_t span = series->points[count - 1].at - series->points[0].at;
    series->step = span / (POINTS_MOST / 2);
    series->count = count;
}

void series_add(struct series *series, int64_t at, int64_t value)
{
    struct point *last = series->count ? &series->points[series->count - 1] : NULL;
    if (last && at - last->at < series->step) {
        if (value > last->value)
            last->value = value;
        return;
    }
    if (series->count == POINTS_MOST)
        thin_out(series);
    series->points = mem_grow(series->points, &series->capacity, series->count + 1, sizeof(*series->points));
    series->points[series->count++] = (struct point){at, value};
}

void series_json(const struct series *series, struct buf *out)
{
    int64_t before = 0;
    buf_text(out, "[[");
    for (size_t i = 0; i < series->count; i++) {
        int64_t at = series->points[i].at / 1000;
        buf_text(out, i ? "," : "");
        buf_number(out, at - before);
        before = at;
    }
    buf_text(out, "],[");
    for (size_t i = 0; i < series->count; i++) {
        buf_text(out, i ? "," : "");
        buf_number(out, series->points[i].value);
    }
    buf_text(out, "]]");
}

void series_release(struct series *series)
{
    free(series->points);
    *series = (struct series){0};
}
