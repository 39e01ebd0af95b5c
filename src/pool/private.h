/*
 * A pool, as its files see it: pool.c says what follows from what, give.c gives tasks to workers. What it is made of has headers of
 * its own: where tasks come from (task_feed.h), what they need (task_needs.h), when they may begin (pacing.h), who runs them
 * (worker_set.h), what is told of them (output_order.h).
 */
#ifndef POOL_PRIVATE_H
#define POOL_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/name_index.h"
#include "base/refusal.h"
#include "child/exec_context.h"
#include "engine/object.h"
#include "engine/resources.h"
#include "event/event.h"
#include "pool/agent.h"
#include "pool/job_tokens.h"
#include "pool/output_order.h"
#include "pool/pacing.h"
#include "pool/task.h"
#include "pool/task_feed.h"
#include "pool/task_needs.h"
#include "pool/worker_set.h"
#include "store/pool_content.h"
#include "store/resume.h"

/* How long the tasks of a pool take. */
struct pool_pace {
    int64_t rests;     /* clock_monotonic() since when a word lets nothing of it run; 0: it works */
    int64_t rested;    /* ns that it did so before, since it was started first */
    int64_t began;     /* clock_monotonic() when that was */
    int64_t recent[64]; /* ns: how long the last tasks that succeeded have taken */
    size_t recent_count; /* of all tasks that have stood there */
    int64_t median;      /* of those, as it was worked out last */
    size_t median_of;    /* RECENT_COUNT at that time */
    int64_t average; /* ns of a task, of those so far; 0: none yet */
};

/* Which time it is that a pool's schedule lets its tasks come. */
struct pool_round {
    bool over;      /* by its schedule its tasks come once more: those so far have ended */
    int64_t first;  /* number of the first task of this time; 0: it is the first time */
    int64_t failed; /* tasks that had failed before, and may not */
};

/* How a pool comes to its end before its time. */
struct pool_end {
    bool broken; /* no worker can be had any more */
    int64_t kill_at; /* of a stop: when grace ends; 0: none */
    bool stopped;         /* it was ended before its time */
    char *reason;         /* why the pool itself failed */
};

struct pool {
    struct object object;
    const struct pool_spec *spec;
    unsigned flags;
    struct task_feed feed;
    struct pool_plan plan;
    struct pool_end end;
    struct worker_set workers;
    bool paused;        /* no more tasks are begun, as a word says */
    struct pool_elsewhere elsewhere;
    struct pool_stdout *stdout_file; /* the files that its tasks' output is written to; NULL: the log alone has it */
    struct pool_records records;
    struct pool_pacing pacing;
    struct pool_jobs jobs;
    struct pool_needs needs;
    struct timer *timer;  /* takes tasks back, watches limits */
    bool timer_runs;
    bool scheduling; /* a look at who can get a task is on its way */

    struct pool_files files;

    struct pool_known known;
    bool told_started;

    struct pool_pace pace;

    struct output_order order;
    struct pool_counts counts;
    struct pool_round round;
};

/* give.c */

/* The worker begins its first task NOW, of clock_monotonic(): tells so. */
void pool_worker_begin_first(struct pool_worker *worker, int64_t now);

/* Gives tasks to the workers that may have some: an idle one is served before any other gets a task ahead. */
void pool_give_tasks(struct pool *pool);

/* A dry run of Lua bodies needs no worker: each task is told of and done. */
void pool_plan_tasks(struct pool *pool);

/* What is ready is not begun any more: it is told as not done, and messages go back, to be tried by whoever comes next. */
void pool_skip_ready(struct pool *pool);

/* pool.c */

/* True where no more tasks are to be begun. */
bool pool_is_stopping(const struct pool *pool);

/* True where the tasks that run are to end too. */
bool pool_is_ending(const struct pool *pool);

/* True where no more tasks are begun, nor will be: what is left of them is told as not done. A pool that a word has
 * stopped goes on some time. */
bool pool_is_closing(const struct pool *pool);

/* True where no tasks are begun for now, as words say. */
bool pool_is_paused(const struct pool *pool);

/* pool_schedule.c: as struct object_kind has them. */
void pool_cancel(struct object *object);
void pool_settle(struct object *object);

/* All of its tasks have ended and are told: true where it is not over, as its schedule starts it again. */
bool pool_rests(struct pool *pool);

/* Its schedule starts it again: its tasks come once more, numbered on. False where they cannot: it breaks. */
bool pool_begin_round(struct pool *pool);

/* True where a task of this time has failed. */
bool pool_round_failed(const struct pool *pool);

/* pool.c: the source has more; ARG is the pool. */
void pool_more_items(void *arg);

/* pool_steer.c: as struct object_kind has them. */
void pool_pause(struct object *object, bool paused);
int pool_scale(struct object *object, int64_t workers, bool check, struct error *error);
void pool_staff(const struct object *object, struct object_staff *staff);
int pool_revive(struct object *object, bool check, struct error *error);

/* Workers that are there and to stay. */
size_t pool_staffed(const struct pool *pool);

/* It is one of them, and has nothing to do. */
bool pool_worker_is_free(const struct pool_worker *worker);

/* Sends home those that are too many: free ones first, busy ones after their task. */
void pool_trim_worker(struct pool *pool);

/* Messages that were taken, and not given to a worker, go back to their queue, for others to take. */
void pool_return_messages(struct pool *pool);

/* A pool that is being stopped by a word, of which no worker is left: true where it is down. */
bool pool_is_down(struct pool *pool);

/* pool_status.c */

/* What it is as of now: time in which it does nothing, as words say, is no part of its pace. */
void pool_keep_pace(struct pool *pool);

/* Appends what the pool is doing, for SIGUSR1. */
void pool_print_state(const struct pool *pool, struct buf *out);

/* The same in a few words, with how long what is left may take. */
void pool_print_progress(const struct pool *pool, struct buf *out);

/* See struct object_kind. */
void pool_waits_for_queue(struct object *object, struct part_waits *waits);
bool pool_held_up(const struct object *object, struct buf *out);
void pool_sample(struct object *object, const struct usages *usages);
void pool_parts(const struct object *object, struct part_waits *waits);
bool pool_sleeps(const struct object *object, const struct part_waits *waits, uint64_t *turns);

/* pool_terms.c: what depends on the task. */

/* Before the first task, behind pool_open_uses(); the pool breaks where it cannot be worked out. */
void pool_open_terms(struct pool *pool);
void pool_close_terms(struct pool *pool);

/* Tells the state for templates in TERMS of the task. */
int pool_set_terms(struct pool *pool, const struct task *task, struct error *error);

/* Works out for this attempt what are templates of the task: its timeout, its limits, which exit codes are no failure, and
 * whether it may fail. 0, or a negative value with ERROR filled. */
int pool_work_out_terms(struct pool *pool, struct task *task, struct error *error);

/* True where a command of the task that exits with CODE has not failed, as success_codes says. */
bool pool_code_is_success(const struct pool *pool, const struct task *task, int64_t code);

/* give.c */

/* A worker that has no task and may begin one; NULL where there is none, or none may begin. */
struct pool_worker *pool_idle_worker(struct pool *pool);
size_t pool_idle_workers(const struct pool *pool);

/* Gives it a task that may begin. */
void pool_give(struct pool_worker *worker, struct task *task);

#endif
