/*
 * What the files of a pool share: pool.c gives tasks to workers, assignment.c begins and ends
 * these, workers.c hears of them, output.c tells the log, and worker_process.c and worker_thread.c
 * are the kinds of worker.
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
#include "pool/task.h"
#include "store/pool_content.h"
#include "store/resume.h"

struct pool_worker;
struct buf;
struct error;
struct items;
struct jobserver;
struct pool;
struct planner;
struct pool_spec;
struct results;
struct slurm;
struct timer;
struct exec_context;

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

/* Where a pool's tasks come from, and how far it has read there. */
struct task_feed {
    struct items *items;
    bool exhausted; /* the source has ended */
    char *error; /* why it cannot be read on: the pool breaks when the tasks before that are done; NULL: it can */
    bool cut;       /* a dry run tells of no more tasks */
    bool waiting;   /* the source has nothing at the moment */
    bool told_waiting;
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

/* What the tasks of a pool ask for, of the resources of the run, before they begin. */
struct pool_needs {
    struct claimant claimant;    /* of resources, */
    bool claims;                 /* where each task must ask for some before it begins */
    struct task_list asking;     /* tasks that have asked, taken from READY or from the source */
    struct exec_context terms;   /* in which what depends on the task is worked out; zero: nothing does */
};

/* The records that a pool keeps of its tasks' results. */
struct pool_records {
    struct results *_Atomic results; /* NULL: none are kept */
    bool full;       /* too many wait to be written: no more tasks are begun */
    bool ending;     /* no more will come */
    bool written;
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

/* The worker begins its first task: tells so. */
void pool_worker_begin_first(struct pool_worker *worker);

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

/* source/source.c */

/* The next task that is to run, numbered; NULL where there is none now. */
struct task *pool_take_task(struct pool *pool);

/* The source has ended: tells what was done before, once it is told that the pool starts. */
void pool_tell_exhausted(struct pool *pool);

/* No more tasks will come: tells so once. */
void pool_tell_waiting(struct pool *pool);

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

/* pool_input.c: fills in what the commands of the tasks read, but for where their blocks are. */
struct worker_config;
void pool_fill_input(const struct pool *pool, struct worker_config *config);

/* Adds to the COUNT descriptors that a worker is started with the one that its blocks are in, and says which it is there: -1
 * for none. Returns how many they are. */
size_t pool_add_blocks(const struct pool *pool, int **descriptors, size_t count, int *number);

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

/* pool_pick.c: where of all tasks some alone are to be run. */

/* Before the first task is taken from the source. */
void pool_open_selected_tasks(struct pool *pool);

/* True where the task is not to be run. */
bool pool_passes_over(struct pool *pool, const struct task *task);

/* The source has ended: the pool breaks where it has no such task. */
void pool_check_selected_tasks(struct pool *pool);

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

/* output.c: why the task has failed: "timed out", "exit code 3", ... */
void pool_fill_reason(const struct pool *pool, const struct task *task, struct buf *reason);

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

/* pool.c */

/* A worker that has no task and may begin one; NULL where there is none, or none may begin. */
struct pool_worker *pool_idle_worker(struct pool *pool);
size_t pool_idle_workers(const struct pool *pool);

/* Gives it a task that may begin. */
void pool_give(struct pool_worker *worker, struct task *task);

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

/* worker_process.c, worker_thread.c */
struct pool_worker *process_worker_new(struct pool *pool, size_t place);
struct pool_worker *thread_worker_new(struct pool *pool);

#endif
