/* A pool as a scenario has it. All of it lies in the scenario's arena. */
#ifndef SCENARIO_POOL_SPEC_H
#define SCENARIO_POOL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/process_spec.h"

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
    const struct on_spec *on;
    struct staff_spec staff;
    struct source_spec tasks;
    struct lua_spec setup;
    enum output_kind output;
    bool separate; /* a task's standard error is told apart from its standard output */
    const struct stream_spec *output_file; /* of all tasks: STREAM_LOG or STREAM_FILE, whose path is constant */
    bool tag;      /* each line of output begins with the task's item and a tab */
    const struct stream_spec *input; /* what each task's command reads: STREAM_NULL, STREAM_FILE or STREAM_TEXT */
    const struct stop_spec *stop; /* for a task that is stopped or timed out */
    const struct retry_spec *retry;
    const struct codes_spec *success; /* of tasks that are commands */
    const struct halt_spec *halt;
    const struct throttle_spec *throttle;
    const struct results_spec *results;
    int64_t timeout_percent; /* of the median of the tasks so far; 0: object.timeout holds */
    struct template *own_allowed; /* true or false, of each attempt: allow_failure; NULL: it does not depend on the task */
    struct template *own_timeout; /* a duration, of each attempt; NULL: it does not depend on the task */
    int64_t rate;    /* ns between the beginnings of two tasks; 0: none */
    int64_t recycle; /* tasks after which a worker is replaced; 0: never */
    bool jobserver;  /* it counts the jobs of its tasks and of the makes that they run */
    struct batch_spec batches;
};

/* A pool of which nothing is given. */
extern const struct pool_spec pool_without_parts;

#endif
