/* Other tools' words for our keys. */
#include "scenario/foreign.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"

#define IMPORT "parrun --import FILE makes a scenario of a file of another tool"

/* Where a word stands: bit K is the block of kind K. */
#define AT(kind) (1u << BLOCK_##kind)
#define BODIES (AT(PROCESS) | AT(POOL) | AT(THREAD))

static const struct {
    const char *word;
    unsigned places;
    const char *meant; /* a key that the block cannot be without; NULL: it can */
    const char *hint;
} keys[] = {
    {"services", AT(SCENARIO), NULL, IMPORT},
    {"networks", AT(SCENARIO), NULL, IMPORT},
    {"volumes", AT(SCENARIO), NULL, IMPORT},
    {"programs", AT(SCENARIO), NULL, "write processes"},
    {"commands", AT(SCENARIO), NULL, "write processes, or a pool with a list of tasks"},
    {"jobs", AT(SCENARIO), NULL, "write processes, or pools for many tasks of a kind"},
    {"steps", AT(SCENARIO), NULL, "write processes, with depends_on for their order"},
    {"variables", AT(SCENARIO), NULL, "write vars"},
    {"environment", AT(SCENARIO) | BODIES, NULL, "write env"},
    {"command", BODIES, "run", "write run for a line of the shell, or exec for a list of arguments"},
    {"commands", BODIES, "run", "write run: |, and the lines of the shell below it"},
    {"cmd", BODIES, "run", "write run for a line of the shell, or exec for a list of arguments"},
    {"args", AT(PROCESS) | AT(POOL), "run", "write exec: [PROGRAM, ARGUMENT, ...]"},
    {"entrypoint", AT(PROCESS), "run", "write exec: [PROGRAM, ARGUMENT, ...]"},
    {"script", BODIES, "run", "write run for the shell, or lua"},
    {"working_dir", BODIES, NULL, "write cwd"},
    {"workdir", BODIES, NULL, "write cwd"},
    {"working_directory", BODIES, NULL, "write cwd"},
    {"chdir", BODIES, NULL, "write cwd"},
    {"directory", BODIES, NULL, "write cwd"},
    {"dir", BODIES, NULL, "write cwd"},
    {"image", AT(PROCESS), "run", "a process is a program of this machine: write run or exec"},
    {"build", AT(PROCESS), "run", "a process is a program of this machine: write run or exec"},
    {"ports", AT(PROCESS), NULL, "a program opens its ports by itself; ready: {tcp: PORT} waits for one"},
    {"volumes", AT(PROCESS), NULL, "a program sees the files of this machine: leave it out"},
    {"networks", AT(PROCESS), NULL, "a program sees the network of this machine: leave it out"},
    {"healthcheck", AT(PROCESS), NULL, "write health, or ready for what others wait for"},
    {"readiness_probe", AT(PROCESS), NULL, "write ready"},
    {"liveness_probe", AT(PROCESS), NULL, "write health"},
    {"availability", AT(PROCESS), NULL, "write restart"},
    {"autorestart", AT(PROCESS), NULL, "write restart: always, failure or never"},
    {"autostart", AT(PROCESS), NULL, "write when: false for a process that is not to be started"},
    {"needs", BODIES, NULL, "write depends_on"},
    {"dependencies", BODIES, NULL, "write depends_on"},
    {"priority", AT(PROCESS), NULL, "write nice, or depends_on for the order"},
    {"numprocs", AT(PROCESS), NULL, "write replicas"},
    {"scale", AT(PROCESS), NULL, "write replicas"},
    {"stop_signal", AT(PROCESS) | AT(POOL), NULL, "write stop: {signal: TERM}"},
    {"stopsignal", AT(PROCESS) | AT(POOL), NULL, "write stop: {signal: TERM}"},
    {"stop_grace_period", AT(PROCESS) | AT(POOL), NULL, "write stop: {grace: 10s}"},
    {"stopwaitsecs", AT(PROCESS) | AT(POOL), NULL, "write stop: {grace: 10s}"},
    {"shutdown", AT(PROCESS), NULL, "write stop: {signal: TERM, grace: 10s}"},
    {"stdout_logfile", AT(PROCESS), NULL, "write stdout: {file: FILE}"},
    {"stderr_logfile", AT(PROCESS), NULL, "write stderr: {file: FILE}"},
    {"log_location", AT(PROCESS), NULL, "write stdout: {file: FILE}"},
    {"jobs", AT(POOL), NULL, "write workers"},
    {"parallel", AT(POOL), NULL, "write workers"},
    {"parallelism", AT(POOL), NULL, "write workers"},
    {"concurrency", AT(POOL), NULL, "write workers"},
    {"processes", AT(POOL), NULL, "write workers"},
    {"threads", AT(POOL), NULL, "write workers, and kind: thread"},
    {"max_workers", AT(POOL), NULL, "write workers"},
    {"max_procs", AT(POOL), NULL, "write workers"},
    {"items", AT(POOL), "tasks", "write tasks"},
    {"inputs", AT(POOL), "tasks", "write tasks"},
    {"arguments", AT(POOL), "tasks", "write tasks"},
    {"matrix", AT(POOL), "tasks", "write tasks: {matrix: ...}"},
    {"chunksize", AT(POOL), NULL, "leave it out: parrun finds it by itself; batch gives a task several items"},
    {"maxtasksperchild", AT(POOL), NULL, "write recycle"},
    {"initializer", AT(POOL), NULL, "write setup"},
    {"retries", AT(POOL), NULL, "write retry: {attempts: 3}"},
    {"joblog", AT(POOL), NULL, "write results: {file: FILE}, or give --joblog FILE"},
    {"delay", AT(POOL), NULL, "write rate"},
    {"max_retries", AT(RETRY), NULL, "write attempts: so many and one more"},
    {"retries", AT(RETRY), NULL, "write attempts: so many and one more"},
    {"max_attempts", AT(RETRY), NULL, "write attempts"},
    {"backoff", AT(RETRY), NULL, "write factor"},
    {"file", AT(TASKS), "lines", "write lines for a file of one item a line; csv and jsonl are others"},
    {"stdin", AT(TASKS), "lines", "write lines: \"-\""},
    {"count", AT(TASKS), "lines", "write tasks: and the number alone"},
    {"list", AT(TASKS), "lines", "write tasks: and the list itself"},
    {"items", AT(TASKS), "lines", "write tasks: and the list itself"},
    {"command", AT(TASKS), "lines", "write output: for what a command prints"},
    {"run", AT(TASKS), "lines", "write output: for what a command prints"},
    {"files", AT(TASKS), "lines", "write glob"},
    {"maxsize", AT(QUEUE), NULL, "write capacity"},
    {"size", AT(QUEUE), NULL, "write capacity"},
    {"url", AT(READY) | AT(HEALTH), "http", "write http"},
    {"port", AT(READY) | AT(HEALTH), "tcp", "write tcp"},
    {"command", AT(READY) | AT(HEALTH), "run", "write run for a line of the shell, or exec for a list"},
    {"test", AT(READY) | AT(HEALTH), "run", "write run for a line of the shell, or exec for a list"},
    {"http_get", AT(READY) | AT(HEALTH), "http", "write http: URL"},
    {"tcp_socket", AT(READY) | AT(HEALTH), "tcp", "write tcp: PORT"},
    {"retries", AT(READY) | AT(HEALTH), NULL, "write threshold"},
    {"failure_threshold", AT(READY) | AT(HEALTH), NULL, "write threshold"},
    {"period_seconds", AT(READY) | AT(HEALTH), NULL, "write interval: 10s"},
    {"max_restarts", AT(RESTART), NULL, "write max"},
    {"policy", AT(RESTART), NULL, "write on: never, failure or always"},
    {"condition", AT(RESTART), NULL, "write on: never, failure or always"},
    {"retries", AT(RESTART), NULL, "write max"},
    {"backoff", AT(RESTART), NULL, "write delay: 1s, and factor for how it grows"},
    {"window", AT(RESTART), NULL, "write reset_after: 60s"},
    {"header", AT(TASKS), NULL, "leave it out: the first row of a CSV file names its columns"},
    {"backoff_seconds", AT(RESTART), NULL, "write delay: 1s"},
    {"mem", AT(LIMITS), NULL, "write memory"},
};

const char *foreign_key(enum block_kind kind, const char *name, const char **meant)
{
    for (size_t i = 0; i < countof(keys); i++) {
        if (!(keys[i].places & (1u << kind)) || strcmp(keys[i].word, name))
            continue;
        *meant = keys[i].meant;
        return keys[i].hint;
    }
    return NULL;
}

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && (!text[digits] || !strcmp(text + digits, "%"));
}

static bool is_duration(const char *text)
{
    int64_t ns;
    struct error error = {0};
    bool is = !duration_parse(text, &ns, &error);
    error_release(&error);
    return is;
}

static bool is_signal(const char *text)
{
    int number;
    struct error error = {0};
    bool is = !signal_parse(text, &number, &error);
    error_release(&error);
    return is;
}

static bool is_url(const char *text)
{
    return !strncmp(text, "http://", strlen("http://"));
}

static bool is_command(const char *text)
{
    return *text != '\0';
}

static bool is_path(const char *text)
{
    return strpbrk(text, "/.") && !strpbrk(text, ":{ ");
}

static const struct {
    enum block_kind block;
    bool (*fits)(const char *text);
    const char *form; /* %s is the text */
} short_forms[] = {
    {BLOCK_PROCESS, is_command, "{run: %s}"},
    {BLOCK_POOL, is_command, "{tasks: 10, run: %s}"},
    {BLOCK_RETRY, is_number, "retry: {attempts: %s}"},
    {BLOCK_HALT, is_number, "halt: {failures: %s}"},
    {BLOCK_RESULTS, is_path, "results: {file: %s}"},
    {BLOCK_LOG, is_path, "log: {file: %s}"},
    {BLOCK_STOP, is_duration, "stop: {grace: %s}"},
    {BLOCK_STOP, is_signal, "stop: {signal: %s}"},
    {BLOCK_READY, is_number, "ready: {tcp: %s}"},
    {BLOCK_READY, is_url, "ready: {http: \"%s\"}"},
    {BLOCK_HEALTH, is_number, "health: {tcp: %s}"},
    {BLOCK_HEALTH, is_url, "health: {http: \"%s\"}"},
};

const char *foreign_short_form(struct arena *arena, enum block_kind kind, const char *text)
{
    for (size_t i = 0; i < countof(short_forms); i++) {
        if (short_forms[i].block != kind || !short_forms[i].fits(text))
            continue;
        const char *form = short_forms[i].form;
        size_t head = (size_t)(strchr(form, '%') - form);
        return arena_printf(arena, "write %.*s%s%s", (int)head, form, text, form + head + 2);
    }
    return NULL;
}
