/* The workers of a pool: who they are, what they tell it, and how many there are to be. */
#ifndef POOL_WORKER_SET_H
#define POOL_WORKER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/refusal.h"
#include "pool/agent.h"
#include "pool/task.h"

struct event;
struct object_wait;
struct pool_worker;

/* How a kind of worker is driven; each function gets the worker. */
struct pool_worker_ops {
    /* Starts it. 0; then pool_worker_ready() or pool_worker_gone() follows. Or a negative code and
     * neither. */
    int (*start)(struct pool_worker *worker, struct error *error);
    /* Gives it a task, which stands in worker->tasks already. */
    void (*send)(struct pool_worker *worker, const struct task *task);
    /* Asks for what it has not begun, unless ALL but one to run: pool_worker_gave_back() follows
     * for each, then pool_worker_revoked(). */
    void (*revoke)(struct pool_worker *worker, bool all);
    /* Ends the task that runs, if it is still this one; its result follows. */
    void (*cancel)(struct pool_worker *worker, uint64_t id);
    /* No more tasks: it ends when it has done those it has. */
    void (*finish)(struct pool_worker *worker);
    /* Ends it at once. */
    void (*kill)(struct pool_worker *worker);
    void (*hold)(struct pool_worker *worker, bool held);
    /* True where nothing but a queue lets the task that runs go on: see struct object_kind. */
    bool (*waits)(const struct pool_worker *worker, struct object_wait *wait);
    void (*free)(struct pool_worker *worker);
};

enum pool_worker_state {
    CREW_NONE, /* not started, or ended */
    CREW_STARTING,
    CREW_READY,
    CREW_FINISHING,
};

/* One worker, as the pool sees it; each kind puts this struct first in its own. */
struct pool_worker {
    const struct pool_worker_ops *kind;
    struct pool *pool;
    int64_t number; /* from 1 */
    int64_t pid;
    const char *host; /* where it runs; NULL: here */
    const char *job;  /* of a batch system, there; "": none */
    int64_t ends_at;  /* clock_monotonic() when that ends, and the worker with it; 0: nobody knows */
    enum pool_worker_state state;
    struct task_list tasks; /* the first one runs, the others wait in the worker */
    struct buf line;        /* of what setup writes: a line's beginning */
    bool revoking;
    int64_t done; /* tasks of this life, for recycle */
    bool leaving; /* it gets no more tasks: the pool is to have fewer workers */
    int64_t idle_since; /* clock_monotonic() since when an elastic pool has no task for it; 0: it has one */
    const char *leave;  /* why it was given back; NULL: it was not */
    int64_t started; /* clock_monotonic() */
    bool hung; /* it was killed because its task, or its setup, ran past its limit */
    size_t lost_before;   /* what the pool's lost_in_a_row was when it was started */
    enum agent_loss loss; /* of its agent, where that is how it has ended */
};

/* The workers of a pool. */
struct worker_set {
    struct pool_worker **list;
    size_t made; /* all of them */
    size_t count; /* those that are used: no more than there are tasks */
    size_t told_busy;  /* workers, as pool.sample has told them last, */
    size_t told_alive; /* and how many there were */
    size_t alive;
    size_t wanted; /* there are to be so many, where there are tasks for them */
    bool scaled;        /* another number than at the start was wanted */
    size_t lost_in_a_row; /* workers that ended before they were ready; those that started before the last of them was known count as one */
    struct refusal refusal; /* of the first worker's start */
    struct timer *refused;  /* until that is tried again */
    bool refused_now;       /* it runs */
    struct timer *idle;     /* of an elastic pool: until the next worker may be given back */
};

/* The agents of a pool whose workers run elsewhere. */
struct pool_elsewhere {
    struct pool_agent **agents; /* of workers that run elsewhere */
    struct timer *calls;        /* to the run's socket, tried again; NULL: none was refused yet */
    size_t client_count;        /* relays of all agents */
    struct buf program;         /* that is brought to hosts; empty: nobody has asked for it yet */
    size_t agent_count;
    size_t failed_launches; /* of these, one after another: of those arranged at the same number one counts */
    struct slurm *slurm;    /* see slurm.h; NULL: not yet */
};

/* workers.c: what a worker tells its pool. */

/* It can take tasks. */
void pool_worker_ready(struct pool_worker *worker);

/* It ended before it was ready, by its own fault: REASON. */
void pool_worker_refused(struct pool_worker *worker, const char *reason);

/* The result of its first task; what RESULT points to is copied. */
void pool_worker_result(struct pool_worker *worker, const struct result *result);

/* Output of its first task, see pool_take_output(), or of setup: then it is told as lines of the worker. */
void pool_worker_output(struct pool_worker *worker, size_t stream, const char *bytes,
                        size_t length);

/* Bytes past any task: whole lines are told now, the beginning of one when the rest of it has come. */
void pool_worker_text(struct pool_worker *worker, const char *bytes, size_t length);

/* A line past any task. */
void pool_worker_line(struct pool_worker *worker, const char *bytes, size_t length);

void pool_worker_gave_back(struct pool_worker *worker, uint64_t id);
void pool_worker_revoked(struct pool_worker *worker);

/* Nothing of it is left. REASON says how it ended. */
void pool_worker_gone(struct pool_worker *worker, const char *reason);

/* worker_frame.c: a frame from a worker, told to its pool. */
void pool_worker_take_frame(struct pool_worker *worker, struct frame *frame);

/* Emits an event about the pool. */
void pool_emit(struct pool *pool, struct event *event);

/* The pool itself cannot go on: no more tasks are begun. */
void pool_break(struct pool *pool, const char *reason);

/* Looks soon at who can get a task, and at whether the pool has ended. */
void pool_look(struct pool *pool);

/* assignment.c */

/* A worker that has not ended its task so long after its limit and grace hangs. */
#define CREW_HANG_TIME (1 * NS_PER_S)

/* No more workers than there are tasks, as far as that is known. */
void pool_limit_worker(struct pool *pool);

/* Starts workers: all at the beginning, later in place of those that were lost. Of an elastic pool as many as tasks wait. */
void pool_keep_worker(struct pool *pool);

/* elastic.c: how many workers an elastic pool is to have, of which STAFFED are there or on their way. */
size_t pool_elastic_staff(struct pool *pool, size_t staffed);

/* Gives back those that have had nothing to do for long, of an elastic pool. */
void pool_spare_worker(struct pool *pool);

/* The system refused the first one some time ago; ARG is the pool. */
void pool_try_worker_again(void *arg);

/* True where it gets no further task, as it has had all that 'recycle' says, or would not live to its end. */
bool pool_worker_is_spent(const struct pool_worker *worker);

/* True where the job of the worker was all of TASK's, from its first task to its end. */
bool pool_worker_was_too_short(const struct pool_worker *worker, const struct task *task);

/* Sends home the workers that get no further task; others take their places. */
void pool_replace_worker(struct pool *pool);

/* A halted pool: the workers give back what they have not begun, and end what they run if asked. */
void pool_halt_worker(struct pool *pool);

/* assignment.c: sends home the workers for whom nothing is left. */
void pool_finish_worker(struct pool *pool);

/* Ends the workers whose task should have ended long ago. */
void pool_end_hung(struct pool *pool);

/* True where some task is not with a worker, or may come. */
bool pool_has_more(const struct pool *pool);

/* True where tasks wait behind another with a worker, or are on their way back from one. */
bool pool_has_backlog(const struct pool *pool);

/* While another is idle: the worker with the most tasks that it has not begun; NULL where nobody has any. */
struct pool_worker *pool_backlogged_worker(const struct pool *pool);

/* Asks for the tasks that it has not begun; ALL: the one that comes first too. */
void pool_worker_take_back(struct pool_worker *worker, bool all);

/* Takes back what it has not begun and ends what it runs. */
void pool_worker_end_task(struct pool_worker *worker);

/* worker_process.c, worker_thread.c */
struct pool_worker *process_worker_new(struct pool *pool, size_t place);
struct pool_worker *thread_worker_new(struct pool *pool);

#endif
