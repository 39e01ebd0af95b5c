/* Recognizing other tools' files. */
#include "scenario/hints/other_formats.h"

#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/str.h"
#include "scenario/schema.h"
#include "yaml/tree.h"

#define EXAMPLES "a scenario is YAML: parrun example process prints one"
#define IMPORT NULL /* import reads it */
#define COMMANDS "write processes: with each command behind run:"
#define UNIT "write processes: with what ExecStart says behind run:"
#define JOBS "write processes: with what its steps run, and depends_on for their order"

/* By the first line that is neither empty nor a comment; the first row that fits is taken. */
static const struct {
    const char *line; /* '*' stands for anything */
    const char *what;
    const char *hint;
} lines[] = {
    {"[Unit]*", "a unit of systemd", UNIT},
    {"[Service]*", "a unit of systemd", UNIT},
    {"[program:*]*", "a file of supervisord", COMMANDS},
    {"[supervisord]*", "a file of supervisord", COMMANDS},
    {"[unix_http_server]*", "a file of supervisord", COMMANDS},
    {"[*,*", NULL, NULL}, /* lists of YAML */
    {"[]", NULL, NULL},
    {"[{*", NULL, NULL},
    {"[*]", "a file of sections such as INI or TOML", EXAMPLES},
    {"FROM *", "a Dockerfile", "write docker build behind run: of a process"},
    {"\x7F"
     "ELF*",
     "a program", "write it behind run: of a process"},
};

/* By the name of the file. */
static const struct {
    const char *name;
    const char *what;
    const char *hint;
} names[] = {
    {"Procfile", "a Procfile", IMPORT},
    {"Procfile.*", "a Procfile", IMPORT},
    {"*.lua", "a Lua file", "write it behind lua: {file: PATH} of a process"},
    {"Makefile", "a makefile", "write make behind run: of a process"},
    {"makefile", "a makefile", "write make behind run: of a process"},
    {"GNUmakefile", "a makefile", "write make behind run: of a process"},
    {"*.mk", "a makefile", "write make behind run: of a process"},
    {"justfile", "a justfile", "write just behind run: of a process"},
    {"Justfile", "a justfile", "write just behind run: of a process"},
    {".justfile", "a justfile", "write just behind run: of a process"},
    {"Snakefile", "a file of Snakemake", "write pools: with tasks: {glob: PATTERN} for a rule"},
    {"*.smk", "a file of Snakemake", "write pools: with tasks: {glob: PATTERN} for a rule"},
    {"Dockerfile", "a Dockerfile", "write docker build behind run: of a process"},
    {"Dockerfile.*", "a Dockerfile", "write docker build behind run: of a process"},
    {"crontab", "a crontab", "let cron run parrun FILE"},
    {"*.cron", "a crontab", "let cron run parrun FILE"},
    {".env", "an environment file", "write env_file: .env in a scenario"},
    {"*.env", "an environment file", "write env_file: .env in a scenario"},
    {"*.service", "a unit of systemd", UNIT},
    {"supervisord.conf", "a file of supervisord", COMMANDS},
    {"*.toml", "a file of sections such as INI or TOML", EXAMPLES},
    {"Jenkinsfile", "a file of Jenkins", JOBS},
};

static const char *const plain_endings[] = {"*.yaml", "*.yml", "*.json"};

/* WHAT the file at MARK is; false where that is what FOR reads. */
static bool report(enum stranger_for use, struct diags *diags, struct mark mark, const char *what,
                   const char *hint)
{
    struct buf import = {0};
    const char *name = mark.source->name;
    if (use == STRANGER_IMPORT && !hint)
        return false;
    buf_text(&import, "parrun import ");
    shell_quote(&import, *name == '<' ? "-" : name, *name == '<' ? 1 : strlen(name));
    buf_text(&import, " makes a scenario of it");
    diag_error(diags, mark, hint ? hint : buf_string(&import), "this is %s, %s", what,
               use == STRANGER_IMPORT ? "which import does not read" : "no scenario");
    buf_release(&import);
    return true;
}

/* The first line that says something; "" where there is none. */
static const char *first_line(const struct source *source, char *line, size_t size, size_t *offset)
{
    const char *at = source->text, *end = source->text + source->length;
    *line = '\0';
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *behind = newline ? newline : end;
        const char *next = newline ? newline + 1 : end;
        while (at < behind && strchr(" \t\r", *at))
            at++;
        while (behind > at && strchr(" \t\r", behind[-1]))
            behind--;
        size_t length = (size_t)(behind - at) < size ? (size_t)(behind - at) : size - 1;
        memcpy(line, at, length);
        line[length] = '\0';
        *offset = (size_t)(at - source->text);
        if (*line && !strchr("#;", *line))
            return line;
        at = next;
    }
    return "";
}

static const char *base_of(const struct source *source)
{
    const char *slash = strrchr(source->name, '/');
    return slash ? slash + 1 : source->name;
}

bool stranger_text(enum stranger_for use, const struct source *source, struct diags *diags)
{
    char line[80];
    size_t offset = 0;
    first_line(source, line, sizeof(line), &offset);
    for (size_t i = 0; i < countof(lines); i++) {
        if (!wildcard_match(lines[i].line, line))
            continue;
        if (!lines[i].what)
            break;
        return report(use, diags, source_mark(source, offset, 1), lines[i].what, lines[i].hint);
    }
    for (size_t i = 0; i < countof(plain_endings); i++)
        if (wildcard_match(plain_endings[i], base_of(source)))
            return false;
    for (size_t i = 0; i < countof(names); i++) {
        if (!wildcard_match(names[i].name, base_of(source)))
            continue;
        return report(use, diags, (struct mark){source, 1, 1, 1}, names[i].what, names[i].hint);
    }
    return false;
}

/* True for a key that scenarios have, and for one that is nearly such. */
static bool is_known(const char *name)
{
    size_t count;
    const struct schema_row *rows = schema_rows(BLOCK_SCENARIO, &count);
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < count; i++)
        nearest_offer(&nearest, rows[i].key->name);
    return nearest.name || schema_find(BLOCK_PROCESS, name) || schema_find(BLOCK_POOL, name);
}

/* True where every key is one of no scenario, and has a text behind it. */
static bool is_procfile(const struct node *root)
{
    for (size_t i = 0; i < root->size; i++) {
        const struct node *value = node_value(root, i);
        const char *name = node_key(root, i)->text;
        if (value->kind != NODE_SCALAR || !value->size || is_known(name))
            return false;
    }
    return root->size > 0;
}

/* A version such as 0.5, and commands. */
static bool is_process_compose(const struct node *root)
{
    const struct node *version = node_find(root, "version");
    const struct node *processes = node_find(root, "processes");
    if (!version || version->kind != NODE_SCALAR || strncmp(version->text, "0.", 2))
        return false;
    for (size_t i = 0; processes && processes->kind == NODE_MAP && i < processes->size; i++)
        if (node_find(node_value(processes, i), "command"))
            return true;
    return false;
}

static bool is_compose(const struct node *root)
{
    const struct node *services = node_find(root, "services");
    return services && services->kind == NODE_MAP && !node_find(root, "processes") &&
           !node_find(root, "pools") && !node_find(root, "threads");
}

static bool is_map(const struct node *root, const char *key)
{
    const struct node *value = node_find(root, key);
    return value && value->kind == NODE_MAP;
}

/* True where one of the mappings in ROOT has KEY. */
static bool holds(const struct node *root, const char *key)
{
    for (size_t i = 0; i < root->size; i++)
        if (node_value(root, i)->kind == NODE_MAP && node_find(node_value(root, i), key))
            return true;
    return false;
}

static bool is_workflow(const struct node *root)
{
    return is_map(root, "jobs") && node_find(root, "on");
}

static bool is_pipeline(const struct node *root)
{
    return holds(root, "script") && !is_map(root, "processes") && !is_map(root, "pools");
}

static bool is_taskfile(const struct node *root)
{
    return is_map(root, "tasks") && !is_map(root, "processes") && !is_map(root, "pools");
}

static bool is_manifest(const struct node *root)
{
    return node_find(root, "apiVersion") && node_find(root, "kind");
}

static bool is_package(const struct node *root)
{
    return is_map(root, "scripts") && (node_find(root, "name") || is_map(root, "dependencies") ||
                                       is_map(root, "devDependencies"));
}

static bool is_windows(const struct node *root)
{
    const struct node *windows = node_find(root, "windows");
    return windows && windows->kind == NODE_LIST;
}

bool stranger_tree(enum stranger_for use, const struct source *source, const struct node *root,
                   struct diags *diags)
{
    static const struct {
        bool (*is)(const struct node *root);
        const char *what;
        const char *hint;
    } kinds[] = {
        {is_compose, "a compose file", IMPORT},
        {is_process_compose, "a file of process-compose", IMPORT},
        {is_workflow, "a workflow of GitHub Actions", JOBS},
        {is_pipeline, "a pipeline of GitLab", JOBS},
        {is_taskfile, "a Taskfile",
         "write processes: with its commands behind run:, and depends_on for deps"},
        {is_manifest, "a manifest of Kubernetes", COMMANDS},
        {is_package, "a package.json", "write npm run NAME behind run: of a process"},
        {is_windows, "a file of tmuxinator", COMMANDS},
        {is_procfile, "a Procfile", IMPORT},
    };
    for (size_t i = 0; i < countof(kinds); i++)
        if (kinds[i].is(root))
            return report(use, diags, node_mark(source, node_key(root, 0)), kinds[i].what,
                          kinds[i].hint);
    return false;
}
