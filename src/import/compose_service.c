/*
 * How a service of docker compose runs, in a container or not: after what, how many, how often again, and what tells that it is
 * healthy.
 */
#include <stdlib.h>

#include "base/error.h"
#include "base/unit.h"
#include "import/private.h"

/* Docker's waits between restarts; what has run for 10 seconds is well again. With a bound, all restarts count. */
#define WAITS "delay: 100ms, max_delay: 1m, reset_after: 10s"
#define WAITS_BOUND "delay: 100ms, max_delay: 1m, reset_after: 365d"

/* Docker's defaults of a healthcheck. */
#define INTERVAL (30 * NS_PER_S)
#define RETRIES 3

bool service_is_container(const struct node *service)
{
    return node_find(service, "image") || node_find(service, "build");
}

/* ---- how many, and how often ---- */

static const struct node *replicas_node(const struct node *service)
{
    const struct node *scale = node_find(service, "scale");
    return scale ? scale : node_find(node_find(service, "deploy"), "replicas");
}

static void take_replicas(struct import *import, const struct node *value)
{
    if (value != replicas_node(import->draft->map))
        return;
    long number = draft_replicas(import, value);
    import->draft->replicated = number > 1;
    if (!number)
        import_note_at(import, value, "0 replicas: take 'when' out to have one started");
    import->draft->off |= !number;
}

/* The words of 'restart' and of a policy's condition as parrun's: nothing for never. */
static const char restart_words[] = "= no= false= none= on-failure=failure always=always unless-stopped=always any=always";

/* "on-failure:3"; deploy.restart_policy stands above it. */
static void take_restart(struct import *import, const struct node *value)
{
    if (node_find(node_find(import->draft->map, "deploy"), "restart_policy")) {
        import_dropped(import, import->key, value, "deploy.restart_policy says it");
        return;
    }
    const char *text = import_now(import, import->key, value);
    size_t length = text ? strcspn(text, ":") : 0;
    const char *word = text ? import_word(import, restart_words, arena_copy(import->arena, text, length)) : "";
    char *end = "";
    long max = text && text[length] ? strtol(text + length + 1, &end, 10) : 0;
    if (!word || *end || max < 0 || max > 1000000000L)
        import_expected(import, import->key, value, "no, always, on-failure, on-failure:NUMBER or unless-stopped");
    else if (!strcmp(word, "failure") && max)
        draft_restart(import, word, max, WAITS_BOUND);
    else if (*word)
        draft_restart(import, word, 0, WAITS);
}

/* {condition: on-failure, max_attempts: 3} */
static void take_policy(struct import *import, const struct node *policy)
{
    const struct node *condition = import_take(import, policy, "condition");
    const char *text = condition ? import_now(import, "condition", condition) : "any";
    const char *word = text ? import_word(import, restart_words, text) : "";
    long max = word && *word ? import_key_number(import, policy, "max_attempts", 0) : 0;
    if (!word)
        import_expected(import, "condition", condition, "none, on-failure, any or unless-stopped");
    else if (*word && max >= 0)
        draft_restart(import, word, max, max ? WAITS_BOUND : WAITS);
}

/* ---- limits ---- */

static void take_memory(struct import *import, const struct node *value)
{
    struct error error = {0};
    uint64_t bytes;
    bool container = import->draft->container;
    const char *text = container ? import_value(import, value) : import_now(import, import->word, value);
    if (text && container)
        docker_option(import, "%s", text);
    else if (text && size_parse(text, &bytes, &error))
        import_dropped(import, import->word, value, "parrun takes a size such as 512M");
    else if (!strstr(buf_string(&import->draft->limits), "memory: ")) /* it can be given twice, the same */
        pair_add(&import->draft->limits, import->word, text);
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

static void take_limit(struct import *import, const char *key, const struct node *value)
{
    struct arena *arena = import->arena;
    bool map = value->kind == NODE_MAP;
    const struct node *soft = map ? import_take(import, value, "soft") : value;
    const struct node *hard = map ? import_take(import, value, "hard") : NULL;
    if (!soft) {
        import_expected(import, key, value, "a number, or {soft: NUMBER, hard: NUMBER}");
        return;
    }
    long number = import_number(import, key, soft, 0, -1);
    long most = import_number(import, key, hard, number, -1);
    if (import->draft->container) {
        docker_option(import, hard ? "%s=%ld:%ld" : "%s=%ld", key, number, most);
    } else if (!is_known_limit(key, number)) {
        import_dropped(import, arena_printf(arena, "ulimits.%s", key), value, NULL);
    } else {
        if (most != number)
            import_note_at(import, value, "ulimits.%s: the soft limit is the hard one too here", key);
        pair_add(&import->draft->limits, key, number < 0 ? "unlimited" : arena_printf(arena, "%ld", number));
    }
}

static void take_limits(struct import *import, const struct node *value)
{
    for (size_t i = 0; i < value->size; i++) {
        const struct node *limit = import_take(import, value, node_key(value, i)->text);
        if (limit)
            take_limit(import, node_key(value, i)->text, limit);
    }
}

/* ---- health ---- */

static bool is_none(const struct node *check)
{
    const struct node *test = node_find(check, "test");
    return import_is_word(node_find(check, "disable"), "true") ||
           (test && test->kind == NODE_LIST && test->size == 1 && import_is_word(&test->items[0], "NONE"));
}

static int64_t duration_of(struct import *import, const struct node *check, const char *key, int64_t ns)
{
    const struct node *node = import_take(import, check, key);
    if (node)
        import_duration(import, key, node, "10s or 1m30s", &ns);
    return ns;
}

static void write_time(struct import *import, const char *key, int64_t ns)
{
    struct buf text = {0};
    duration_print(&text, ns);
    draft_line(import, key, "%s", buf_string(&text));
    buf_release(&text);
}

/* Docker calls it unhealthy after so many looks in a row behind the start period; the last of them may take its time. */
static void write_times(struct import *import, const struct node *check)
{
    int64_t interval = duration_of(import, check, "interval", INTERVAL);
    int64_t timeout = duration_of(import, check, "timeout", INTERVAL);
    int64_t period = duration_of(import, check, "start_period", 0);
    long retries = import_number(import, "retries", import_take(import, check, "retries"), RETRIES, 1);
    if (!import->draft->container) {
        write_time(import, "interval", interval);
        write_time(import, "look_timeout", timeout);
    }
    if (retries > 0 && retries <= 100000 && interval < INT64_MAX / 1000000 && timeout < INT64_MAX / 4 && period < INT64_MAX / 4)
        write_time(import, "timeout", period + retries * interval + timeout);
}

bool service_test(struct import *import, const struct node *test, struct texts *words)
{
    bool list = test->kind == NODE_LIST && test->size > 1;
    bool shell = test->kind == NODE_SCALAR || (list && import_is_word(&test->items[0], "CMD-SHELL"));
    if (!shell && !(list && import_is_word(&test->items[0], "CMD")))
        return import_expected(import, "test", test, "a text, [CMD, PROGRAM, ARGUMENTS...], [CMD-SHELL, COMMAND] or [NONE]");
    if (shell)
        texts_add(words, "/bin/sh", "-c");
    return import_texts(import, "test", test, list, words);
}

/* Docker looks after a container by the options of its rows. */
static void take_health(struct import *import, const struct node *value)
{
    const char *off = import_says(import, value, "disable", "true") ? "disable" : "test";
    if (is_none(value) && import->draft->container) {
        texts_add(&import->draft->options, "--no-healthcheck");
        for (size_t i = 0; i < value->size; i++)
            if (strcmp(node_key(value, i)->text, off) != 0)
                import_dropped(import, arena_printf(import->arena, "healthcheck.%s", node_key(value, i)->text), node_value(value, i),
                               "docker looks after nothing");
        import_whole(import, value);
    } else if (is_none(value)) {
        import_whole(import, value);
    } else if (!import->draft->container && !import_is_awaited(import, import->draft->owner)) {
        import_dropped(import, import->key, value, "nothing waits for it; docker shows what it finds, 'health' would end it");
    } else {
        import->draft->check = value;
    }
}

/* Docker looks after a container, and tells of it. */
static void write_ready(struct import *import)
{
    const struct draft *draft = import->draft;
    const struct node *test = import_take(import, draft->check, "test");
    struct texts words = {0};
    if (!service_tells_ready(draft->map))
        return;
    if (!test)
        import_note(import, "its image has the check of its health: docker tells of it");
    draft_open(import, "ready");
    if (draft->container)
        texts_add(&words, "/bin/sh", "-c", "test \"$(docker inspect --format '{{.State.Health.Status}}' \"$1\")\" = healthy", "sh",
                  docker_container(import, draft->map, draft->owner));
    if (draft->container || service_test(import, test, &words))
        draft_list(import, "exec", &words);
    if (test)
        write_times(import, draft->check);
    draft_close(import);
    texts_release(&words);
}

/* ---- order ---- */

/* A container's image may have a check of its own. */
bool service_tells_ready(const struct node *service)
{
    const struct node *check = node_find(service, "healthcheck");
    bool container = service_is_container(service);
    return check ? !is_none(check) && (container || node_find(check, "test")) : container;
}

static bool has_profiles(const struct node *service)
{
    const struct node *profiles = node_find(service, "profiles");
    return profiles && (profiles->kind != NODE_LIST || profiles->size);
}

bool service_is_off(const struct node *service)
{
    return has_profiles(service) || import_is_word(replicas_node(service), "0");
}

void service_finish(struct import *import)
{
    struct draft *draft = import->draft;
    bool awaited = import_is_awaited(import, import->draft->owner);
    draft_depends(import, node_find(draft->map, "depends_on"));
    if (draft->container && !node_find(draft->map, "container_name") &&
        (names_have(&import->index.named, draft->owner) || (awaited && service_tells_ready(draft->map))))
        texts_add(&draft->options, arena_printf(import->arena, "--name=%s", docker_container(import, draft->map, draft->owner)));
    if (awaited)
        write_ready(import);
    draft_pairs(import, "limits", &draft->limits);
}

/* ---- the keys ---- */

/* Compose starts it only where one of its profiles is asked for. */
static void take_profiles(struct import *import, const struct node *value)
{
    if (!has_profiles(import->draft->map))
        return; /* an empty list */
    import_dropped(import, import->key, value, "take 'when' out to have it started");
    import->draft->off = true;
}

const struct key_row service_rows[] = {
    {.path = "command depends_on entrypoint image"},
    {"build", .take = docker_build},
    {"deploy deploy.resources.reservations", .map = "a mapping"},
    {"deploy.replicas scale", .take = take_replicas},
    {"deploy.resources.limits.memory=memory mem_limit=memory", .take = take_memory},
    {"deploy.restart_policy", .take = take_policy, .map = "a mapping"},
    {"develop", .take = draft_take_develop},
    {"healthcheck", .take = take_health, .map = "a mapping"},
    {"profiles", .take = take_profiles},
    {"restart", .take = take_restart},
    {"stop_grace_period", .take = draft_take_grace},
    {"stop_signal", .take = draft_take_signal},
    {"ulimits=ulimit", .take = take_limits, .map = "a mapping of limits to numbers"},
    {"deploy.mode", .only = "replicated", .why = NOTHING},
    {"depends_on.*.required", .only = "true", .why = NOTHING},
    {"depends_on.*.restart healthcheck.disable stdin_open volumes.read_only volumes.volume.nocopy", .only = "false", .why = NOTHING},
    {"env_file.required", .only = "true", .why = NOTHING},
    {"env_file.required", .why = "the file is there, and has to be"},
    {"build.*", .why = "has to be given to docker build"},
    {"depends_on.*.required", .why = "here it has to come so far"},
    {"depends_on.*.restart", .why = "parrun leaves alone what has started already"},
    {"deploy.restart_policy.*", .why = "docker compose passes it over too"},
    {"extends", .why = "what the other service says has to be written here: docker compose config does it"},
    {"stdin_open", .why = "nothing is typed there; --interactive and 'stdin: inherit' are for one"},
    {0},
};
