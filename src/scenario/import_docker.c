/* Keys of a compose file that are options of docker run. A new one is a new row. */
#include "scenario/import_docker.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "scenario/show.h"
#include "scenario/tree.h"

struct row {
    const char *key;
    const char *option;
    void (*take)(struct service *service, const struct row *row, const struct node *value);
};

void docker_option(struct service *service, const char *name, const char *value)
{
    texts_add(&service->options, arena_printf(service->import->arena, "--%s=%s", name, value));
}

static void wrong(struct service *service, const struct row *row, const struct node *node,
                  const char *expected)
{
    import_expected(service->import, service->name, row->key, node, expected);
}

/* One value: --OPTION=VALUE. */
static void take_value(struct service *service, const struct row *row, const struct node *value)
{
    if (value->kind != NODE_SCALAR) {
        wrong(service, row, value, "one value");
        return;
    }
    const char *text = import_value(service->import, value);
    if (text)
        docker_option(service, row->option, text);
}

/* true: --OPTION. */
static void take_flag(struct service *service, const struct row *row, const struct node *value)
{
    if (value->kind != NODE_SCALAR)
        wrong(service, row, value, "true or false");
    else if (!strcmp(value->text, "true"))
        texts_add(&service->options, arena_printf(service->import->arena, "--%s", row->option));
    else if (strcmp(value->text, "false") != 0)
        draft_dropped(&service->draft, row->key, value, "neither true nor false, left out");
}

/* A value or a list of them, each an option of its own. */
static void take_list(struct service *service, const struct row *row, const struct node *value)
{
    const struct node *items = value->kind == NODE_LIST ? value->items : value;
    size_t count = value->kind == NODE_LIST ? value->size : 1;
    for (size_t i = 0; i < count; i++)
        if (items[i].kind == NODE_SCALAR)
            take_value(service, row, &items[i]);
        else
            wrong(service, row, &items[i], "a list of texts");
}

/* A mapping or a list of NAME=VALUE. */
struct pairs {
    struct service *service;
    const char *option;
    const char *between;
};

static void take_pair(void *context, const struct variable *variable)
{
    struct pairs *pairs = context;
    struct arena *arena = pairs->service->import->arena;
    docker_option(pairs->service, pairs->option,
                  variable->value ? arena_printf(arena, "%s%s%s", variable->name, pairs->between,
                                                 variable->value)
                                  : variable->name);
}

static void take_pairs(struct service *service, const struct row *row, const struct node *value)
{
    struct pairs pairs = {service, row->option, "="};
    import_variables(service->import, service->name, value, take_pair, &pairs);
}

/* Hosts: a list of NAME:ADDRESS or NAME=ADDRESS, or a mapping. */
static void take_hosts(struct service *service, const struct row *row, const struct node *value)
{
    struct pairs pairs = {service, row->option, ":"};
    import_variables(service->import, service->name, value, take_pair, &pairs);
}

/* A text of a mapping that is one value there; "" where it is not there. */
static const char *part(struct service *service, const struct node *map, const char *key)
{
    const struct node *node = import_find(map, key);
    const char *text = node ? import_value(service->import, node) : NULL;
    return text ? text : "";
}

/* "127.0.0.1:8080:80/udp", or the same as a mapping. */
static void take_ports(struct service *service, const struct row *row, const struct node *value)
{
    if (value->kind != NODE_LIST) {
        wrong(service, row, value, "a list of ports");
        return;
    }
    for (size_t i = 0; i < value->size; i++) {
        const struct node *port = &value->items[i];
        if (port->kind == NODE_SCALAR) {
            take_value(service, row, port);
            continue;
        }
        const char *target = part(service, port, "target");
        const char *published = part(service, port, "published");
        const char *host = part(service, port, "host_ip");
        const char *protocol = part(service, port, "protocol");
        if (!*target) {
            wrong(service, row, port, "a port such as \"8080:80\", or a mapping with 'target'");
            continue;
        }
        docker_option(service, row->option,
                      arena_printf(service->import->arena, "%s%s%s%s%s%s%s", host, *host ? ":" : "",
                                   published, *published || *host ? ":" : "", target,
                                   *protocol ? "/" : "", protocol));
    }
}

/* {type: bind, source: ./here, target: /there, read_only: true}, or a tmpfs. */
static void take_mount(struct service *service, const struct row *row, const struct node *mount)
{
    const char *type = part(service, mount, "type");
    const char *source = part(service, mount, "source");
    const char *target = part(service, mount, "target");
    bool read_only = !strcmp(part(service, mount, "read_only"), "true");
    if (!*target)
        wrong(service, row, mount, "a volume such as ./here:/there, or a mapping with 'target'");
    else if (!strcmp(type, "tmpfs"))
        docker_option(service, "tmpfs", target);
    else if (!strcmp(type, "bind") || !strcmp(type, "volume"))
        docker_option(service, row->option,
                      arena_printf(service->import->arena, "%s%s%s%s", source, *source ? ":" : "",
                                   target, read_only ? ":ro" : ""));
    else
        draft_dropped(&service->draft, "volume", mount, NULL);
    service->relative |= *source == '.';
}

static void take_volumes(struct service *service, const struct row *row, const struct node *value)
{
    if (value->kind != NODE_LIST) {
        wrong(service, row, value, "a list of volumes");
        return;
    }
    for (size_t i = 0; i < value->size; i++) {
        if (value->items[i].kind == NODE_SCALAR) {
            take_value(service, row, &value->items[i]);
            service->relative |= value->items[i].text[0] == '.';
        } else {
            take_mount(service, row, &value->items[i]);
        }
    }
}

/* A path, a list of them, or of {path: PATH, required: BOOLEAN}. */
static void take_env_files(struct service *service, const struct row *row, const struct node *value)
{
    const struct node *items = value->kind == NODE_LIST ? value->items : value;
    size_t count = value->kind == NODE_LIST ? value->size : 1;
    for (size_t i = 0; i < count; i++) {
        const struct node *path = import_find(&items[i], "path");
        take_value(service, row, path ? path : &items[i]);
        service->relative |= *(path ? path : &items[i])->text != '/';
    }
    draft_note(&service->draft, "docker run takes quotes in an env_file as part of the value");
}

static const struct row rows[] = {
    {"cap_add", "cap-add", take_list},
    {"cap_drop", "cap-drop", take_list},
    {"container_name", "name", take_value},
    {"cpu_shares", "cpu-shares", take_value},
    {"cpus", "cpus", take_value},
    {"cpuset", "cpuset-cpus", take_value},
    {"devices", "device", take_list},
    {"dns", "dns", take_list},
    {"dns_search", "dns-search", take_list},
    {"domainname", "domainname", take_value},
    {"env_file", "env-file", take_env_files},
    {"environment", "env", take_pairs},
    {"expose", "expose", take_list},
    {"extra_hosts", "add-host", take_hosts},
    {"group_add", "group-add", take_list},
    {"hostname", "hostname", take_value},
    {"init", "init", take_flag},
    {"ipc", "ipc", take_value},
    {"labels", "label", take_pairs},
    {"mem_reservation", "memory-reservation", take_value},
    {"memswap_limit", "memory-swap", take_value},
    {"network_mode", "network", take_value},
    {"pid", "pid", take_value},
    {"pids_limit", "pids-limit", take_value},
    {"platform", "platform", take_value},
    {"ports", "publish", take_ports},
    {"privileged", "privileged", take_flag},
    {"read_only", "read-only", take_flag},
    {"runtime", "runtime", take_value},
    {"security_opt", "security-opt", take_list},
    {"shm_size", "shm-size", take_value},
    {"sysctls", "sysctl", take_pairs},
    {"tmpfs", "tmpfs", take_list},
    {"tty", "tty", take_flag},
    {"user", "user", take_value},
    {"volumes", "volume", take_volumes},
    {"working_dir", "workdir", take_value},
};

bool docker_take(struct service *service, const struct node *key, const struct node *value)
{
    for (size_t i = 0; i < countof(rows); i++) {
        if (strcmp(rows[i].key, key->text) != 0)
            continue;
        rows[i].take(service, &rows[i], value);
        return true;
    }
    return false;
}
