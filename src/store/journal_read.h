/* What the earlier runs of a scenario have put into a journal. */
#ifndef STORE_JOURNAL_READ_H
#define STORE_JOURNAL_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "store/pool_content.h"

struct database;
struct error;
struct hash;

struct journal_consumer {
    void (*task)(void *arg, const char *pool, const struct hash *key, bool succeeded); /* one that has ended */
    pool_content_take *content; /* of a pool in one of the runs; the latest run's come first, and before all tasks */
    void *arg;
};

/*
 * Reads the tasks of the last run of SCENARIO that began anew and ended a task, and of all that
 * went on from it, in the order in which they were put down; PREVIOUS: of the one that began anew before that
 * one, in the same way. A negative code with ERROR filled where the file is damaged, or has no previous one; PATH
 * is for the text.
 */
int journal_read(struct database *database, const char *path, const char *scenario, bool previous,
                 const struct journal_consumer *consumer, struct error *error);

/* How many of the tasks that journal_read() would read have succeeded; their rows are not checked. 0, or a
 * negative code as above. */
int journal_count_done(struct database *database, const char *path, const char *scenario, int64_t *count,
                       struct error *error);

/* The name of the last scenario that the journal has a run of, to free(), where it has none of SCENARIO; NULL
 * where it has, or is empty. */
char *journal_other_scenario(struct database *database, const char *scenario);

#endif
