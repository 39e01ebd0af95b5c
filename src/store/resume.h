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
struct pool_content;
struct resume;

/* What has come of the tasks of a pool that were asked for. */
struct resume_tally {
    int64_t done;     /* skipped: they have succeeded */
    int64_t unfailed; /* skipped: only what has failed is to run, and they have not */
    int64_t changed;  /* known, but for what all tasks of the pool have in common */
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

/* Tasks of the pool had this in common in an earlier run, the latest is added first; it is copied. */
void resume_add_content(struct resume *resume, const char *pool, const struct pool_content *content);

/* What they had in common in earlier runs, the latest first, each once; *COUNT is how many. */
const struct pool_content *resume_contents(const struct resume *resume, const char *pool, size_t *count);

/* What is known of a task. */
enum resume_answer {
    TASK_IS_DONE,    /* it is not to run */
    TASK_HAS_FAILED,
    TASK_IS_ONE_MORE, /* there are more of this content than have succeeded */
    TASK_HAS_CHANGED,
    TASK_IS_NEW,
};

/*
 * Looks a task up, and counts it in TALLY. A content that has succeeded N times makes the first N tasks
 * of it be skipped. FORMER: it is known by a key that it had before, as resume_has() has found.
 */
enum resume_answer resume_ask(struct resume *resume, const struct hash *key, bool former,
                              struct resume_tally *tally);

/* True where a key that a task had before is known, which TALLY then counts as matched. */
bool resume_has(struct resume *resume, const struct hash *key, struct resume_tally *tally);

/* NULL is accepted. */
void resume_free(struct resume *resume);

#endif
