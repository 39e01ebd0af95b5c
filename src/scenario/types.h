/* The types that keys of a scenario may have; each is a row of its own. */
#ifndef SCENARIO_TYPES_H
#define SCENARIO_TYPES_H

#include <stdint.h>

#include "scenario/schema.h"

/* The most items of a batch. */
#define BATCH_MOST 1000000

/* Bytes: less memory is no use to any program. */
#define MEMORY_LEAST ((uint64_t)1 << 20)

/* In a JSON Schema: what size_parse() takes. */
#define SIZE_PATTERN "([0-9]+[.]?[0-9]*|[.][0-9]+)[KMGTkmgt]?([iI][bB]|[bB])?"

/* In simple.c. The member is what stands behind the name. */
extern const struct type type_integer;  /* int64_t */
extern const struct type type_boolean;  /* bool */
extern const struct type type_forking;  /* bool, of a process */
extern const struct type type_duration; /* int64_t, nanoseconds */
extern const struct type type_signal;   /* int */
extern const struct type type_text;     /* const char * */
extern const struct type type_choice;   /* an enum */
extern const struct type type_flag;     /* bool, written as one of two words */
extern const struct type type_patterns; /* const char **, counted */
extern const struct type type_template; /* struct template * */
extern const struct type type_path;     /* const char *: absolute */
extern const struct type type_log;      /* struct log_spec */
extern const struct type type_stop;     /* struct stop_spec */

/* In body.c; all are members of struct object_spec but setup. */
extern const struct type type_paths;     /* struct template *, counted */
extern const struct type type_command;   /* body.run */
extern const struct type type_arguments; /* body.arguments, counted */
extern const struct type type_shell;     /* body.shell, counted */
extern const struct type type_lua;       /* body.lua */
extern const struct type type_coprocess; /* body.arguments, counted, and body.format */
extern const struct type type_program;   /* body.arguments, counted, of a coprocess */
extern const struct type type_setup;     /* struct lua_spec */
extern const struct type type_lua_file;  /* struct lua_spec */

/* In hook.c. */
extern const struct type type_hook; /* size_t: the number of the process that it makes, counted */

/* In depend.c. */
extern const struct type type_depends_on; /* const struct dependency_spec *, counted */

/* In probe.c. */
extern const struct type type_ready;       /* struct probe_spec */
extern const struct type type_health;      /* struct probe_spec */
extern const struct type type_probe_tcp;   /* struct probe_spec */
extern const struct type type_probe_path;  /* struct probe_spec */
extern const struct type type_probe_url;   /* struct probe_spec */
extern const struct type type_probe_run;   /* struct probe_spec */
extern const struct type type_probe_exec;  /* struct probe_spec */
extern const struct type type_probe_log;   /* struct probe_spec */
extern const struct type type_probe_notify;    /* struct probe_spec */
extern const struct type type_probe_notify_fd; /* struct probe_spec */

/* In restart.c. */
extern const struct type type_restart;   /* struct restart_spec */
extern const struct type type_restarts;  /* restart_spec.max */
extern const struct type type_stop_run;  /* struct stop_spec */
extern const struct type type_stop_exec; /* struct stop_spec */

/* In schedule.c. */
extern const struct type type_schedule; /* struct schedule_spec */
extern const struct type type_cron;     /* the same */
extern const struct type type_zone;     /* const char * */
extern const struct type type_period;   /* int64_t, ns */

/* In watch.c; all but the first are members of struct watch_spec. */
extern const struct type type_watch;        /* struct watch_spec */
extern const struct type type_watch_paths;  /* paths, counted */
extern const struct type type_watch_ignore; /* ignores, counted */
extern const struct type type_watch_do;     /* act, and signal */

/* In vars.c and env.c. */
extern const struct type type_vars;     /* struct value */
extern const struct type type_env;      /* struct env_spec *, counted */
extern const struct type type_env_file; /* struct env_spec *, counted: the same */

/* In secret.c. */
extern const struct type type_secrets; /* nothing: see secret.h */

/* In include.c. */
extern const struct type type_include; /* nothing: the files are in the tree already */

/* In when.c. */
extern const struct type type_condition; /* bool */
extern const struct type type_success;   /* bool: any; and object_spec.decides of each object */

/* In tasks.c. */
extern const struct type type_on;       /* struct on_spec */
extern const struct type type_launcher; /* on_spec.command */
extern const struct type type_hosts;    /* on_spec.hosts */
extern const struct type type_slurm;    /* struct slurm_spec */
extern const struct type type_srun;     /* slurm_spec.options */
extern const struct type type_workers; /* pool_spec.workers and more */
extern const struct type type_most_workers; /* int64_t */
extern const struct type type_tasks;   /* struct source_spec */
extern const struct type type_range;   /* struct source_spec */
extern const struct type type_items;   /* struct value *, counted */

/* In source.c and matrix.c; all are members of struct source_spec. */
extern const struct type type_file;   /* const char *: an absolute path, or "-" */
extern const struct type type_glob;   /* const char **, counted */
extern const struct type type_output; /* struct template * */
extern const struct type type_nul;    /* bool */
extern const struct type type_item_end; /* const char * */
extern const struct type type_columns;  /* const char * */
extern const struct type type_header;   /* bool */
extern const struct type type_record_start; /* const char * */
extern const struct type type_matrix; /* struct matrix_spec */

/* In policy.c. */
extern const struct type type_share;    /* struct share_spec */
extern const struct type type_task_timeout; /* pool_spec.object.timeout or .timeout_percent */
extern const struct type type_rate;     /* int64_t, ns from one to the next */
extern const struct type type_size;     /* int64_t, bytes */
extern const struct type type_batch;       /* pool_spec.batch, and .batch_bytes */
extern const struct type type_batch_bytes; /* int64_t */
extern const struct type type_number;   /* double */
extern const struct type type_codes;    /* int64_t *, counted */
extern const struct type type_allow_failure; /* of a pool: true or false, or of each attempt */
extern const struct type type_success_codes; /* the same, with 0 */
extern const struct type type_retry;    /* struct retry_spec */
extern const struct type type_halt;     /* struct halt_spec */
extern const struct type type_percent;  /* double, above 0 and up to 100 */
extern const struct type type_pressure; /* struct pressure_spec */
extern const struct type type_throttle; /* struct throttle_spec */
extern const struct type type_results;  /* struct results_spec */
extern const struct type type_results_file; /* struct results_spec */
extern const struct type type_results_csv;  /* struct results_spec */
extern const struct type type_results_tsv;  /* struct results_spec */
extern const struct type type_results_dir;  /* struct results_spec */

/* In bind/limits.c. */
extern const struct type type_nice;        /* struct option_spec */
extern const struct type type_umask;       /* struct option_spec */
extern const struct type type_limits;      /* struct limits_spec */
extern const struct type type_limit;       /* struct option_spec: a number */
extern const struct type type_limit_size;  /* struct option_spec: bytes */
extern const struct type type_limit_memory; /* the same */
extern const struct type type_limit_time;  /* struct option_spec: ns */
extern const struct type type_limit_share; /* struct option_spec: thousandths */
extern const struct type type_account;     /* struct account_spec */
extern const struct type type_accounts;    /* struct account_spec *, counted */

/* In queue.c; all are members of struct queue_spec but the last two. */
extern const struct type type_capacity; /* capacity or capacity_bytes */
extern const struct type type_key;      /* struct template * */
extern const struct type type_queue;    /* const size_t *: NULL for none */
extern const struct type type_tasks_queue;   /* source_spec.queue */
extern const struct type type_results_queue; /* results_spec.queue */

/* In stream.c. */
extern const struct type type_stream;       /* struct stream_spec */
extern const struct type type_outputs; /* the same, with several ends */
extern const struct type type_fds;          /* struct fd_spec *, counted */
extern const struct type type_stream_file;  /* stream_spec.path */
extern const struct type type_stream_text;  /* stream_spec.text */
extern const struct type type_stream_queue; /* stream_spec.queue */
extern const struct type type_rotate;       /* struct rotate_spec */

/* In resources.c. */
extern const struct type type_resources; /* struct resource_spec *, counted */
extern const struct type type_uses;      /* struct use_spec *, counted; the object's `used` too */

/* In objects.c. */
extern const struct type type_queues;      /* struct queue_spec *, counted */
extern const struct type type_processes;   /* struct process_spec *, counted */
extern const struct type type_pools;       /* struct pool_spec *, counted */
extern const struct type type_threads;     /* struct thread_spec *, counted */
extern const struct type type_queue_names; /* const size_t *, counted */

#endif
