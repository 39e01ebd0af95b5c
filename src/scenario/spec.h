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

#include "base/diag.h"
#include "scenario/object_spec.h"
#include "scenario/pool_spec.h"
#include "scenario/process_spec.h"
#include "scenario/queue_spec.h"
#include "value/value.h"

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
    bool success_named;    /* a list of names decides, and not every object */
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
