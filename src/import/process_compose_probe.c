/* The probes of process-compose: what tells that a process is ready, and stays healthy. */
#include "import/private.h"

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

/* parrun speaks no TLS, and sends no headers: curl does. */
static void read_http(struct import *import, const struct node *http, struct probe *probe)
{
    const struct node *headers = import_take_map(import, http, "headers");
    const char *scheme = import_part(import, http, "scheme", "http");
    const char *host = import_part(import, http, "host", "127.0.0.1");
    const char *port = import_part(import, http, "port", "");
    const char *path = import_part(import, http, "path", "/");
    bool bare = strchr(host, ':') && *host != '[' && !strstr(host, "${{");
    probe->url = arena_printf(import->arena, bare ? "%s://[%s]%s%s%s%s" : "%s://%s%s%s%s%s", scheme, host, *port ? ":" : "", port,
                              *path == '/' ? "" : "/", path);
    if (!strcmp(scheme, "http") && !headers)
        return;
    texts_add(&probe->words, "curl", "-fsS", "-o", "/dev/null");
    for (size_t i = 0; headers && i < headers->size; i++) {
        const char *name = node_key(headers, i)->text;
        texts_add(&probe->words, "-H", arena_printf(import->arena, "%s: %s", name, import_part(import, headers, name, "")));
    }
    texts_add(&probe->words, probe->url);
}

/* What it looks at; false, with an error, where it says nothing of it. */
static bool read_target(struct import *import, const char *key, const struct node *node, struct probe *probe)
{
    const struct node *http = import_take_map(import, node, "http_get");
    const struct node *exec = http ? NULL : import_take(import, node, "exec");
    const char *text = import_part(import, exec, "command", NULL);
    const char *directory = import_part(import, exec, "working_dir", NULL);
    if (http) {
        read_http(import, http, probe);
        return true;
    }
    if (!text)
        return import_expected(import, key, node, "exec: {command: COMMAND}, or http_get");
    if (directory)
        texts_add(&probe->words, "env", "-C", directory);
    texts_add(&probe->words, import->file.shell, "-c", text);
    return true;
}

static bool read_probe(struct import *import, const char *key, const struct node *node, struct probe *probe)
{
    const struct {
        const char *key;
        long *number;
        long fallback;
    } numbers[] = {
        {"initial_delay_seconds", &probe->delay, 0},
        {"period_seconds", &probe->period, 10},
        {"timeout_seconds", &probe->timeout, 1},
        {"failure_threshold", &probe->failures, 3},
        {"success_threshold", &probe->successes, 1}, /* of readiness alone */
    };
    size_t count = countof(numbers) - !strcmp(key, "liveness_probe");
    bool fine = read_target(import, key, node, probe);
    for (size_t i = 0; i < count; i++) {
        bool idle = import_is_word(node_find(node, numbers[i].key), "1") && numbers[i].number == &probe->successes;
        long number = idle ? 1 : import_key_number(import, node, numbers[i].key, numbers[i].fallback);
        fine &= number >= 0;
        *numbers[i].number = number > 0 ? number : numbers[i].fallback;
    }
    return fine;
}

/*
 * KEY with what it looks at, how often, how long a look may take, which is TIMEOUT there, and how many go well or not in a row, if
 * that has to be said.
 */
static void write_probe(struct import *import, const char *key, const struct probe *probe, const char *timeout, long threshold)
{
    draft_open(import, key);
    if (probe->words.count)
        draft_list(import, "exec", &probe->words);
    else
        draft_text(import, "http", probe->url);
    draft_line(import, "interval", "%lds", probe->period);
    draft_line(import, timeout, "%lds", probe->timeout);
    if (!strcmp(key, "ready"))
        draft_line(import, "timeout", "%lds", probe->delay + probe->failures * probe->period + probe->timeout);
    if (threshold)
        draft_line(import, "threshold", "%ld", threshold);
    draft_close(import);
}

bool process_tells_ready(const struct node *process)
{
    return node_find(process, "readiness_probe") || node_find(process, "ready_log_line");
}

/* That of readiness is that of health too, where there is no other. */
static void take_probe(struct import *import, const struct node *value)
{
    struct probe probe = {0};
    const struct node *map = import->draft->map;
    bool ready = !strcmp(import->word, "ready");
    bool right = read_probe(import, import->key, value, &probe);
    bool health = right && (!ready || !node_find(map, "liveness_probe"));
    if (right && ready)
        write_probe(import, "ready", &probe, "look_timeout", probe.successes > 1 ? probe.successes : 0);
    if (health && !ready && probe.delay && probe.delay != probe.period)
        import_note_at(import, value, "%s: the first look is after %lds, not after %lds", import->key, probe.period, probe.delay);
    if (health)
        write_probe(import, "health", &probe, "timeout", probe.failures);
    texts_release(&probe.words);
}

/* A text that the line holds somewhere: no character of it is one of a regular expression's. */
static void take_log_line(struct import *import, const struct node *value)
{
    const char *text = import_now(import, import->key, value);
    struct buf escaped = {0};
    if (!text)
        return;
    if (node_find(import->draft->map, "readiness_probe")) {
        import_dropped(import, import->key, value, "readiness_probe tells that it is ready");
        return;
    }
    for (; *text; text++)
        buf_printf(&escaped, "%s%c", strchr("\\^$.[]|()*+?{}", *text) ? "\\" : "", *text);
    draft_open(import, "ready");
    draft_text(import, "log", buf_string(&escaped));
    draft_line(import, "timeout", "0s");
    draft_close(import);
    buf_release(&escaped);
}

const struct key_row probe_rows[] = {
    {"liveness_probe=health", .take = take_probe},
    {"readiness_probe=ready", .take = take_probe},
    {"ready_log_line", .take = take_log_line},
    {"*_probe.http_get.status_code", .why = "each from 200 to 399 counts here"},
    {"liveness_probe.success_threshold", .why = "one look that goes well is enough"},
    {"*_probe.http_get.num_port", .why = "'port' says it"},
    {0},
};
