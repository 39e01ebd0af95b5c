/*
 * A compose.yaml of docker compose. A service with an image becomes a process that is docker run;
 * one without becomes the command itself.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "scenario/import_docker.h"
#include "scenario/show.h"
#include "scenario/tree.h"

/* Keys that are no options of docker run: what is done with them, or why there is no equal. */
struct row {
    const char *key;
    void (*take)(struct service *service, const struct node *value);
    const char *why;
};

/* image, command and entrypoint: they end the command line, write_body() reads them. */
static void take_later(struct service *service, const struct node *value)
{
    (void)service;
    (void)value;
}

static void take_signal(struct service *service, const struct node *value)
{
    draft_signal(&service->draft, service->name, value);
}

static void take_grace(struct service *service, const struct node *value)
{
    draft_grace(&service->draft, service->name, value);
}

/* "docker build ..." as a comment: it is done once, before the scenario is run. */
static void take_build(struct service *service, const struct node *value)
{
    const struct node *context = value->kind == NODE_MAP ? import_find(value, "context") : value;
    const struct node *file = import_find(value, "dockerfile");
    const struct node *image = import_find(service->map, "image");
    struct buf line = {0};
    if (file && file->kind == NODE_SCALAR)
        buf_printf(&line, " --file %s", show_text(file->text, file->size).text);
    draft_note(&service->draft, "build it first: docker build --tag %s%s %s",
               image && image->kind == NODE_SCALAR ? show_text(image->text, image->size).text
                                                   : service->draft.name,
               buf_string(&line),
               context && context->kind == NODE_SCALAR
                   ? show_text(context->text, context->size).text
                   : ".");
    for (size_t i = 0; value->kind == NODE_MAP && i < value->size; i++)
        if (strcmp(node_key(value, i)->text, "context") != 0 &&
            strcmp(node_key(value, i)->text, "dockerfile") != 0)
            draft_dropped(
                &service->draft,
                arena_printf(service->import->arena, "build.%s", node_key(value, i)->text),
                node_value(value, i), "has to be given to docker build");
    buf_release(&line);
}

/* Compose starts it only where one of its profiles is asked for. */
static void take_profiles(struct service *service, const struct node *value)
{
    draft_dropped(&service->draft, "profiles", value, "take 'when' out to have it started");
    service->draft.off = true;
}

static const struct row rows[] = {
    {"build", take_build, NULL},
    {"command", take_later, NULL},
    {"depends_on", service_depends, NULL},
    {"deploy", service_deploy, NULL},
    {"entrypoint", take_later, NULL},
    {"extends", NULL, "what the other service says has to be written here"},
    {"healthcheck", service_health, NULL},
    {"image", take_later, NULL},
    {"mem_limit", service_memory, NULL},
    {"profiles", take_profiles, NULL},
    {"restart", service_restart, NULL},
    {"scale", service_replicas, NULL},
    {"stdin_open", NULL, "nothing is typed there; --interactive and 'stdin: inherit' are for one"},
    {"stop_grace_period", take_grace, NULL},
    {"stop_signal", take_signal, NULL},
    {"ulimits", service_limits, NULL},
};

static void take_directory(struct service *service, const struct node *value)
{
    const char *path = import_value(service->import, value);
    if (path)
        draft_text(&service->draft, "cwd", path);
    else
        import_expected(service->import, service->name, "working_dir", value, "a path");
}

static void take_env_file(struct service *service, const struct node *value)
{
    draft_paths(&service->draft, service->name, "env_file", value);
}

static void take_environment(struct service *service, const struct node *value)
{
    import_env(service->import, &service->draft, service->name, value, &service->draft.keys, 4);
}

/* Keys of a service that runs without a container. */
static const struct row plain_rows[] = {
    {"env_file", take_env_file, NULL},
    {"environment", take_environment, NULL},
    {"tty", NULL, "a process of parrun has no terminal"},
    {"user", service_user, NULL},
    {"working_dir", take_directory, NULL},
};

/* Takes KEY as one of the rows; false where it is none of them. */
static bool take_row(struct service *service, const struct row *list, size_t count,
                     const struct node *key, const struct node *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].key, key->text) != 0)
            continue;
        if (list[i].take)
            list[i].take(service, value);
        else
            draft_dropped(&service->draft, key->text, value, list[i].why);
        return true;
    }
    return false;
}

static void take_key(struct service *service, const struct node *key, const struct node *value)
{
    if (!strncmp(key->text, "x-", 2) || import_is_nothing(value))
        return;
    bool taken =
        take_row(service, rows, countof(rows), key, value) ||
        (service->container ? docker_take(service, key, value)
                            : take_row(service, plain_rows, countof(plain_rows), key, value));
    if (!taken)
        draft_dropped(&service->draft, key->text, value, NULL);
}

/* The words of a command: a text is taken apart, the items of a list are words as they are. */
static bool read_words(struct service *service, const char *key, struct texts *words)
{
    struct import *import = service->import;
    const struct node *node = import_find(service->map, key);
    bool variables = import->variables;
    if (!node)
        return true;
    if (node->kind == NODE_MAP) {
        import_expected(import, service->name, key, node, "a text or a list");
        return false;
    }
    if (node->kind == NODE_SCALAR) {
        import->variables = false;
        bool fine = import_words(import, node, words);
        if (import->variables)
            draft_note(&service->draft, "%s: a variable's value stays one word here", key);
        import->variables |= variables;
        return fine;
    }
    for (size_t i = 0; i < node->size; i++) {
        const char *text = import_value(import, &node->items[i]);
        if (!text) {
            if (node->items[i].kind != NODE_SCALAR)
                import_expected(import, service->name, key, &node->items[i], "a list of texts");
            return false;
        }
        texts_add(words, text);
    }
    return true;
}

/* docker run OPTIONS [--entrypoint=FIRST] IMAGE [REST...] COMMAND... */
static void write_container(struct service *service, const struct texts *entry,
                            const struct texts *command)
{
    static const char *const start[] = {"docker", "run", "--rm"};
    const struct node *image = import_find(service->map, "image");
    struct texts words = {0};
    for (size_t i = 0; i < countof(start); i++)
        texts_add(&words, start[i]);
    for (size_t i = 0; i < service->options.count; i++)
        texts_add(&words, service->options.items[i]);
    if (import_find(service->map, "entrypoint"))
        texts_add(&words, arena_printf(service->import->arena, "--entrypoint=%s",
                                       entry->count ? entry->items[0] : ""));
    const char *text = image ? import_value(service->import, image) : service->draft.name;
    if (image && image->kind != NODE_SCALAR)
        import_expected(service->import, service->name, "image", image, "a text");
    texts_add(&words, text ? text : "");
    for (size_t i = 1; i < entry->count; i++)
        texts_add(&words, entry->items[i]);
    for (size_t i = 0; i < command->count; i++)
        texts_add(&words, command->items[i]);
    draft_list(&service->draft, "exec", &words);
    if (service->relative)
        draft_text(&service->draft, "cwd", ".");
    texts_release(&words);
}

static void write_body(struct service *service, const struct node *key)
{
    struct texts entry = {0};
    struct texts command = {0};
    if (!read_words(service, "entrypoint", &entry) || !read_words(service, "command", &command)) {
        /* its error is told */
    } else if (service->container) {
        write_container(service, &entry, &command);
    } else {
        for (size_t i = 0; i < command.count; i++)
            texts_add(&entry, command.items[i]);
        draft_note(&service->draft, "it has no image: the command runs without a container");
        if (entry.count)
            draft_list(&service->draft, "exec", &entry);
        else
            diag_error(service->import->diags, node_mark(service->import->source, key),
                       "give it an 'image'", "service '%s' has neither image nor command",
                       show_text(key->text, key->size).text);
    }
    texts_release(&entry);
    texts_release(&command);
}

static bool read_service(struct import *import, const struct node *root, const struct node *key,
                         const struct node *map)
{
    const struct node *project = import_find(root, "name");
    struct service service = {
        .import = import,
        .name = key->text,
        .map = map,
        .all = import_find(root, "services"),
        .project = project ? import_value(import, project) : NULL,
    };
    if (map->kind != NODE_MAP) {
        import_expected(import, "services", key->text, map, "the keys of a service");
        return false;
    }
    draft_init(&service.draft, import, key->text);
    service.container = import_find(map, "image") || import_find(map, "build");
    if (!service.container)
        write_body(&service, key);
    for (size_t i = 0; i < map->size; i++)
        take_key(&service, node_key(map, i), node_value(map, i));
    service_awaited(&service);
    if (service.limits.length)
        draft_line(&service.draft, "limits", "{%s}", buf_string(&service.limits));
    if (service.container)
        write_body(&service, key);
    texts_release(&service.options);
    buf_release(&service.limits);
    draft_finish(&service.draft);
    return service.container;
}

/* Keys beside 'services'. */
static void read_top(struct import *import, const struct node *root)
{
    for (size_t i = 0; i < root->size; i++) {
        const char *key = node_key(root, i)->text;
        const struct node *value = node_value(root, i);
        bool known = !strcmp(key, "services") || !strcmp(key, "version") || !strncmp(key, "x-", 2);
        if (known || import_is_nothing(value))
            continue;
        const char *text = !strcmp(key, "name") ? import_value(import, value) : NULL;
        if (text) {
            buf_text(&import->head, "name: ");
            import_quote(&import->head, text);
            buf_char(&import->head, '\n');
        } else if (!strcmp(key, "volumes")) {
            import_head(import, "volumes: docker run makes them itself, without the project's name "
                                "before theirs.");
        } else {
            struct buf shown = {0};
            import_show(&shown, value);
            import_head(import, "%s %s: no equal in parrun's version 1.",
                        show_text(key, strlen(key)).text, buf_string(&shown));
            buf_release(&shown);
        }
    }
}

static void explain(struct import *import, bool container)
{
    if (container) {
        import_head(import, "Each container is run by docker run, which hands signals on to it. "
                            "Where docker run itself has");
        import_head(import, "to be killed because the grace is over, the container stays: see "
                            "docker ps, and docker rm --force.");
        import_head(import, "Compose puts the services on a network that knows them by their "
                            "names, docker run does not:");
        import_head(import, "make one with docker network create, and give each --network and "
                            "--network-alias.");
    }
    if (import->variables)
        import_head(import, "env.NAME is taken from the environment alone, not from .env too.");
    if (import->demanded)
        import_head(import, "A variable that must be set (${NAME:?}) is not checked here.");
}

bool import_compose(struct import *import, const struct node *root)
{
    const struct node *services = import_find(root, "services");
    bool container = false;
    import->dollar = DOLLAR_STRICT;
    if (services->kind != NODE_MAP || !services->size) {
        diag_error(import->diags, node_mark(import->source, services), "write NAME: {image: IMAGE}",
                   "'services': expected a mapping of names to services, found %s",
                   show_node(services).text);
        return false;
    }
    for (size_t i = 0; i < services->size; i++)
        container |= read_service(import, root, node_key(services, i), node_value(services, i));
    explain(import, container);
    read_top(import, root);
    return true;
}
