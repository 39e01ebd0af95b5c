/* Where the tasks of a pool come from: its source, which of them are run, and the messages that some are. */
#ifndef POOL_TASK_FEED_H
#define POOL_TASK_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool/task.h"

struct pool;

/* Where a pool's tasks come from, and how far it has read there. */
struct task_feed {
    struct items *items;
    bool exhausted; /* the source has ended */
    char *error; /* why it cannot be read on: the pool breaks when the tasks before that are done; NULL: it can */
    bool cut;       /* a dry run tells of no more tasks */
    bool waiting;   /* the source has nothing at the moment */
    bool told_waiting;
    struct task_list spare; /* memory for the next ones, see task_put_back() */
    struct task_list ready; /* taken from the source, or back from a worker */
    int64_t last_pick; /* no task behind this one is to be run */
    int64_t passed;    /* tasks that are not to be run */
    int64_t returned;  /* messages that went back before they were done: they come again, as another task */
    int64_t next_index;
    int64_t next_turn;
    uint64_t next_id;
};

/* What a dry run of a pool tells once. */
struct pool_plan {
    bool told_program; /* a dry run: the program of a coprocess */
    struct buf chunk;  /* of a Lua body: what its tasks run, see find_command() */
    size_t chunk_head; /* of that: without the item */
};

/* source/source.c */

/* The next task that is to run, numbered; NULL where there is none now. */
struct task *pool_take_task(struct pool *pool);

/* The source has ended: tells what was done before, once it is told that the pool starts. */
void pool_tell_exhausted(struct pool *pool);

/* No more tasks will come: tells so once. */
void pool_tell_waiting(struct pool *pool);

/* pool_input.c: fills in what the commands of the tasks read, but for where their blocks are. */
struct worker_config;
void pool_fill_input(const struct pool *pool, struct worker_config *config);

/* Adds to the COUNT descriptors that a worker is started with the one that its blocks are in, and says which it is there: -1
 * for none. Returns how many they are. */
size_t pool_add_blocks(const struct pool *pool, int **descriptors, size_t count, int *number);

/* pool_pick.c: where of all tasks some alone are to be run. */

/* Before the first task is taken from the source. */
void pool_open_selected_tasks(struct pool *pool);

/* True where the task is not to be run. */
bool pool_passes_over(struct pool *pool, const struct task *task);

/* The source has ended: the pool breaks where it has no such task. */
void pool_check_selected_tasks(struct pool *pool);

/* pool_message.c: of tasks that are messages of a queue; for others each does nothing. */

/* The task was made of the item taken last. */
void pool_message_taken(struct pool *pool, struct task *task);

/* It begins: an attempt that counts. */
void pool_message_tried(struct pool *pool, const struct task *task);

/* The task is not run to its end: its message goes back. */
void pool_message_back(struct pool *pool, const struct task *task);

/* The task has its outcome: its message is acknowledged, or goes to the dead messages. */
void pool_message_done(struct pool *pool, const struct task *task);

/* The task is tried again, at its due time: with `split`, one of several messages becomes one of the first of
 * them alone. The tasks of the others, as a list; NULL: there are none. */
struct task *pool_split(struct pool *pool, struct task *task);

/* How often a task is tried at most: as retry says, or the queue of the messages. */
int64_t pool_attempts(const struct pool *pool);

#endif
