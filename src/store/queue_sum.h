/*
 * What tells that a queue file is as it was written: a sum with each message, and with each queue how many
 * messages it has and which.
 */
#ifndef STORE_QUEUE_SUM_H
#define STORE_QUEUE_SUM_H

#include <stdint.h>

struct stored_value;

/* A message as it stands in the file, but for its attempts, which change. */
struct queue_row {
    int64_t id;
    const char *queue;
    const struct stored_value *body;
    int64_t priority;
    double due; /* 0: NULL */
    double put;
};

int64_t queue_sum(const struct queue_row *row);

/* How many messages there are, and their ids folded into one number, in any order. */
struct queue_tally {
    int64_t count;
    uint64_t ids;
};

/* One more, or one less. */
void queue_tally_add(struct queue_tally *tally, int64_t id);
void queue_tally_remove(struct queue_tally *tally, int64_t id);

#endif
