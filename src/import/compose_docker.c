/* Keys of a service of docker compose that are options of docker run. */
#include <stdarg.h>

#include "base/str.h"
#include "import/private.h"

void docker_option(struct import *import, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    buf_printf(&text, "--%s=", import->word);
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    const char *option = arena_strdup(import->arena, text.data);
    buf_release(&text);
    if (names_have(&import->draft->given, option))
        return;
    names_put(&import->draft->given, option, 0);
    texts_add(&import->draft->options, option);
}

/* ---- containers that other services name ---- */

const char *docker_container(struct import *import, const struct node *place, const char *name)
{
    const struct node *service = import_object(import, name);
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

/* What stands behind BEFORE in the scalar NODE; NULL where it does not begin with that. */
static const char *behind(const struct node *node, const char *before)
{
    size_t length = strlen(before);
    return node->kind == NODE_SCALAR && !strncmp(node->text, before, length) ? node->text + length : NULL;
}

/* Notes the services that VALUE, of a key before whose names BEFORE stands, names. */
static void index_names(struct import *import, const struct node *value, const char *before)
{
    for (size_t i = 0; value && i < import_count(value); i++) {
        const char *name = behind(import_item(value, i), value->kind == NODE_LIST ? "" : before);
        if (name)
            names_put(&import->index.named, arena_copy(import->arena, name, strcspn(name, ":")), 0);
    }
}

void docker_index(struct import *import)
{
    static const char *const keys[][2] = {
        {"network_mode", "service:"}, {"pid", "service:"}, {"ipc", "service:"}, {"links", ""}, {"volumes_from", ""},
    };
    const struct node *volumes = node_find(import->root, "volumes");
    for (size_t i = 0; volumes && volumes->kind == NODE_MAP && i < volumes->size; i++)
        names_put(&import->index.volumes, node_key(volumes, i)->text, i);
    for (size_t i = 0; i < import->all->size; i++)
        for (size_t k = 0; k < countof(keys); k++)
            index_names(import, node_find(node_value(import->all, i), keys[k][0]), keys[k][1]);
}

/* The container of service NAME, which has to be started before; NULL, with an error, for none. */
static const char *container_of(struct import *import, const struct node *place, const char *name)
{
    const char *container = docker_container(import, place, name);
    if (container)
        texts_add(&import->draft->after, name);
    return container;
}

/* One value: --OPTION=VALUE. */
static void take_value(struct import *import, const struct node *value)
{
    const char *text = import_value(import, value);
    if (text)
        docker_option(import, "%s", text);
    else if (value->kind != NODE_SCALAR)
        import_expected(import, import->key, value, "one value");
}

/* "service:NAME" is the container of a service here; anything else is docker's own. */
static void take_mode(struct import *import, const struct node *value)
{
    const char *service = behind(value, "service:");
    const char *name = service ? container_of(import, value, service) : NULL;
    if (name)
        docker_option(import, "container:%s", name);
    else if (!service)
        take_value(import, value);
}

/* "db", "db:ALIAS", "db:ro" and, of volumes_from, "container:NAME". */
static void take_service(struct import *import, const struct node *value)
{
    const char *other = behind(value, "container:");
    const char *text = value->kind == NODE_SCALAR ? value->text : "";
    size_t length = strcspn(text, ":");
    const char *service = arena_copy(import->arena, text, length);
    const char *name = other ? NULL : container_of(import, value, service);
    if (other)
        docker_option(import, "%s", other);
    else if (name && !text[length] && !strcmp(import->word, "link"))
        docker_option(import, "%s:%s", name, service);
    else if (name)
        docker_option(import, "%s%s", name, text + length);
}

/* ---- values of several forms ---- */

/* true: --OPTION. */
static void take_flag(struct import *import, const struct node *value)
{
    const char *text = import_boolean(import, import->key, value);
    if (text && !strcmp(text, "true"))
        texts_add(&import->draft->options, arena_printf(import->arena, "--%s", import->word));
    else if (text && strcmp(text, "false") != 0)
        import_dropped(import, import->key, value, "neither true nor false, left out");
}

/* A mapping or a list of NAME=VALUE. */
static void take_pairs(struct import *import, const struct node *value)
{
    struct variable *pairs = NULL;
    size_t count = import_variables(import, value, &pairs);
    for (size_t i = 0; i < count; i++)
        docker_option(import, "%s%s%s", pairs[i].name, pairs[i].value ? "=" : "", pairs[i].value ? pairs[i].value : "");
}

/* A host as NAME:ADDRESS or NAME=ADDRESS, or a mapping of names to one or several addresses. */
static void take_hosts(struct import *import, const struct node *value)
{
    if (value->kind != NODE_MAP) {
        take_value(import, value);
        return;
    }
    import_whole(import, value);
    for (size_t i = 0; i < value->size; i++) {
        const struct node *hosts = node_value(value, i);
        for (size_t k = 0; k < import_count(hosts); k++) {
            const char *text = import_value(import, import_item(hosts, k));
            docker_option(import, "%s:%s", node_key(value, i)->text, text ? text : "");
        }
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

/* A text, or a mapping of one of the forms. */
static void take_form(struct import *import, const struct node *item)
{
    const struct form *form = forms;
    struct buf text = {0};
    while (strncmp(form->path, import->key, strlen(form->path)) != 0)
        form++;
    for (size_t i = 0; item->kind != NODE_SCALAR && i < countof(form->parts) && form->parts[i].key; i++) {
        const char *word = import_part(import, item, form->parts[i].key, "");
        bool stands = *word || form->parts[i].kept;
        bool bare = !strcmp(form->parts[i].key, "host_ip") && strchr(word, ':') && *word != '[' && !strstr(word, "${{");
        buf_printf(&text, bare ? "%s[%s]" : "%s%s", stands && text.length ? form->parts[i].before : "", word);
    }
    if (item->kind == NODE_SCALAR)
        take_value(import, item);
    else if (text.length)
        docker_option(import, "%s", text.data);
    else
        import_expected(import, import->key, item, "a text, or a mapping of its parts");
    buf_release(&text);
}

/* ---- volumes ---- */

/* What docker knows the volume TEXT by: its 'name', or of one that compose makes that of the project before; NULL: none of the file. */
static const char *volume_name(struct import *import, const char *text)
{
    size_t i = names_find(&import->index.volumes, text, strlen(text));
    const struct node *volume = i == NAMES_NONE ? NULL : node_value(node_find(import->root, "volumes"), i);
    const struct node *external = node_find(volume, "external");
    const struct node *name = node_find(node_find(external, "name") ? external : volume, "name");
    if (!volume || name)
        return name ? import_value(import, name) : NULL;
    bool made = import->project && (!external || import_is_word(external, "false"));
    return made ? arena_printf(import->arena, "%s_%s", import->project, text) : text;
}

/* A path of the host, or the name that a volume of the file has for docker. */
static const char *volume_source(struct import *import, const char *text, bool path)
{
    if (*text == '~' && (!text[1] || text[1] == '/'))
        return arena_printf(import->arena, "${{ env.HOME }}%s", text + 1);
    if (path && *text && !strchr("/.$", *text))
        text = arena_printf(import->arena, "./%s", text);
    import->draft->relative |= *text == '.';
    const char *named = path ? NULL : volume_name(import, text);
    return named ? named : text;
}

/* What a mount says of itself, or below its kind, as docker run has it behind the second colon. */
static const struct {
    const char *kind; /* NULL: any */
    const char *key;
    const char *before; /* the value; where WORD is set, it, for true */
    bool word;
} modes[] = {
    {NULL, "read_only", "ro", true},      {"volume", "nocopy", "nocopy", true}, {"bind", "propagation", "", false},
    {"bind", "selinux", "", false},       {NULL, "consistency", "", false},     {"tmpfs", "size", "size=", false},
    {"tmpfs", "mode", "mode=", false},
};

static void put_modes(struct import *import, const struct node *mount, const char *kind, struct buf *out)
{
    const struct node *below = import_take_map(import, mount, kind);
    for (size_t i = 0; i < countof(modes); i++) {
        const struct node *map = !modes[i].kind ? mount : !strcmp(modes[i].kind, kind) ? below : NULL;
        bool stands = modes[i].word && import_says(import, map, modes[i].key, "true");
        const char *text = modes[i].word ? stands ? "" : NULL : import_part(import, map, modes[i].key, NULL);
        if (text)
            buf_printf(out, "%s%s%s", out->length ? "," : ":", modes[i].before, text);
    }
}

/* {type: bind, source: ./here, target: /there, read_only: true}, a volume or a tmpfs. */
static void take_mount(struct import *import, const struct node *mount)
{
    struct buf out = {0};
    const struct node *kind = node_find(mount, "type");
    bool bind = import_is_word(kind, "bind"), tmpfs = import_is_word(kind, "tmpfs");
    if (!kind || !node_find(mount, "target"))
        import_expected(import, import->key, mount, "a volume such as ./here:/there, or a mapping with 'type' and 'target'");
    if (!bind && !tmpfs && !import_is_word(kind, "volume"))
        return; /* import_rest() tells of it */
    import_take(import, mount, "type");
    put_modes(import, mount, kind->text, &out);
    const char *source = tmpfs ? "" : volume_source(import, import_part(import, mount, "source", ""), bind);
    import->word = tmpfs ? "tmpfs" : "volume";
    docker_option(import, "%s%s%s%s", source, *source ? ":" : "", import_part(import, mount, "target", ""), buf_string(&out));
    buf_release(&out);
}

static void take_volume(struct import *import, const struct node *value)
{
    const char *text = import_value(import, value);
    const char *colon = text && strncmp(text, "${{", 3) != 0 ? strchr(text, ':') : NULL;
    if (value->kind != NODE_SCALAR)
        take_mount(import, value);
    else if (colon)
        docker_option(import, "%s%s", volume_source(import, arena_copy(import->arena, text, (size_t)(colon - text)), false), colon);
    else if (text)
        docker_option(import, "%s", text);
}

/* ---- the others ---- */

static void take_env_files(struct import *import, const struct node *value)
{
    struct texts paths = {0};
    import_env_files(import, value, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        docker_option(import, "%s", paths.items[i]);
        import->draft->relative |= *paths.items[i] != '/';
    }
    if (paths.count)
        import_note_at(import, value, "docker run takes each line of an env_file as it is, quotes and ${ } too, and refuses 'export'");
    texts_release(&paths);
}

static void take_pull(struct import *import, const struct node *value)
{
    const char *text = import_now(import, import->key, value);
    const char *word = text ? import_word(import, "always=always never=never missing=missing if_not_present=missing", text) : NULL;
    if (word)
        docker_option(import, "%s", word);
    else
        import_dropped(import, import->key, value, "docker run knows always, missing and never");
}

static void take_gpus(struct import *import, const struct node *value)
{
    if (value->kind == NODE_SCALAR)
        take_value(import, value);
    else
        import_dropped(import, import->key, value, "see docker run --gpus");
}

/* The command of a healthcheck as a line for the shell. */
static void take_test(struct import *import, const struct node *value)
{
    struct texts words = {0};
    struct buf line = {0};
    bool right = service_test(import, value, &words);
    bool shell = right && !strcmp(words.items[0], "/bin/sh") && words.count == 3;
    for (size_t i = 0; right && !shell && i < words.count; i++) {
        buf_text(&line, i ? " " : "");
        shell_quote(&line, words.items[i], strlen(words.items[i]));
    }
    if (right)
        docker_option(import, "%s", shell ? words.items[2] : buf_string(&line));
    texts_release(&words);
    buf_release(&line);
}

const struct key_row docker_rows[] = {
    {"cap_add cap_drop device_cgroup_rules=device-cgroup-rule dns dns_opt=dns-option dns_search expose group_add label_file "
     "security_opt tmpfs",
     .take = take_value, .each = true},
    {"cgroup=cgroupns cgroup_parent container_name=name cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus "
     "cpuset=cpuset-cpus deploy.resources.limits.cpus deploy.resources.limits.pids=pids-limit "
     "deploy.resources.reservations.memory=memory-reservation domainname hostname isolation mac_address "
     "mem_reservation=memory-reservation mem_swappiness=memory-swappiness memswap_limit=memory-swap oom_score_adj pids_limit platform "
     "runtime shm_size user userns_mode=userns uts working_dir=workdir",
     .take = take_value},
    {"init oom_kill_disable privileged read_only tty", .take = take_flag},
    {"annotations=annotation environment=env labels=label storage_opt sysctls=sysctl", .take = take_pairs},
    {"ipc network_mode=network pid", .take = take_mode},
    {"links=link volumes_from", .take = take_service, .each = true},
    {"blkio_config logging", .map = "a mapping"},
    {"blkio_config.weight=blkio-weight", .take = take_value},
    {"blkio_config.weight_device=blkio-weight-device blkio_config.device_read_bps blkio_config.device_read_iops "
     "blkio_config.device_write_bps blkio_config.device_write_iops devices=device ports=publish",
     .take = take_form, .each = true, .list = "a list"},
    {"env_file", .take = take_env_files},
    {"extra_hosts=add-host", .take = take_hosts, .each = true},
    {"gpus", .take = take_gpus},
    {"healthcheck.test=health-cmd", .take = take_test},
    {"healthcheck.interval=health-interval healthcheck.timeout=health-timeout healthcheck.start_period=health-start-period "
     "healthcheck.start_interval=health-start-interval healthcheck.retries=health-retries logging.driver=log-driver",
     .take = take_value},
    {"logging.options=log-opt", .take = take_pairs},
    {"pull_policy=pull", .take = take_pull},
    {"volumes=volume", .take = take_volume, .each = true, .list = "a list of volumes"},
    {"env_file.format", .why = "docker run has one form alone"},
    {"ports.*", .why = "docker run --publish has nothing like it"},
    {"networks*", .why = "docker run knows what docker network create has made: see --network"},
    {"volumes.bind.create_host_path", .why = "docker run --volume makes the path"},
    {"volumes.volume.subpath", .why = "see docker run --mount"},
    {0},
};

/* ---- the image ---- */

static void put_word(struct import *import, struct buf *line, const char *option, const char *word)
{
    buf_printf(line, *option ? " --%s " : " ", option);
    import_shell_word(import, line, word);
}

static const char *scalar_of(const struct node *node, const char *fallback)
{
    return node && node->kind == NODE_SCALAR && !node_is_nothing(node) ? node->text : fallback;
}

/* --OPTION for each item of VALUE, of a mapping NAME=VALUE. */
static void put_words(struct import *import, struct buf *line, const char *option, const struct node *value)
{
    bool map = value->kind == NODE_MAP;
    for (size_t i = 0; i < (map ? value->size : import_count(value)); i++) {
        const struct node *item = map ? node_value(value, i) : import_item(value, i);
        if (item->kind != NODE_SCALAR)
            continue; /* import_rest() tells of it */
        import_whole(import, item);
        const char *name = map ? node_key(value, i)->text : "";
        const char *sign = map && !node_is_nothing(item) ? "=" : "";
        put_word(import, line, option, arena_printf(import->arena, "%s%s%s", name, sign, scalar_of(item, "")));
    }
}

void docker_build(struct import *import, const struct node *value)
{
    static const char *const options[][2] = {
        {"args", "build-arg"},    {"target", "target"},   {"labels", "label"},         {"cache_from", "cache-from"},
        {"cache_to", "cache-to"}, {"network", "network"}, {"platforms", "platform"},   {"tags", "tag"},
        {"shm_size", "shm-size"}, {"ssh", "ssh"},         {"extra_hosts", "add-host"},
    };
    struct buf line = {0};
    const char *context = scalar_of(value->kind == NODE_MAP ? import_take(import, value, "context") : value, ".");
    const char *file = scalar_of(import_take(import, value, "dockerfile"), NULL);
    bool here = file && (*file == '/' || !strcmp(context, ".") || strstr(context, "://"));
    const char *slash = strrchr(context, '/');
    put_word(import, &line, "tag", scalar_of(node_find(import->draft->map, "image"), import->draft->name));
    if (file)
        put_word(import, &line, "file", here ? file : arena_printf(import->arena, "%s%s%s", context, slash && !slash[1] ? "" : "/", file));
    for (size_t i = 0; i < countof(options); i++) {
        const struct node *option = import_take(import, value, options[i][0]);
        if (option)
            put_words(import, &line, options[i][1], option);
    }
    put_word(import, &line, "", context);
    import_note_at(import, value, "build it first: docker build%s", buf_string(&line));
    buf_release(&line);
}
