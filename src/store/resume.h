/*
 * What earlier runs have done, by the content of each task, and which tasks are left to run.
 *
 * A content takes 20 bytes in a table that is at most 7/8 full once resume_pack() was called: 23
 * bytes each, so 10,000,000 tasks take 230 MB.
 */
#ifndef STORE_RESUME_H
#define STORE_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash;
struct resume;

/* What has come of the tasks of a pool that were asked for. */
struct resume_tally {
    int64_t done;     /* skipped: they have succeeded */
    int64_t unfailed; /* skipped: only what has failed is to run, and they have not */
    int64_t fresh;    /* nothing is known of them */
    int64_t matched;  /* contents that the journal knows */
};

/* An empty one. FAILED_ALONE: only what has failed is to run, else all that has not succeeded. */
struct resume *resume_new(bool failed_alone);

/* A task of this content has ended. */
void resume_add(struct resume *resume, const char *pool, const struct hash *key, bool succeeded);

/* Nothing more is added: the table is made as small as it can be. */
void resume_pack(struct resume *resume);

/* Of how many contents of the pool something is known. */
int64_t resume_known(const struct resume *resume, const char *pool);

/*
 * True where the task is not to run. A content that has succeeded N times makes the first N tasks
 * of it be skipped. TALLY counts the task.
 */
bool resume_skips(struct resume *resume, const struct hash *key, struct resume_tally *tally);

/* NULL is accepted. */
void resume_free(struct resume *resume);

#endif
