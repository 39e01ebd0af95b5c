/* Keys of a service of docker compose that are options of docker run. */
#include "import/compose_docker.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

void docker_option(struct compose_service *service, const char *name, const char *value)
{
    const char *option = arena_printf(service->import->arena, "--%s=%s", name, value);
    for (size_t i = 0; i < service->options.count; i++)
        if (!strcmp(service->options.items[i], option))
            return;
    texts_add(&service->options, option);
}

/* ---- containers that other services name ---- */

const char *docker_container(struct compose_service *service, const struct node *place,
                             const char *name)
{
    struct import *import = service->import;
    const struct node *map = node_find(service->all, name);
    const struct node *given = map ? node_find(map, "container_name") : NULL;
    const char *prefix = import->project;
    if (!map)
        diag_error(import->diags, node_mark(import->source, place), import->whole,
                   "there is no service '%s' in this file", show_text(name, strlen(name)).text);
    if (given || !map)
        return given ? import_value(import, given) : NULL;
    bool replicated = service->replicated && map == service->map;
    return arena_printf(import->arena, "%s%s%s-%s", prefix ? prefix : "", prefix ? "-" : "",
                        import_called(import, name), replicated ? "${{ index }}" : "1");
}

/* True for NAME, and NAME with something behind a colon. */
static bool names(const struct node *node, const char *before, const char *name)
{
    size_t start = strlen(before), length = strlen(name);
    if (!node || node->kind != NODE_SCALAR || strncmp(node->text, before, start) != 0)
        return false;
    const char *text = node->text + start;
    return !strncmp(text, name, length) && (!text[length] || text[length] == ':');
}

bool docker_is_named(const struct compose_service *service)
{
    static const struct {
        const char *key;
        const char *before;
    } keys[] = {{"network_mode", "service:"},
                {"pid", "service:"},
                {"ipc", "service:"},
                {"links", ""},
                {"volumes_from", ""}};
    for (size_t i = 0; i < service->all->size; i++) {
        for (size_t k = 0; k < countof(keys); k++) {
            const struct node *value = node_find(node_value(service->all, i), keys[k].key);
            if (names(value, keys[k].before, service->name))
                return true;
            for (size_t item = 0; value && value->kind == NODE_LIST && item < value->size; item++)
                if (names(&value->items[item], "", service->name))
                    return true;
        }
    }
    return false;
}

/* The container of service NAME, which has to be started before; NULL, with an error, for none. */
static const char *container_of(struct compose_service *service, const struct node *place,
                                const char *name)
{
    const char *container = docker_container(service, place, name);
    if (container)
        texts_add(&service->after, name);
    return container;
}

/* ---- values of several forms ---- */

/* One value: --OPTION=VALUE. */
static void take_value(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    if (value->kind != NODE_SCALAR) {
        import_expected(service->import, row->path, value, "one value");
        return;
    }
    const char *text = import_value(service->import, value);
    if (text)
        docker_option(service, row->name, text);
}

/* true: --OPTION. */
static void take_flag(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    const char *text = import_now(service->import, row->path, value);
    if (text && !strcmp(text, "true"))
        texts_add(&service->options, arena_printf(service->import->arena, "--%s", row->name));
    else if (text && strcmp(text, "false") != 0)
        import_dropped(service->import, row->path, value, "neither true nor false, left out");
}

/* A value or a list of them, each an option of its own. */
static void take_list(void *object, const struct key_row *row, const struct node *value)
{
    const struct node *items = value->kind == NODE_LIST ? value->items : value;
    size_t count = value->kind == NODE_LIST ? value->size : 1;
    for (size_t i = 0; i < count; i++)
        take_value(object, row, &items[i]);
}

/* A mapping or a list of NAME=VALUE. */
struct compose_pairs {
    struct compose_service *service;
    const char *option;
};

static void take_pair(void *context, const struct variable *variable)
{
    struct compose_pairs *pairs = context;
    struct arena *arena = pairs->service->import->arena;
    docker_option(pairs->service, pairs->option,
                  variable->value ? arena_printf(arena, "%s=%s", variable->name, variable->value)
                                  : variable->name);
}

static void take_pairs(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    struct compose_pairs pairs = {service, row->name};
    import_variables(service->import, value, take_pair, &pairs);
}

/* The text of KEY, "" where it is not there. */
static const char *part(struct compose_service *service, const struct node *map, const char *key)
{
    const char *text = import_text(service->import, map, key);
    return text ? text : "";
}

/* Hosts: a list of NAME:ADDRESS or NAME=ADDRESS, or a mapping of names to one or several. */
static void take_hosts(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    struct arena *arena = service->import->arena;
    if (value->kind != NODE_MAP) {
        take_list(object, row, value);
        return;
    }
    import_whole(service->import, value);
    for (size_t i = 0; i < value->size; i++) {
        const struct node *hosts = node_value(value, i);
        const struct node *items = hosts->kind == NODE_LIST ? hosts->items : hosts;
        size_t count = hosts->kind == NODE_LIST ? hosts->size : 1;
        for (size_t k = 0; k < count; k++) {
            const char *text = import_value(service->import, &items[k]);
            docker_option(service, row->name,
                          arena_printf(arena, "%s:%s", node_key(value, i)->text, text ? text : ""));
        }
    }
}

/* "service:NAME" is the container of a service here; anything else is docker's own. */
static void take_mode(void *object, const struct key_row *row, const struct node *value)
{
    static const char before[] = "service:";
    struct compose_service *service = object;
    if (value->kind != NODE_SCALAR || strncmp(value->text, before, strlen(before)) != 0) {
        take_value(object, row, value);
        return;
    }
    const char *name = container_of(service, value, value->text + strlen(before));
    if (name)
        docker_option(service, row->name,
                      arena_printf(service->import->arena, "container:%s", name));
}

/* "db", "db:ALIAS", "db:ro" and, of volumes_from, "container:NAME". */
static void take_services(void *object, const struct key_row *row, const struct node *value)
{
    static const char other[] = "container:";
    struct compose_service *service = object;
    struct arena *arena = service->import->arena;
    for (size_t i = 0; value->kind == NODE_LIST && i < value->size; i++) {
        const char *text = value->items[i].kind == NODE_SCALAR ? value->items[i].text : "";
        size_t length = strcspn(text, ":");
        const char *service_name = arena_copy(arena, text, length);
        if (!strncmp(text, other, strlen(other))) {
            docker_option(service, row->name, text + strlen(other));
            continue;
        }
        const char *name = container_of(service, &value->items[i], service_name);
        const char *alias = *row->path == 'l' ? arena_printf(arena, ":%s", service_name) : "";
        if (name)
            docker_option(service, row->name,
                          arena_printf(arena, "%s%s", name, text[length] ? text + length : alias));
    }
}

/* What stands in one text, or in a mapping: each key's value behind what parts it from those
 * before. */
static const struct form {
    const char *path;
    struct {
        const char *key;
        const char *before;
        bool kept; /* BEFORE stands there without a value too */
    } parts[4];
} forms[] = {
    {"ports",
     {{"host_ip", "", false},
      {"published", ":", true},
      {"target", ":", false},
      {"protocol", "/", false}}},
    {"devices", {{"source", "", false}, {"target", ":", false}, {"permissions", ":", false}}},
    {"weight_device", {{"path", "", false}, {"weight", ":", false}}},
    {"device_", {{"path", "", false}, {"rate", ":", false}}},
};

/* A list of texts or of mappings of one of the forms. */
static void take_forms(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    const struct form *form = forms;
    while (strncmp(form->path, row->path, strlen(form->path)) != 0)
        form++;
    for (size_t i = 0; value->kind == NODE_LIST && i < value->size; i++) {
        const struct node *item = &value->items[i];
        struct buf text = {0};
        if (item->kind == NODE_SCALAR) {
            take_value(object, row, item);
            continue;
        }
        for (size_t k = 0; k < countof(form->parts) && form->parts[k].key; k++) {
            const char *word = part(service, item, form->parts[k].key);
            bool stands = *word || form->parts[k].kept;
            buf_printf(&text, "%s%s", stands && text.length ? form->parts[k].before : "", word);
        }
        if (text.length)
            docker_option(service, row->name, buf_string(&text));
        else
            import_expected(service->import, row->path, item, "a text, or a mapping of its parts");
        buf_release(&text);
    }
    if (value->kind != NODE_LIST)
        import_expected(service->import, row->path, value, "a list");
}

/* ---- volumes ---- */

/* A path of the host, or the name that a volume of the file has for docker. */
static const char *volume_source(struct compose_service *service, const char *text, bool path)
{
    struct arena *arena = service->import->arena;
    const struct node *volumes = node_find(service->root, "volumes");
    const struct node *volume = volumes ? node_find(volumes, text) : NULL;
    const struct node *name = volume ? node_find(volume, "name") : NULL;
    if (*text == '~' && (!text[1] || text[1] == '/'))
        return arena_printf(arena, "${{ env.HOME }}%s", text + 1);
    if (path && *text && !strchr("/.$", *text))
        text = arena_printf(arena, "./%s", text);
    service->relative |= *text == '.';
    const char *named = !path && name ? import_value(service->import, name) : NULL;
    return named ? named : text;
}

/* What a mount says of itself, or below its kind, as docker run has it behind the second colon. */
static const struct {
    const char *kind; /* NULL: any */
    const char *key;
    const char *word;   /* for true; NULL: the value itself */
    const char *before; /* it */
} modes[] = {
    {NULL, "read_only", "ro", ""},     {"volume", "nocopy", "nocopy", ""},
    {"bind", "propagation", NULL, ""}, {"bind", "selinux", NULL, ""},
    {NULL, "consistency", NULL, ""},   {"tmpfs", "size", NULL, "size="},
    {"tmpfs", "mode", NULL, "mode="},
};

static void put_modes(struct compose_service *service, const struct node *mount, const char *kind,
                      struct buf *out)
{
    const struct node *below = import_take(service->import, mount, kind);
    for (size_t i = 0; i < countof(modes); i++) {
        const struct node *map = modes[i].kind ? below : mount;
        if (!map || (modes[i].kind && strcmp(modes[i].kind, kind) != 0))
            continue;
        const char *text = import_text(service->import, map, modes[i].key);
        if (text && (!modes[i].word || !strcmp(text, "true")))
            buf_printf(out, "%s%s%s", out->length ? "," : "", modes[i].before,
                       modes[i].word ? modes[i].word : text);
    }
}

/* {type: bind, source: ./here, target: /there, read_only: true}, a volume or a tmpfs. */
static void take_mount(struct compose_service *service, const struct key_row *row,
                       const struct node *mount)
{
    struct buf out = {0};
    const struct node *kind = node_find(mount, "type");
    bool bind = import_is_word(kind, "bind"), tmpfs = import_is_word(kind, "tmpfs");
    if (!kind || !node_find(mount, "target"))
        import_expected(service->import, row->path, mount,
                        "a volume such as ./here:/there, or a mapping with 'type' and 'target'");
    if (!bind && !tmpfs && !import_is_word(kind, "volume"))
        return; /* import_rest() tells of it */
    import_take(service->import, mount, "type");
    put_modes(service, mount, kind->text, &out);
    const char *source = tmpfs ? "" : volume_source(service, part(service, mount, "source"), bind);
    docker_option(service, tmpfs ? "tmpfs" : row->name,
                  arena_printf(service->import->arena, "%s%s%s%s%s", source, *source ? ":" : "",
                               part(service, mount, "target"), out.length ? ":" : "",
                               buf_string(&out)));
    buf_release(&out);
}

static void take_volumes(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    for (size_t i = 0; value->kind == NODE_LIST && i < value->size; i++) {
        const struct node *item = &value->items[i];
        const char *text = item->kind == NODE_SCALAR ? import_value(service->import, item) : NULL;
        const char *colon = text ? strchr(text, ':') : NULL;
        if (item->kind != NODE_SCALAR)
            take_mount(service, row, item);
        else if (colon && strncmp(text, "${{", 3) != 0)
            docker_option(service, row->name,
                          arena_printf(service->import->arena, "%s%s",
                                       volume_source(service,
                                                     arena_copy(service->import->arena, text,
                                                                (size_t)(colon - text)),
                                                     false),
                                       colon));
        else if (text)
            docker_option(service, row->name, text);
    }
    if (value->kind != NODE_LIST)
        import_expected(service->import, row->path, value, "a list of volumes");
}

/* ---- the others ---- */

static void take_env_files(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    struct texts paths = {0};
    import_env_files(service->import, value, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        docker_option(service, row->name, paths.items[i]);
        service->relative |= *paths.items[i] != '/';
    }
    if (paths.count)
        import_note(service->import,
                    "docker run takes each line of an env_file as it is, quotes and ${ } "
                    "too, and refuses 'export'");
    texts_release(&paths);
}

/* {driver: json-file, options: {max-size: 10m}} */
static void take_logging(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    const char *driver = import_text(service->import, value, "driver");
    const struct node *options = import_take(service->import, value, "options");
    if (driver)
        docker_option(service, row->name, driver);
    if (options)
        take_pairs(object, &(struct key_row){.name = "log-opt"}, options);
}

static void take_pull(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    const char *text = import_now(service->import, row->path, value);
    if (text && (!strcmp(text, "missing") || !strcmp(text, "if_not_present")))
        docker_option(service, row->name, "missing");
    else if (text && (!strcmp(text, "always") || !strcmp(text, "never")))
        docker_option(service, row->name, text);
    else
        import_dropped(service->import, row->path, value,
                       "docker run knows always, missing and never");
}

static void take_gpus(void *object, const struct key_row *row, const struct node *value)
{
    struct compose_service *service = object;
    if (value->kind == NODE_SCALAR)
        take_value(object, row, value);
    else
        import_dropped(service->import, row->path, value, "see docker run --gpus");
}

/* {weight: 300, device_read_bps: [{path: /dev/sdb, rate: 12mb}]} */
static void take_blkio(void *object, const struct key_row *row, const struct node *value)
{
    static const struct key_row lists[] = {
        {"weight_device", take_forms, "blkio-weight-device"},
        {"device_read_bps", take_forms, "device-read-bps"},
        {"device_read_iops", take_forms, "device-read-iops"},
        {"device_write_bps", take_forms, "device-write-bps"},
        {"device_write_iops", take_forms, "device-write-iops"},
        {"weight", take_value, "blkio-weight"},
    };
    (void)row;
    import_object(((struct compose_service *)object)->import, object, value,
                  &(struct key_rows){lists, countof(lists)}, 1);
}

static const struct key_row rows[] = {
    {"annotations", take_pairs, "annotation"},
    {"blkio_config", take_blkio, NULL},
    {"cap_add", take_list, "cap-add"},
    {"cap_drop", take_list, "cap-drop"},
    {"cgroup", take_value, "cgroupns"},
    {"cgroup_parent", take_value, "cgroup-parent"},
    {"container_name", take_value, "name"},
    {"cpu_period", take_value, "cpu-period"},
    {"cpu_quota", take_value, "cpu-quota"},
    {"cpu_rt_period", take_value, "cpu-rt-period"},
    {"cpu_rt_runtime", take_value, "cpu-rt-runtime"},
    {"cpu_shares", take_value, "cpu-shares"},
    {"cpus", take_value, "cpus"},
    {"cpuset", take_value, "cpuset-cpus"},
    {"device_cgroup_rules", take_list, "device-cgroup-rule"},
    {"devices", take_forms, "device"},
    {"dns", take_list, "dns"},
    {"dns_opt", take_list, "dns-option"},
    {"dns_search", take_list, "dns-search"},
    {"domainname", take_value, "domainname"},
    {"env_file", take_env_files, "env-file"},
    {"environment", take_pairs, "env"},
    {"expose", take_list, "expose"},
    {"extra_hosts", take_hosts, "add-host"},
    {"gpus", take_gpus, "gpus"},
    {"group_add", take_list, "group-add"},
    {"hostname", take_value, "hostname"},
    {"init", take_flag, "init"},
    {"ipc", take_mode, "ipc"},
    {"isolation", take_value, "isolation"},
    {"label_file", take_list, "label-file"},
    {"labels", take_pairs, "label"},
    {"links", take_services, "link"},
    {"logging", take_logging, "log-driver"},
    {"mac_address", take_value, "mac-address"},
    {"mem_reservation", take_value, "memory-reservation"},
    {"mem_swappiness", take_value, "memory-swappiness"},
    {"memswap_limit", take_value, "memory-swap"},
    {"network_mode", take_mode, "network"},
    {"oom_kill_disable", take_flag, "oom-kill-disable"},
    {"oom_score_adj", take_value, "oom-score-adj"},
    {"pid", take_mode, "pid"},
    {"pids_limit", take_value, "pids-limit"},
    {"platform", take_value, "platform"},
    {"ports", take_forms, "publish"},
    {"privileged", take_flag, "privileged"},
    {"pull_policy", take_pull, "pull"},
    {"read_only", take_flag, "read-only"},
    {"runtime", take_value, "runtime"},
    {"security_opt", take_list, "security-opt"},
    {"shm_size", take_value, "shm-size"},
    {"storage_opt", take_pairs, "storage-opt"},
    {"sysctls", take_pairs, "sysctl"},
    {"tmpfs", take_list, "tmpfs"},
    {"tty", take_flag, "tty"},
    {"user", take_value, "user"},
    {"userns_mode", take_value, "userns"},
    {"uts", take_value, "uts"},
    {"volumes", take_volumes, "volume"},
    {"volumes_from", take_services, "volumes-from"},
    {"working_dir", take_value, "workdir"},
    {"env_file.format", NULL, "docker run has one form alone"},
    {"ports.*", NULL, "docker run --publish has nothing like it"},
    {"networks*", NULL, "docker run knows what docker network create has made: see --network"},
    {"volumes.bind.create_host_path", NULL, "docker run --volume makes the path"},
    {"volumes.volume.subpath", NULL, "see docker run --mount"},
};

const struct key_rows docker_rows = {rows, countof(rows)};

/* ---- the image ---- */

static void put_words(struct compose_service *service, struct buf *line, const char *option,
                      const struct node *value)
{
    const struct node *items = value->kind == NODE_SCALAR ? value : value->items;
    size_t count = value->kind == NODE_SCALAR ? 1 : value->size;
    import_whole(service->import, value);
    for (size_t i = 0; i < count; i++) {
        const struct node *item = value->kind == NODE_MAP ? node_value(value, i) : &items[i];
        struct buf word = {0};
        if (value->kind == NODE_MAP)
            buf_printf(&word, "%s%s", node_key(value, i)->text, node_is_nothing(item) ? "" : "=");
        if (item->kind == NODE_SCALAR && !node_is_nothing(item))
            buf_text(&word, item->text);
        buf_printf(line, " --%s ", option);
        shell_quote(line, buf_string(&word), word.length);
        buf_release(&word);
    }
}

void docker_build(void *object, const struct key_row *row, const struct node *value)
{
    static const struct {
        const char *key;
        const char *option;
    } options[] = {
        {"args", "build-arg"},       {"target", "target"},
        {"labels", "label"},         {"cache_from", "cache-from"},
        {"cache_to", "cache-to"},    {"network", "network"},
        {"platforms", "platform"},   {"tags", "tag"},
        {"shm_size", "shm-size"},    {"ssh", "ssh"},
        {"extra_hosts", "add-host"},
    };
    struct compose_service *service = object;
    struct import *import = service->import;
    struct buf line = {0};
    bool map = value->kind == NODE_MAP;
    const struct node *given = map ? import_take(import, value, "context") : value;
    const struct node *file = map ? import_take(import, value, "dockerfile") : NULL;
    const struct node *image = node_find(service->map, "image");
    const char *context = given && given->kind == NODE_SCALAR ? given->text : ".";
    const char *tag = image && image->kind == NODE_SCALAR ? image->text : service->draft.name;
    (void)row;
    buf_text(&line, " --tag ");
    shell_quote(&line, tag, strlen(tag));
    if (file && file->kind == NODE_SCALAR) {
        bool here = *file->text == '/' || !strcmp(context, ".") || strstr(context, "://");
        const char *path =
            here ? file->text
                 : arena_printf(import->arena, "%s%s%s", context,
                                context[strlen(context) - 1] == '/' ? "" : "/", file->text);
        buf_text(&line, " --file ");
        shell_quote(&line, path, strlen(path));
    }
    for (size_t i = 0; map && i < countof(options); i++) {
        const struct node *option = import_take(import, value, options[i].key);
        if (option)
            put_words(service, &line, options[i].option, option);
    }
    buf_char(&line, ' ');
    shell_quote(&line, context, strlen(context));
    for (char *at = line.data; *at; at++)
        *at = (unsigned char)*at < 0x20 || *at == 0x7F ? '?' : *at;
    import_note(import, "build it first: docker build%s", buf_string(&line));
    buf_release(&line);
}
