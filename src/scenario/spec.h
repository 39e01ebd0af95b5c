/*
 * A scenario after loading: every key checked, bound to its type, defaults filled in.
 *
 * All of it lives in one arena and does not change after scenario_load(); scenario_free() ends it.
 * Times are nanoseconds, 0 meaning "none" unless said otherwise. Names are C strings.
 */
#ifndef SCENARIO_SPEC_H
#define SCENARIO_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cron.h"
#include "base/diag.h"
#include "value/framing.h"
#include "value/value.h"

struct arena;
struct mask;
struct node;
struct template;

enum body_kind {
    BODY_RUN,  /* one shell command line */
    BODY_EXEC, /* a program and its arguments */
    BODY_LUA,  /* a Lua chunk */
    BODY_COPROCESS, /* a program that each worker keeps running; pools of processes alone */
};

/* A Lua chunk and where it stands, for its messages. */
struct lua_spec {
    const char *text; /* NULL: none */
    size_t length;
    const char *file; /* as a person would write it */
    unsigned line;    /* of the chunk's first line in that file, from 1 */
};

/* How a coprocess is spoken to. */
enum line_format {
    LINE_TEXT,
    LINE_JSON,
};

/* What an object runs. Templates may use the task's names in pools alone. */
struct body_spec {
    enum body_kind kind;
    struct template *run;        /* BODY_RUN */
    const char *const *shell;    /* BODY_RUN: what the line goes behind: a shell, its options, -c */
    size_t shell_count;
    struct template **arguments; /* BODY_EXEC, BODY_COPROCESS: at least one */
    size_t argument_count;
    struct lua_spec lua; /* BODY_LUA */
    enum line_format format; /* BODY_COPROCESS */
};

struct env_spec {
    const char *name;
    struct template *value;
};

/* A number that may not be given at all. */
struct option_spec {
    bool given;
    int64_t value; /* a limit: OPTION_UNLIMITED is none */
    struct template *own; /* a limit of a pool, of each attempt; NULL: VALUE holds for all, where it is GIVEN */
};

#define OPTION_UNLIMITED INT64_MAX

/* For each process of an object by itself, but memory and cpus. Bytes; cpu: ns; cpus: thousandths of a
 * processor; nofile, nproc: a number. */
struct limits_spec {
    struct option_spec nofile, nproc, core, fsize, stack, as, memory, cpu, cpus;
};

/* A user or a group, by name or number; NAME is NULL where none is given. */
struct account_spec {
    const char *name;
    struct mark mark;
};

/* What a program is started with beyond its arguments, environment, directory and streams. */
struct attributes_spec {
    struct option_spec nice;
    struct option_spec umask;
    struct limits_spec limits;
    struct account_spec user;
    struct account_spec group;
    struct account_spec *groups; /* NULL: those that the user is in */
    size_t group_count;
};

/* What there is only so much of: units that are told apart, or an amount. */
struct resource_spec {
    const char *name;
    struct mark mark;
    int64_t total;      /* units; else what size_parse() reads */
    bool units;
    const char **names; /* of the units; NULL: 0, 1, 2, ... */
};

/* More resources than a scenario may have. */
#define RESOURCES_MOST 16

/* How much of a resource is taken for as long as a process, or a task, runs. */
struct use_spec {
    size_t resource;         /* index into scenario.resources */
    struct template *amount; /* see scenario/uses.h */
    struct mark mark;
};

/* The file that a process or a task makes, which is not made again while it is there and newer than what it is
 * made from. */
struct creates_spec {
    struct template *path; /* NULL: none */
    struct template **inputs; /* newer_than */
    size_t input_count;
    bool remove_failed;
    bool renames; /* the command writes to output_tmp */
};

/* What a schedule does at a time at which the run before has not ended. */
enum overlap {
    OVERLAP_SKIP,  /* there is none at that time */
    OVERLAP_QUEUE, /* it follows when that has ended */
    OVERLAP_STOP,  /* that is stopped for it */
};

/* When something runs, again and again. */
struct schedule_spec {
    bool given;
    const char *expression; /* of CRON; NULL: it goes by EVERY */
    struct cron cron;
    const char *zone;  /* NULL: that of this machine */
    int64_t every;     /* ns */
    bool waits;        /* the first run comes after EVERY, not at once */
    enum overlap overlap;
    int64_t queue;     /* OVERLAP_QUEUE: so many wait at most */
    int64_t jitter;    /* ns: each time is put off by less than that, at random */
    int64_t times;     /* runs in all; 0: there is no end */
    bool last;         /* the last run alone says whether it has failed; else all of them */
    struct mark mark;
};

/* How far an object has come, for those that depend on it. */
enum condition {
    CONDITION_STARTED,
    CONDITION_READY,     /* its 'ready' check has passed; without one: started */
    CONDITION_COMPLETED, /* it has ended, whichever way */
    CONDITION_SUCCEEDED, /* it has ended and has not failed */
    CONDITIONS,
};

struct dependency_spec {
    size_t object; /* see scenario_object() */
    enum condition condition;
};

/* When a process runs that is a hook: after the end of another object, or of all of them. */
enum hook_when {
    HOOK_NONE, /* it is no hook */
    HOOK_FINALLY,
    HOOK_FAILURE, /* of what has failed */
};

struct hook_spec {
    enum hook_when when;
    bool alone; /* it was asked for by its name: WHEN is HOOK_NONE, and it follows nothing */
    size_t of; /* see scenario_object(); HOOK_OF_RUN: all of them */
};

#define HOOK_OF_RUN SIZE_MAX

/* An object, or the scenario, has one of each. */
#define HOOKS_MOST 2

/* What an object, or each task of a pool, needs of the run's resources. */
struct needs_spec {
    struct use_spec *uses; /* of a process, or of each task of a pool */
    size_t uses_count;
    struct value used; /* a table: the names of those resources */
    bool alone;        /* it, or each task, runs beside no other task and no process that is no daemon */
};

/* The queues that an object uses. */
struct queue_use_spec {
    const size_t *produces; /* indices into scenario.queues, streams' queues included */
    size_t produces_count;
    const size_t *consumes;
    size_t consumes_count;
};

/* What processes, pools and threads have in common. */
struct object_spec {
    const char *name;
    const char *help; /* a line about it; NULL: none */
    struct mark mark; /* of the name in the file */
    struct body_spec body;
    struct env_spec *env; /* the scenario's own first, the object's behind them: the later wins */
    size_t env_count;
    struct template *cwd; /* as written: see scenario_path(); NULL: where parrun is */
    struct attributes_spec attributes;
    bool when;    /* false: it is skipped */
    bool left_out; /* so it is, as it was not asked for */
    bool never; /* WHEN is the word false, no expression */
    bool decides; /* the exit status: where it fails, or with success_any, where it succeeds */
    bool allow_failure; /* its failure counts as success */
    bool cascade; /* a restart of what it depends on, by hand or as files have changed, restarts it too */
    struct needs_spec needs;
    struct creates_spec creates; /* of a process, or of each task of a pool */
    struct schedule_spec schedule;
    int64_t timeout;
    const struct dependency_spec *depends_on; /* without cycles */
    size_t depends_on_count;
    struct hook_spec hook;
    size_t hooks[HOOKS_MOST]; /* that follow it: indices into scenario.processes */
    size_t hook_count;
    struct queue_use_spec queues;
};

enum stream_kind {
    STREAM_JOINED, /* the default of stderr, output only: in one pipe with stdout, which is the log */
    STREAM_LOG, /* the default of stdout */
    STREAM_INHERIT,
    STREAM_NULL, /* the default of stdin */
    STREAM_FILE,
    STREAM_TEXT, /* input only */
    STREAM_QUEUE,
    STREAM_STDOUT, /* output only: the same as stdout */
    STREAM_SEVERAL, /* output only: to each of its ends */
};

/* When a file makes room for a new one. */
struct rotate_spec {
    int64_t size;  /* bytes; 0: never */
    int64_t keep;  /* old files */
    bool compress; /* the old files */
};

/* When a message that a program reads from a queue is done. */
enum ack {
    ACK_UNSAID,
    ACK_READ, /* once it was read: the same as unsaid */
    ACK_LINE, /* once it was answered by a line or a message on stdout */
    ACK_END,  /* once the process has ended with success */
};

struct stream_spec {
    enum stream_kind kind;
    struct template *path; /* STREAM_FILE: as written, see scenario_path() */
    bool append;           /* STREAM_FILE: keep what is there */
    struct rotate_spec rotate; /* STREAM_FILE, output: parrun writes it */
    bool input; /* fds above 2: read by the process (text, or a queue that it consumes) */
    struct template *text; /* STREAM_TEXT */
    size_t queue;          /* STREAM_QUEUE: index into scenario.queues */
    enum ack ack;          /* STREAM_QUEUE: stdin */
    struct stream_spec *ends; /* STREAM_SEVERAL: STREAM_LOG, STREAM_FILE and STREAM_QUEUE */
    size_t end_count;
};

/* Where the stream leads: its ends, *COUNT of them, or itself alone. */
const struct stream_spec *stream_ends(const struct stream_spec *stream, size_t *count);

struct fd_spec {
    int fd; /* above 2 */
    struct stream_spec stream;
};

/* Exit codes that are no failure; without any: 0 alone. */
struct codes_spec {
    int64_t *codes;
    size_t count;
    struct template **own; /* of a pool: more of them, of each attempt */
    size_t own_count;
};

/* Whom a stop signal is for. */
enum stop_to {
    STOP_GROUP,
    STOP_LEADER, /* what is left of the group gets it once the leader has ended */
};

struct stop_spec {
    int signal;    /* TERM by default */
    enum stop_to to;
    int64_t grace; /* of the whole group, 10 s by default; then SIGKILL to what is left of it */
    struct body_spec run; /* a command in place of the signal, where has_run */
    bool has_run;
};

/* What a probe looks at. Those from PROBE_LOG on wait for the process to tell of itself. */
enum probe_kind {
    PROBE_NONE,
    PROBE_TCP,  /* a connection to HOST:PORT is accepted */
    PROBE_UNIX, /* a connection to a socket's path is accepted */
    PROBE_HTTP, /* the answer to a request for a URL is 200 to 399 */
    PROBE_COMMAND, /* a command ends with 0 */
    PROBE_FILE, /* a path exists */
    PROBE_LOG,  /* a line of the output matches */
    PROBE_NOTIFY,    /* a message to the socket in NOTIFY_SOCKET */
    PROBE_NOTIFY_FD, /* a line on a descriptor */
};

/* What is done where somebody else answers at the port or socket by which a process is to be ready. */
enum conflict {
    CONFLICT_FAIL,
    CONFLICT_WAIT,   /* until nobody does */
    CONFLICT_ACCEPT, /* whoever answers, it is ready */
};

/* Whether a process is ready, or healthy. */
struct probe_spec {
    enum probe_kind kind;
    struct template *target; /* of TCP, UNIX, HTTP, FILE; of LOG the regular expression */
    struct body_spec body;   /* PROBE_COMMAND */
    int64_t fd;              /* PROBE_NOTIFY_FD */
    struct mark mark;
    int64_t interval;  /* ns between two looks */
    int64_t timeout;   /* ns: ready: until it must be; health: of one look */
    int64_t look_timeout; /* ns: ready: of one look; 0: as long as TIMEOUT has left */
    int64_t threshold; /* looks in a row that must agree: passed for ready, failed for health */
    enum conflict conflict; /* ready: TCP, UNIX, HTTP */
};

enum restart_on {
    RESTART_NEVER,
    RESTART_FAILURE,
    RESTART_ALWAYS,
};

/* What follows the end of a process that nobody asked to end. */
#define RESTARTS_UNLIMITED INT64_MAX

struct restart_spec {
    enum restart_on on;
    int64_t max; /* restarts in a row; RESTARTS_UNLIMITED: no limit */
    int64_t delay;
    double factor;
    int64_t max_delay;
    bool jitter;
    int64_t reset_after; /* ns: what has run so long is begun to be counted anew */
};

/* What follows when files that a process watches have changed. */
enum watch_act {
    WATCH_RESTART, /* it is ended and begins anew */
    WATCH_RUN,     /* it begins anew once it has ended by itself */
    WATCH_SIGNAL,  /* it is sent a signal */
};

struct watch_spec {
    const char **paths; /* absolute patterns (base/path_pattern.h), braces worked out */
    size_t path_count;  /* 0: it watches nothing */
    const char **ignores; /* lines as those of .gitignore */
    size_t ignore_count;
    const char *directory; /* absolute: the one that IGNORES are seen from */
    int64_t delay;         /* ns after the last of some changes */
    enum watch_act act;
    int signal; /* WATCH_SIGNAL */
};

struct process_spec {
    struct object_spec object;
    bool daemon;
    int64_t replicas; /* at least 1; above 1 they are named NAME.1, NAME.2, ... */
    struct stop_spec stop;
    struct restart_spec restart;
    struct watch_spec watch;
    struct probe_spec ready;
    struct probe_spec health;
    struct codes_spec success;
    bool forking;                    /* it puts itself into the background */
    const struct template *pidfile; /* where it writes the number of what it leaves; NULL: nowhere */
    bool tty; /* a terminal of its own is all three; what it shows goes where stdout says */
    struct stream_spec streams[3]; /* stdin, stdout, stderr */
    struct fd_spec *fds;
    size_t fd_count;
};

enum pool_kind {
    POOL_PROCESS,
    POOL_THREAD,
};

enum source_kind {
    SOURCE_COUNT, /* items 0 to count - 1 */
    SOURCE_LIST,
    SOURCE_RANGE, /* from, from + step, ... up to and with to */
    SOURCE_MATRIX, /* the combinations of some lists: tables */
    SOURCE_LINES,  /* the lines of a file, without their newlines */
    SOURCE_JSONL,  /* the lines of a file, each a JSON value */
    SOURCE_CSV,    /* the rows of a file: tables by the names in its first row */
    SOURCE_GLOB,   /* paths */
    SOURCE_OUTPUT, /* the lines that a command writes */
    SOURCE_LUA,    /* what a chunk emits */
    SOURCE_QUEUE,  /* messages */
    SOURCE_BLOCKS, /* pieces of a file, of whole records: where each lies in it */
};

struct axis_spec {
    const char *name;
    const struct value_pair *values; /* of the list; the keys count for nothing */
    size_t count;
};

/* See scenario/bind/matrix.h for its combinations. */
struct matrix_spec {
    struct axis_spec *axes;
    size_t axis_count;
    struct value *exclude; /* tables: combinations that hold all that one says are left out */
    size_t exclude_count;
    struct value *include; /* tables: further items, behind the combinations */
    size_t include_count;
};

struct source_spec {
    enum source_kind kind;
    int64_t count;       /* of items, as far as SOURCE_MATRIX; of the others nobody knows it yet */
    struct value *items; /* SOURCE_LIST: count of them */
    int64_t from, to, step;
    struct matrix_spec matrix;
    const char *path;      /* of a file: absolute; "-": standard input; NULL: it is no file */
    const char **patterns; /* SOURCE_GLOB: as written */
    size_t pattern_count;
    bool optional;             /* SOURCE_GLOB: a pattern may match nothing */
    struct template *command;  /* SOURCE_OUTPUT: a line for the shell */
    struct lua_spec lua;       /* SOURCE_LUA */
    size_t queue;              /* SOURCE_QUEUE: index into scenario.queues */
    bool nul;                  /* SOURCE_LINES, SOURCE_OUTPUT: items end with NUL */
    const char *end;           /* the same: what stands at their ends; NULL: a newline, or NUL */
    const char *columns;       /* the same: what stands between columns: items are lists; NULL: no columns */
    bool header;               /* the same: the first line names what items have: they are tables */
    const char *header_line;   /* HEADER: that line, where somebody has read it; NULL: the first one */
    int64_t size;              /* SOURCE_BLOCKS: bytes that a block should have */
    int64_t records;           /* the same: the records that it has; 0: as SIZE says */
    const char *start;         /* the same: what each record begins with; NULL: nothing */
    const struct value *names; /* its keys are what items have; NULL: that is not known */
    struct mark mark;
};

enum output_kind {
    OUTPUT_GROUP,   /* a task's output whole, when it ends; the default */
    OUTPUT_LINES,   /* as it comes, whole lines */
    OUTPUT_ORDERED, /* whole, in the order of the tasks */
    OUTPUT_DISCARD,
};

/* What is done with a task that has failed. Defaults: tried once, and never again. */
/* What is worth another attempt. */
enum retry_when {
    RETRY_FAILURE,
    RETRY_MEMORY, /* that the task was short of memory, under its limit */
};

struct retry_spec {
    enum retry_when when;
    int64_t attempts; /* in all, at least 1 */
    int64_t delay;    /* ns before the second attempt */
    double factor;    /* at least 1: each further wait is so many times the one before */
    int64_t max_delay;
    bool jitter;
    int64_t *codes; /* exit codes that are worth another attempt; COUNT 0: every failure is */
    size_t code_count;
};

/* A number of tasks, or of a hundred of them. */
struct share_spec {
    int64_t number; /* 0: none was given */
    bool percent;
};

/* When a pool begins no more tasks. */
struct halt_spec {
    struct share_spec failures;
    struct share_spec successes;
    struct share_spec done; /* both of them */
    bool now; /* end the running ones too */
};

enum results_kind {
    RESULTS_NONE,
    RESULTS_FILE,
    RESULTS_DIRECTORY,
    RESULTS_QUEUE,
};

/* Where records of the tasks are kept. */
struct results_spec {
    enum results_kind kind;
    const char *path; /* absolute */
    struct mark mark; /* of the path */
    char separator;   /* RESULTS_FILE: a table with this between its columns; 0: lines of JSON */
    size_t queue;     /* RESULTS_QUEUE: index into scenario.queues */
};

enum pressure {
    PRESSURE_CPU,
    PRESSURE_MEMORY,
    PRESSURE_IO,
    PRESSURES,
};

/* Per cent of the last ten seconds in which some program waited for it; 0: any. */
struct pressure_spec {
    double shares[PRESSURES];
};

struct throttle_spec {
    int64_t memory_free; /* bytes that must be available to begin a task; 0: any */
    double load;         /* load average above which none is begun; 0: any */
    struct pressure_spec pressure; /* above which none is begun */
};

/* A pool has no more workers: on this machine, and elsewhere. */
#define POOL_WORKERS_MOST 1024
#define POOL_WORKERS_MOST_ELSEWHERE 16384

/* Where the workers of a pool run. */
/* What Slurm is asked for a launch. */
struct slurm_spec {
    bool given;
    int64_t cpus;         /* of a launch; 0: as many as it has slots */
    int64_t time;         /* ns that it may run; 0: as its partition says */
    const char **options; /* more of srun's */
    size_t option_count;
};

struct on_spec {
    struct mark mark;
    const char **command; /* what starts an agent there; its words go before those that start it here */
    size_t command_count; /* 0: the workers run here */
    const char **hosts;   /* the last word of COMMAND, a host of ssh, one after another; their shell reads the rest */
    size_t host_count;    /* 0: COMMAND is whole */
    struct slurm_spec slurm; /* given: COMMAND is srun, and more of its options follow */
    const char *program;  /* parrun, there; with BRING: what is copied */
    bool bring;           /* this program is copied there, and gone once it runs */
    int64_t slots;        /* workers that an agent has */
    int64_t timeout;      /* ns that an agent has to say hello; 0: as long as it takes */
    bool as_many;         /* with HOSTS: the pool has as many workers as they have slots */
};

/* How many workers a pool has. */
struct staff_spec {
    struct mark mark;
    int64_t workers; /* at most, and at least 1: auto and percent are already worked out */
    int64_t least; /* of an elastic pool, there while there are tasks: more come as tasks wait */
    int64_t idle_time;     /* ns after which it gives back a worker beyond those; 0: it is not elastic, WORKERS are there */
};

/* How many items one task of a pool is of. */
struct batch_spec {
    int64_t items;   /* an item is a list of so many of the source's; 0: it is one of them */
    int64_t bytes; /* with BATCH: the command line that it makes has no more bytes; 0: that does not matter */
    bool split;      /* of messages: after a failure each is tried alone */
};

struct pool_spec {
    struct object_spec object;
    enum pool_kind kind;
    struct on_spec on;
    struct staff_spec staff;
    struct source_spec tasks;
    struct lua_spec setup;
    enum output_kind output;
    bool separate; /* a task's standard error is told apart from its standard output */
    struct stream_spec output_file; /* of all tasks: STREAM_LOG or STREAM_FILE, whose path is constant */
    bool tag;      /* each line of output begins with the task's item and a tab */
    struct stream_spec input; /* what each task's command reads: STREAM_NULL, STREAM_FILE or STREAM_TEXT */
    struct stop_spec stop; /* for a task that is stopped or timed out */
    struct retry_spec retry;
    struct codes_spec success; /* of tasks that are commands */
    struct halt_spec halt;
    struct throttle_spec throttle;
    struct results_spec results;
    int64_t timeout_percent; /* of the median of the tasks so far; 0: object.timeout holds */
    struct template *own_allowed; /* true or false, of each attempt: allow_failure; NULL: it does not depend on the task */
    struct template *own_timeout; /* a duration, of each attempt; NULL: it does not depend on the task */
    int64_t rate;    /* ns between the beginnings of two tasks; 0: none */
    int64_t recycle; /* tasks after which a worker is replaced; 0: never */
    bool jobserver;  /* it counts the jobs of its tasks and of the makes that they run */
    struct batch_spec batches;
};

enum delivery {
    DELIVERY_SHARE,     /* each message to one consumer */
    DELIVERY_BROADCAST, /* each to all */
};

struct queue_spec {
    const char *name;
    const char *help; /* a line about it; NULL: none */
    struct mark mark;
    struct value *items;
    size_t item_count;
    int64_t capacity;       /* messages, at least 1 */
    int64_t capacity_bytes; /* 0: as many as the queue likes */
    bool leftover_drop; /* what nobody takes is no failure */
    bool close_auto;  /* close when every producer has ended; false: stays open */
    bool trace;
    enum framing framing;
    enum delivery delivery;
    struct template *ordered;  /* the key of a message; NULL: messages have none */
    int64_t max_attempts;      /* 0: no limit */
    const size_t *dead_letter; /* index into scenario.queues; NULL: none */
    const char *durable;       /* the file that it lasts in; NULL: it ends with the run */
};

struct thread_spec {
    struct object_spec object;
    int64_t replicas; /* at least 1; above 1 they are named NAME.1, NAME.2, ... */
    bool daemon;
};

enum log_format {
    LOG_STORY,
    LOG_JSON,
};

struct log_spec {
    const char **show; /* event names with '*' */
    size_t show_count;
    const char **hide;
    size_t hide_count;
    enum log_format format;
    bool timestamps;
    int64_t stats; /* ns between two queue.stats of a queue; 0: at the end alone */
    bool prefix;      /* true by default */
    const char *file; /* absolute; NULL: standard output */
    bool append;      /* keep what is in it */
    bool screen;      /* standard output has the log too */
    struct rotate_spec rotate;
    const char *record;    /* absolute: where the run is recorded; NULL: nowhere */
    int64_t record_output; /* bytes of output of an object that are recorded; 0: all */
    bool samples;          /* true by default: what is used is measured for those who read it */
    int64_t keep;          /* lines of an object that clients of the run can still get */
};

/* Where a scenario was read. */
struct scenario_source {
    const char *file;      /* as given on the command line, "<stdin>" for "-" */
    const char *directory; /* of the file, absolute; the working directory for "-" */
    const struct node *root; /* the tree that it was read from, included files and all */
    const char **directories; /* absolute: of each of its files, by the numbers in the tree */
};

struct scenario {
    struct arena *arena;
    int64_t version; /* of the language: 1 */
    const char *name;
    struct scenario_source source;
    bool success_any;      /* one success is enough */
    bool fail_fast;        /* the first failure stops the whole run */
    const struct mask *mask; /* of what is secret in it, borrowed of the sources; NULL: none */
    struct value vars;     /* a table; after NAME=VALUE */
    struct env_spec *env;  /* part of each object's env already */
    size_t env_count;
    struct log_spec log;
    struct resource_spec *resources;
    size_t resource_count;
    bool alone; /* some object is */
    struct queue_spec *queues;
    size_t queue_count;
    struct process_spec *processes; /* each list in the order of the file; behind them all hooks */
    size_t process_count;
    struct pool_spec *pools;
    size_t pool_count;
    struct thread_spec *threads;
    size_t thread_count;
    size_t hooks[HOOKS_MOST]; /* that follow the run: indices into PROCESSES */
    size_t hook_count;
};

/* What a command line says of a scenario. */
struct scenario_wishes {
    const char *const *overrides; /* "NAME=VALUE", for its vars */
    size_t override_count;
    const char *on; /* YAML: what 'on' of its pools of kind process is where they do not say it; NULL: nothing */
};

/*
 * Reads and checks FILE ("-": standard input) with WISHES, NULL: none. Returns a scenario for scenario_free(), or NULL with at least one error in DIAGS; DIAGS
 * points into *HELD, which the caller frees with scenario_free_sources() after printing; so do the
 * marks in the scenario.
 */
struct scenario_sources;
struct scenario *scenario_load(const char *file, const struct scenario_wishes *wishes, struct diags *diags,
                               struct scenario_sources **held);
/* The same for the LENGTH bytes of TEXT, a scenario that no file holds: NAME is its name, and that of its file
 * in messages; relative paths start in the working directory. */
struct scenario *scenario_load_text(const char *name, const char *text, size_t length,
                                    struct diags *diags, struct scenario_sources **held);
/* The scenario's secrets, valid as long as HELD; NULL where it has none. */
const struct mask *scenario_mask(const struct scenario_sources *held);
void scenario_free(struct scenario *scenario);
void scenario_free_sources(struct scenario_sources *held);

/* True where a program that has exited with CODE has not failed. */
bool scenario_is_success(const struct codes_spec *success, int64_t code);

/* Processes, pools and threads, numbered in this order. */
size_t scenario_object_count(const struct scenario *scenario);
struct object_spec *scenario_object(const struct scenario *scenario, size_t number);

/*
 * The absolute path for one as written in the scenario, its template rendered: relative paths are
 * relative to the scenario's directory. The caller frees it.
 */
char *scenario_path(const struct scenario *scenario, const char *written);

#endif
