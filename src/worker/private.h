/* What the files of this room share: the worker's state. */
#ifndef WORKER_PRIVATE_H
#define WORKER_PRIVATE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/unit.h"
#include "value/value.h"
#include "wire/frame.h"
#include "wire/worker_config.h"

struct arena;
struct coprocess;
struct error;
struct flusher;
struct rusage;
struct script;
struct spawn_options;
struct script_command;
struct script_host;
struct script_result;
struct shared;

/* Output that may wait for a slow runner before the body has to wait too. */
#define CHANNEL_BOUND (256u << 10)

/* A PUT at the end of what is pending, to which more messages can be added. */
struct open_put {
    size_t begin;
    size_t end; /* 0: there is none */
    size_t index; /* of config.produces */
    int64_t delay;
    uint8_t priority;
    uint32_t messages;
};

/* The two pipes to the runner. */
struct channel {
    int in;
    int out;
    struct buf received;
    size_t taken;     /* of RECEIVED, from the front */
    struct buf pending; /* frames for the runner; written when the worker waits or much is there */
    size_t written;   /* of PENDING, from the front */
    struct open_put put;
    int64_t put_at;   /* when the body last began a PUT */
};

struct worker_task {
    uint64_t id;
    int64_t index;
    int64_t attempt;
    int64_t timeout; /* ns; 0: none */
    char *limits; /* of the command alone, owned, as attributes_print() writes them; NULL: as the worker's config says */
    char *item; /* an encoded value, owned; NULL where it is short: see worker_task_item() */
    char short_item[16];
    size_t size;
    char *uses; /* an encoded table, owned: what it was given of the resources; of USES_SIZE 0: nothing */
    size_t uses_size;
    char *output_tmp; /* the path that the command may write, owned; NULL: none */
};

/* Tasks that were received and have not begun: a ring. */
struct task_queue {
    struct worker_task *items;
    size_t capacity;
    size_t first;
    size_t count;
};

/* Messages of one queue that came and that the body has not yet asked for. */
struct inbox {
    struct buf bytes; /* u32 length and value of each */
    size_t from;
    uint32_t want;   /* messages to ask for next time */
    uint32_t taken;  /* messages that the body is done with and the runner was not told of */
    bool in_hand;    /* the body has one that it is not done with */
    int64_t came_at; /* when BYTES came */
};

/* What the runner has answered last. */
struct worker_reply {
    bool answered; /* ANSWER has come for the last GET or LENGTH */
    enum answer answer;
    struct buf message;     /* of the last ANSWER */
};

struct worker {
    struct channel channel;
    struct worker_config config;
    bool configured;
    struct task_queue tasks;
    bool finishing; /* no more tasks will come */
    bool failed;    /* a task did not end well */

    uint64_t running;  /* id of the task that runs, 0: none */
    const struct variables_task *told; /* of a Lua body: what its commands are told; NULL: nothing */
    bool cancelled;    /* the running task is to end */
    int64_t deadline;  /* of the running task, clock_monotonic(); 0: none */
    int64_t now;       /* clock_monotonic() as it was read last: the end of the last task, or of what was waited for since */

    struct worker_reply reply;
    struct inbox *inboxes;  /* one a queue of config.consumes */
    struct buf result;  /* of the last Lua body, encoded */
    uint32_t ahead; /* messages put for which no ROOM has come */
    bool *broken;   /* one a queue of config.produces: nothing takes from it any more; NULL: none is */

    struct script *script;      /* the body's, where it is Lua */
    struct shared *shared;      /* of SCRIPT: a worker's own, no other process sees it */
    struct script *expressions; /* for templates */
    int body;                   /* of SCRIPT */
    struct body_command *command; /* where the body is a command or a coprocess */
    struct coprocess *coprocess;  /* where it is a coprocess */
    struct flusher *flusher;      /* where the body is Lua; NULL: none */
    pid_t child;                  /* the command that runs now, 0: none */
    bool child_leads;             /* it leads a process group */
};

/* channel.c */

/* Writes what is pending as far as the runner takes it, waiting for all of it where ALL is set. */
void channel_flush(struct worker *worker, bool all);

/*
 * Writes what is pending, then waits until a frame has come and was handled, one of the COUNT extra
 * descriptors is ready, or DEADLINE (clock_monotonic(); 0: none) has passed. Where the runner is
 * gone it ends the process, and the running command with it.
 */
void channel_wait(struct worker *worker, struct pollfd *extra, size_t count, int64_t deadline);

/* Handles what has come, without waiting. */
void channel_poll(struct worker *worker);

/* True where the runner is so slow that no more output should be made. */
bool channel_is_full(const struct worker *worker);

/* Ends the worker, and first whatever command runs: the runner is gone or makes no sense. */
_Noreturn void worker_abandon(struct worker *worker, int status);

/* worker.c: what a frame means. */
void worker_handle(struct worker *worker, struct frame *frame);

/* tasks.c */
void tasks_push(struct task_queue *queue, struct frame *frame);
struct worker_task tasks_pop(struct task_queue *queue);

/* Its item: SIZE bytes, copied. */
void worker_task_set_item(struct worker_task *task, const char *bytes, size_t size);
const char *worker_task_item(const struct worker_task *task);

/* Frees what a task that was popped has. */
void worker_task_release(struct worker_task *task);

/* Its item and, where it has any, what it was given; ARENA is NULL where neither is a table. 0, or ERROR_PROTOCOL. */
int worker_task_decode(const struct worker_task *task, struct arena *arena, struct value *item, struct value *uses,
                struct error *error);

/* True where worker_task_decode() needs an arena. */
bool worker_task_needs_arena(const struct worker_task *task);
void tasks_unpop(struct task_queue *queue,
                 const struct worker_task *task); /* the one that was popped last */
void tasks_release(struct task_queue *queue);

/* command.c: bodies that are commands, and the commands that Lua runs. */

/* Prepares the body of the config; a negative code and ERROR where its templates are wrong. */
int command_prepare(struct worker *worker, struct error *error);
void command_release(struct worker *worker);

/* Runs the body for the running task and appends its RESULT's fields to the channel. */
void command_run_task(struct worker *worker, const struct worker_task *task);

/* parrun.run: as struct script_host has it. */
int command_run_captured(struct worker *worker, const struct script_command *command,
                         struct script_result *result, struct error *error);

/* As spawn_command(); what the system refuses for a moment is waited for, the runner heard meanwhile. */
int command_spawn(struct worker *worker, const struct spawn_options *options, pid_t *pid,
                  struct error *error);

/* The processor time of an ended command, ns. */
int64_t command_cpu(const struct rusage *usage);

/* How often is looked whether the rest of a group has ended: ns at first, and in the end. */
#define GROUP_LOOK_FIRST (1 * NS_PER_MS)
#define GROUP_LOOK_LAST (50 * NS_PER_MS)

/* Whether anything is left of a group whose leader was a child of this process and has been waited for. */
bool command_group_lives(pid_t group);

/* Sends SIGKILL to every command that runs at this moment. */
void command_kill_all(struct worker *worker);

/* coprocess.c: bodies that are a program which is kept running. */

/* Starts the program, so that one that is not there is told of before any task. */
int coprocess_prepare(struct worker *worker, struct error *error);
void coprocess_run_task(struct worker *worker, const struct worker_task *task);

/* No more tasks will come: closes the program's input and waits for its end. */
void coprocess_finish(struct worker *worker);
void coprocess_release(struct worker *worker);

/* body.c: bodies that are Lua. */
int body_prepare(struct worker *worker, struct error *error);
void body_run_task(struct worker *worker, const struct worker_task *task);

/* lua_host.c: what Lua bodies see of the runner. */
extern const struct script_host worker_pool_host;
extern const struct script_host worker_process_host;

/* flush_thread.c: writes what a Lua body has gathered, should the body not come to it. */

/* Starts the flusher of a worker whose body is Lua; the channel still belongs to the caller. */
void flusher_start(struct worker *worker);

/* Ends it, with the channel in the caller's hands. */
void flusher_stop(struct worker *worker);

/* The body runs now: the channel is the flusher's until it is taken back. */
void flusher_lend(struct worker *worker);
void flusher_take_back(struct worker *worker);

/* The host for the worker's body: the one of lua_host.c, which takes the channel back for each
 * call. */
const struct script_host *flusher_host(const struct worker *worker);

/* inbox.c */

/* The next message of queue INDEX of config.consumes; as struct script_host's get. */
int inbox_get(struct worker *worker, size_t index, double timeout, bool keep, struct buf *encoded,
              struct error *error);

/* The body has ended: what it has in hand is done with where it ended WELL, else it goes back. */
void inboxes_settle(struct worker *worker, bool well);

/* Tells the runner what the body has taken, and gives back the rest where the body takes long. */
void inboxes_tidy(struct worker *worker, bool body_takes_long);
void inboxes_release(struct worker *worker);

/* lua_host.c, for inbox.c: whether the body must end now, and until when a wait may last. */
int host_must_end(struct worker *worker, struct error *error);
int host_wait_for_answer(struct worker *worker, struct error *error);

/* lua_host.c: nothing takes any more from the queue that FRAME names; the body's next put into it
 * fails. */
void host_take_broken(struct worker *worker, struct frame *frame);

/* result.c */

/* Tells how a task has ended. */
void result_write(struct worker *worker, const struct result *result);

/* Appends an OUTPUT frame with bytes of the running task, or where STREAM is 1 an ERROR_OUTPUT frame. */
void output_write(struct worker *worker, int stream, const char *bytes, size_t length);

/* Appends a LOG frame: a line of the worker's own. */
void log_write(struct worker *worker, const char *bytes, size_t length);

/* Tells why the worker cannot go on. */
void refusal_write(struct worker *worker, const char *reason);

#endif
