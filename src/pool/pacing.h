/* When the next task of a pool may begin, and which are to be tried again. */
#ifndef POOL_PACING_H
#define POOL_PACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool/job_tokens.h"

struct buf;
struct exec_context;
struct pool;

/* When the next task may begin, which are to be tried again, and whether any more are begun. */
struct pool_pacing {
    struct timer *due;    /* a task is due again, or the next may begin */
    struct task *retrying; /* failed and to be tried again, by when they are due */
    unsigned seed;        /* of the jitter */
    bool halted;          /* as halt says: no more tasks are begun */
    bool told_halt;       /* the workers know of it */
    bool won;             /* halted by its successes: what fails does not count any more */
    int64_t next_begin;   /* rate: when the next task may begin */
    int64_t spare_until;  /* throttle: what THROTTLED says holds so long */
    int64_t told_throttled; /* clock_monotonic() of the last time that it was; 0: never */
    bool throttled;
};

/* The jobserver that counts the tasks of a pool. */
struct pool_jobs {
    struct tokens *tokens; /* without one no task begins; NULL: none are needed */
    struct tokens_waiter token_waiter;
    struct jobserver *jobserver; /* the pool's own, that TOKENS are from; NULL: none */
};

/* jobserver.c */

/* Before the first task: where a jobserver counts the tasks; the pool breaks where it cannot. */
void pool_open_tokens(struct pool *pool);

/* True where the task may begin; else the pool is looked at when it is worth asking again. */
bool pool_take_token(struct pool *pool, struct task *task);

/* The task runs no more, or never did. */
void pool_give_token(struct pool *pool, struct task *task);

/* No more tasks are begun. */
void pool_leave_tokens(struct pool *pool);
void pool_free_tokens(struct pool *pool);

/* Puts into the environment what makes must know of the pool's own jobserver. */
void pool_tell_jobserver(const struct pool *pool, struct exec_context *context);

/* What a worker is to get as descriptors 0, 1, ...: STREAMS, and behind them those of the jobserver.
 * Their number; the list is the caller's to free. */
size_t pool_descriptors(const struct pool *pool, const int streams[3], int **descriptors);

/* pacing.c */

/* A dry run: appends what holds for each task besides its command; nothing where that is nothing. */
void pool_plan_conditions(const struct pool *pool, struct buf *out);

/* Takes a task that has failed and is to be tried again; false where it is not. */
bool pool_retry(struct pool *pool, struct task *task);

/* Makes ready what is due again. */
void pool_take_due(struct pool *pool);

/* Halts the pool where enough of its tasks have failed or succeeded. */
void pool_check_halt(struct pool *pool);

/* How long a task that is given out now may run: ns, 0: without limit. */
int64_t pool_task_timeout(struct pool *pool);

/* True where rate and throttle let a task begin now; else the pool is looked at when they may. */
bool pool_may_begin(struct pool *pool);

/* A task begins: the rate counts it. */
void pool_begins(struct pool *pool);

/* True where each task must be given when it can begin: rate, throttle, halt, a jobserver and a timeout that
 * is a share of those before look at that moment. */
bool pool_is_paced(const struct pool *pool);

/* Makes the worker at PLACE of the pool's. */
struct pool_worker *pool_worker_new(struct pool *pool, size_t place);

#endif
