/* Keys of a service of docker compose that are options of docker run. */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "import/compose.h"
#include "yaml/tree.h"

void docker_option(struct import *import, const char *name, const char *value)
{
    struct texts *options = &import->draft->options;
    const char *option = arena_printf(import->arena, "--%s=%s", name, value);
    for (size_t i = 0; i < options->count; i++)
        if (!strcmp(options->items[i], option))
            return;
    texts_add(options, option);
}

/* ---- containers that other services name ---- */

const char *docker_container(struct import *import, const struct node *place, const char *name)
{
    const struct node *service = node_find(import->all, name);
    const struct node *given = node_find(service, "container_name");
    const char *prefix = import->project;
    if (!service)
        diag_error(import->diags, node_mark(import->source, place), import->kind->whole, "there is no service '%s' in this file",
                   import_shown(import, name));
    if (given || !service)
        return given ? import_value(import, given) : NULL;
    bool replicated = import->draft->replicated && service == import->draft->map;
    return arena_printf(import->arena, "%s%s%s-%s", prefix ? prefix : "", prefix ? "-" : "", import_called(import, name),
                        replicated ? "${{ index }}" : "1");
}

/* True for NAME behind BEFORE, and for NAME with something behind a colon. */
static bool names(const struct node *node, const char *before, const char *name)
{
    size_t start = strlen(before), length = strlen(name);
    if (node->kind != NODE_SCALAR || strncmp(node->text, before, start) != 0)
        return false;
    const char *text = node->text + start;
    return !strncmp(text, name, length) && (!text[length] || text[length] == ':');
}

bool docker_is_named(const struct import *import)
{
    static const char *const keys[] = {"network_mode", "pid", "ipc", "links", "volumes_from"};
    for (size_t i = 0; i < import->all->size; i++) {
        for (size_t k = 0; k < countof(keys); k++) {
            const struct node *value = node_find(node_value(import->all, i), keys[k]);
            const char *before = value && value->kind == NODE_SCALAR && k < 3 ? "service:" : "";
            for (size_t item = 0; value && item < import_count(value); item++)
                if (names(import_item(value, item), before, import->draft->owner))
                    return true;
        }
    }
    return false;
}

/* The container of service NAME, which has to be started before; NULL, with an error, for none. */
static const char *container_of(struct import *import, const struct node *place, const char *name)
{
    const char *container = docker_container(import, place, name);
    if (container)
        texts_add(&import->draft->after, name);
    return container;
}

/* ---- values of several forms ---- */

/* One value: --OPTION=VALUE. */
static void take_value(struct import *import, const struct key_row *row, const struct node *value)
{
    const char *text = import_value(import, value);
    if (text)
        docker_option(import, row->word, text);
    else if (value->kind != NODE_SCALAR)
        import_expected(import, row->path, value, "one value");
}

/* true: --OPTION. */
static void take_flag(struct import *import, const struct key_row *row, const struct node *value)
{
    const char *text = import_now(import, row->path, value);
    if (text && !strcmp(text, "true"))
        texts_add(&import->draft->options, arena_printf(import->arena, "--%s", row->word));
    else if (text && strcmp(text, "false") != 0)
        import_dropped(import, row->path, value, "neither true nor false, left out");
}

/* A value or a list of them, each an option of its own. */
static void take_list(struct import *import, const struct key_row *row, const struct node *value)
{
    for (size_t i = 0; i < import_count(value); i++)
        take_value(import, row, import_item(value, i));
}

/* A mapping or a list of NAME=VALUE. */
static void take_pairs(struct import *import, const struct key_row *row, const struct node *value)
{
    struct variable *pairs = NULL;
    size_t count = import_variables(import, value, &pairs);
    for (size_t i = 0; i < count; i++)
        docker_option(import, row->word, pairs[i].value ? arena_printf(import->arena, "%s=%s", pairs[i].name, pairs[i].value)
                                                        : pairs[i].name);
}

/* The text of KEY, "" where it is not there. */
static const char *part(struct import *import, const struct node *map, const char *key)
{
    const char *text = import_text(import, map, key);
    return text ? text : "";
}

/* Hosts: a list of NAME:ADDRESS or NAME=ADDRESS, or a mapping of names to one or several. */
static void take_hosts(struct import *import, const struct key_row *row, const struct node *value)
{
    if (value->kind != NODE_MAP) {
        take_list(import, row, value);
        return;
    }
    import_whole(import, value);
    for (size_t i = 0; i < value->size; i++) {
        const struct node *hosts = node_value(value, i);
        for (size_t k = 0; k < import_count(hosts); k++) {
            const char *text = import_value(import, import_item(hosts, k));
            docker_option(import, row->word, arena_printf(import->arena, "%s:%s", node_key(value, i)->text, text ? text : ""));
        }
    }
}

/* "service:NAME" is the container of a service here; anything else is docker's own. */
static void take_mode(struct import *import, const struct key_row *row, const struct node *value)
{
    static const char before[] = "service:";
    if (value->kind != NODE_SCALAR || strncmp(value->text, before, strlen(before)) != 0) {
        take_value(import, row, value);
        return;
    }
    const char *name = container_of(import, value, value->text + strlen(before));
    if (name)
        docker_option(import, row->word, arena_printf(import->arena, "container:%s", name));
}

/* "db", "db:ALIAS", "db:ro" and, of volumes_from, "container:NAME". */
static void take_services(struct import *import, const struct key_row *row, const struct node *value)
{
    static const char other[] = "container:";
    for (size_t i = 0; value->kind == NODE_LIST && i < value->size; i++) {
        const char *text = value->items[i].kind == NODE_SCALAR ? value->items[i].text : "";
        size_t length = strcspn(text, ":");
        const char *service = arena_copy(import->arena, text, length);
        if (!strncmp(text, other, strlen(other))) {
            docker_option(import, row->word, text + strlen(other));
            continue;
        }
        const char *name = container_of(import, &value->items[i], service);
        const char *alias = !strcmp(row->word, "link") ? arena_printf(import->arena, ":%s", service) : "";
        if (name)
            docker_option(import, row->word, arena_printf(import->arena, "%s%s", name, text[length] ? text + length : alias));
    }
}

/* What stands in one text, or in a mapping: each key's value behind what parts it from those before. */
static const struct form {
    const char *path;
    struct {
        const char *key;
        const char *before;
        bool kept; /* BEFORE stands there without a value too */
    } parts[4];
} forms[] = {
    {"ports", {{"host_ip", "", false}, {"published", ":", true}, {"target", ":", false}, {"protocol", "/", false}}},
    {"devices", {{"source", "", false}, {"target", ":", false}, {"permissions", ":", false}}},
    {"blkio_config.weight_device", {{"path", "", false}, {"weight", ":", false}}},
    {"blkio_config.device_", {{"path", "", false}, {"rate", ":", false}}},
};

/* A list of texts or of mappings of one of the forms. */
static void take_forms(struct import *import, const struct key_row *row, const struct node *value)
{
    const struct form *form = forms;
    while (strncmp(form->path, row->path, strlen(form->path)) != 0)
        form++;
    for (size_t i = 0; i < value->size; i++) {
        const struct node *item = &value->items[i];
        struct buf text = {0};
        if (item->kind == NODE_SCALAR) {
            take_value(import, row, item);
            continue;
        }
        for (size_t k = 0; k < countof(form->parts) && form->parts[k].key; k++) {
            const char *word = part(import, item, form->parts[k].key);
            bool stands = *word || form->parts[k].kept;
            buf_printf(&text, "%s%s", stands && text.length ? form->parts[k].before : "", word);
        }
        if (text.length)
            docker_option(import, row->word, buf_string(&text));
        else
            import_expected(import, row->path, item, "a text, or a mapping of its parts");
        buf_release(&text);
    }
}

/* ---- volumes ---- */

/* A path of the host, or the name that a volume of the file has for docker. */
static const char *volume_source(struct import *import, const char *text, bool path)
{
    const struct node *name = node_find(node_find(node_find(import->root, "volumes"), text), "name");
    if (*text == '~' && (!text[1] || text[1] == '/'))
        return arena_printf(import->arena, "${{ env.HOME }}%s", text + 1);
    if (path && *text && !strchr("/.$", *text))
        text = arena_printf(import->arena, "./%s", text);
    import->draft->relative |= *text == '.';
    const char *named = !path && name ? import_value(import, name) : NULL;
    return named ? named : text;
}

/* What a mount says of itself, or below its kind, as docker run has it behind the second colon. */
static const struct {
    const char *kind; /* NULL: any */
    const char *key;
    const char *word;   /* for true; NULL: the value itself */
    const char *before; /* it */
} modes[] = {
    {NULL, "read_only", "ro", ""},     {"volume", "nocopy", "nocopy", ""}, {"bind", "propagation", NULL, ""},
    {"bind", "selinux", NULL, ""},     {NULL, "consistency", NULL, ""},    {"tmpfs", "size", NULL, "size="},
    {"tmpfs", "mode", NULL, "mode="},
};

static void put_modes(struct import *import, const struct node *mount, const char *kind, struct buf *out)
{
    const struct node *below = import_take(import, mount, kind);
    for (size_t i = 0; i < countof(modes); i++) {
        bool other = modes[i].kind && strcmp(modes[i].kind, kind) != 0;
        const char *text = other ? NULL : import_text(import, modes[i].kind ? below : mount, modes[i].key);
        if (text && (!modes[i].word || !strcmp(text, "true")))
            buf_printf(out, "%s%s%s", out->length ? "," : ":", modes[i].before, modes[i].word ? modes[i].word : text);
    }
}

/* {type: bind, source: ./here, target: /there, read_only: true}, a volume or a tmpfs. */
static void take_mount(struct import *import, const struct key_row *row, const struct node *mount)
{
    struct buf out = {0};
    const struct node *kind = node_find(mount, "type");
    bool bind = import_is_word(kind, "bind"), tmpfs = import_is_word(kind, "tmpfs");
    if (!kind || !node_find(mount, "target"))
        import_expected(import, row->path, mount, "a volume such as ./here:/there, or a mapping with 'type' and 'target'");
    if (!bind && !tmpfs && !import_is_word(kind, "volume"))
        return; /* import_rest() tells of it */
    import_take(import, mount, "type");
    put_modes(import, mount, kind->text, &out);
    const char *source = tmpfs ? "" : volume_source(import, part(import, mount, "source"), bind);
    docker_option(import, tmpfs ? "tmpfs" : row->word, arena_printf(import->arena, "%s%s%s%s", source, *source ? ":" : "",
                                                                   part(import, mount, "target"), buf_string(&out)));
    buf_release(&out);
}

static void take_volumes(struct import *import, const struct key_row *row, const struct node *value)
{
    for (size_t i = 0; i < value->size; i++) {
        const struct node *item = &value->items[i];
        const char *text = import_value(import, item);
        const char *colon = text && strncmp(text, "${{", 3) != 0 ? strchr(text, ':') : NULL;
        if (item->kind != NODE_SCALAR)
            take_mount(import, row, item);
        else if (colon)
            text = arena_printf(import->arena, "%s%s",
                                volume_source(import, arena_copy(import->arena, text, (size_t)(colon - text)), false), colon);
        if (text)
            docker_option(import, row->word, text);
    }
}

/* ---- the others ---- */

static void take_env_files(struct import *import, const struct key_row *row, const struct node *value)
{
    struct texts paths = {0};
    import_env_files(import, value, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        docker_option(import, row->word, paths.items[i]);
        import->draft->relative |= *paths.items[i] != '/';
    }
    if (paths.count)
        import_note(import, "docker run takes each line of an env_file as it is, quotes and ${ } too, and refuses 'export'");
    texts_release(&paths);
}

static void take_pull(struct import *import, const struct key_row *row, const struct node *value)
{
    static const char *const words[][2] = {
        {"missing", "missing"}, {"if_not_present", "missing"}, {"always", "always"}, {"never", "never"}};
    const char *text = import_now(import, row->path, value);
    for (size_t i = 0; text && i < countof(words); i++) {
        if (!strcmp(words[i][0], text)) {
            docker_option(import, row->word, words[i][1]);
            return;
        }
    }
    import_dropped(import, row->path, value, "docker run knows always, missing and never");
}

static void take_gpus(struct import *import, const struct key_row *row, const struct node *value)
{
    if (value->kind == NODE_SCALAR)
        take_value(import, row, value);
    else
        import_dropped(import, row->path, value, "see docker run --gpus");
}

/* The command of a healthcheck as a line for the shell. */
static void take_test(struct import *import, const struct key_row *row, const struct node *value)
{
    struct texts words = {0};
    struct buf line = {0};
    bool right = service_test(import, value, &words);
    bool shell = right && !strcmp(words.items[0], "/bin/sh") && words.count == 3;
    for (size_t i = shell ? 2 : 0; right && i < words.count; i++) {
        buf_text(&line, line.length ? " " : "");
        if (shell)
            buf_text(&line, words.items[i]);
        else
            shell_quote(&line, words.items[i], strlen(words.items[i]));
    }
    if (right)
        docker_option(import, row->word, buf_string(&line));
    texts_release(&words);
    buf_release(&line);
}

const struct key_row docker_rows[] = {
    {"annotations", .take = take_pairs, .word = "annotation"},
    {"blkio_config", .take = import_later, .map = "a mapping"},
    {"blkio_config.weight", .take = take_value, .word = "blkio-weight"},
    {"blkio_config.weight_device", .take = take_forms, .word = "blkio-weight-device", .list = "a list"},
    {"blkio_config.device_read_bps", .take = take_forms, .word = "device-read-bps", .list = "a list"},
    {"blkio_config.device_read_iops", .take = take_forms, .word = "device-read-iops", .list = "a list"},
    {"blkio_config.device_write_bps", .take = take_forms, .word = "device-write-bps", .list = "a list"},
    {"blkio_config.device_write_iops", .take = take_forms, .word = "device-write-iops", .list = "a list"},
    {"cap_add", .take = take_list, .word = "cap-add"},
    {"cap_drop", .take = take_list, .word = "cap-drop"},
    {"cgroup", .take = take_value, .word = "cgroupns"},
    {"cgroup_parent", .take = take_value, .word = "cgroup-parent"},
    {"container_name", .take = take_value, .word = "name"},
    {"cpu_period", .take = take_value, .word = "cpu-period"},
    {"cpu_quota", .take = take_value, .word = "cpu-quota"},
    {"cpu_rt_period", .take = take_value, .word = "cpu-rt-period"},
    {"cpu_rt_runtime", .take = take_value, .word = "cpu-rt-runtime"},
    {"cpu_shares", .take = take_value, .word = "cpu-shares"},
    {"cpus", .take = take_value, .word = "cpus"},
    {"cpuset", .take = take_value, .word = "cpuset-cpus"},
    {"deploy.resources.limits.cpus", .take = take_value, .word = "cpus"},
    {"deploy.resources.limits.pids", .take = take_value, .word = "pids-limit"},
    {"deploy.resources.reservations.memory", .take = take_value, .word = "memory-reservation"},
    {"device_cgroup_rules", .take = take_list, .word = "device-cgroup-rule"},
    {"devices", .take = take_forms, .word = "device", .list = "a list"},
    {"dns", .take = take_list, .word = "dns"},
    {"dns_opt", .take = take_list, .word = "dns-option"},
    {"dns_search", .take = take_list, .word = "dns-search"},
    {"domainname", .take = take_value, .word = "domainname"},
    {"env_file", .take = take_env_files, .word = "env-file"},
    {"environment", .take = take_pairs, .word = "env"},
    {"expose", .take = take_list, .word = "expose"},
    {"extra_hosts", .take = take_hosts, .word = "add-host"},
    {"gpus", .take = take_gpus, .word = "gpus"},
    {"group_add", .take = take_list, .word = "group-add"},
    {"healthcheck.test", .take = take_test, .word = "health-cmd"},
    {"healthcheck.interval", .take = take_value, .word = "health-interval"},
    {"healthcheck.timeout", .take = take_value, .word = "health-timeout"},
    {"healthcheck.start_period", .take = take_value, .word = "health-start-period"},
    {"healthcheck.start_interval", .take = take_value, .word = "health-start-interval"},
    {"healthcheck.retries", .take = take_value, .word = "health-retries"},
    {"hostname", .take = take_value, .word = "hostname"},
    {"init", .take = take_flag, .word = "init"},
    {"ipc", .take = take_mode, .word = "ipc"},
    {"isolation", .take = take_value, .word = "isolation"},
    {"label_file", .take = take_list, .word = "label-file"},
    {"labels", .take = take_pairs, .word = "label"},
    {"links", .take = take_services, .word = "link"},
    {"logging", .take = import_later, .map = "a mapping"},
    {"logging.driver", .take = take_value, .word = "log-driver"},
    {"logging.options", .take = take_pairs, .word = "log-opt"},
    {"mac_address", .take = take_value, .word = "mac-address"},
    {"mem_reservation", .take = take_value, .word = "memory-reservation"},
    {"mem_swappiness", .take = take_value, .word = "memory-swappiness"},
    {"memswap_limit", .take = take_value, .word = "memory-swap"},
    {"network_mode", .take = take_mode, .word = "network"},
    {"oom_kill_disable", .take = take_flag, .word = "oom-kill-disable"},
    {"oom_score_adj", .take = take_value, .word = "oom-score-adj"},
    {"pid", .take = take_mode, .word = "pid"},
    {"pids_limit", .take = take_value, .word = "pids-limit"},
    {"platform", .take = take_value, .word = "platform"},
    {"ports", .take = take_forms, .word = "publish", .list = "a list"},
    {"privileged", .take = take_flag, .word = "privileged"},
    {"pull_policy", .take = take_pull, .word = "pull"},
    {"read_only", .take = take_flag, .word = "read-only"},
    {"runtime", .take = take_value, .word = "runtime"},
    {"security_opt", .take = take_list, .word = "security-opt"},
    {"shm_size", .take = take_value, .word = "shm-size"},
    {"storage_opt", .take = take_pairs, .word = "storage-opt"},
    {"sysctls", .take = take_pairs, .word = "sysctl"},
    {"tmpfs", .take = take_list, .word = "tmpfs"},
    {"tty", .take = take_flag, .word = "tty"},
    {"user", .take = take_value, .word = "user"},
    {"userns_mode", .take = take_value, .word = "userns"},
    {"uts", .take = take_value, .word = "uts"},
    {"volumes", .take = take_volumes, .word = "volume", .list = "a list of volumes"},
    {"volumes_from", .take = take_services, .word = "volumes-from"},
    {"working_dir", .take = take_value, .word = "workdir"},
    {"env_file.format", .why = "docker run has one form alone"},
    {"ports.*", .why = "docker run --publish has nothing like it"},
    {"networks*", .why = "docker run knows what docker network create has made: see --network"},
    {"volumes.bind.create_host_path", .why = "docker run --volume makes the path"},
    {"volumes.volume.subpath", .why = "see docker run --mount"},
    {0},
};

/* ---- the image ---- */

/* --OPTION for each item of VALUE, of a mapping NAME=VALUE. */
static void put_words(struct buf *line, const char *option, const struct node *value)
{
    bool map = value->kind == NODE_MAP;
    for (size_t i = 0; i < (map ? value->size : import_count(value)); i++) {
        const struct node *item = map ? node_value(value, i) : import_item(value, i);
        bool nothing = node_is_nothing(item);
        struct buf word = {0};
        if (map)
            buf_printf(&word, "%s%s", node_key(value, i)->text, nothing ? "" : "=");
        if (item->kind == NODE_SCALAR && !nothing)
            buf_text(&word, item->text);
        buf_printf(line, " --%s ", option);
        shell_quote(line, buf_string(&word), word.length);
        buf_release(&word);
    }
}

static const char *scalar_of(const struct node *node, const char *fallback)
{
    return node && node->kind == NODE_SCALAR ? node->text : fallback;
}

void docker_build(struct import *import, const struct key_row *row, const struct node *value)
{
    static const struct {
        const char *key;
        const char *option;
    } options[] = {
        {"args", "build-arg"},   {"target", "target"},       {"labels", "label"}, {"cache_from", "cache-from"},
        {"cache_to", "cache-to"}, {"network", "network"},     {"platforms", "platform"}, {"tags", "tag"},
        {"shm_size", "shm-size"}, {"ssh", "ssh"},             {"extra_hosts", "add-host"},
    };
    struct buf line = {0};
    bool map = value->kind == NODE_MAP;
    const char *context = scalar_of(map ? import_take(import, value, "context") : value, ".");
    const char *file = scalar_of(import_take(import, value, "dockerfile"), NULL);
    const char *tag = scalar_of(node_find(import->draft->map, "image"), import->draft->name);
    bool here = file && (*file == '/' || !strcmp(context, ".") || strstr(context, "://"));
    if (file && !here)
        file = arena_printf(import->arena, "%s%s%s", context, context[strlen(context) - 1] == '/' ? "" : "/", file);
    buf_text(&line, " --tag ");
    shell_quote(&line, tag, strlen(tag));
    buf_text(&line, file ? " --file " : "");
    if (file)
        shell_quote(&line, file, strlen(file));
    for (size_t i = 0; i < countof(options); i++) {
        const struct node *option = import_take(import, value, options[i].key);
        if (!option)
            continue;
        import_whole(import, option);
        put_words(&line, options[i].option, option);
    }
    buf_char(&line, ' ');
    shell_quote(&line, context, strlen(context));
    for (char *at = line.data; *at; at++)
        *at = (unsigned char)*at < 0x20 || *at == 0x7F ? '?' : *at;
    import_note(import, "build it first: docker build%s", buf_string(&line));
    buf_release(&line);
    (void)row;
}
