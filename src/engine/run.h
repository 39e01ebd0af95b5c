/*
 * A run: its objects from the first start to the last end, in the loop.
 *
 * The run ends when everything that is no daemon has ended and the daemons have been stopped, or
 * when it is stopped from outside.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/object.h"

struct buf;
struct bus;
struct durable_run;
struct link;
struct cgroups;
struct desk;
struct control_socket;
struct graph;
struct loop;
struct mask;
struct queue;
struct queue_store;
struct resources;
struct resume;
struct scenario;
struct shared;
struct deadlock;
struct steer_watch;
struct timer;
struct terminal;
struct tokens;
struct watchers;

/* Why a run is being stopped. */
enum stop_cause {
    STOP_NONE,
    STOP_SIGNAL,  /* somebody sent a signal */
    STOP_OUTPUT,  /* nobody reads what the run writes */
    STOP_FAILURE, /* something failed, and fail_fast says so */
    STOP_DISK,    /* what is to last cannot be written */
    STOP_STALL,   /* nothing in it could go on */
    STOP_DRAINED, /* no more was to be begun, and what had begun has ended */
};

/* The exit status of a run that nothing else goes wrong with; MEM_EXIT_STATUS where the system refused what it needs. */
enum run_status {
    RUN_SUCCEEDED = 0,
    RUN_FAILED = 1,    /* something in the scenario failed, and no process alone decides: see run_failure_code() */
    RUN_UNWRITTEN = 3, /* results could not be written whole */
};

/* How parrun was called: words for a shell, each after a blank but the first. */
struct invocation {
    const char *program;   /* NULL: nobody knows */
    const char *arguments; /* all of them */
    const char *operands;  /* of these the scenario and its variables */
    bool journal;          /* a journal is kept */
    bool resumes;          /* what is left of an earlier run is run */
};

/* A task that is to be run. */
struct pick {
    const char *pool;
    int64_t task; /* its index */
};

/* By what others know a run. */
struct run_identity {
    char *id;              /* told to bodies as PARRUN_RUN */
    long pid;              /* of the process that was started, which watches over this one */
    int64_t wall;          /* clock_wall() when it began */
    const char *log_file;  /* where its log goes, absolute: it runs in the background; NULL: it does not */
    int64_t started; /* clock_monotonic() */
};

/* The queues of a run. */
struct run_queues {
    struct queue **list; /* one a queue of the scenario, in its order */
    struct deadlock *deadlock;      /* finds deadlocks and idle runs; NULL: a dry run */
    struct queue_store *store; /* of the durable ones; NULL: there are none */
    const int64_t *slots;      /* of each queue in it; less than 0: it is not durable */
    struct durable_run *durable; /* what keeps these two */
};

/* Who is served by a run: the workers of its bodies, its threads, and whoever comes to its socket. */
struct run_service {
    struct shared *shared; /* behind parrun.shared of the threads */
    struct link *links;    /* to workers; see serve/worker_link.h */
    struct control_socket *control; /* at which bodies ask for the queues, and anybody of this user
                                       for anything; NULL: none */
    struct desk *desk;     /* what those who come there share; NULL: none */
};

/* The objects of a run. */
struct run_objects {
    struct object **objects; /* those that are made later, as a word wants more, included */
    size_t object_count;
    struct object **declared; /* those that the scenario has, which do not change: for any thread */
    _Atomic(size_t) declared_count; /* 0 until all of them are there, as a thread that writes may look before */
    size_t ended_count;    /* of objects */
    struct graph *graph;   /* who waits for whom */
};

/* What the objects of a run share of the machine. */
struct run_machine {
    struct cgroups *cgroups; /* for limits of objects, and their end; NULL: there are none */
    const struct buf *no_cgroups; /* of each controller that was wanted and is not there: why */
    struct terminal *terminal; /* of standard input; NULL: it is none */
    struct resources *resources; /* that its objects share; NULL: none */
    struct tokens *tokens; /* of an outer make: a task of a pool begins with one; NULL: none */
};

/* Which of its tasks a run runs, and by what it knows them. */
struct run_selection {
    struct pick *tasks; /* of all tasks these alone are run */
    size_t count;     /* 0: all are */
    bool keys;             /* somebody wants to know tasks by their content */
    bool by_command;       /* by their commands, as the joblog has them */
    struct resume *resume; /* what is not to run again; NULL: all is */
};

/* What is told of commands that are to be run, or would be. */
struct run_plan {
    bool dry;              /* nothing is started: each object tells what it would run */
    int64_t tasks;     /* tasks that a pool tells of at most */
    bool tells_commands;   /* somebody wants to know the command of each task */
};

/* Why a run is being stopped. */
struct stop_reason {
    enum stop_cause cause;
    int signal;              /* STOP_SIGNAL: which */
    bool orphaned;                /* STOP_SIGNAL: as the process that watches over this one was killed */
    const struct object *culprit; /* STOP_FAILURE: what failed */
    bool draining;                /* no more tasks are begun; then the run is stopped */
};

/* What is on its way in the loop. */
struct run_turn {
    bool starting;         /* some are left to start in the loop's next turn */
    bool advancing;               /* a look at what can go on is already on its way */
};

/* What makes a run end without success. */
struct run_outcome {
    bool failed;                  /* something in the scenario failed */
    int code;                     /* with it: run_failure_code() */
    bool unwritten;               /* results could not be written whole */
    bool refused;                 /* the system refused what the run needs */
};

/* Who watches what: words what becomes of them, processes their files. */
struct run_watching {
    struct steer_watch *watches;  /* who waits for what becomes of a word */
    struct watchers *watchers;    /* of files; NULL: none */
    void (*attend)(struct watchers *watchers); /* these look what has become of the objects; set with them */
    char **written;               /* absolute: files that its processes' output goes to; with WATCHERS alone */
    size_t written_count;
};

struct run {
    struct invocation invocation;
    struct loop *loop;
    struct bus *bus;
    const struct scenario *scenario;
    struct run_identity identity;
    struct run_service service;
    struct run_queues queue_set;
    int *claims;               /* of each pool's results until it opens them (pool/pool.h); -1: none */
    struct run_objects all;
    struct run_machine machine;
    const struct mask *mask; /* what nobody is to see; NULL: nothing */
    struct run_selection selection;
    struct run_plan plan;
    int64_t jobs;          /* workers of every pool; 0: as each pool says */
    bool held;             /* the log is full */
    struct run_turn turn;
    struct stop_reason stop;
    struct run_outcome outcome;
    bool journal_told;            /* that a journal would let a later run go on */
    struct run_watching watching;
    bool over;
    void (*describe)(const struct run *run, struct buf *out); /* appends lines about the queues */
    bool (*balance)(struct run *run); /* tells of messages that were lost; false where any was */
    void (*ended)(void *arg);         /* called once nothing runs any more */
    void *ended_arg;
};

/* Starts all objects. RUN is filled but for what begins with false. */
void run_start(struct run *run);

/* Asks everything to end: non-daemons first, then daemons. A second call ends all by force. */
void run_stop(struct run *run, enum stop_cause cause, int signal);

/* True where it is a failure by what has ended so far. */
bool run_has_failed(const struct run *run);

/* The exit status of a run that has failed: RUN_FAILED, or where one declaration alone is named to decide, the code with which its
 * first process that failed has ended, 128 and the signal's number where one has ended that. Never 0. */
int run_failure_code(const struct run *run);

/* A process's output goes to the file PATH (copied): a change of it is none that anybody watches for. */
void run_writes(struct run *run, const char *path);

/* Holds back or lets go on whatever makes output. */
/* In another thread than the loop's: waits until the object of this name, NULL: each, has written what it
 * records of its tasks that have ended. False where any of that is lost. */
bool run_recorded(const struct run *run, const char *name, size_t length);

void run_hold(struct run *run, bool held);

/* The terminal that shows the run has another size. */
void run_resize(struct run *run);

/* Something changed that may let a daemon end or the run: looks soon. */
void run_poke(struct run *run);

#endif
