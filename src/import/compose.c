/*
 * A compose.yaml of docker compose. A service with an image becomes a process that is docker run;
 * one without becomes the command itself.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "import/compose_docker.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

#define WHOLE "'docker compose config' prints all of it as one file: parrun import - reads that"

/* ---- a service without a container ---- */

/* 1000:1000 is a user and a group. */
static void take_user(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    const char *text = import_now(service->import, row->path, value);
    size_t length = text ? strcspn(text, ":") : 0;
    if (!text)
        return;
    draft_text(&service->draft, "user", arena_copy(service->import->arena, text, length));
    if (text[length] && text[length + 1])
        draft_text(&service->draft, "group", text + length + 1);
}

static const struct key_row plain[] = {
    {"env_file", draft_take_env_file, NULL}, {"environment", draft_take_environment, NULL},
    {"tty", draft_take_true, "tty"},         {"user", take_user, NULL},
    {"working_dir", draft_take_text, "cwd"},
};

static const struct key_rows plain_rows = {plain, countof(plain)};

/* ---- what it runs ---- */

/* The words of a command: a text is taken apart, the items of a list are words as they are. */
static bool read_words(struct compose_service *service, const char *key, struct texts *words)
{
    struct import *import = service->import;
    const struct node *node = node_find(service->map, key);
    bool variables = import->variables;
    if (!node)
        return true;
    if (node->kind == NODE_SCALAR) {
        import->variables = false;
        bool fine = import_words(import, node, words);
        if (import->variables)
            import_note(import, "%s: a variable's value stays one word here", key);
        import->variables |= variables;
        return fine;
    }
    for (size_t i = 0; node->kind == NODE_LIST && i < node->size; i++) {
        const char *text = import_value(import, &node->items[i]);
        if (!text) {
            if (node->items[i].kind != NODE_SCALAR)
                import_expected(import, key, &node->items[i], "a list of texts");
            return false;
        }
        texts_add(words, text);
    }
    if (node->kind == NODE_MAP)
        import_expected(import, key, node, "a text or a list");
    return node->kind == NODE_LIST;
}

static void add_all(struct texts *to, const struct texts *from, size_t first)
{
    for (size_t i = first; i < from->count; i++)
        texts_add(to, from->items[i]);
}

/* docker run OPTIONS [--entrypoint=FIRST] IMAGE [REST...] COMMAND... */
static void write_container(struct compose_service *service, const struct texts *entry,
                            const struct texts *command)
{
    struct texts words = {0};
    texts_add(&words, "docker");
    texts_add(&words, "run");
    texts_add(&words, "--rm");
    add_all(&words, &service->options, 0);
    if (node_find(service->map, "entrypoint"))
        texts_add(&words, arena_printf(service->import->arena, "--entrypoint=%s",
                                       entry->count ? entry->items[0] : ""));
    const char *image = node_find(service->map, "image")
                            ? import_text(service->import, service->map, "image")
                            : service->draft.name;
    texts_add(&words, image ? image : "");
    add_all(&words, entry, 1);
    add_all(&words, command, 0);
    draft_list(&service->draft, "exec", &words);
    if (service->relative)
        draft_text(&service->draft, "cwd", ".");
    texts_release(&words);
}

static void write_body(struct compose_service *service, const struct node *key)
{
    struct texts entry = {0};
    struct texts command = {0};
    bool fine =
        read_words(service, "entrypoint", &entry) && read_words(service, "command", &command);
    if (fine && service->container) {
        write_container(service, &entry, &command);
    } else if (fine) {
        add_all(&entry, &command, 0);
        import_note(service->import, "it has no image: the command runs without a container");
        if (entry.count)
            draft_list(&service->draft, "exec", &entry);
        else
            import_runs_nothing(service->import, key, service->map, "service", "has neither image nor command", "give it an 'image'");
    }
    texts_release(&entry);
    texts_release(&command);
}

static bool read_service(struct import *import, const struct node *root, const struct node *key,
                         const struct node *map)
{
    struct compose_service service = {
        .import = import,
        .name = key->text,
        .root = root,
        .map = map,
        .all = node_find(root, "services"),
        .container = node_find(map, "image") || node_find(map, "build"),
    };
    const struct key_rows rows[] = {service_rows, service.container ? docker_rows : plain_rows};
    import->owner = "services";
    if (map->kind != NODE_MAP) {
        import_expected(import, key->text, map, "the keys of a service");
        return false;
    }
    draft_init(&service.draft, import, key->text);
    if (!service.container)
        write_body(&service, key);
    import_object(import, &service, map, rows, countof(rows));
    service_finish(&service);
    if (service.container)
        write_body(&service, key);
    import_rest(import, map, rows, countof(rows));
    texts_release(&service.options);
    texts_release(&service.after);
    buf_release(&service.limits);
    draft_finish(&service.draft);
    return service.container;
}

/* ---- the file ---- */

static void take_name(void *object, const struct key_row *row, const struct node *value)
{
    struct import *import = object;
    (void)row;
    (void)value;
    if (!import->project)
        return;
    buf_text(&import->head, "name: ");
    import_quote(&import->head, import->project);
    buf_char(&import->head, '\n');
}

/* What docker run does not make of a volume is told with the command that does. */
static void take_volumes(void *object, const struct key_row *row, const struct node *value)
{
    struct import *import = object;
    bool own = false;
    (void)row;
    for (size_t i = 0; value->kind == NODE_MAP && i < value->size; i++) {
        const struct node *volume = import_take(import, value, node_key(value, i)->text);
        const struct node *name = volume ? import_take(import, volume, "name") : NULL;
        bool external = volume && import_flag(import, volume, "external");
        own |= !name && !external;
    }
    if (own)
        import_note(import, "volumes: docker run makes them itself, without the project's name "
                            "before theirs.");
}

static const struct key_row top[] = {
    {"name", take_name, NULL},
    {"services", import_later, NULL},
    {"version", import_later, NULL},
    {"volumes", take_volumes, NULL},
    {"include", NULL, WHOLE},
    {"networks", NULL, "make them with docker network create"},
    {"volumes.*", NULL, "make the volume first, see docker volume create"},
};

static const struct key_rows top_rows = {top, countof(top)};

static void explain(struct import *import, bool container)
{
    static const char *const overrides[] = {"compose.override.yaml", "compose.override.yml",
                                            "docker-compose.override.yaml",
                                            "docker-compose.override.yml"};
    if (container) {
        import_note(import, "Each container is run by docker run, which hands signals on to it. "
                            "Where docker run itself has");
        import_note(import, "to be killed because the grace is over, the container stays: see "
                            "docker ps, and docker rm --force.");
        import_note(import, "Compose puts the services on a network that knows them by their "
                            "names, docker run does not:");
        import_note(import, "make one with docker network create, and give each --network and "
                            "--network-alias.");
    }
    if (import->variables)
        import_note(import, "env.NAME is taken from the environment alone, not from .env too.");
    if (import->demanded)
        import_note(import, "A variable that must be set (${NAME:?}) is not checked here.");
    for (size_t i = 0; i < countof(overrides); i++)
        if (import_is_beside(import, overrides[i]))
            import_note(import, "%s is not read here: " WHOLE ".", overrides[i]);
}

bool import_compose(struct import *import, const struct node *root)
{
    const struct node *services = node_find(root, "services");
    bool container = false;
    import->dollar = DOLLAR_COMPOSE;
    import->whole = WHOLE;
    const struct node *name = node_find(root, "name");
    const char *project = name ? import_now(import, "name", name) : NULL;
    import->project = project && *project ? project : NULL;
    if (services->kind != NODE_MAP || !services->size) {
        diag_error(import->diags, node_mark(import->source, services), "write NAME: {image: IMAGE}",
                   "'services': expected a mapping of names to services, found %s",
                   show_node(services).text);
        return false;
    }
    for (size_t i = 0; i < services->size; i++)
        container |= read_service(import, root, node_key(services, i), node_value(services, i));
    explain(import, container);
    import->owner = "the file";
    import_object(import, import, root, &top_rows, 1);
    import_whole(import, services);
    import_rest(import, root, &top_rows, 1);
    return true;
}
