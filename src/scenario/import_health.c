/* What a service of docker compose waits for, and what tells that it is healthy. */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/unit.h"
#include "scenario/import_docker.h"
#include "scenario/tree.h"

/* Docker's defaults of a healthcheck. */
#define INTERVAL (30 * NS_PER_S)
#define RETRIES 3

static bool is_none(const struct node *check)
{
    const struct node *test = import_find(check, "test");
    return import_is_word(import_find(check, "disable"), "true") ||
           (test && test->kind == NODE_LIST && test->size == 1 &&
            import_is_word(&test->items[0], "NONE"));
}

/* A container's image may have a check of its own. */
static bool tells_ready(const struct node *service)
{
    const struct node *check = import_find(service, "healthcheck");
    bool container = import_find(service, "image") || import_find(service, "build");
    return check ? !is_none(check) && (container || import_find(check, "test")) : container;
}

static bool is_off(const struct node *service)
{
    return import_find(service, "profiles") || import_is_word(service_replicas_node(service), "0");
}

void service_depends(struct service *service, const struct node *value)
{
    struct order order = {service->all, tells_ready, is_off};
    draft_depends(&service->draft, &order, service->name, value);
}

/* The name of the container, for docker exec; given to docker run where the file gives none. */
static const char *name_container(struct service *service)
{
    struct import *import = service->import;
    const struct node *given = import_find(service->map, "container_name");
    const char *project = service->project ? service->project : "";
    const char *name = given ? import_value(import, given) : NULL;
    if (name)
        return name;
    name = arena_printf(import->arena, "%s%s%s-%s", project, *project ? "-" : "",
                        service->draft.name, service->replicated ? "${{ index }}" : "1");
    docker_option(service, "name", name);
    return name;
}

/* A duration of the file, FALLBACK where it has none. */
static int64_t duration_of(struct service *service, const struct node *map, const char *key,
                           int64_t fallback)
{
    const struct node *node = import_find(map, key);
    int64_t ns = fallback;
    struct error error = {0};
    if (node && (node->kind != NODE_SCALAR || duration_parse(node->text, &ns, &error)))
        import_expected(service->import, service->name, key, node,
                        "a duration such as 10s or 1m30s");
    error_release(&error);
    return ns;
}

static void write_duration(struct draft *draft, const char *key, int64_t ns)
{
    struct buf text = {0};
    duration_print(&text, ns);
    draft_line(draft, key, "%s", buf_string(&text));
    buf_release(&text);
}

/*
 * Docker calls it unhealthy after so many looks in a row behind the start period; the last of them
 * may take its time.
 */
static void write_times(struct service *service, const struct node *check)
{
    int64_t interval = duration_of(service, check, "interval", INTERVAL);
    int64_t timeout = duration_of(service, check, "timeout", INTERVAL);
    int64_t period = duration_of(service, check, "start_period", 0);
    long retries = draft_number(&service->draft, service->name, "retries",
                                import_find(check, "retries"), RETRIES, 1);
    write_duration(&service->draft, "interval", interval);
    if (retries <= 100000 && interval < INT64_MAX / 1000000 && timeout < INT64_MAX / 4 &&
        period < INT64_MAX / 4)
        write_duration(&service->draft, "timeout", period + retries * interval + timeout);
}

/* The command of a healthcheck; false where it has none, or is wrong. */
static bool read_test(struct service *service, const struct node *test, struct texts *words)
{
    struct import *import = service->import;
    bool list = test->kind == NODE_LIST && test->size > 1;
    bool shell =
        test->kind == NODE_SCALAR || (list && import_is_word(&test->items[0], "CMD-SHELL"));
    size_t count = test->kind == NODE_SCALAR ? 1 : shell ? 2 : test->size;
    if (!shell && !(list && import_is_word(&test->items[0], "CMD"))) {
        import_expected(import, service->name, "test", test,
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
            import_expected(import, service->name, "test", item, "a text");
            return false;
        }
        texts_add(words, text);
    }
    return true;
}

/* The image's own check, which docker does and tells of. */
static void write_inspection(struct service *service)
{
    const char *name = name_container(service);
    struct texts words = {0};
    draft_note(&service->draft, "its image has the check of its health: docker tells of it");
    texts_add(&words, "/bin/sh");
    texts_add(&words, "-c");
    texts_add(&words, "test \"$(docker inspect --format '{{.State.Health.Status}}' \"$1\")\" = "
                      "healthy");
    texts_add(&words, "sh");
    texts_add(&words, name);
    draft_open(&service->draft, "ready");
    draft_list(&service->draft, "exec", &words);
    draft_close(&service->draft);
    texts_release(&words);
}

void service_awaited(struct service *service)
{
    const struct node *check = import_find(service->map, "healthcheck");
    const struct node *test = check ? import_find(check, "test") : NULL;
    struct texts words = {0};
    if (!import_is_awaited(service->all, service->name) || (check && is_none(check)))
        return;
    if (!test) {
        if (service->container)
            write_inspection(service);
        return;
    }
    if (service->container) {
        texts_add(&words, "docker");
        texts_add(&words, "exec");
        texts_add(&words, name_container(service));
    }
    if (read_test(service, test, &words)) {
        draft_open(&service->draft, "ready");
        draft_list(&service->draft, "exec", &words);
        write_times(service, check);
        draft_close(&service->draft);
    }
    texts_release(&words);
}

/* What service_awaited() does not take. */
void service_health(struct service *service, const struct node *value)
{
    if (value->kind != NODE_MAP)
        import_expected(service->import, service->name, "healthcheck", value, "a mapping");
    else if (is_none(value) && service->container)
        texts_add(&service->options, "--no-healthcheck");
    else if (!is_none(value) && !import_is_awaited(service->all, service->name))
        draft_dropped(&service->draft, "healthcheck", value,
                      "nothing waits for it; docker shows what it finds, 'health' would end it");
}
