/*
 * How a service of docker compose runs, in a container or not: after what, how many, how often
 * again, and what tells that it is healthy.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "import/compose_docker.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

/* Docker's waits between restarts; what has run for 10 seconds is well again. */
#define WAITS ", delay: 100ms, max_delay: 1m, reset_after: 10s"

/* With a bound, all restarts count. */
#define WAITS_BOUND ", delay: 100ms, max_delay: 1m, reset_after: 365d"

/* Docker's defaults of a healthcheck. */
#define INTERVAL (30 * NS_PER_S)
#define RETRIES 3

/* ---- how many, and how often ---- */

static const struct node *replicas_node(const struct node *map)
{
    const struct node *scale = node_find(map, "scale");
    return scale ? scale : node_find(node_find(map, "deploy"), "replicas");
}

static void take_replicas(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    (void)row;
    if (value != replicas_node(service->map))
        return;
    long number = draft_replicas(&service->draft, value);
    service->replicated = number > 1;
    if (!number)
        import_note(service->import, "0 replicas: take 'when' out to have one started");
    service->draft.off |= !number;
}

static void write_restart(struct compose_service *service, const char *word, long max)
{
    draft_restart(&service->draft, word, max, max ? WAITS_BOUND : WAITS);
}

/* The word of 'restart' or of a policy's condition as parrun's; "" for never, NULL for another. */
static const char *restart_word(const char *word, size_t length)
{
    static const struct {
        const char *theirs;
        const char *ours;
    } words[] = {
        {"", ""},
        {"no", ""},
        {"false", ""},
        {"none", ""},
        {"on-failure", "failure"},
        {"always", "always"},
        {"unless-stopped", "always"},
        {"any", "always"},
    };
    for (size_t i = 0; i < countof(words); i++)
        if (strlen(words[i].theirs) == length && !memcmp(words[i].theirs, word, length))
            return words[i].ours;
    return NULL;
}

/* "on-failure:3"; deploy.restart_policy stands above it. */
static void take_restart(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    if (node_find(node_find(service->map, "deploy"), "restart_policy")) {
        import_dropped(service->import, row->path, value, "deploy.restart_policy says it");
        return;
    }
    const char *text = import_now(service->import, row->path, value);
    size_t length = text ? strcspn(text, ":") : 0;
    const char *word = text ? restart_word(text, length) : "";
    char *end = "";
    long max = text && text[length] ? strtol(text + length + 1, &end, 10) : 0;
    if (!word || *end || max < 0 || max > 1000000000L)
        import_expected(service->import, row->path, value,
                        "no, always, on-failure, on-failure:NUMBER or unless-stopped");
    else if (*word)
        write_restart(service, word, *word == 'f' ? max : 0);
}

/* {condition: on-failure, max_attempts: 3} */
static void take_policy(struct compose_service *service, const struct node *policy)
{
    const struct node *condition = import_take(service->import, policy, "condition");
    const char *text = condition ? import_now(service->import, "condition", condition) : "any";
    const char *word = text ? restart_word(text, strlen(text)) : "";
    long max = import_key_number(service->import, policy, "max_attempts", 0, 0);
    if (!word)
        import_expected(service->import, "condition", condition,
                        "none, on-failure, any or unless-stopped");
    else if (*word && max >= 0)
        write_restart(service, word, max);
}

/* ---- limits ---- */

static void limit(struct compose_service *service, const char *key, const char *value)
{
    buf_printf(&service->limits, "%s%s: %s", service->limits.length ? ", " : "", key, value);
}

static void take_memory(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    struct error error = {0};
    uint64_t bytes;
    const char *text = service->container ? import_value(service->import, value)
                                          : import_now(service->import, "memory", value);
    (void)row;
    if (!text)
        return;
    if (service->container)
        docker_option(service, "memory", text);
    else if (size_parse(text, &bytes, &error))
        import_dropped(service->import, "memory", value, "parrun takes a size such as 512M");
    else
        limit(service, "memory", text);
    error_release(&error);
}

/* Limits that parrun sets, both the soft and the hard one. */
static bool is_known_limit(const char *name, long number)
{
    static const char *const names[] = {"nofile", "nproc", "core", "fsize", "stack", "cpu"};
    for (size_t i = 0; i < countof(names); i++)
        if (!strcmp(names[i], name))
            return number || strcmp(name, "cpu") != 0;
    return false;
}

static void take_limit(struct compose_service *service, const char *key, const struct node *value)
{
    struct import *import = service->import;
    struct arena *arena = import->arena;
    const struct node *soft = value->kind == NODE_MAP ? import_take(import, value, "soft") : value;
    const struct node *hard = value->kind == NODE_MAP ? import_take(import, value, "hard") : NULL;
    if (!soft) {
        import_expected(import, key, value, "a number, or {soft: NUMBER, hard: NUMBER}");
        return;
    }
    long number = import_number(import, key, soft, 0, -1);
    long most = import_number(import, key, hard, number, -1);
    if (service->container) {
        docker_option(service, "ulimit",
                      hard ? arena_printf(arena, "%s=%ld:%ld", key, number, most)
                           : arena_printf(arena, "%s=%ld", key, number));
    } else if (!is_known_limit(key, number)) {
        import_dropped(import, arena_printf(arena, "ulimits.%s", key), value, NULL);
    } else {
        if (most != number)
            import_note(import, "ulimits.%s: the soft limit is the hard one too here", key);
        limit(service, key, number < 0 ? "unlimited" : arena_printf(arena, "%ld", number));
    }
}

static void take_limits(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    for (size_t i = 0; value->kind == NODE_MAP && i < value->size; i++)
        take_limit(service, node_key(value, i)->text,
                   import_take(service->import, value, node_key(value, i)->text));
    if (value->kind != NODE_MAP)
        import_expected(service->import, row->path, value, "a mapping of limits to numbers");
}

/* resources: {limits: {cpus: "0.5", memory: 512M, pids: 100}, reservations: {memory: 256M}} */
static void take_resources(struct compose_service *service, const struct node *resources)
{
    struct import *import = service->import;
    const struct node *limits = import_take(import, resources, "limits");
    const struct node *reserved = import_take(import, resources, "reservations");
    const struct {
        const struct node *map;
        const char *key;
        const char *option;
    } options[] = {{limits, "cpus", "cpus"},
                   {limits, "pids", "pids-limit"},
                   {reserved, "memory", "memory-reservation"}};
    const struct node *memory = limits ? import_take(import, limits, "memory") : NULL;
    if (memory)
        take_memory(service, NULL, memory);
    for (size_t i = 0; service->container && i < countof(options); i++) {
        const char *text = import_text(import, options[i].map, options[i].key);
        if (text)
            docker_option(service, options[i].option, text);
    }
}

static void take_deploy(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    struct import *import = service->import;
    const struct node *replicas = import_take(import, value, "replicas");
    const struct node *resources = import_take(import, value, "resources");
    const struct node *policy = import_take(import, value, "restart_policy");
    if (value->kind != NODE_MAP)
        import_expected(import, row->path, value, "a mapping");
    if (replicas)
        take_replicas(service, NULL, replicas);
    if (resources)
        take_resources(service, resources);
    if (policy)
        take_policy(service, policy);
    if (import_is_word(node_find(value, "mode"), "replicated"))
        import_take(import, value, "mode");
}

/* ---- health ---- */

static bool is_none(const struct node *check)
{
    const struct node *test = node_find(check, "test");
    return import_is_word(node_find(check, "disable"), "true") ||
           (test && test->kind == NODE_LIST && test->size == 1 &&
            import_is_word(&test->items[0], "NONE"));
}

static int64_t duration_of(struct compose_service *service, const struct node *check,
                           const char *key, int64_t fallback)
{
    const struct node *node = import_take(service->import, check, key);
    int64_t ns = fallback;
    if (node)
        import_duration(service->import, key, node, "10s or 1m30s", &ns);
    return ns;
}

static void write_time(struct compose_service *service, const char *key, int64_t ns)
{
    struct buf text = {0};
    duration_print(&text, ns);
    draft_line(&service->draft, key, "%s", buf_string(&text));
    buf_release(&text);
}

/*
 * Docker calls it unhealthy after so many looks in a row behind the start period; the last of them
 * may take its time.
 */
static void write_times(struct compose_service *service, const struct node *check)
{
    int64_t interval = duration_of(service, check, "interval", INTERVAL);
    int64_t timeout = duration_of(service, check, "timeout", INTERVAL);
    int64_t period = duration_of(service, check, "start_period", 0);
    long retries = import_key_number(service->import, check, "retries", RETRIES, 1);
    if (!service->container) {
        write_time(service, "interval", interval);
        write_time(service, "look_timeout", timeout);
    }
    if (retries > 0 && retries <= 100000 && interval < INT64_MAX / 1000000 &&
        timeout < INT64_MAX / 4 && period < INT64_MAX / 4)
        write_time(service, "timeout", period + retries * interval + timeout);
}

/* The command of a healthcheck; false where it is wrong. */
static bool read_test(struct compose_service *service, const struct node *test, struct texts *words)
{
    struct import *import = service->import;
    bool list = test->kind == NODE_LIST && test->size > 1;
    bool shell =
        test->kind == NODE_SCALAR || (list && import_is_word(&test->items[0], "CMD-SHELL"));
    size_t count = test->kind == NODE_SCALAR ? 1 : shell ? 2 : test->size;
    if (!shell && !(list && import_is_word(&test->items[0], "CMD"))) {
        import_expected(import, "test", test,
                        "a text, [CMD, PROGRAM, ARGUMENTS...], [CMD-SHELL, COMMAND] or [NONE]");
        return false;
    }
    if (shell) {
        texts_add(words, "/bin/sh");
        texts_add(words, "-c");
    }
    for (size_t i = test->kind == NODE_LIST; i < count; i++) {
        const struct node *item = test->kind == NODE_LIST ? &test->items[i] : test;
        const char *text = import_value(import, item);
        if (!text) {
            import_expected(import, "test", item, "a text");
            return false;
        }
        texts_add(words, text);
    }
    return true;
}

/* Options of docker run, which looks after it and tells of it. */
static void write_options(struct compose_service *service, const struct node *check)
{
    static const struct {
        const char *key;
        const char *option;
    } keys[] = {
        {"interval", "health-interval"},         {"timeout", "health-timeout"},
        {"start_period", "health-start-period"}, {"start_interval", "health-start-interval"},
        {"retries", "health-retries"},
    };
    const struct node *test = import_take(service->import, check, "test");
    struct texts words = {0};
    struct buf line = {0};
    bool right = test && read_test(service, test, &words);
    bool shell = right && !strcmp(words.items[0], "/bin/sh") && words.count == 3;
    for (size_t i = shell ? 2 : 0; right && i < words.count; i++) {
        buf_text(&line, line.length ? " " : "");
        if (shell)
            buf_text(&line, words.items[i]);
        else
            shell_quote(&line, words.items[i], strlen(words.items[i]));
    }
    if (right)
        docker_option(service, "health-cmd", buf_string(&line));
    for (size_t i = 0; i < countof(keys); i++) {
        const char *text = import_text(service->import, check, keys[i].key);
        if (text)
            docker_option(service, keys[i].option, text);
    }
    texts_release(&words);
    buf_release(&line);
}

static void take_health(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    if (value->kind != NODE_MAP)
        import_expected(service->import, row->path, value, "a mapping");
    else if (is_none(value) && service->container)
        texts_add(&service->options, "--no-healthcheck");
    else if (!is_none(value) && service->container)
        write_options(service, value);
    else if (!is_none(value) && !import_is_awaited(service->all, service->name))
        import_dropped(service->import, row->path, value,
                       "nothing waits for it; docker shows what it finds, 'health' would end it");
    if (value->kind == NODE_MAP && is_none(value))
        import_whole(service->import, value);
}

/* Docker looks after the container, and tells of it. */
static void write_inspection(struct compose_service *service)
{
    static const char *const words[] = {
        "/bin/sh", "-c",
        "test \"$(docker inspect --format '{{.State.Health.Status}}' \"$1\")\" = healthy", "sh"};
    struct texts look = {0};
    for (size_t i = 0; i < countof(words); i++)
        texts_add(&look, words[i]);
    texts_add(&look, docker_container(service, service->map, service->name));
    draft_list(&service->draft, "exec", &look);
    texts_release(&look);
}

static void write_ready(struct compose_service *service)
{
    const struct node *check = node_find(service->map, "healthcheck");
    const struct node *test = check ? import_take(service->import, check, "test") : NULL;
    struct texts words = {0};
    if ((check && is_none(check)) || (!service->container && !test))
        return;
    if (!test)
        import_note(service->import, "its image has the check of its health: docker tells of it");
    draft_open(&service->draft, "ready");
    if (service->container)
        write_inspection(service);
    else if (read_test(service, test, &words))
        draft_list(&service->draft, "exec", &words);
    if (test)
        write_times(service, check);
    draft_close(&service->draft);
    texts_release(&words);
}

/* ---- order ---- */

/* A container's image may have a check of its own. */
static bool tells_ready(const struct node *service)
{
    const struct node *check = node_find(service, "healthcheck");
    bool container = node_find(service, "image") || node_find(service, "build");
    return check ? !is_none(check) && (container || node_find(check, "test")) : container;
}

static bool has_profiles(const struct node *service)
{
    const struct node *profiles = node_find(service, "profiles");
    return profiles && (profiles->kind != NODE_LIST || profiles->size);
}

static bool is_off(const struct node *service)
{
    return has_profiles(service) || import_is_word(replicas_node(service), "0");
}

void service_finish(struct compose_service *service)
{
    struct start_order order = {service->all, tells_ready, is_off, "service_started"};
    bool awaited = import_is_awaited(service->all, service->name);
    draft_depends(&service->draft, &order, node_find(service->map, "depends_on"),
                  &service->after);
    if (service->container && !node_find(service->map, "container_name") &&
        (docker_is_named(service) || (awaited && tells_ready(service->map))))
        docker_option(service, "name", docker_container(service, service->map, service->name));
    if (awaited)
        write_ready(service);
    if (service->limits.length)
        draft_line(&service->draft, "limits", "{%s}", buf_string(&service->limits));
}

/* ---- the keys ---- */

/* Compose starts it only where one of its profiles is asked for. */
static void take_profiles(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    if (!has_profiles(service->map))
        return;
    import_dropped(service->import, row->path, value, "take 'when' out to have it started");
    service->draft.off = true;
}

static const struct key_row rows[] = {
    {"build", docker_build, NULL},
    {"command", import_later, NULL},
    {"depends_on", import_later, NULL},
    {"deploy", take_deploy, NULL},
    {"develop", draft_take_develop, NULL},
    {"entrypoint", import_later, NULL},
    {"healthcheck", take_health, NULL},
    {"image", import_later, NULL},
    {"mem_limit", take_memory, NULL},
    {"profiles", take_profiles, NULL},
    {"restart", take_restart, NULL},
    {"scale", take_replicas, NULL},
    {"stop_grace_period", draft_take_grace, NULL},
    {"stop_signal", draft_take_signal, NULL},
    {"ulimits", take_limits, NULL},
    {"build.*", NULL, "has to be given to docker build"},
    {"depends_on.*.required", NULL, "here it has to come so far"},
    {"depends_on.*.restart", NULL, "parrun leaves alone what has started already"},
    {"deploy.restart_policy.*", NULL, "docker compose passes it over too"},
    {"extends", NULL,
     "what the other service says has to be written here: docker compose config does it"},
    {"stdin_open", NULL, "nothing is typed there; --interactive and 'stdin: inherit' are for one"},
};

const struct key_rows service_rows = {rows, countof(rows)};
