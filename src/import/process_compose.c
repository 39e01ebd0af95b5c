/* A process-compose.yaml: its processes are parrun's, run by the shell that it names. */
#include "import/private.h"

#include <stdlib.h>

#include "base/cron.h"

#define SHELL "bash"

/* What stands in a path for the number of the replica. */
#define REPLICA "{PC_REPLICA_NUM}"

/* Seconds that parrun's waits have at most unless it is told otherwise. */
#define WAIT_MOST 30

/* Process-compose's sizes of a log file are in megabytes; what it keeps without a bound. */
#define LOG_SIZE 100
#define LOG_KEEP 1000

#define WHOLE "write the processes of the other file into this one"
#define FAIL_FAST "'fail_fast: true' of the scenario ends the run where any process fails"
#define NO_OVERLAP "one run goes on at a time; 'overlap' says what comes of a time at which one does"
#define AS_IT_IS "a file holds what the program writes, as it is"

/* ---- keys of a process ---- */

static bool has(const struct node *process, const char *key)
{
    return import_is_word(node_find(process, key), "true");
}

/* A process with the terminal has one. */
static void take_tty(struct import *import, const struct node *value)
{
    if (!has(import->draft->map, "is_foreground"))
        draft_take_true(import, value);
}

static void take_replicas(struct import *import, const struct node *value)
{
    import->draft->replicated = draft_replicas(import, value) > 1;
    if (import->draft->replicated)
        import_note_at(import, value, "PC_REPLICA_NUM is PARRUN_INDEX here, and counts from 1");
}

static bool is_off(const struct node *process)
{
    return has(process, "disabled") || has(process, "is_disabled");
}

/* It has the terminal once somebody starts it. */
static void take_foreground(struct import *import, const struct node *value)
{
    static const char *const streams[] = {"stdin", "stdout", "stderr"};
    for (size_t i = 0; i < countof(streams); i++)
        draft_line(import, streams[i], "inherit");
    import_note_at(import, value, "%s: somebody starts it there; take 'when' out to have it started", import->key);
    import->draft->off = true;
}

static void take_off(struct import *import, const struct node *value)
{
    import->draft->off = true;
    (void)value;
}

static void take_codes(struct import *import, const struct node *value)
{
    struct buf codes = {0};
    for (size_t i = 0; i < value->size; i++)
        buf_printf(&codes, ", %ld", import_number(import, import->key, &value->items[i], 0, 0));
    draft_line(import, import->word, "[0%s]", buf_string(&codes));
    buf_release(&codes);
}

/* The waits are always the same, and with a bound all restarts count. */
static void write_restart(struct import *import, const struct node *value, const char *on)
{
    long wait = import_key_number(import, value, "backoff_seconds", 1);
    long max = import_key_number(import, value, "max_restarts", 0);
    const char *most = wait > WAIT_MOST ? arena_printf(import->arena, ", max_delay: %lds", wait) : "";
    draft_restart(import, on, max,
                  arena_printf(import->arena, "delay: %lds, factor: 1%s%s", wait ? wait : 1, most, max ? ", reset_after: 365d" : ""));
}

static void take_availability(struct import *import, const struct node *value)
{
    const struct node *word = import_take(import, value, "restart");
    const char *text = word ? import_now(import, "restart", word) : "no";
    if (!text)
        return;
    if (!strcmp(text, "always") && node_find(import->draft->map, "schedule"))
        import_dropped(import, "availability.restart", word, "its times start it; it would go on from the first one, and no other come");
    else if (!strcmp(text, "always") || !strcmp(text, "on_failure"))
        write_restart(import, value, *text == 'a' ? "always" : "failure");
    else if (!strcmp(text, "exit_on_failure"))
        import_dropped(import, "availability.restart", word, FAIL_FAST);
    else if (strcmp(text, "no") != 0 && strcmp(text, "false") != 0 && *text)
        import_expected(import, "restart", word, "no, always, on_failure or exit_on_failure");
}

/* ---- how it ends ---- */

/*
 * What a daemon's command leaves may be none of its own, as with 'docker run -d': so it is where another command stops it, and where
 * it has a terminal, which goes with the command.
 */
static bool is_elsewhere(const struct node *process)
{
    return has(process, "is_daemon") && (node_find(node_find(process, "shutdown"), "command") || has(process, "is_tty"));
}

/* A daemon is stopped by its command alone; what waits for that has to be told. */
static void take_stop(struct import *import, const struct node *value)
{
    const char *command = import_value(import, value);
    if (!command)
        import_expected(import, import->key, value, "a text");
    else if (*command)
        texts_add(&import->draft->stop, import->file.shell, "-c",
                  arena_printf(import->arena, is_elsewhere(import->draft->map) ? "%s\nkill \"$PARRUN_PID\"" : "%s", command));
}

static bool has_stop(struct import *import, const struct node *value)
{
    bool has = node_find(node_find(import->draft->map, "shutdown"), "command");
    if (has)
        import_dropped(import, import->key, value, "the command counts");
    return has;
}

static void take_stop_signal(struct import *import, const struct node *value)
{
    if (!has_stop(import, value) && !import_is_word(value, "0"))
        draft_take_signal(import, value);
}

static void take_leader(struct import *import, const struct node *value)
{
    if (!has_stop(import, value))
        pair_add(&import->draft->stop_keys, "to", "leader");
}

/* ---- by the clock ---- */

static bool is_cron(const char *text)
{
    struct cron_fault fault = {0};
    struct cron cron;
    bool is = cron_parse(text, &cron, &fault);
    cron_fault_release(&fault);
    return is;
}

static void write_schedule(struct import *import, const struct node *map, const char *times, const char *period)
{
    struct buf pairs = {0};
    const char *zone = times ? import_key_now(import, map, "timezone", "schedule.timezone") : NULL;
    bool now = !times && import_says(import, map, "run_on_start", "true");
    pair_add(&pairs, times ? "cron" : "every", yaml_quoted(import->arena, times ? times : period));
    pair_add(&pairs, "timezone", zone && *zone ? yaml_quoted(import->arena, zone) : NULL);
    pair_add(&pairs, "first", times ? NULL : now ? "now" : "wait");
    draft_pairs(import, "schedule", &pairs);
}

static void take_schedule(struct import *import, const struct node *value)
{
    const struct node *cron = import_take(import, value, "cron");
    const struct node *interval = cron ? NULL : import_take(import, value, "interval");
    int64_t ns;
    const char *times = cron ? import_now(import, "schedule.cron", cron) : NULL;
    const char *period = interval ? import_duration(import, "schedule.interval", interval, "30m", &ns) : NULL;
    if (times && !is_cron(times))
        import_expected(import, "schedule.cron", cron, "five fields such as \"0 2 * * *\"");
    else if (times || period)
        write_schedule(import, value, times, period);
}

/* ---- its log ---- */

static long setting(struct import *import, const struct node *map, const char *key, long fallback)
{
    long number = import_key_number(import, map, key, fallback);
    return number > 0 ? number : fallback;
}

/* {file: PATH}, with the rotation of the log_configuration beside it. */
static void write_file(struct import *import, const char *key, const char *path)
{
    struct buf pairs = {0};
    const struct node *settings = import_take_map(import, import->draft->map, "log_configuration");
    const struct node *rotation = import_take_map(import, settings, "rotation");
    pair_add(&pairs, "file", yaml_quoted(import->arena, path));
    if (rotation) {
        long keep = setting(import, rotation, "max_backups", LOG_KEEP);
        if (keep > LOG_KEEP)
            import_note_at(import, rotation, "max_backups %ld: parrun keeps %d at most", keep, LOG_KEEP);
        long size = setting(import, rotation, "max_size_mb", LOG_SIZE);
        const char *compress = import_says(import, rotation, "compress", "true") ? ", compress: true" : "";
        buf_printf(&pairs, ", rotate: {size: %ldM, keep: %ld%s}", size, keep < LOG_KEEP ? keep : LOG_KEEP, compress);
    }
    draft_pairs(import, key, &pairs);
}

/* Its path; each replica has a file of its own. */
static const char *log_path(struct import *import, const char *path)
{
    const struct node *replicas = node_find(import->draft->map, "replicas");
    const char *place = strstr(path, REPLICA);
    if (!replicas || replicas->kind != NODE_SCALAR || strtol(replicas->text, NULL, 10) < 2)
        return path;
    int length = (int)(place ? (size_t)(place - path) : strlen(path));
    return arena_printf(import->arena, place ? "%.*s${{ index - 1 }}%s" : "%.*s.${{ index - 1 }}%s", length, path,
                        place ? place + strlen(REPLICA) : "");
}

/* Both streams go into the file and no longer into the log. */
static void take_log(struct import *import, const struct node *value)
{
    const struct node *map = import->draft->map;
    const char *path = import_part(import, map, import->key, NULL);
    if (path && node_find(map, "ready_log_line") && !node_find(map, "readiness_probe")) {
        import_dropped(import, import->key, value, "ready_log_line looks at what goes to the log");
    } else if (path && has(map, "is_foreground")) {
        import_dropped(import, import->key, value, "it has the terminal");
    } else if (path) {
        import_note_at(import, value, "log_location: its output is in the file alone, as it is");
        write_file(import, "stdout", log_path(import, path));
        draft_line(import, "stderr", "stdout");
    }
}

static const struct key_row process_rows[] = {
    {"availability", .take = take_availability, .map = "a mapping"},
    {.path = "command"},
    {"is_daemon", .only = "true"},
    {"disabled is_disabled", .take = take_off, .only = "true"},
    {"depends_on", .take = draft_depends},
    {"description=help", .take = draft_take_text},
    {"env_file", .take = draft_take_env_file},
    {"environment", .take = draft_take_environment},
    {"is_foreground", .take = take_foreground, .only = "true"},
    {"is_tty=tty", .take = take_tty},
    {"log_location", .take = take_log},
    {"replicas", .take = take_replicas},
    {"schedule", .take = take_schedule, .map = "a mapping"},
    {"shutdown", .map = "a mapping"},
    {"shutdown.command", .take = take_stop},
    {"shutdown.signal", .take = take_stop_signal},
    {"shutdown.parent_only", .take = take_leader, .only = "true"},
    {"shutdown.timeout_seconds", .take = draft_take_grace},
    {"success_exit_codes=success_codes", .take = take_codes, .list = "a list of numbers"},
    {"watch", .take = draft_take_watch, .map = "a mapping"},
    {"working_dir=cwd", .take = draft_take_text},
    {"availability.exit_on_end availability.exit_on_skipped disabled is_disabled is_daemon is_foreground "
     "log_configuration.rotation.compress "
     "schedule.run_on_start shutdown.parent_only watch.cascade",
     .only = "false", .why = NOTHING},
    {"readiness_probe.success_threshold schedule.max_concurrent", .only = "1", .why = NOTHING},
    {"env_file.required", .only = "true", .why = NOTHING},
    {"availability.backoff_seconds availability.max_restarts", .why = "nothing restarts it"},
    {"schedule.max_concurrent", .why = NO_OVERLAP},
    {"schedule.interval schedule.run_on_start", .why = "with 'cron' its times alone start it"},
    {"availability.exit_on_end", .why = "with 'daemon: true' the others end when what is no daemon has ended"},
    {"availability.exit_on_skipped", .why = FAIL_FAST},
    {"extends", .why = "what the other process says has to be written here"},
    {"log_configuration*", .why = AS_IT_IS},
    {"launch_timeout_seconds", .why = "the timeout of 'ready' says how long it may take to go into the background"},
    {"entrypoint", .why = "the command counts"},
    {"vars", .why = "'{{ }}' in the command is left as it is"},
    {"watch.cascade", .why = "nothing depends on it"},
    {0},
};

/* ---- what it runs ---- */

static void write_entrypoint(struct import *import, const struct node *node)
{
    struct texts words = {0};
    if (node->kind != NODE_LIST || !node->size)
        import_expected(import, "entrypoint", node, "a list of texts");
    else if (import_texts(import, "entrypoint", node, 0, &words))
        draft_list(import, "exec", &words);
    texts_release(&words);
}

/* A daemon's command ends when it has left its process behind; what stands for that waits here. */
static void write_command(struct import *import, const struct node *node)
{
    bool elsewhere = is_elsewhere(import->draft->map);
    const struct node *daemon = node_find(import->draft->map, "is_daemon");
    if (node->kind != NODE_SCALAR) {
        import_expected(import, "command", node, "a line for the shell");
        return;
    }
    const char *text = import_template(import, node, node->text, TEMPLATE_SHELL);
    if (elsewhere) {
        text = arena_printf(import->arena, "(\n%s\n) || exit\nexec sleep infinity", text);
        import_note_at(import, daemon, "is_daemon: it runs until it is stopped, whatever the command leaves behind");
    } else if (import_is_word(daemon, "true")) {
        draft_line(import, "forking", "true");
        import_note_at(import, daemon,
                       "is_daemon: the process is what its command leaves in the background; where that is none of its own, as with docker "
                       "run -d, run it in the foreground");
    }
    draft_text(import, "run", text);
    draft_text(import, "shell", import->file.shell);
}

static void read_process(struct import *import, const struct node *key)
{
    const struct node *map = import->draft->map;
    import->rows[0] = process_rows;
    import->rows[1] = probe_rows;
    if (node_find(map, "command"))
        write_command(import, node_find(map, "command"));
    else if (node_find(map, "entrypoint"))
        write_entrypoint(import, import_take(import, map, "entrypoint"));
    else
        import_runs_nothing(import, key, "process", "has no command", "give it a 'command'");
    import_read(import);
    if (draft_follows(import))
        draft_line(import, "cascade", "true");
}

/* ---- the file ---- */

/* One file for all: the log itself. */
static void take_all_log(struct import *import, const struct node *value)
{
    const char *path = import_part(import, import->root, import->key, NULL);
    if (!path)
        return;
    write_file(import, "log", path);
    import_note_at(import, value, "log_location: the file has what parrun tells, which is then not on the terminal.");
}

static void take_name(struct import *import, const struct node *value)
{
    const char *name = import_now(import, import->key, value);
    if (name && *name)
        draft_line(import, "name", "%s", yaml_quoted(import->arena, name));
}

/* The shell that the file names, bash where it names none. */
static void take_shell(struct import *import, const struct node *value)
{
    const char *command = import_value(import, value);
    if (!command)
        import_expected(import, import->key, value, "a text");
    else if (*command)
        import->file.shell = command;
}

static void take_plain(struct import *import, const struct node *value)
{
    import_note_at(import, value, "%s: each '$' is left as it is", import->key);
}

static const struct key_row top_rows[] = {
    {.path = "processes"},
    {"disable_env_expansion", .take = take_plain, .only = "true"},
    {"environment", .take = draft_take_environment},
    {"log_location", .take = take_all_log},
    {"name", .take = take_name},
    {"shell", .map = "a mapping"},
    {"shell.shell_command", .take = take_shell},
    {"ordered_shutdown", .only = "true", .why = NOTHING},
    {"disable_env_expansion log_configuration.rotation.compress", .only = "false", .why = NOTHING},
    {"shell.shell_argument", .only = "-c", .why = NOTHING},
    {"version", .why = NOTHING},
    {"extends", .why = WHOLE},
    {"is_strict", .why = "import tells of each key that it does not know"},
    {"log_configuration*", .why = AS_IT_IS},
    {"ordered_shutdown", .why = "parrun stops in the order of depends_on"},
    {"shell.shell_argument", .why = "parrun gives the shell -c"},
    {"vars", .why = "'{{ }}' in the commands is left as it is"},
    {0},
};

static void begin(struct import *import)
{
    if (has(import->root, "disable_env_expansion"))
        import->dollar = DOLLAR_PLAIN;
    import->file.shell = SHELL;
}

static void explain(struct import *import)
{
    if (import->raw)
        import_note(import, "raw(): process-compose puts ${NAME} into a command without quotes.");
    if (!import_beside(import, ".env"))
        return;
    import_note(import, ".env: of a variable that is set already process-compose leaves the value, parrun takes the file's.");
    if (import->variables)
        import_note(import, "env.NAME is taken from the environment alone, not from .env too.");
    draft_line(import, "env_file", ".env");
}

const struct import_kind import_processes = {
    .key = "processes",
    .hint = "write NAME: {command: COMMAND}",
    .object = "the keys of a process",
    .dollar = DOLLAR_BRACES,
    .rows = top_rows,
    .begin = begin,
    .read = read_process,
    .explain = explain,
    .overrides = (const char *const[]){"process-compose.override.yaml", "process-compose.override.yml", NULL},
    .tells_ready = process_tells_ready,
    .is_off = is_off,
    .conditions = "process_started=started process_healthy=ready process_log_ready=ready process_completed=completed "
                  "process_completed_successfully=succeeded",
    .condition = "process_completed",
    .replica = "{{.PC_REPLICA_NUM}}",
    .whole = WHOLE,
};
