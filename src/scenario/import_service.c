/* How many there are of a service of docker compose, what it may use, and when it is started again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "scenario/import_docker.h"
#include "scenario/show.h"
#include "scenario/tree.h"

#define REPLICAS_MOST 1024

/* Docker's waits between restarts; what has run for 10 seconds is well again. */
#define WAITS ", delay: 100ms, max_delay: 1m, reset_after: 10s"

/* With a bound, all restarts count. */
#define WAITS_BOUND ", delay: 100ms, max_delay: 1m, reset_after: 365d"

/* ---- replicas ---- */

const struct node *service_replicas_node(const struct node *map)
{
    const struct node *scale = import_find(map, "scale");
    const struct node *deploy = import_find(map, "deploy");
    return scale ? scale : deploy ? import_find(deploy, "replicas") : NULL;
}

void service_replicas(struct service *service, const struct node *value)
{
    char *end;
    if (value != service_replicas_node(service->map))
        return;
    long number = value->kind == NODE_SCALAR && value->size ? strtol(value->text, &end, 10) : -1;
    if (number < 0 || *end || number > REPLICAS_MOST) {
        draft_dropped(&service->draft, "replicas", value,
                      "parrun takes a number from 1 to 1024; it runs one");
    } else if (!number) {
        draft_note(&service->draft, "0 replicas: take 'when' out to have one started");
        service->draft.off = true;
    } else if (number > 1) {
        service->replicated = true;
        draft_line(&service->draft, "replicas", "%ld", number);
    }
}

/* ---- restarts ---- */

void service_restart(struct service *service, const struct node *value)
{
    const char *word = value->kind == NODE_SCALAR ? value->text : "";
    char *end = "";
    long max = 0;
    if (!strncmp(word, "on-failure", 10) && (!word[10] || word[10] == ':')) {
        max = word[10] ? strtol(word + 11, &end, 10) : 0;
        if (!*end && max >= 0 && max <= 1000000000L) {
            draft_restart(&service->draft, "failure", max, max ? WAITS_BOUND : WAITS);
            return;
        }
    } else if (!strcmp(word, "always") || !strcmp(word, "unless-stopped")) {
        draft_restart(&service->draft, "always", 0, WAITS);
        return;
    } else if (!strcmp(word, "no") || !strcmp(word, "false")) {
        return;
    }
    if (strchr(word, '$'))
        draft_dropped(&service->draft, "restart", value, "parrun has to know it at the start");
    else
        import_expected(service->import, service->name, "restart", value,
                        "no, always, on-failure, on-failure:NUMBER or unless-stopped");
}

/* {condition: on-failure, max_attempts: 3}, where the service has no 'restart'. */
static void take_policy(struct service *service, const struct node *value)
{
    const struct node *condition = import_find(value, "condition");
    const char *word = condition && condition->kind == NODE_SCALAR ? condition->text : "any";
    long max = draft_number(&service->draft, service->name, "max_attempts",
                            import_find(value, "max_attempts"), 0, 0);
    if (import_find(service->map, "restart") || max < 0 || !strcmp(word, "none"))
        return;
    if (!strcmp(word, "any") || !strcmp(word, "on-failure"))
        draft_restart(&service->draft, *word == 'a' ? "always" : "failure", max,
                      max ? WAITS_BOUND : WAITS);
    else
        import_expected(service->import, service->name, "condition", condition,
                        "none, on-failure or any");
    for (size_t i = 0; i < value->size; i++)
        if (strcmp(node_key(value, i)->text, "condition") != 0 &&
            strcmp(node_key(value, i)->text, "max_attempts") != 0)
            draft_dropped(
                &service->draft,
                arena_printf(service->import->arena, "restart_policy.%s", node_key(value, i)->text),
                node_value(value, i), "docker compose passes it over too");
}

/* ---- limits ---- */

static void limit(struct service *service, const char *key, const char *value)
{
    buf_printf(&service->limits, "%s%s: %s", service->limits.length ? ", " : "", key, value);
}

void service_memory(struct service *service, const struct node *value)
{
    uint64_t bytes;
    struct error error = {0};
    const char *text = value->kind == NODE_SCALAR ? value->text : "";
    if (service->container)
        docker_option(service, "memory", text);
    else if (size_parse(text, &bytes, &error))
        draft_dropped(&service->draft, "memory", value, "parrun takes a size such as 512M");
    else
        limit(service, "memory", text);
    error_release(&error);
}

/* Limits that parrun sets, both the soft and the hard one. */
static bool is_known_limit(const char *name)
{
    static const char *const names[] = {"nofile", "nproc", "core", "fsize", "stack", "cpu"};
    for (size_t i = 0; i < countof(names); i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

static void take_limit(struct service *service, const struct node *key, const struct node *value)
{
    struct arena *arena = service->import->arena;
    const struct node *soft = value->kind == NODE_MAP ? import_find(value, "soft") : value;
    const struct node *hard = value->kind == NODE_MAP ? import_find(value, "hard") : NULL;
    char *end = "";
    long long number = soft && soft->kind == NODE_SCALAR ? strtoll(soft->text, &end, 10) : 0;
    if (!soft || soft->kind != NODE_SCALAR || !soft->size || *end || number < -1 ||
        (hard && hard->kind != NODE_SCALAR)) {
        import_expected(service->import, service->name, key->text, value,
                        "a number, or {soft: NUMBER, hard: NUMBER}");
    } else if (service->container) {
        docker_option(service, "ulimit",
                      arena_printf(arena, "%s=%s%s%s", key->text, soft->text, hard ? ":" : "",
                                   hard ? hard->text : ""));
    } else if (!is_known_limit(key->text) || (!number && !strcmp(key->text, "cpu"))) {
        draft_dropped(&service->draft, arena_printf(arena, "ulimits.%s", key->text), value, NULL);
    } else {
        if (hard && strcmp(hard->text, soft->text) != 0)
            draft_note(&service->draft, "ulimits.%s: the soft limit is the hard one too here",
                       key->text);
        limit(service, key->text, number < 0 ? "unlimited" : soft->text);
    }
}

void service_limits(struct service *service, const struct node *value)
{
    if (value->kind != NODE_MAP) {
        import_expected(service->import, service->name, "ulimits", value,
                        "a mapping of limits to numbers");
        return;
    }
    for (size_t i = 0; i < value->size; i++)
        take_limit(service, node_key(value, i), node_value(value, i));
}

/* resources: {limits: {cpus: "0.5", memory: 512M, pids: 100}} */
static void take_resources(struct service *service, const struct node *value)
{
    static const struct {
        const char *key;
        const char *option;
    } options[] = {{"cpus", "cpus"}, {"pids", "pids-limit"}};
    const struct node *limits = import_find(value, "limits");
    for (size_t i = 0; i < value->size; i++)
        if (node_value(value, i) != limits)
            draft_dropped(&service->draft,
                          arena_printf(service->import->arena, "deploy.resources.%s",
                                       node_key(value, i)->text),
                          node_value(value, i), NULL);
    for (size_t i = 0; limits && i < limits->size; i++) {
        const char *key = node_key(limits, i)->text;
        const struct node *item = node_value(limits, i);
        const char *option = NULL;
        for (size_t k = 0; k < countof(options); k++)
            option = !strcmp(options[k].key, key) ? options[k].option : option;
        const char *text =
            option && service->container ? import_value(service->import, item) : NULL;
        if (!strcmp(key, "memory"))
            service_memory(service, item);
        else if (text)
            docker_option(service, option, text);
        else
            draft_dropped(&service->draft,
                          arena_printf(service->import->arena, "deploy.resources.limits.%s", key),
                          item, NULL);
    }
}

void service_deploy(struct service *service, const struct node *value)
{
    static const struct {
        const char *key;
        void (*take)(struct service *service, const struct node *value);
        enum node_kind kind;
    } parts[] = {
        {"replicas", service_replicas, NODE_SCALAR},
        {"resources", take_resources, NODE_MAP},
        {"restart_policy", take_policy, NODE_MAP},
    };
    if (value->kind != NODE_MAP) {
        import_expected(service->import, service->name, "deploy", value, "a mapping");
        return;
    }
    for (size_t i = 0; i < value->size; i++) {
        const char *key = node_key(value, i)->text;
        const struct node *item = node_value(value, i);
        size_t part = 0;
        while (part < countof(parts) &&
               (strcmp(parts[part].key, key) != 0 || parts[part].kind != item->kind))
            part++;
        if (!strcmp(key, "mode") && import_is_word(item, "replicated"))
            continue;
        if (part < countof(parts))
            parts[part].take(service, item);
        else
            draft_dropped(&service->draft, arena_printf(service->import->arena, "deploy.%s", key),
                          item, NULL);
    }
}

/* 1000:1000 is a user and a group. */
void service_user(struct service *service, const struct node *value)
{
    const char *text = import_value(service->import, value);
    if (!text) {
        import_expected(service->import, service->name, "user", value, "a user, or USER:GROUP");
        return;
    }
    size_t length = strcspn(text, ":");
    if (strstr(text, "${{")) {
        draft_dropped(&service->draft, "user", value, "parrun has to know it at the start");
        return;
    }
    draft_text(&service->draft, "user", arena_copy(service->import->arena, text, length));
    if (text[length] && text[length + 1])
        draft_text(&service->draft, "group", text + length + 1);
}
