/* The log files of process-compose, and how they rotate. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "scenario/import_process.h"
#include "scenario/tree.h"

/* What stands in a path for the number of the replica. */
#define REPLICA "{PC_REPLICA_NUM}"

/* Process-compose's sizes of a log file are in megabytes; what it keeps without a bound. */
#define LOG_SIZE 100
#define LOG_KEEP 1000

static long setting(struct import *import, const struct node *map, const char *key, long fallback)
{
    struct draft draft = {.import = import};
    const struct node *node = import_find(map, key);
    long number = draft_number(&draft, "rotation", key, node, fallback, 0);
    return number > 0 ? number : fallback;
}

/* ", rotate: {...}" for log_configuration, which may be NULL. */
static void write_rotation(struct import *import, const struct node *settings, struct buf *out)
{
    const struct node *rotation = settings ? import_find(settings, "rotation") : NULL;
    if (!rotation)
        return;
    long keep = setting(import, rotation, "max_backups", LOG_KEEP);
    buf_printf(out, ", rotate: {size: %ldM, keep: %ld%s}",
               setting(import, rotation, "max_size_mb", LOG_SIZE),
               keep < LOG_KEEP ? keep : LOG_KEEP,
               import_is_word(import_find(rotation, "compress"), "true") ? ", compress: true" : "");
}

static long replicas_of(const struct process *process)
{
    const struct node *node = import_find(process->map, "replicas");
    return node && node->kind == NODE_SCALAR ? strtol(node->text, NULL, 10) : 1;
}

/* Its path; each replica has a file of its own. */
static const char *log_path(struct process *process, const char *path)
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
void process_log(struct process *process, const struct node *value)
{
    const char *path = import_value(process->draft.import, value);
    const struct node *settings = import_find(process->map, "log_configuration");
    struct buf *out = &process->draft.keys;
    if (!path) {
        import_expected(process->draft.import, process->name, "log_location", value, "a path");
        return;
    }
    if (process_tells_ready(process->map) && !import_find(process->map, "readiness_probe")) {
        draft_dropped(&process->draft, "log_location", value,
                      "ready_log_line looks at what goes to the log");
        return;
    }
    draft_note(&process->draft, "log_location: its output is in the file alone, as it is");
    buf_text(out, "    stdout: {file: ");
    import_quote(out, log_path(process, path));
    write_rotation(process->draft.import, settings, out);
    buf_text(out, "}\n    stderr: stdout\n");
}

/* What process_log() does not take. */
void process_log_settings(struct process *process, const struct node *value)
{
    if (!import_find(process->map, "log_location"))
        return;
    const struct node *rotation = import_find(value, "rotation");
    const struct node *days = rotation ? import_find(rotation, "max_age_days") : NULL;
    if (days)
        draft_dropped(&process->draft, "rotation.max_age_days", days, NULL);
    for (size_t i = 0; value->kind == NODE_MAP && i < value->size; i++)
        if (node_value(value, i) != rotation)
            draft_dropped(&process->draft,
                          arena_printf(process->draft.import->arena, "log_configuration.%s",
                                       node_key(value, i)->text),
                          node_value(value, i), "the file holds what the program writes, as it is");
}

/* One file for all: the log itself. */
void process_log_of_all(struct import *import, const struct node *root, const struct node *value,
                        struct buf *out)
{
    const char *path = import_value(import, value);
    if (!path) {
        import_expected(import, "the file", "log_location", value, "a path");
        return;
    }
    buf_text(out, "log: {file: ");
    import_quote(out, path);
    write_rotation(import, import_find(root, "log_configuration"), out);
    buf_text(out, "}\n");
    import_head(import, "log_location: the file has what parrun tells, which is then not on the "
                        "terminal.");
}
