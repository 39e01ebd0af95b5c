/* What a probe looks at: the checks of 'ready' and 'health'. */
#include "scenario/bind/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/regex.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "template/template.h"

#define FD_LEAST 3
#define FD_MOST 1023

static const struct {
    const char *key;
    enum probe_kind kind;
} kinds[] = {
    {"tcp", PROBE_TCP},     {"unix", PROBE_UNIX},    {"http", PROBE_HTTP},
    {"file", PROBE_FILE},   {"log", PROBE_LOG},      {"notify", PROBE_NOTIFY},
    {"run", PROBE_COMMAND}, {"exec", PROBE_COMMAND}, {"notify_fd", PROBE_NOTIFY_FD},
};

/* The probe that the field belongs to, which is of the field's kind from now on. */
static struct probe_spec *probe_of(struct loader *loader, const struct field *field,
                                   const struct node *node)
{
    struct probe_spec *probe = field->block->spec;
    for (size_t i = 0; i < countof(kinds); i++)
        if (!strcmp(kinds[i].key, field->key->name))
            probe->kind = kinds[i].kind;
    probe->mark = loader_mark(loader, node);
    return probe;
}

/* The text of a target that is known at load; NULL where it is not, or where it is wrong. */
static const char *bind_target(struct loader *loader, const struct field *field,
                               const struct node *node)
{
    struct probe_spec *probe = probe_of(loader, field, node);
    size_t length;
    if (node->kind == NODE_SCALAR && !node->size) {
        field_wrong(loader, field, node);
        return NULL;
    }
    if (!field_template(loader, field, node, TEMPLATE_TEXT, &probe->target))
        return NULL;
    return template_is_constant(probe->target) ? template_source(probe->target, &length) : NULL;
}

static void bind_path(struct loader *loader, const struct field *field, const struct node *node)
{
    bind_target(loader, field, node);
}

static void bind_tcp(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text = bind_target(loader, field, node);
    struct probe_address address;
    if (!text || probe_parse_tcp(text, &address))
        return;
    const char *port = strrchr(text, ':') ? strrchr(text, ':') + 1 : text;
    if (*port && !port[strspn(port, "0123456789")])
        field_expected(loader, field, node, field->key->type->wording, "a port is 0 to 65535");
    else
        field_meant(loader, field, node, *text && !strpbrk(text, ":/ ") ? arena_printf(loader->arena, "%s:PORT", text) : NULL);
}

static const char *url_hint(struct loader *loader, const char *text)
{
    if (!strncmp(text, "https://", 8))
        return "for https write run: curl -fsS -o /dev/null URL";
    if (strstr(text, "://"))
        return NULL;
    const char *path = strchr(text, '/');
    bool port = *text && strspn(text, "0123456789") == (path ? (size_t)(path - text) : strlen(text));
    return arena_printf(loader->arena, "write http://%s%s%s",
                        port ? "127.0.0.1:" : *text == '/' || *text == ':' ? "127.0.0.1" : "", text, path ? "" : "/");
}

static void bind_url(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text = bind_target(loader, field, node);
    struct probe_address address;
    if (text && !probe_parse_url(text, &address))
        field_expected(loader, field, node, field->key->type->wording, url_hint(loader, text));
}

static void bind_log(struct loader *loader, const struct field *field, const struct node *node)
{
    struct probe_spec *probe = probe_of(loader, field, node);
    const char *text;
    struct error error = {0};
    if (!field_text(loader, field, node, &text) ||
        !field_template(loader, field, node, TEMPLATE_TEXT, &probe->target))
        return;
    struct regex *regex = regex_new(text, &error);
    if (!regex)
        diag_error(loader->diags, loader_mark(loader, node), "pcre2pattern(3) has all that may stand in it",
                   "%s: not a regular expression: %s", field_label(loader, field), error.text);
    error_release(&error);
    regex_free(regex);
}

static void bind_run(struct loader *loader, const struct field *field, const struct node *node)
{
    struct probe_spec *probe = probe_of(loader, field, node);
    body_bind_run(loader, field, node, &probe->body);
}

static void bind_exec(struct loader *loader, const struct field *field, const struct node *node)
{
    body_bind_exec(loader, field, node, &probe_of(loader, field, node)->body);
}

static void bind_notify(struct loader *loader, const struct field *field, const struct node *node)
{
    struct value value;
    probe_of(loader, field, node);
    if (!field_value(loader, field, node, &value))
        return;
    if (value.type != VALUE_BOOLEAN || !value.boolean)
        field_wrong(loader, field, node);
}

static void bind_notify_fd(struct loader *loader, const struct field *field,
                           const struct node *node)
{
    struct probe_spec *probe = probe_of(loader, field, node);
    struct value value;
    if (!field_value(loader, field, node, &value))
        return;
    if (value.type != VALUE_INTEGER || value.integer < FD_LEAST || value.integer > FD_MOST)
        field_wrong(loader, field, node);
    else
        probe->fd = value.integer;
}

static void bind_probe(struct loader *loader, const struct field *field, const struct node *node)
{
    field_block(loader, field, node, field->member);
}

static bool goes_to_log(const struct process_spec *process)
{
    for (int fd = 1; fd <= 2; fd++) {
        const struct stream_spec *stream = process->streams[fd];
        bool recorded = stream->kind == STREAM_FILE && (stream->rotate.size || process->tty);
        size_t count;
        const struct stream_spec *ends = stream_ends(stream, &count);
        for (size_t i = 0; i < count; i++)
            recorded = recorded || ends[i].kind == STREAM_LOG;
        if (recorded)
            return true;
    }
    return false;
}

static void check_probe(struct loader *loader, const struct process_spec *process,
                        const struct probe_spec *probe)
{
    const char *name = process->object.name;
    if (probe->kind == PROBE_LOG && !goes_to_log(process))
        diag_error(loader->diags, probe->mark, "leave stdout or stderr to the log, alone or among others, or to a file with 'rotate'",
                   "no line of '%s' can match: its output does not come past parrun", name);
    for (size_t i = 0; probe->kind == PROBE_NOTIFY_FD && i < process->fd_count; i++)
        if (process->fds[i].fd == probe->fd)
            diag_error(loader->diags, probe->mark, "take another number",
                       "descriptor %lld of '%s' is declared under 'fds' already",
                       (long long)probe->fd, name);
}

void probe_check(struct loader *loader, const struct process_spec *process)
{
    check_probe(loader, process, process->ready);
    check_probe(loader, process, process->health);
    if (process->ready->kind == PROBE_NOTIFY_FD && process->health->kind == PROBE_NOTIFY_FD &&
        process->ready->fd == process->health->fd)
        diag_error(loader->diags, process->health->mark, "take another number",
                   "'ready' of '%s' has descriptor %lld already", process->object.name,
                   (long long)process->health->fd);
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && digits <= 5 && !text[digits] && strtol(text, NULL, 10) <= 65535;
}

/* Cuts "HOST:PORT", "[HOST]:PORT", ":PORT" or "PORT" of LENGTH bytes apart. */
static bool cut_address(const char *text, size_t length, const char *port,
                        struct probe_address *address)
{
    const char *colon = memrchr(text, ':', length);
    const char *bracket = memrchr(text, ']', length);
    size_t host = length;
    if (colon && (!bracket || colon > bracket)) {
        host = (size_t)(colon - text);
        port = colon + 1;
    } else if (!port) {
        port = text;
        host = 0;
    }
    size_t port_length = (size_t)(text + length - port);
    if (port < text || port > text + length)
        port_length = strlen(port);
    if (bracket && text[0] == '[' && (size_t)(bracket - text) == host - 1) {
        text++;
        host -= 2;
    }
    if (host >= sizeof(address->host) || port_length >= sizeof(address->port))
        return false;
    memcpy(address->host, text, host);
    address->host[host] = '\0';
    memcpy(address->port, port, port_length);
    address->port[port_length] = '\0';
    if (!host)
        strcpy(address->host, "localhost");
    return is_port(address->port) && !strpbrk(address->host, " /");
}

bool probe_parse_tcp(const char *text, struct probe_address *address)
{
    return cut_address(text, strlen(text), NULL, address);
}

bool probe_parse_url(const char *text, struct probe_address *address)
{
    static const char scheme[] = "http://";
    if (strncmp(text, scheme, sizeof(scheme) - 1))
        return false;
    text += sizeof(scheme) - 1;
    size_t length = strcspn(text, "/?#");
    address->path = text + length;
    return length && text[0] != ':' && !strpbrk(text, " \r\n\t") &&
           cut_address(text, length, "80", address);
}

#define PROBE_TYPE(variable, called, said, binds, schema)                                          \
    const struct type variable = {                                                                 \
        .name = (called), .wording = (said), .bind = (binds), .json = (schema)}

PROBE_TYPE(type_probe_tcp, "address", "a port or HOST:PORT", bind_tcp,
           "'anyOf':[{'type':'integer','minimum':0,'maximum':65535},"
           "{'type':'string','pattern':'^([^ /]*:)?[0-9]{1,5}$'},@template]");
PROBE_TYPE(type_probe_path, "probe path", "a path", bind_path, "@text");
PROBE_TYPE(type_probe_url, "url", "a URL such as http://127.0.0.1:8080/", bind_url,
           "'anyOf':[{'type':'string','pattern':'^http://[^ :/?#][^ ]*$'},@template]");
PROBE_TYPE(type_probe_run, "probe command", "a command line for the shell", bind_run, "@line");
PROBE_TYPE(type_probe_exec, "probe arguments", "a list: a program and its arguments", bind_exec, "@program");

const struct type type_probe_log = {
    .name = "regex",
    .wording = "a regular expression",
    .bind = bind_log,
    .early = true,
    .json = "@scalar",
};
const struct type type_probe_notify = {
    .name = "notify",
    .wording = "true",
    .bind = bind_notify,
    .early = true,
    .json = "'anyOf':[{'const':true},@template]",
};
const struct type type_probe_notify_fd = {
    .name = "notify_fd",
    .wording = "the number of a file descriptor from 3 to 1023",
    .bind = bind_notify_fd,
    .early = true,
    .json = "'anyOf':[{'type':'integer','minimum':3,'maximum':1023},@template]",
};
const struct type type_ready = {
    .name = "ready",
    .wording = "a mapping of keys",
    .bind = bind_probe,
    .block = BLOCK_READY,
    .json = "@block",
};
const struct type type_health = {
    .name = "health",
    .wording = "a mapping of keys",
    .bind = bind_probe,
    .block = BLOCK_HEALTH,
    .json = "@block",
};
