/* The probes of process-compose: what tells that a process is ready, and stays healthy. */
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "import/process_compose.h"
#include "yaml/tree.h"

/* A probe, its numbers with process-compose's defaults. */
struct probe {
    struct texts words; /* a program that looks; where there is none it is a URL */
    const char *url;
    long delay;
    long period;
    long timeout;
    long successes;
    long failures;
};

static const char *part(struct foreign_process *process, const struct node *map, const char *key,
                        const char *fallback)
{
    const char *text = import_text(process->draft.import, map, key);
    return text && *text ? text : fallback;
}

/* parrun speaks no TLS, and sends no headers: curl does. */
static void read_http(struct foreign_process *process, const struct node *http, struct probe *probe)
{
    static const char *const curl[] = {"curl", "-fsS", "-o", "/dev/null"};
    struct arena *arena = process->draft.import->arena;
    const struct node *headers = import_take(process->draft.import, http, "headers");
    const char *scheme = part(process, http, "scheme", "http");
    const char *host = part(process, http, "host", "127.0.0.1");
    const char *port = part(process, http, "port", "");
    const char *path = part(process, http, "path", "/");
    bool bare = strchr(host, ':') && *host != '[' && !strstr(host, "${{");
    probe->url =
        arena_printf(arena, "%s://%s%s%s%s%s%s%s", scheme, bare ? "[" : "", host, bare ? "]" : "",
                     *port ? ":" : "", port, *path == '/' ? "" : "/", path);
    if (!strcmp(scheme, "http") && !headers)
        return;
    for (size_t i = 0; i < countof(curl); i++)
        texts_add(&probe->words, curl[i]);
    for (size_t i = 0; headers && headers->kind == NODE_MAP && i < headers->size; i++) {
        const char *value = part(process, headers, node_key(headers, i)->text, "");
        texts_add(&probe->words, "-H");
        texts_add(&probe->words, arena_printf(arena, "%s: %s", node_key(headers, i)->text, value));
    }
    texts_add(&probe->words, probe->url);
}

/* What it looks at; false, with an error, where it says nothing of it. */
static bool read_target(struct foreign_process *process, const char *key, const struct node *node,
                        struct probe *probe)
{
    struct import *import = process->draft.import;
    const struct node *http = import_take(import, node, "http_get");
    const struct node *exec = http ? NULL : import_take(import, node, "exec");
    const char *text = exec ? import_text(import, exec, "command") : NULL;
    const char *directory = exec ? part(process, exec, "working_dir", NULL) : NULL;
    if (http && http->kind == NODE_MAP) {
        read_http(process, http, probe);
        return true;
    }
    if (!text) {
        import_expected(import, key, node, "exec: {command: COMMAND}, or http_get");
        return false;
    }
    if (directory) {
        texts_add(&probe->words, "env");
        texts_add(&probe->words, "-C");
        texts_add(&probe->words, directory);
    }
    texts_add(&probe->words, process->shell);
    texts_add(&probe->words, "-c");
    texts_add(&probe->words, text);
    return true;
}

static bool read_probe(struct foreign_process *process, const char *key, const struct node *node,
                       struct probe *probe)
{
    struct {
        const char *key;
        long *number;
        long fallback;
    } numbers[] = {
        {"initial_delay_seconds", &probe->delay, 0}, {"period_seconds", &probe->period, 10},
        {"timeout_seconds", &probe->timeout, 1},     {"failure_threshold", &probe->failures, 3},
        {"success_threshold", &probe->successes, 1}, /* of readiness alone */
    };
    size_t count = countof(numbers) - (*key == 'l');
    bool fine = read_target(process, key, node, probe);
    for (size_t i = 0; i < count; i++) {
        struct import *import = process->draft.import;
        long number = import_key_number(import, node, numbers[i].key, numbers[i].fallback, 0);
        fine &= number >= 0;
        *numbers[i].number = number > 0 ? number : numbers[i].fallback;
    }
    return fine;
}

static void write_target(struct draft *draft, const struct probe *probe)
{
    if (probe->words.count)
        draft_list(draft, "exec", &probe->words);
    else
        draft_text(draft, "http", probe->url);
}

static void write_ready(struct draft *draft, const struct probe *probe)
{
    draft_open(draft, "ready");
    write_target(draft, probe);
    draft_line(draft, "interval", "%lds", probe->period);
    draft_line(draft, "look_timeout", "%lds", probe->timeout);
    draft_line(draft, "timeout", "%lds",
               probe->delay + (long)probe->failures * probe->period + probe->timeout);
    if (probe->successes > 1)
        draft_line(draft, "threshold", "%ld", probe->successes);
    draft_close(draft);
}

static void write_health(struct foreign_process *process, const char *key,
                         const struct probe *probe)
{
    struct draft *draft = &process->draft;
    if (probe->delay > probe->period && !process_tells_ready(process->map))
        import_note(draft->import, "%s: the first look is after %lds, not after %lds", key,
                    probe->period, probe->delay);
    draft_open(draft, "health");
    write_target(draft, probe);
    draft_line(draft, "interval", "%lds", probe->period);
    draft_line(draft, "timeout", "%lds", probe->timeout);
    draft_line(draft, "threshold", "%ld", probe->failures);
    draft_close(draft);
}

bool process_tells_ready(const struct node *process)
{
    return node_find(process, "readiness_probe") || node_find(process, "ready_log_line");
}

static void take_readiness(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct probe probe = {0};
    if (read_probe(process, row->path, value, &probe)) {
        write_ready(&process->draft, &probe);
        if (!node_find(process->map, "liveness_probe"))
            write_health(process, row->path, &probe);
    }
    texts_release(&probe.words);
}

static void take_liveness(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct probe probe = {0};
    if (read_probe(process, row->path, value, &probe))
        write_health(process, row->path, &probe);
    texts_release(&probe.words);
}

/* A text that the line holds somewhere: no character of it is one of a regular expression's. */
static void take_log_line(void *object, const struct key_row *row, const struct node *value)
{
    struct foreign_process *process = object;
    struct draft *draft = &process->draft;
    const char *text = import_now(draft->import, row->path, value);
    if (!text)
        return;
    if (node_find(process->map, "readiness_probe")) {
        import_dropped(draft->import, row->path, value, "readiness_probe tells that it is ready");
        return;
    }
    struct buf escaped = {0};
    for (; *text; text++)
        buf_printf(&escaped, "%s%c", strchr("\\^$.[]|()*+?{}", *text) ? "\\" : "", *text);
    draft_open(draft, "ready");
    draft_text(draft, "log", buf_string(&escaped));
    draft_line(draft, "timeout", "0s");
    draft_close(draft);
    buf_release(&escaped);
}

static const struct key_row rows[] = {
    {"liveness_probe", take_liveness, NULL},
    {"readiness_probe", take_readiness, NULL},
    {"ready_log_line", take_log_line, NULL},
    {"*_probe.http_get.status_code", NULL, "each from 200 to 399 counts here"},
    {"liveness_probe.success_threshold", NULL, "one look that goes well is enough"},
    {"*_probe.http_get.num_port", NULL, "'port' says it"},
};

const struct key_rows probe_rows = {rows, countof(rows)};
