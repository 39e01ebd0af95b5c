/* The tasks that have begun and whose end was not told: what they have written last. A zeroed one is empty. */
#ifndef REPORT_RUNNING_H
#define REPORT_RUNNING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "report/map.h"

/* Bytes of output that are kept of a task, a process or a thread. */
#define OUTPUT_KEPT 4000

struct running_task {
    uint32_t object;
    int64_t task; /* -1: the place is free */
    int64_t attempt;
    int64_t worker;
    int64_t began;
    struct buf item;   /* encoded */
    struct buf output;
};

struct running {
    struct running_task *items;
    size_t count; /* places */
    size_t capacity;
    uint32_t *free;
    size_t free_count;
    size_t free_capacity;
    struct map numbers;
};

/* The task, added where it is new; valid until the next one is. */
struct running_task *running_find(struct running *running, uint32_t object, int64_t task);

/* Forgets the task where it is there. */
void running_remove(struct running *running, uint32_t object, int64_t task);
void running_release(struct running *running);

/* Appends BYTES and drops what is older than the last OUTPUT_KEPT bytes, now and then. */
void keep_output(struct buf *output, const char *bytes, size_t length);

#endif
