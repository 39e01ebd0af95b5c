/*
 * The journal as a file: what is in it, see JOURNAL in parrun(1), and who may open it.
 *
 * The rows that decide what runs again carry a sum over those values, so that a bit that the disk
 * has turned is found and never taken for the end of a task.
 */
#ifndef STORE_JOURNAL_FILE_H
#define STORE_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "store/pool_content.h"

struct database;
struct error;

/* What the tasks of a pool have in common in a run. */
struct journal_pool {
    const char *name;
    struct pool_content content;
};

/* What is told of a run. */
struct journal_run {
    const char *name;     /* its id, as PARRUN_RUN */
    const char *scenario; /* the scenario's name */
    const char *file;
    const char *kind; /* "run", "part" (of one), "resume", JOURNAL_PREVIOUS or "retry-failed" */
    const struct journal_pool *pools;
    size_t pool_count;
};

/* The kind of a run that goes on from what was done before the last one that began anew. */
#define JOURNAL_PREVIOUS "resume-previous"

/* Opens the journal at PATH, made where it is missing. NULL with ERROR filled, as database_open()
 * and where the file is something else's or of another version. */
struct database *journal_open(const char *path, struct error *error);

/* Puts down that the run begins, on the disk when this returns; *ID is its number. */
int journal_begin(struct database *database, const struct journal_run *run, int64_t *id,
                  struct error *error);

/* The sums of a row of the tables run and task. */
int64_t journal_run_sum(int64_t id, const char *scenario, const char *kind);
int64_t journal_task_sum(int64_t id, int64_t run, bool succeeded, const struct hash *key);

#endif
