/* What a pool tells of its tasks, each in its turn, and where their output goes. */
#ifndef POOL_OUTPUT_ORDER_H
#define POOL_OUTPUT_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "pool/task.h"

struct object;
struct pool;

/* The records that a pool keeps of its tasks' results. */
struct pool_records {
    struct results *_Atomic results; /* NULL: none are kept */
    bool full;       /* too many wait to be written: no more tasks are begun */
    bool ending;     /* no more will come */
    bool written;
};

/* The tasks of a pool that have ended and are to be told. */
struct output_order {
    struct task_list finished; /* to be told, in this order */
    struct task *unordered;    /* output: ordered: done before their turn */
    size_t unordered_count;
    size_t unordered_memory;   /* bytes of their output that are there */
    struct spool_file file;    /* and not: of those beyond a bound */
    int64_t next_told;
};

/* How many tasks of a pool have ended, and how. */
struct pool_counts {
    int64_t done;
    int64_t failed;
    int64_t allowed;      /* of those: they may fail */
    int64_t skipped;
    int64_t failures[20]; /* the first failed tasks */
    struct pool_failures *failures_kept; /* what is told of some again; NULL: none has failed */
};

/* output.c */

/* Tells that the task begins. */
void pool_tell_started(struct pool *pool, struct task *task);

/* A dry run: tells something of the whole pool. */
void pool_tell_plan(struct pool *pool, const char *text);

/* A dry run: tells that there are more tasks than were told of. */
void pool_tell_cut(struct pool *pool);

/* Takes a piece of what the task wrote to STREAM: 0 for standard output, 1 for standard error where that is
 * kept apart. */
void pool_take_output(struct pool *pool, struct task *task, size_t stream, const char *bytes,
                      size_t length);

/* tag.c: appends BYTES of the task's output with its tag at the beginning of each line. IN_LINE:
 * they go on with a line, and is kept up to date. */
void pool_tag_output(const struct pool *pool, const struct task *task, bool *in_line,
                     const char *bytes, size_t length, struct buf *out);

/* The task has its outcome: it is told in its turn, and freed. */
void pool_finish_task(struct pool *pool, struct task *task);

/* The task was ended before its time because the pool was stopped: what it has put out is told and kept,
 * and its message goes back. It is freed. */
void pool_end_task(struct pool *pool, struct task *task);

/* The task, a message of a queue, was given back before it began: only its turn is to be passed. It is freed. */
void pool_pass_turn(struct pool *pool, struct task *task);

/* The task was lost with a worker that is not to blame: what it has put out is told, and it is begun anew. */
void pool_evict_task(struct pool *pool, struct task *task, const char *reason);

/* The task was not begun, or not begun again, because the pool was stopped; it is freed. */
void pool_skip_task(struct pool *pool, struct task *task);

/* Tells of finished tasks as far as the log takes it. */
void pool_pump(struct pool *pool);

/* Appends which tasks failed, and what else went wrong; nothing where all is well. */
void pool_fill_outcome(struct pool *pool, struct buf *reason);

/* Compares two int64_t, for qsort(). */
int pool_by_number(const void *left, const void *right);

/* True where all was told. */
bool pool_has_told_all(const struct pool *pool);

/* A failed attempt is told, with its output; another follows after WAIT ns. */
void pool_tell_retrying(struct pool *pool, struct task *task, int64_t wait);

/* An event about the task, with nothing of how it ended. */
struct event pool_task_event(enum event_kind kind, const struct task *task);

/* How it ended: its exit code or signal, and how long it took. */
void pool_fill_end(const struct task *task, struct event *event);

/* shown.c */

/* Emits an event about the task, with its item where that is more than its number. */
void pool_emit_task(struct pool *pool, struct task *task, struct event *event);

/* True where nothing of the task's item is shown, which is its number and no secret: asked while the item is new, that is in the cache. */
bool pool_item_is_number(const struct pool *pool, const struct task *task);

/* Fills in the task's `shown` and `cell`, once. */
void pool_show_task(const struct pool *pool, struct task *task);

/* failures.c */

/* Of so many ways in which tasks have failed the first ones are told of again. */
#define POOL_FAILURES_MOST 5

/* Takes a piece of the task's output, of which the end is kept until it is known how it ended. */
void pool_keep_last(struct task *task, const char *bytes, size_t length);

/* The task has failed, for good: keeps what is told of it again, or counts it with those that failed in the same
 * way. */
void pool_keep_failure(struct pool *pool, struct task *task);

/* The run is over: tells of each way in which tasks have failed, by its first task. */
void pool_tell_failures(struct pool *pool);

/* How many tasks failed in ways that are not told. */
int64_t pool_other_failures(const struct pool *pool);
void pool_free_failures(struct pool *pool);

/* report.c */

/* Appends "3 were not done", after BEFORE, for a tally that pool_fill_tally() has filled in; nothing where all were. */
void pool_print_undone(const struct event *event, const char *before, struct buf *text);

/* Behind a count of failed tasks, that all or so many of them may fail; nothing where none may. */
void pool_print_allowed(int64_t failed, int64_t allowed, struct buf *text);

/* Tasks that the pool fails by: all that have failed, but for those that may where others may not. */
int64_t pool_count_failures(const struct pool *pool);

/* How many tasks there are, those that were done before this run and those left out too; below 0: nobody knows. */
int64_t pool_count_all(const struct pool *pool);

/* How many of them are over: done, well or not, before this run too, or left out. */
int64_t pool_count_over(const struct pool *pool);

/* Fills in how many tasks have succeeded, failed, and so on. */
void pool_fill_tally(const struct pool *pool, struct event *event);

/* The run is over: tells what has failed and what is left of a pool that did not do all. */
void pool_report(struct object *object);

/* pool_results.c */

/* Opens the pool's results; the pool breaks where that is not possible. */
void pool_open_results(struct pool *pool);

/* Something of its output or its records could not be written, TEXT says what and why: the run ends with status 3. */
void pool_lose(struct pool *pool, const char *text);

/* At the end: true once they are written; the pool is looked at again when they are. */
bool pool_has_written_results(struct pool *pool);

/* pool_stdout.c */

/* Opens the file that 'stdout' names, if any; the pool breaks where that is not possible. */
void pool_open_stdout(struct pool *pool);

/* Writes what came from STREAM of the task to it; false where that is told in the log, as of an attempt that is not the last. */
bool pool_put_stdout(struct pool *pool, const struct task *task, size_t stream, const char *bytes, size_t length);

/* Lets the pool's output come, or not, as pool_is_held() says now. */
void pool_apply_hold(struct pool *pool);

/* No more can be told now: the log is full, or the pool's own file. */
bool pool_is_held(const struct pool *pool);

/* At the end: true once all is written; the pool is looked at again when it is. */
bool pool_has_written_stdout(struct pool *pool);

void pool_free_stdout(struct pool *pool);

/* pool_turn.c */

/* Of a pool whose output is ordered: tells the task, which has ended, when those before it are told. */
void pool_keep_turn(struct pool *pool, struct task *task);

/* At a stop: what waits for a turn that never comes is told now. */
void pool_release_unordered(struct pool *pool);

/* output.c: why the task has failed: "timed out", "exit code 3", ... */
void pool_fill_reason(const struct pool *pool, const struct task *task, struct buf *reason);

#endif
