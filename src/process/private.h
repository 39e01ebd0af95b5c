/*
 * What the files of a process share: start.c begins its lives, hear.c takes what they
 * say, process_queues.c what they do with queues, process_end.c ends them, outcome.c judges
 * them, events.c tells the log, and process.c holds them together.
 */
#ifndef PROCESS_PRIVATE_H
#define PROCESS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/refusal.h"
#include "engine/object.h"
#include "engine/resources.h"
#include "engine/restart.h"
#include "os/usage.h"

struct backlog;
struct buf;
struct cgroup;
struct child;
struct creates;
struct helper;
struct error;
struct event;
struct exec_context;
struct forking;
struct link;
struct link_callbacks;
struct monitor;
struct monitor_callbacks;
struct process_spec;
struct queue;
struct streams;
struct streams_callbacks;
struct timer;

/* What the timer is running for. */
enum wait {
    WAIT_NONE,
    WAIT_TIMEOUT, /* the process's own limit */
    WAIT_GRACE,   /* it, or what is left of its group, was asked to end */
    WAIT_DRAIN,   /* it has ended, its pipes have not */
    WAIT_RESTART, /* it is to be started again */
};

/* The file that a process makes. */
struct life_file {
    bool syncing;    /* what becomes its file is being brought to the disk, */
    bool synced;     /* or is there, */
    char *unsynced;  /* or cannot: why */
};

/* How a life has ended. */
struct life_end {
    int code;
    int signal;
    char *reason; /* why it failed, where its exit status does not say so */
};

/* From a start to its end. */
struct life {
    struct child *child;
    struct streams *streams;
    struct link *link; /* to the worker of a Lua body */
    struct monitor *monitor;
    struct cgroup *cgroup;  /* where its memory is limited; NULL: none */
    struct helper *stopper; /* the command that ends it */
    int64_t started;
    struct forking *forking; /* it puts itself into the background; NULL: it does not */
    pid_t pid;
    pid_t session;
    struct life_file file;
    bool foreground; /* it has the terminal */
    bool exited;
    bool lingers;    /* it has exited, others of its group have not, and are being ended */
    bool signalled;  /* the whole group was sent the stop signal */
    bool session_signalled; /* so were those of its session in other groups */
    bool link_ended;
    bool condemned; /* it is being ended for a fault of its own: too late, not healthy */
    bool failed;
    bool killed;
    struct usage used;  /* as it was told last */
    int64_t measured;   /* clock_monotonic() when that was looked at last */
    struct life_end end;
    const char *begun; /* the stream of which a line's beginning was told last; NULL: a whole line was */
};

struct process {
    struct object object;
    const struct process_spec *spec;
    char *name;    /* of a replica; NULL: the spec's own */
    int64_t index; /* from 1 */
    unsigned flags;
    struct life life;
    struct backlog *backlog; /* of stdin, as ack says; NULL: none */
    size_t answers; /* of this life that the backlog was not told of */
    struct creates *creates; /* the file that it makes, from its first life on; NULL: none */
    bool lived; /* its files were opened once */
    bool was_ready; /* in this life or another */
    struct restart_history history;
    struct refusal refusal; /* of its start */
    struct claimant claimant; /* of resources; zero until it has started once */
    struct claim claim;     /* for what a life uses of them */
    int64_t conflict; /* clock_monotonic() since when somebody else answers where it is to; 0: nobody does */
    bool wait_told;   /* that its start waits for that */
    unsigned seed; /* of the jitter */
    struct timer *timer;
    enum wait wait;
    int64_t due;        /* clock_monotonic() of that */
    struct timer *poll; /* of DRAINED_POLL */
};

/* process.c */

/* Sets the one timer of the process. */
void process_wait(struct process *process, enum wait wait, int64_t time);

/* Looks whether this life is over; ARG is the process. */
void process_check_soon(void *arg);

/* The child has ended: see struct start. */
void process_exited(void *arg, int code, int signal_number);

/* Nothing of this life is left, or there was none: another one follows, or the object is gone. */
void process_life_over(struct process *process);

/* start.c; the first two as struct object_kind has them. */
void process_start(struct object *object);
bool process_plan(struct object *object, struct buf *out);

/* Frees what a life has had, and zeroes it. */
void process_release_life(struct life *life);

/* hear.c: for what a process says; each gets the process. */
extern const struct streams_callbacks process_streams_callbacks;
extern const struct link_callbacks process_link_callbacks;
extern const struct monitor_callbacks process_monitor_callbacks;

/* process_end.c */

/* It has ended, and had the terminal: takes it back. What was typed to end the process ends the run. */
void process_leave_foreground(struct process *process);

void process_kill_now(struct process *process);

/* Its stop signal or command, then its grace. */
void process_ask_to_end(struct process *process);

/*
 * It has exited: whether the rest of its group is ended too. So it is where it was told to end, and
 * where another life follows that needs the same ports and files.
 */
bool process_ends_group(const struct process *process);

/* It has exited before the rest of its group, which has what is left of the grace, or all of it where
 * nobody had asked for its end; it gets the stop signal where it has not got it. */
void process_end_rest(struct process *process);

/*
 * Its group is gone, but somebody holds its pipes: where the group was ended, those of its session that
 * are in groups of their own get the stop signal and the grace, once; then they are killed. True while
 * they have it.
 */
bool process_end_session(struct process *process);

/* It is ended for a fault of its own, of which EVENT tells. */
void process_condemn(struct process *process, struct event *event);

/* outcome.c */

/* Whether those that wait for it to be ready can still use it: what was to run on has gone, what has
 * done its work has not. */
bool process_is_of_use(const struct process *process);

/* This life has failed; REASON (copied) where none was given before. */
void process_fail(struct process *process, const char *reason);

/* Whether the life, which has exited, has failed as far as its exit status says. */
bool process_has_failed(const struct process *process);

/* It has ended by itself: whether it has failed, and why where its exit status does not say so. */
void process_judge(struct process *process);

/* No other life follows: tells how many there were, so that nobody need count them to see why. */
void process_blame_restarts(struct process *process);

/* process_queues.c; events.c has process_held_up(): as struct object_kind has them. */
void process_waits_for_queue(struct object *object, struct part_waits *waits);
void process_sample(struct object *object, const struct usages *usages);
void process_parts(const struct object *object, struct part_waits *waits);
bool process_sleeps(const struct object *object, const struct part_waits *waits, uint64_t *turns);
bool process_drained(const struct object *object);
bool process_held_up(const struct object *object, struct buf *out);

/* A life begins: where stdin has ack: line or end, there is a backlog from now on. */
void process_open_backlog(struct process *process);

/* No other life follows: what it is not done with goes back. */
void process_close_backlog(struct process *process);

/* A word has stopped it: what it is not done with goes to others, or waits for its next life where there are none. */
void process_park_backlog(struct process *process);

/* A callback of stream_reader.h: tells that the last message of this life is not put, as it has no end. */
void process_wrote_half(void *arg, struct queue *queue, size_t bytes);

/* This life is over: settles what it had of the queue at its stdin, and tells of what may be lost. */
void process_settle_queues(struct process *process);

/* It has answered so many messages, as ack: line has it. */
void process_answered(struct process *process, size_t count);

/* process_forking.c: of a process that puts itself into the background; for others each does nothing, and gives 0 or false. */

/* Before a life: works out in CONTEXT what will be looked for. */
int process_open_forking(struct process *process, struct exec_context *context, struct error *error);

/* True where the pidfile names PID before the process has started. */
bool process_is_left(const struct process *process, pid_t pid);

/* Its command runs. */
void process_begin_forking(struct process *process);

/* Its command, or what was found since, has ended so: true where the life goes on, with what is found, is looked for, or is to be
 * ended before it is over. False: CODE and SIGNAL are those of the process. */
bool process_goes_on(struct process *process, int *code, int *signal);

/* It is to end while it is not known what it has left: takes whatever that may be. Where there is nothing the life ends soon. */
void process_end_search(struct process *process);

/* Appends what is looked for; false where nothing is. */
bool process_print_search(const struct process *process, struct buf *out);

/* What was found may have gone to a session of its own since. */
void process_follow_session(struct process *process);

/* Nothing of the life is left: nor is its pidfile. */
void process_settle_pidfile(struct process *process);

/* NULL is accepted. */
void process_free_forking(struct forking *forking);

/* process_uses.c */

/*
 * A life is to begin: asks for what it uses of the run's resources, where it has not been given it. With *WAITS set the
 * process rests, and is started again when it has it. 0, or a negative code where it can never have it.
 */
int process_ask(struct process *process, bool *waits, struct error *error);

/* Nothing of a life is left, or it does not begin for now: what it had is free. */
void process_release_uses(struct process *process);

/* Appends what it was given: "gpu=0,2"; nothing where that is nothing. */
void process_print_uses(const struct process *process, struct buf *out);

/* Appends what it waits for and who has that; false where it does not wait for resources. */
bool process_print_wait(const struct process *process, struct buf *out);

/* process_creates.c: of a process that creates a file; for others each does nothing. */

/* Before its first life: *CURRENT where it is not to be started, as its file is up to date, which is told. */
int process_look_at_file(struct process *process, bool *current, struct error *error);

/* A life begins: CONTEXT knows output_tmp. */
void process_begin_file(struct process *process, struct exec_context *context);

/* A life has ended: false where what it wrote is still being brought to the disk; the process is looked at again then. */
bool process_keeps_file(struct process *process);

/* Nothing of a life is left, and it was judged: keeps its file or removes it, and the life has failed where there is none. */
void process_settle_file(struct process *process, bool ended_by_us);

/* It is looked at anew before the next life. */
void process_forget_file(struct process *process);

/* events.c */

/* Emits an event about the process. */
void process_emit(struct process *process, struct event *event);

/* A line of output. */
void process_tell_line(struct process *process, const char *stream, const char *bytes,
                       size_t length, bool unfinished);

/* How this life has ended; it is no failure yet where another one follows. */
void process_tell_exited(struct process *process, bool restarts);

/* It was ended by us. */
void process_tell_terminated(struct process *process);

/* Another life follows after WAIT ns. */
void process_tell_restarting(struct process *process, int64_t wait);

/* Appends what it is doing, for SIGUSR1. */
void process_print_state(const struct process *process, struct buf *out);

/* No other life follows: the process's queues hear of it too. */
void process_tell_ended(struct process *process, bool ended_by_us);

#endif
