/* The schema table. A new key is a new row here; a new kind of value is a row in types.h too. */
#include "scenario/schema.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "scenario/spec.h"
#include "scenario/types.h"

#define IN(block, structure, member)                                                               \
    {                                                                                              \
        BLOCK_##block, offsetof(struct structure, member), 0                                       \
    }
#define LIST_IN(block, structure, member)                                                          \
    {                                                                                              \
        BLOCK_##block, offsetof(struct structure, member##s),                                      \
            offsetof(struct structure, member##_count)                                             \
    }
#define COUNTED(block, structure, member, number)                                                  \
    {                                                                                              \
        BLOCK_##block, offsetof(struct structure, member), offsetof(struct structure, number)      \
    }

/* The object_spec comes first in what these blocks fill in, so its members have one offset. */
#define IN_OBJECTS(member)                                                                         \
    {                                                                                              \
        IN(PROCESS, object_spec, member), IN(POOL, object_spec, member),                           \
            IN(THREAD, object_spec, member)                                                        \
    }
#define COUNTED_IN_OBJECTS(member)                                                                 \
    {                                                                                              \
        COUNTED(PROCESS, object_spec, member, member##_count),                                     \
            COUNTED(POOL, object_spec, member, member##_count),                                    \
            COUNTED(THREAD, object_spec, member, member##_count)                                   \
    }

_Static_assert(offsetof(struct process_spec, object) == 0, "process_spec begins with its object");
_Static_assert(offsetof(struct pool_spec, object) == 0, "pool_spec begins with its object");
_Static_assert(offsetof(struct thread_spec, object) == 0, "thread_spec begins with its object");

static const struct block_info blocks[BLOCK_COUNT] = {
    [BLOCK_SCENARIO] = {"scenario", "the scenario", false, NULL},
    [BLOCK_LOG] = {"log", "'log'", false, NULL},
    [BLOCK_QUEUE] = {"queue", "a queue", true, NULL},
    [BLOCK_PROCESS] = {"process", "a process", true, "has no body: nothing says what it runs"},
    [BLOCK_POOL] = {"pool", "a pool", true, "has no body: nothing says what it runs"},
    [BLOCK_THREAD] = {"thread", "a thread", true, "has no body: nothing says what it runs"},
    [BLOCK_STOP] = {"stop", "'stop'", false, NULL},
    [BLOCK_STREAM] = {"stream", "a stream", false, "does not say where the stream leads"},
    [BLOCK_TASKS] = {"tasks", "'tasks'", false, "does not say where the tasks come from"},
    [BLOCK_LUA] = {"lua", "'lua'", false, "has no chunk"},
};

static const struct choice log_formats[] = {{"story", LOG_STORY}, {"json", LOG_JSON}, {0}};
static const struct choice pool_kinds[] = {{"process", POOL_PROCESS}, {"thread", POOL_THREAD}, {0}};
static const struct choice outputs[] = {{"group", OUTPUT_GROUP},
                                        {"lines", OUTPUT_LINES},
                                        {"ordered", OUTPUT_ORDERED},
                                        {"discard", OUTPUT_DISCARD},
                                        {0}};
static const struct choice closings[] = {{"auto", true}, {"never", false}, {0}};
static const struct choice framings[] = {{"line", FRAMING_LINE}, {0}};
static const struct choice inputs[] = {{"inherit", STREAM_INHERIT}, {"null", STREAM_NULL}, {0}};
static const struct choice stdouts[] = {
    {"log", STREAM_LOG}, {"inherit", STREAM_INHERIT}, {"null", STREAM_NULL}, {0}};
static const struct choice others[] = {{"log", STREAM_LOG},
                                       {"inherit", STREAM_INHERIT},
                                       {"null", STREAM_NULL},
                                       {"stdout", STREAM_STDOUT},
                                       {0}};

static const struct key keys[] = {
    {.name = "version",
     .type = &type_integer,
     .places = {IN(SCENARIO, scenario, version)},
     .fallback = "1",
     .least = 1,
     .most = 1,
     .help = "The version of the scenario language.",
     .example = "version: 1"},
    {.name = "name",
     .type = &type_text,
     .places = {IN(SCENARIO, scenario, name)},
     .help = "What the scenario is called; the file's name without its ending otherwise.",
     .example = "name: thumbnails"},
    {.name = "vars",
     .type = &type_vars,
     .places = {IN(SCENARIO, scenario, vars)},
     .fallback = "{}",
     .help = "Values that expressions know as vars.NAME; NAME=VALUE on the command line replaces "
             "one.",
     .example = "vars: {size: 200}"},
    {.name = "env_file",
     .type = &type_env_file,
     .places = {COUNTED(SCENARIO, scenario, env, env_count)},
     .help = "Files with NAME=VALUE lines for the environment of every body; the last one wins.",
     .example = "env_file: .env"},
    {.name = "env",
     .type = &type_env,
     .places = {COUNTED(SCENARIO, scenario, env, env_count)},
     .fallback = "{}",
     .help = "Environment variables for every body.",
     .example = "env: {LANG: C.UTF-8}"},
    {.name = "log",
     .type = &type_log,
     .places = {IN(SCENARIO, scenario, log)},
     .fallback = "{}",
     .help = "What the log shows, and how.",
     .example = "log: {hide: [\"worker.*\"]}"},
    {.name = "show",
     .type = &type_patterns,
     .places = {COUNTED(LOG, log_spec, show, show_count)},
     .fallback = "[]",
     .help = "Events that the log shows besides the usual ones; '*' stands for any characters.",
     .example = "show: [\"worker.*\", queue.full]"},
    {.name = "hide",
     .type = &type_patterns,
     .places = {COUNTED(LOG, log_spec, hide, hide_count)},
     .fallback = "[]",
     .help = "Events that the log leaves out; what went wrong is shown in any case.",
     .example = "hide: [\"worker.*\"]"},
    {.name = "format",
     .type = &type_choice,
     .places = {IN(LOG, log_spec, format)},
     .fallback = "story",
     .choices = log_formats,
     .help = "Sentences for a person to read, or a JSON object a line.",
     .example = "format: json"},
    {.name = "timestamps",
     .type = &type_boolean,
     .places = {IN(LOG, log_spec, timestamps)},
     .fallback = "false",
     .help = "Puts the time before each line.",
     .example = "timestamps: true"},
    {.name = "prefix",
     .type = &type_boolean,
     .places = {IN(LOG, log_spec, prefix)},
     .fallback = "true",
     .help = "Puts the name of the object before each line that it writes.",
     .example = "prefix: false"},
    {.name = "queues",
     .type = &type_queues,
     .places = {LIST_IN(SCENARIO, scenario, queue)},
     .help = "The queues, by their names.",
     .example = "queues: {lines: {capacity: 1000}}"},
    {.name = "processes",
     .type = &type_processes,
     .places = {COUNTED(SCENARIO, scenario, processes, process_count)},
     .help = "The processes, by their names.",
     .example = "processes: {web: {exec: [python3, -m, http.server]}}"},
    {.name = "pools",
     .type = &type_pools,
     .places = {LIST_IN(SCENARIO, scenario, pool)},
     .help = "The pools, by their names.",
     .example = "pools: {work: {tasks: 5, run: \"echo ${{ item }}\"}}"},
    {.name = "threads",
     .type = &type_threads,
     .places = {LIST_IN(SCENARIO, scenario, thread)},
     .help = "The threads, by their names.",
     .example = "threads: {tick: {lua: parrun.sleep(1)}}"},
    {.name = "help",
     .type = &type_text,
     .places = {IN(QUEUE, queue_spec, help), IN(PROCESS, object_spec, help),
                IN(POOL, object_spec, help), IN(THREAD, object_spec, help)},
     .help = "A line about the object, which --list shows.",
     .example = "help: makes the small pictures"},
    {.name = "kind",
     .type = &type_choice,
     .places = {IN(POOL, pool_spec, kind)},
     .fallback = "process",
     .choices = pool_kinds,
     .help = "Whether the workers are processes or threads of the runner.",
     .example = "kind: process"},
    {.name = "workers",
     .type = &type_workers,
     .places = {IN(POOL, pool_spec, workers)},
     .fallback = "auto",
     .least = 1,
     .most = 1024,
     .help = "How many tasks run at once: a number, auto (one a core that may be used), or a "
             "percentage of the cores.",
     .example = "workers: 3"},
    {.name = "tasks",
     .type = &type_tasks,
     .places = {IN(POOL, pool_spec, tasks)},
     .required = true,
     .help = "What there is to do: a number N for the items 0 to N-1, a list of items, or a "
             "source.",
     .example = "tasks: [a, b, c]"},
    {.name = "range",
     .type = &type_range,
     .places = {IN(TASKS, source_spec, from)},
     .alternative = true,
     .help = "The whole numbers FROM, FROM + STEP and so on, up to and with TO.",
     .example = "range: [1, 10, 3]"},
    {.name = "lines",
     .type = &type_lines,
     .places = {IN(TASKS, source_spec, path)},
     .alternative = true,
     .help = "The lines of a file, read as they are needed; - is standard input.",
     .example = "lines: urls.txt"},
    {.name = "run",
     .type = &type_command,
     .places = {IN(PROCESS, object_spec, body.run), IN(POOL, object_spec, body.run)},
     .alternative = true,
     .child_only = true,
     .help = "A command line for the shell; a template's value reaches the program whole.",
     .example = "run: echo hello"},
    {.name = "exec",
     .type = &type_arguments,
     .places = {COUNTED(PROCESS, object_spec, body.arguments, body.argument_count),
                COUNTED(POOL, object_spec, body.arguments, body.argument_count)},
     .alternative = true,
     .child_only = true,
     .help = "A program and its arguments, started without a shell.",
     .example = "exec: [echo, hello]"},
    {.name = "lua",
     .type = &type_lua,
     .places = IN_OBJECTS(body.lua),
     .alternative = true,
     .help = "A Lua chunk, or {file: PATH}.",
     .example = "lua: print(parrun.name)"},
    {.name = "file",
     .type = &type_lua_file,
     .places = {{BLOCK_LUA, 0, 0}},
     .alternative = true,
     .help = "A file that holds the chunk.",
     .example = "file: work.lua"},
    {.name = "setup",
     .type = &type_setup,
     .places = {IN(POOL, pool_spec, setup)},
     .needs = "lua",
     .help = "A Lua chunk that each worker runs once, before its first task.",
     .example = "setup: count = 0"},
    {.name = "shell",
     .type = &type_text,
     .places = {IN(PROCESS, object_spec, body.shell), IN(POOL, object_spec, body.shell)},
     .fallback = "/bin/sh",
     .needs = "run",
     .help = "The shell that takes the command line behind -c.",
     .example = "shell: /bin/bash"},
    {.name = "env_file",
     .type = &type_env_file,
     .places = COUNTED_IN_OBJECTS(env),
     .help = "Files with NAME=VALUE lines for the body, over the scenario's variables, under 'env'.",
     .example = "env_file: [.env, local.env]"},
    {.name = "env",
     .type = &type_env,
     .places = COUNTED_IN_OBJECTS(env),
     .fallback = "{}",
     .help = "Environment variables of the body, over those of the scenario.",
     .example = "env: {DEBUG: 1}"},
    {.name = "cwd",
     .type = &type_template,
     .places = {IN(PROCESS, object_spec, cwd), IN(POOL, object_spec, cwd)},
     .child_only = true,
     .help = "The directory to start in, relative to the scenario's.",
     .example = "cwd: data"},
    {.name = "timeout",
     .type = &type_duration,
     .places = IN_OBJECTS(timeout),
     .help = "How long the body may run, in a pool each task; 0 is no limit.",
     .example = "timeout: 30s"},
    {.name = "produces",
     .type = &type_queue_names,
     .places = COUNTED_IN_OBJECTS(produces),
     .help = "The queues that the body puts messages into.",
     .example = "produces: q"},
    {.name = "consumes",
     .type = &type_queue_names,
     .places = COUNTED_IN_OBJECTS(consumes),
     .help = "The queues that the body takes messages from.",
     .example = "consumes: [q]"},
    {.name = "daemon",
     .type = &type_boolean,
     .places = {IN(PROCESS, process_spec, daemon), IN(THREAD, thread_spec, daemon)},
     .fallback = "false",
     .help = "It is ended when all that is no daemon has ended.",
     .example = "daemon: true"},
    {.name = "replicas",
     .type = &type_integer,
     .places = {IN(THREAD, thread_spec, replicas)},
     .fallback = "1",
     .least = 1,
     .most = 1024,
     .help = "So many threads of this kind, named NAME.1, NAME.2 and so on.",
     .example = "replicas: 4"},
    {.name = "stdin",
     .type = &type_stream,
     .places = {IN(PROCESS, process_spec, streams[0])},
     .fallback = "null",
     .choices = inputs,
     .help = "What the process reads.",
     .example = "stdin: {text: hello}"},
    {.name = "stdout",
     .type = &type_stream,
     .places = {IN(PROCESS, process_spec, streams[1])},
     .fallback = "log",
     .choices = stdouts,
     .help = "Where its output goes.",
     .example = "stdout: {file: out.txt}"},
    {.name = "stderr",
     .type = &type_stream,
     .places = {IN(PROCESS, process_spec, streams[2])},
     .fallback = "log",
     .choices = others,
     .help = "Where its messages go.",
     .example = "stderr: stdout"},
    {.name = "fds",
     .type = &type_fds,
     .places = {LIST_IN(PROCESS, process_spec, fd)},
     .fallback = "{}",
     .choices = others,
     .help = "Further file descriptors of the process, by their numbers.",
     .example = "fds: {3: {file: extra.txt}}"},
    {.name = "file",
     .type = &type_stream_file,
     .places = {IN(STREAM, stream_spec, path)},
     .alternative = true,
     .help = "A file to read from or write to.",
     .example = "file: out.txt"},
    {.name = "text",
     .type = &type_stream_text,
     .places = {IN(STREAM, stream_spec, text)},
     .alternative = true,
     .help = "A text that the process reads.",
     .example = "text: hello"},
    {.name = "queue",
     .type = &type_stream_queue,
     .places = {IN(STREAM, stream_spec, queue)},
     .alternative = true,
     .help = "A queue: each message is a line.",
     .example = "queue: q"},
    {.name = "append",
     .type = &type_boolean,
     .places = {IN(STREAM, stream_spec, append)},
     .fallback = "false",
     .needs = "file",
     .help = "Keeps what is in the file and writes behind it.",
     .example = "append: true"},
    {.name = "stop",
     .type = &type_stop,
     .places = {IN(PROCESS, process_spec, stop), IN(POOL, pool_spec, stop)},
     .fallback = "{}",
     .child_only = true,
     .help = "How the process, in a pool each task, is ended.",
     .example = "stop: {signal: INT, grace: 2s}"},
    {.name = "signal",
     .type = &type_signal,
     .places = {IN(STOP, stop_spec, signal)},
     .fallback = "TERM",
     .help = "The signal that asks it to end.",
     .example = "signal: INT"},
    {.name = "grace",
     .type = &type_duration,
     .places = {IN(STOP, stop_spec, grace)},
     .fallback = "10s",
     .help = "How long it may take to end before it is killed with all its children.",
     .example = "grace: 2s"},
    {.name = "output",
     .type = &type_choice,
     .places = {IN(POOL, pool_spec, output)},
     .fallback = "group",
     .choices = outputs,
     .help = "A task's output whole when it ends (group), as it comes (lines), whole and in the "
             "order of the tasks (ordered), or not at all (discard).",
     .example = "output: ordered"},
    {.name = "items",
     .type = &type_items,
     .places = {COUNTED(QUEUE, queue_spec, items, item_count)},
     .help = "Messages that are in the queue before anything starts.",
     .example = "items: [A, B, C]"},
    {.name = "capacity",
     .type = &type_integer,
     .places = {IN(QUEUE, queue_spec, capacity)},
     .fallback = "65536",
     .least = 1,
     .most = 1000000000,
     .help = "How many messages may wait; a full queue holds its producers back.",
     .example = "capacity: 1000"},
    {.name = "close",
     .type = &type_flag,
     .places = {IN(QUEUE, queue_spec, close_auto)},
     .fallback = "auto",
     .choices = closings,
     .help = "When consumers see the end: after every producer has ended (auto), or never.",
     .example = "close: never"},
    {.name = "trace",
     .type = &type_boolean,
     .places = {IN(QUEUE, queue_spec, trace)},
     .fallback = "false",
     .help = "Every put and every get is an event of the log.",
     .example = "trace: true"},
    {.name = "framing",
     .type = &type_choice,
     .places = {IN(QUEUE, queue_spec, framing)},
     .fallback = "line",
     .choices = framings,
     .help = "How messages stand in a stream: a line each.",
     .example = "framing: line"},
};

_Static_assert(countof(keys) <= SCHEMA_KEYS_MOST, "SCHEMA_KEYS_MOST is too small");

const struct key *schema_keys(size_t *count)
{
    *count = countof(keys);
    return keys;
}

const struct place *schema_place(const struct key *key, enum block_kind block)
{
    for (const struct place *place = key->places; place->block != BLOCK_NONE; place++)
        if (place->block == block)
            return place;
    return NULL;
}

const struct key *schema_find(enum block_kind block, const char *name)
{
    for (size_t i = 0; i < countof(keys); i++)
        if (!strcmp(keys[i].name, name) && schema_place(&keys[i], block))
            return &keys[i];
    return NULL;
}

const struct block_info *schema_block(enum block_kind block)
{
    return &blocks[block];
}

bool schema_is_own(const char *name)
{
    return !strncmp(name, "x-", 2);
}
