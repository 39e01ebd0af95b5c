/* What a task needs before it begins, what it makes, and by what a later run knows it. */
#ifndef POOL_TASK_NEEDS_H
#define POOL_TASK_NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name_index.h"
#include "child/exec_context.h"
#include "engine/resources.h"
#include "pool/task.h"
#include "store/pool_content.h"
#include "store/resume.h"

struct pool;

/* What the tasks of a pool ask for, of the resources of the run, before they begin. */
struct pool_needs {
    struct claimant claimant;    /* of resources, */
    bool claims;                 /* where each task must ask for some before it begins */
    struct task_list asking;     /* tasks that have asked, taken from READY or from the source */
    bool differs;                /* a task's timeout, limits, codes or whether it may fail are templates of it */
    struct exec_context terms;   /* in which what depends on the task is worked out; zero: nothing does */
};

/* The files that the tasks of a pool create. */
struct pool_files {
    int64_t current;     /* tasks whose files are up to date */
    bool told_current;
    struct names claimed; /* the files that tasks create, by the number of the task */
    struct arena *claimed_paths;
};

/* By what the tasks of a pool are known to a later run. */
struct pool_known {
    struct planner *planner; /* where tasks are known by their commands; NULL: they are not */
    struct pool_content content; /* all but the item, where somebody wants to know */
    const struct pool_content *former; /* by which the last task was known that runs again; NULL: none */
    struct resume_tally tally;
    bool told_resumed;
};

/* pool_resume.c */

/* Before the first task is taken from the source. */
void pool_open_resume(struct pool *pool);

/* Fills in the task's key. False where nobody wants to know it, or no command can be made of its item: then the
 * task itself tells why. */
bool pool_fill_key(struct pool *pool, struct task *task);

/* The same; true where an earlier run has done the task, which is counted. Of a task that creates a file that decides: it
 * is not done where the file is not up to date, and not `current` any more where the journal knows better. */
bool pool_was_done(struct pool *pool, struct task *task);

/* Tells, once, how many tasks were done before; nothing where none could be. */
void pool_tell_resumed(struct pool *pool);

/* pool_creates.c: of pools whose tasks create files; for others each does nothing. */

/* Fills in the task's `creates`, `current` and `why`. False where that is not possible: the task has failed, and is freed. */
bool pool_look_at_file(struct pool *pool, struct task *task);

/* Tells that the task is not run, as its file is up to date, and counts it. */
void pool_tell_current(struct pool *pool, struct task *task);

/* Tells, once, how many those were; nothing where there were none. */
void pool_tell_all_current(struct pool *pool);

/* After its end: what is to be told of its file. */
void pool_tell_file(struct pool *pool, struct task *task);

/* The task goes to a worker. */
void pool_begin_file(struct task *task);

/* It has ended, or its worker has: keeps its file or removes it, and fails the task where there is none. */
void pool_settle_file(struct pool *pool, struct task *task);

/* pool_uses.c: of pools whose tasks use resources, or may not run beside one that runs alone; for others each does
 * nothing. */

/* Before the first task. */
void pool_open_uses(struct pool *pool);

/* The task can never begin: it has failed, and is freed in its turn. */
void pool_fail_unbegun(struct pool *pool, struct task *task, const struct error *error);

/* Lets as many tasks ask as may begin next, and tells how many of them could be begun now: ROOM. */
void pool_ask(struct pool *pool, size_t room);

/* Those that have asked do not wait any more: they are ready, in front. */
void pool_unask(struct pool *pool);

/* Appends what the task was given, see resources_put_granted(), and the same for a person. */
void pool_put_uses(const struct pool *pool, const struct task *task, struct buf *out);
void pool_print_uses(const struct pool *pool, const struct task *task, struct buf *out);

/* The task runs no more, or never did: what it had of resources and its token are free. */
void pool_release(struct pool *pool, struct task *task);

#endif
