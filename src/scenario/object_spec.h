/* What processes, pools and threads have in common, as a scenario says it. All of it lies in the scenario's arena. */
#ifndef SCENARIO_OBJECT_SPEC_H
#define SCENARIO_OBJECT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cron.h"
#include "base/diag.h"
#include "value/value.h"

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
    enum line_format format;     /* BODY_COPROCESS */
    struct template *run;        /* BODY_RUN */
    const char *const *shell;    /* BODY_RUN: what the line goes behind: a shell, its options, -c */
    size_t shell_count;
    struct template **arguments; /* BODY_EXEC, BODY_COPROCESS: at least one */
    size_t argument_count;
    struct lua_spec lua; /* BODY_LUA */
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

/*
 * What processes, pools and threads have in common.
 *
 * Here and in what these are, a part that is seldom given is pointed to, by all objects of a kind that do not give it the same one;
 * none is NULL. A file may have very many objects.
 */
struct object_spec {
    const char *name;
    const char *help; /* a line about it; NULL: none */
    struct mark mark; /* of the name in the file */
    struct body_spec body;
    struct env_spec *env; /* the scenario's own first, the object's behind them: the later wins */
    size_t env_count;
    struct template *cwd; /* as written: see scenario_path(); NULL: where parrun is */
    const struct attributes_spec *attributes;
    bool when;    /* false: it is skipped */
    bool left_out; /* so it is, as it was not asked for */
    bool never; /* WHEN is the word false, no expression */
    bool decides; /* the exit status: where it fails, or with success_any, where it succeeds */
    bool allow_failure; /* its failure counts as success */
    bool cascade; /* a restart of what it depends on, by hand or as files have changed, restarts it too */
    const struct needs_spec *needs;
    struct creates_spec creates; /* of a process, or of each task of a pool */
    const struct schedule_spec *schedule;
    int64_t timeout;
    const struct dependency_spec *depends_on; /* without cycles */
    size_t depends_on_count;
    struct hook_spec hook;
    size_t hooks[HOOKS_MOST]; /* that follow it: indices into scenario.processes */
    size_t hook_count;
    struct queue_use_spec queues;
};

/* The parts of what has none. */
extern const struct attributes_spec no_attributes;
extern const struct needs_spec no_needs;
extern const struct schedule_spec no_schedule;

/* The parts that an object of any kind has, for one that is none of a file's. */
#define OBJECT_WITHOUT_PARTS .attributes = &no_attributes, .needs = &no_needs, .schedule = &no_schedule

#endif
