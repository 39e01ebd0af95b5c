/* A process-compose.yaml: its processes are parrun's, run by the shell that it names. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "import/process_compose.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

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

/* ---- keys of a process ---- */

/* A process with the terminal has one. */
static void take_tty(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    if (!import_is_word(node_find(process->map, "is_foreground"), "true"))
        draft_take_true(object, row, value);
}

static long replicas_of(const struct foreign_process *process)
{
    const struct node *node = node_find(process->map, "replicas");
    return node && node->kind == NODE_SCALAR ? strtol(node->text, NULL, 10) : 1;
}

static void take_replicas(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    (void)row;
    if (draft_replicas(&process->draft, value) > 1)
        import_note(process->draft.import, "PC_REPLICA_NUM is PARRUN_INDEX here, and counts from 1");
}

static bool is_off(const struct node *process)
{
    return import_is_word(node_find(process, "disabled"), "true") ||
           import_is_word(node_find(process, "is_disabled"), "true");
}

static void take_disabled(void *object, const struct key_row *row, const struct node *value)
{
    (void)row;
    ((struct foreign_process *)object)->draft.off |= import_is_word(value, "true");
}

/* It has the terminal once somebody starts it. */
static void take_foreground(void *object, const struct key_row *row, const struct node *value)
{
    static const char *const streams[] = {"stdin", "stdout", "stderr"};
    struct foreign_process *process = object;
    if (!import_is_word(value, "true"))
        return;
    for (size_t i = 0; i < countof(streams); i++)
        draft_line(&process->draft, streams[i], "inherit");
    import_note(process->draft.import,
                "%s: somebody starts it there; take 'when' out to have it started", row->path);
    process->draft.off = true;
}

static void take_depends(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct start_order order = {process->all, process_tells_ready, is_off, "process_completed"};
    (void)row;
    draft_depends(&process->draft, &order, value, &(struct texts){0});
}

static void take_codes(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct import *import = process->draft.import;
    struct buf codes = {0};
    for (size_t i = 0; value->kind == NODE_LIST && i < value->size; i++)
        buf_printf(&codes, ", %ld", import_number(import, row->path, &value->items[i], 0, 0));
    draft_line(&process->draft, row->name, "[0%s]", buf_string(&codes));
    buf_release(&codes);
}

/* The waits are always the same, and with a bound all restarts count. */
static void write_restart(struct foreign_process *process, const char *on, long wait, long max)
{
    struct buf waits = {0};
    buf_printf(&waits, ", delay: %lds, factor: 1", wait);
    if (wait > WAIT_MOST)
        buf_printf(&waits, ", max_delay: %lds", wait);
    buf_text(&waits, max ? ", reset_after: 365d" : "");
    draft_restart(&process->draft, on, max, buf_string(&waits));
    buf_release(&waits);
}

static void take_availability(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct import *import = process->draft.import;
    const struct node *word = import_take(import, value, "restart");
    const char *text = word ? import_now(import, "restart", word) : "no";
    long wait = import_key_number(import, value, "backoff_seconds", 1, 0);
    long max = import_key_number(import, value, "max_restarts", 0, 0);
    if (value->kind != NODE_MAP)
        import_expected(import, row->path, value, "a mapping");
    if (!text || wait < 0 || max < 0)
        return;
    if (!strcmp(text, "always") || !strcmp(text, "on_failure"))
        write_restart(process, *text == 'a' ? "always" : "failure", wait ? wait : 1, max);
    else if (!strcmp(text, "exit_on_failure"))
        import_dropped(import, "availability.restart", word, FAIL_FAST);
    else if (strcmp(text, "no") != 0 && strcmp(text, "false") != 0 && *text)
        import_expected(import, "restart", word, "no, always, on_failure or exit_on_failure");
    if (import_is_word(node_find(value, "exit_on_end"), "false"))
        import_take(import, value, "exit_on_end");
    if (import_is_word(node_find(value, "exit_on_skipped"), "false"))
        import_take(import, value, "exit_on_skipped");
}

/* ---- how it ends ---- */

static bool is_daemon(const struct foreign_process *process)
{
    return import_is_word(node_find(process->map, "is_daemon"), "true");
}

/* What its command leaves may be none of its own, as with 'docker run -d': so it is where another command stops it, and where it has
 * a terminal, which goes with the command. */
static bool is_elsewhere(const struct foreign_process *process)
{
    const struct node *shutdown = node_find(process->map, "shutdown");
    bool stops = shutdown && shutdown->kind == NODE_MAP && node_find(shutdown, "command");
    return is_daemon(process) && (stops || import_is_word(node_find(process->map, "is_tty"), "true"));
}

/* A daemon is stopped by its command alone; what waits for that has to be told. */
static void write_stop_command(struct foreign_process *process, const char *text)
{
    struct arena *arena = process->draft.import->arena;
    texts_add(&process->draft.stop, process->shell);
    texts_add(&process->draft.stop, "-c");
    texts_add(&process->draft.stop,
              is_elsewhere(process) ? arena_printf(arena, "%s\nkill \"$PARRUN_PID\"", text) : text);
}

static void take_shutdown(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct import *import = process->draft.import;
    const char *command = import_text(import, value, "command");
    const struct node *timeout = import_take(import, value, "timeout_seconds");
    const struct node *signal = command ? NULL : import_take(import, value, "signal");
    if (value->kind != NODE_MAP)
        import_expected(import, row->path, value, "a mapping");
    if (command && *command)
        write_stop_command(process, command);
    if (timeout)
        draft_take_grace(process, &(struct key_row){.path = "shutdown.timeout_seconds"}, timeout);
    if (signal && !import_is_word(signal, "0"))
        draft_take_signal(process, &(struct key_row){.path = "shutdown.signal"}, signal);
    if (!command)
        process->draft.leader = import_flag(import, value, "parent_only");
}

/* ---- its log ---- */

static long setting(struct import *import, const struct node *map, const char *key, long fallback)
{
    long number = import_key_number(import, map, key, fallback, 0);
    return number > 0 ? number : fallback;
}

void process_rotation(struct import *import, const struct node *settings, struct buf *out)
{
    const struct node *rotation = settings ? import_take(import, settings, "rotation") : NULL;
    if (!rotation)
        return;
    long keep = setting(import, rotation, "max_backups", LOG_KEEP);
    buf_printf(out, ", rotate: {size: %ldM, keep: %ld%s}",
               setting(import, rotation, "max_size_mb", LOG_SIZE),
               keep < LOG_KEEP ? keep : LOG_KEEP,
               import_flag(import, rotation, "compress") ? ", compress: true" : "");
}

/* Its path; each replica has a file of its own. */
static const char *log_path(struct foreign_process *process, const char *path)
{
    struct arena *arena = process->draft.import->arena;
    const char *place = strstr(path, REPLICA);
    if (replicas_of(process) < 2)
        return path;
    if (!place)
        return arena_printf(arena, "%s.${{ index - 1 }}", path);
    return arena_printf(arena, "%.*s${{ index - 1 }}%s", (int)(place - path), path,
                        place + strlen(REPLICA));
}

/* Both streams go into the file and no longer into the log. */
static void take_log(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct import *import = process->draft.import;
    struct buf *out = &process->draft.keys;
    const char *path = import_text(import, process->map, row->path);
    if (!path)
        return;
    if (node_find(process->map, "ready_log_line") &&
        !node_find(process->map, "readiness_probe")) {
        import_dropped(import, row->path, value, "ready_log_line looks at what goes to the log");
        return;
    }
    import_note(import, "log_location: its output is in the file alone, as it is");
    buf_text(out, "    stdout: {file: ");
    import_quote(out, log_path(process, path));
    process_rotation(import, import_take(import, process->map, "log_configuration"), out);
    buf_text(out, "}\n    stderr: stdout\n");
}

static const struct key_row rows[] = {
    {"availability", take_availability, NULL},
    {"command", import_later, NULL},
    {"depends_on", take_depends, NULL},
    {"description", draft_take_text, "help"},
    {"disabled", take_disabled, NULL},
    {"env_file", draft_take_env_file, NULL},
    {"environment", draft_take_environment, NULL},
    {"is_daemon", import_later, NULL},
    {"is_disabled", take_disabled, NULL},
    {"is_foreground", take_foreground, NULL},
    {"is_tty", take_tty, "tty"},
    {"log_location", take_log, NULL},
    {"replicas", take_replicas, NULL},
    {"schedule", process_take_schedule, NULL},
    {"shutdown", take_shutdown, NULL},
    {"success_exit_codes", take_codes, "success_codes"},
    {"watch", process_take_watch, NULL},
    {"working_dir", draft_take_text, "cwd"},
    {"availability.exit_on_end", NULL,
     "with 'daemon: true' the others end when what is no daemon has ended"},
    {"availability.exit_on_skipped", NULL, FAIL_FAST},
    {"entrypoint", NULL, "the command counts"},
    {"extends", NULL, "what the other process says has to be written here"},
    {"log_configuration*", NULL, "a file holds what the program writes, as it is"},
    {"launch_timeout_seconds", NULL, "the timeout of 'ready' says how long it may take to go into the background"},
    {"shutdown.signal", NULL, "the command counts"},
    {"vars", NULL, "'{{ }}' in the command is left as it is"},
};

static const struct key_rows process_rows = {rows, countof(rows)};

/* ---- what it runs ---- */

static void write_entrypoint(struct foreign_process *process, const struct node *node)
{
    struct import *import = process->draft.import;
    struct texts words = {0};
    bool fine = node->kind == NODE_LIST && node->size;
    for (size_t i = 0; fine && i < node->size; i++) {
        const char *text = import_value(import, &node->items[i]);
        texts_add(&words, text ? text : "");
        fine = text;
    }
    if (fine)
        draft_list(&process->draft, "exec", &words);
    else
        import_expected(import, "entrypoint", node, "a list of texts");
    texts_release(&words);
}

/* A daemon's command ends when it has left its process behind; what stands for that waits here. */
static void write_command(struct foreign_process *process, const struct node *node)
{
    struct import *import = process->draft.import;
    struct buf text = {0};
    if (node->kind != NODE_SCALAR) {
        import_expected(import, "command", node, "a line for the shell");
        return;
    }
    buf_text(&text, is_elsewhere(process) ? "(\n" : "");
    import_template(import, node, node->text, TEMPLATE_SHELL, &text);
    if (is_elsewhere(process)) {
        buf_text(&text, "\n) || exit\nexec sleep infinity");
        import_note(import,
                    "is_daemon: it runs until it is stopped, whatever the command leaves behind");
    } else if (is_daemon(process)) {
        draft_line(&process->draft, "forking", "true");
        import_note(import, "is_daemon: the process is what its command leaves in the background; where that is none of its own, as "
                            "with docker run -d, run it in the foreground");
    }
    draft_text(&process->draft, "run", buf_string(&text));
    draft_text(&process->draft, "shell", process->shell);
    buf_release(&text);
}

static void read_process(struct import *import, const struct node *key, const struct node *map,
                         const struct node *all, const char *shell)
{
    const struct key_rows lists[] = {process_rows, probe_rows};
    struct foreign_process process = {.map = map, .all = all, .shell = shell};
    const struct node *command = node_find(map, "command");
    const struct node *entrypoint = node_find(map, "entrypoint");
    draft_init(&process.draft, import, key->text);
    if (command)
        write_command(&process, command);
    else if (entrypoint)
        write_entrypoint(&process, import_take(import, map, "entrypoint"));
    else
        import_runs_nothing(import, key, map, "process", "has no command", "give it a 'command'");
    import_object(import, &process, map, lists, countof(lists));
    if (process_follows(&process))
        draft_line(&process.draft, "cascade", "true");
    import_rest(import, map, lists, countof(lists));
    draft_finish(&process.draft);
}

/* ---- the file ---- */

struct compose_file {
    struct import *import;
    const struct node *root;
    const char *shell;
    struct buf env; /* lines that stand behind the comments */
};

static void take_all_environment(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_file *file = object;
    (void)row;
    import_env(file->import, value, &file->env, 0);
}

/* One file for all: the log itself. */
static void take_all_log(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_file *file = object;
    const char *path = import_text(file->import, file->root, row->path);
    (void)value;
    if (!path)
        return;
    buf_text(&file->env, "log: {file: ");
    import_quote(&file->env, path);
    process_rotation(file->import, import_take(file->import, file->root, "log_configuration"),
                     &file->env);
    buf_text(&file->env, "}\n");
    import_note(file->import,
                "log_location: the file has what parrun tells, which is then not on the "
                "terminal.");
}

static void take_name(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_file *file = object;
    const char *name = import_now(file->import, row->path, value);
    if (!name || !*name)
        return;
    buf_text(&file->env, "name: ");
    import_quote(&file->env, name);
    buf_char(&file->env, '\n');
}

/* The shell that the file names, bash where it names none. */
static void take_shell(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_file *file = object;
    const struct node *argument = node_find(value, "shell_argument");
    const char *command = import_text(file->import, value, "shell_command");
    (void)row;
    if (import_is_word(argument, "-c"))
        import_take(file->import, value, "shell_argument");
    if (command && *command)
        file->shell = command;
}

/* parrun stops in the order of what depends on what in any case. */
static void take_ordered(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_file *file = object;
    if (import_is_word(value, "false"))
        import_dropped(file->import, row->path, value, "parrun stops in the order of depends_on");
}

static const struct key_row top[] = {
    {"disable_env_expansion", import_later, NULL},
    {"environment", take_all_environment, NULL},
    {"log_location", take_all_log, NULL},
    {"name", take_name, NULL},
    {"ordered_shutdown", take_ordered, NULL},
    {"processes", import_later, NULL},
    {"shell", take_shell, NULL},
    {"version", import_later, NULL},
    {"extends", NULL, WHOLE},
    {"is_strict", NULL, "import tells of each key that it does not know"},
    {"log_configuration*", NULL, "a file holds what the program writes, as it is"},
    {"shell.shell_argument", NULL, "parrun gives the shell -c"},
    {"vars", NULL, "'{{ }}' in the commands is left as it is"},
};

static const struct key_rows top_rows = {top, countof(top)};

static void explain(struct import *import)
{
    static const char *const overrides[] = {"process-compose.override.yaml",
                                            "process-compose.override.yml"};
    if (import->raw)
        import_note(import, "raw(): process-compose puts ${NAME} into a command without quotes.");
    for (size_t i = 0; i < countof(overrides); i++)
        if (import_is_beside(import, overrides[i]))
            import_note(import, "%s is not read here: " WHOLE ".", overrides[i]);
    if (!import_is_beside(import, ".env"))
        return;
    import_note(import,
                ".env: of a variable that is set already process-compose leaves the value, parrun "
                "takes the file's.");
    if (import->variables)
        import_note(import, "env.NAME is taken from the environment alone, not from .env too.");
    buf_text(&import->head, "env_file: .env\n");
}

bool import_processes(struct import *import, const struct node *root)
{
    const struct node *processes = node_find(root, "processes");
    struct compose_file file = {.import = import, .root = root, .shell = SHELL};
    bool plain = import_is_word(node_find(root, "disable_env_expansion"), "true");
    import->dollar = plain ? DOLLAR_PLAIN : DOLLAR_BRACES;
    import->whole = WHOLE;
    import->replicas = true;
    import->owner = "the file";
    import_object(import, &file, root, &top_rows, 1);
    import_whole(import, processes);
    import_rest(import, root, &top_rows, 1);
    if (processes->kind != NODE_MAP || !processes->size)
        diag_error(import->diags, node_mark(import->source, processes),
                   "write NAME: {command: COMMAND}",
                   "'processes': expected a mapping of names to processes, found %s",
                   show_node(processes).text);
    for (size_t i = 0; processes->kind == NODE_MAP && i < processes->size; i++)
        read_process(import, node_key(processes, i), node_value(processes, i), processes,
                     file.shell);
    explain(import);
    buf_append(&import->head, buf_string(&file.env), file.env.length);
    buf_release(&file.env);
    return true;
}
