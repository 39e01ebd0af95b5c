/* A process-compose.yaml: its processes are parrun's, run by the shell that it names. */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "scenario/import_process.h"
#include "scenario/show.h"
#include "scenario/tree.h"

#define SHELL "bash"

#define REPLICAS_MOST 1024

/* Seconds that parrun's waits have at most unless it is told otherwise. */
#define WAIT_MOST 30

/* Keys of a process: what is done with them, or why there is no equal. */
struct row {
    const char *key;
    void (*take)(struct process *process, const struct node *value);
    const char *why;
};

/* command and entrypoint are read by read_process(). */
static void take_later(struct process *process, const struct node *value)
{
    (void)process;
    (void)value;
}

static void take_directory(struct process *process, const struct node *value)
{
    const char *path = import_value(process->draft.import, value);
    if (path)
        draft_text(&process->draft, "cwd", path);
    else
        import_expected(process->draft.import, process->name, "working_dir", value, "a path");
}

static void take_env_file(struct process *process, const struct node *value)
{
    draft_paths(&process->draft, process->name, "env_file", value);
}

static void take_environment(struct process *process, const struct node *value)
{
    import_env(process->draft.import, &process->draft, process->name, value, &process->draft.keys,
               4);
}

static void take_description(struct process *process, const struct node *value)
{
    if (value->kind == NODE_SCALAR && value->size)
        draft_text(&process->draft, "help", import_value(process->draft.import, value));
}

static void take_replicas(struct process *process, const struct node *value)
{
    long number = draft_number(&process->draft, process->name, "replicas", value, 1, 0);
    if (number > REPLICAS_MOST) {
        draft_dropped(&process->draft, "replicas", value, "parrun runs 1024 at most; it runs one");
    } else if (number > 1) {
        draft_line(&process->draft, "replicas", "%ld", number);
        draft_note(&process->draft, "PC_REPLICA_NUM is PARRUN_INDEX here, and counts from 1");
    }
}

static bool is_off(const struct node *process)
{
    return import_is_word(import_find(process, "disabled"), "true");
}

static void take_depends(struct process *process, const struct node *value)
{
    struct order order = {process->all, process_tells_ready, is_off};
    draft_depends(&process->draft, &order, process->name, value);
}

/* The waits are always the same, and with a bound all restarts count. */
static void write_restart(struct process *process, const char *on, long wait, long max)
{
    struct buf waits = {0};
    buf_printf(&waits, ", delay: %lds, factor: 1", wait);
    if (wait > WAIT_MOST)
        buf_printf(&waits, ", max_delay: %lds", wait);
    buf_text(&waits, max ? ", reset_after: 365d" : "");
    draft_restart(&process->draft, on, max, buf_string(&waits));
    buf_release(&waits);
}

static void note_end(struct process *process, const char *key, const struct node *value)
{
    draft_dropped(&process->draft, key, value,
                  "'fail_fast: true' of the scenario ends the run where any process fails");
}

static void take_availability(struct process *process, const struct node *value)
{
    struct draft *draft = &process->draft;
    const struct node *word = import_find(value, "restart");
    const struct node *ends = import_find(value, "exit_on_end");
    const struct node *skipped = import_find(value, "exit_on_skipped");
    long wait = draft_number(draft, process->name, "backoff_seconds",
                             import_find(value, "backoff_seconds"), 1, 0);
    long max = draft_number(draft, process->name, "max_restarts",
                            import_find(value, "max_restarts"), 0, 0);
    if (wait < 0 || max < 0)
        return;
    if (import_is_word(word, "always") || import_is_word(word, "on_failure"))
        write_restart(process, *word->text == 'a' ? "always" : "failure", wait ? wait : 1, max);
    else if (import_is_word(word, "exit_on_failure"))
        note_end(process, "availability.restart", word);
    else if (word && !import_is_word(word, "no") && !import_is_word(word, "false"))
        import_expected(draft->import, process->name, "restart", word,
                        "no, always, on_failure or exit_on_failure");
    else if (value->kind != NODE_MAP)
        import_expected(draft->import, process->name, "availability", value, "a mapping");
    if (import_is_word(ends, "true"))
        draft_dropped(draft, "availability.exit_on_end", ends,
                      "with 'daemon: true' the others end when what is no daemon has ended");
    if (import_is_word(skipped, "true"))
        note_end(process, "availability.exit_on_skipped", skipped);
}

static void take_daemon(struct process *process, const struct node *value)
{
    if (value->kind == NODE_SCALAR && !strcmp(value->text, "true"))
        draft_note(&process->draft,
                   "is_daemon: the command leaves a process behind; parrun ends it with the run");
}

static void take_disabled(struct process *process, const struct node *value)
{
    if (value->kind == NODE_SCALAR && !strcmp(value->text, "true"))
        process->draft.off = true;
}

static void take_stop(struct process *process, const struct node *command)
{
    const char *text = import_value(process->draft.import, command);
    if (!text) {
        import_expected(process->draft.import, process->name, "shutdown.command", command,
                        "a line for the shell");
        return;
    }
    texts_add(&process->draft.stop, process->shell);
    texts_add(&process->draft.stop, "-c");
    texts_add(&process->draft.stop, text);
}

static void take_shutdown(struct process *process, const struct node *value)
{
    if (value->kind != NODE_MAP) {
        import_expected(process->draft.import, process->name, "shutdown", value, "a mapping");
        return;
    }
    for (size_t i = 0; i < value->size; i++) {
        const char *key = node_key(value, i)->text;
        const struct node *item = node_value(value, i);
        if (!strcmp(key, "signal"))
            draft_signal(&process->draft, process->name, item);
        else if (!strcmp(key, "timeout_seconds"))
            draft_grace(&process->draft, process->name, item);
        else if (!strcmp(key, "command") && !import_is_nothing(item))
            take_stop(process, item);
        else if (!import_is_nothing(item) && !import_is_word(item, "false"))
            draft_dropped(&process->draft,
                          arena_printf(process->draft.import->arena, "shutdown.%s", key), item,
                          NULL);
    }
}

static const struct row rows[] = {
    {"availability", take_availability, NULL},
    {"command", take_later, NULL},
    {"depends_on", take_depends, NULL},
    {"description", take_description, NULL},
    {"disabled", take_disabled, NULL},
    {"entrypoint", take_later, NULL},
    {"env_file", take_env_file, NULL},
    {"environment", take_environment, NULL},
    {"is_daemon", take_daemon, NULL},
    {"is_foreground", NULL, "a process of parrun has no terminal"},
    {"is_tty", NULL, "a process of parrun has no terminal"},
    {"liveness_probe", process_liveness, NULL},
    {"log_configuration", process_log_settings, NULL},
    {"log_location", process_log, NULL},
    {"readiness_probe", process_readiness, NULL},
    {"ready_log_line", process_log_line, NULL},
    {"replicas", take_replicas, NULL},
    {"shutdown", take_shutdown, NULL},
    {"vars", NULL, "'{{ }}' in the command is left as it is"},
    {"working_dir", take_directory, NULL},
};

static void take_key(struct process *process, const struct node *key, const struct node *value)
{
    if (!strncmp(key->text, "x-", 2) || import_is_nothing(value))
        return;
    for (size_t i = 0; i < countof(rows); i++) {
        if (strcmp(rows[i].key, key->text) != 0)
            continue;
        if (rows[i].take)
            rows[i].take(process, value);
        else
            draft_dropped(&process->draft, key->text, value, rows[i].why);
        return;
    }
    draft_dropped(&process->draft, key->text, value, NULL);
}

static void write_entrypoint(struct process *process, const struct node *node)
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
        import_expected(import, process->name, "entrypoint", node, "a list of texts");
    texts_release(&words);
}

static void write_command(struct process *process, const struct node *node)
{
    struct import *import = process->draft.import;
    struct buf text = {0};
    if (node->kind != NODE_SCALAR) {
        import_expected(import, process->name, "command", node, "a line for the shell");
        return;
    }
    import_template(import, node, node->text, TEMPLATE_SHELL, &text);
    draft_text(&process->draft, "run", buf_string(&text));
    draft_text(&process->draft, "shell", process->shell);
    buf_release(&text);
}

static void read_process(struct import *import, const struct node *key, const struct node *map,
                         const struct node *all, const char *shell)
{
    struct process process = {.name = key->text, .map = map, .all = all, .shell = shell};
    const struct node *command = import_find(map, "command");
    const struct node *entrypoint = import_find(map, "entrypoint");
    draft_init(&process.draft, import, key->text);
    if (command)
        write_command(&process, command);
    else if (entrypoint)
        write_entrypoint(&process, entrypoint);
    else
        diag_error(import->diags, node_mark(import->source, key), "give it a 'command'",
                   "process '%s' has no command", show_text(key->text, key->size).text);
    for (size_t i = 0; map->kind == NODE_MAP && i < map->size; i++)
        take_key(&process, node_key(map, i), node_value(map, i));
    draft_finish(&process.draft);
}

/* The shell that the file names, bash where it names none. */
static const char *read_shell(struct import *import, const struct node *node)
{
    const struct node *command = import_find(node, "shell_command");
    const struct node *argument = import_find(node, "shell_argument");
    if (argument && (argument->kind != NODE_SCALAR || strcmp(argument->text, "-c") != 0))
        import_head(import, "shell_argument: parrun gives the shell -c.");
    return command && command->kind == NODE_SCALAR && command->size ? command->text : SHELL;
}

static void drop_top(struct import *import, const char *key, const struct node *value)
{
    struct buf shown = {0};
    import_show(&shown, value);
    import_head(import, "%s %s: no equal in parrun's version 1.", show_text(key, strlen(key)).text,
                buf_string(&shown));
    buf_release(&shown);
}

/* Keys beside 'processes'; returns the shell. The environment's lines go into ENV. */
static const char *read_top(struct import *import, const struct node *root, struct buf *env)
{
    static const char *const passed[] = {
        "version",   "processes",  "is_strict",        "disable_env_expansion",
        "log_level", "log_length", "log_configuration"};
    const char *shell = SHELL;
    const struct node *literal = import_find(root, "disable_env_expansion");
    bool plain = literal && literal->kind == NODE_SCALAR && !strcmp(literal->text, "true");
    import->dollar = plain ? DOLLAR_PLAIN : DOLLAR_LENIENT;
    for (size_t i = 0; i < root->size; i++) {
        const char *key = node_key(root, i)->text;
        const struct node *value = node_value(root, i);
        bool known = !strncmp(key, "x-", 2) || import_is_nothing(value);
        for (size_t k = 0; k < countof(passed); k++)
            known |= !strcmp(key, passed[k]);
        if (known)
            continue;
        if (!strcmp(key, "environment"))
            import_env(import, NULL, "the file", value, env, 0);
        else if (!strcmp(key, "log_location"))
            process_log_of_all(import, root, value, env);
        else if (!strcmp(key, "shell"))
            shell = read_shell(import, value);
        else
            drop_top(import, key, value);
    }
    return shell;
}

static void explain(struct import *import)
{
    if (import->raw)
        import_head(import, "raw(): process-compose puts variables into a command without quotes.");
    if (import->specials)
        import_head(import, "$1, $? and the like: process-compose puts nothing there, here the "
                            "shell has them.");
}

bool import_processes(struct import *import, const struct node *root)
{
    const struct node *processes = import_find(root, "processes");
    struct buf env = {0};
    const char *shell = read_top(import, root, &env);
    if (processes->kind != NODE_MAP) {
        diag_error(import->diags, node_mark(import->source, processes),
                   "write NAME: {command: COMMAND}",
                   "'processes': expected a mapping of names to processes, found %s",
                   show_node(processes).text);
    } else {
        for (size_t i = 0; i < processes->size; i++) {
            const struct node *key = node_key(processes, i);
            read_process(import, key, node_value(processes, i), processes, shell);
        }
        if (!processes->size)
            diag_error(import->diags, node_mark(import->source, processes), NULL,
                       "'processes': there is nothing to run");
    }
    explain(import);
    buf_append(&import->head, buf_string(&env), env.length);
    buf_release(&env);
    return true;
}
