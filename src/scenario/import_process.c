/* A process-compose.yaml: its processes are parrun's, run by the shell that it names. */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "scenario/import_private.h"
#include "scenario/show.h"
#include "scenario/tree.h"

#define SHELL "bash"

/* A process of the file. */
struct process {
    const char *name;
    const struct node *map;
    const char *shell;
    struct draft draft;
};

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

/* Both streams go into the file and no longer into the log. */
static void take_log(struct process *process, const struct node *value)
{
    const char *path = import_value(process->draft.import, value);
    struct buf *out = &process->draft.keys;
    if (!path) {
        import_expected(process->draft.import, process->name, "log_location", value, "a path");
        return;
    }
    draft_note(&process->draft, "log_location: its output is in the file alone, as it is");
    buf_text(out, "    stdout: {file: ");
    import_quote(out, path);
    buf_text(out, "}\n    stderr: stdout\n");
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
        buf_text(&process->draft.keys, "    when: false\n");
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
        else
            draft_dropped(&process->draft,
                          arena_printf(process->draft.import->arena, "shutdown.%s", key), item,
                          NULL);
    }
}

static const struct row rows[] = {
    {"command", take_later, NULL},
    {"description", take_description, NULL},
    {"disabled", take_disabled, NULL},
    {"entrypoint", take_later, NULL},
    {"env_file", take_env_file, NULL},
    {"environment", take_environment, NULL},
    {"is_daemon", take_daemon, NULL},
    {"is_foreground", NULL, "a process of parrun has no terminal"},
    {"is_tty", NULL, "a process of parrun has no terminal"},
    {"log_location", take_log, NULL},
    {"replicas", NULL, "no equal in parrun's version 1; one is started"},
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
                         const char *shell)
{
    struct process process = {.name = key->text, .map = map, .shell = shell};
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
        "version", "processes", "is_strict", "disable_env_expansion", "log_level", "log_length"};
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
            read_process(import, key, node_value(processes, i), shell);
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
