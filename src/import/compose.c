/*
 * A compose.yaml of docker compose. A service with an image becomes a process that is docker run; one without becomes the command
 * itself.
 */
#include <ctype.h>
#include <stdlib.h>

#include "import/private.h"
#include "scenario/dotenv.h"

#define WHOLE "'docker compose config' prints all of it as one file: parrun import - reads that"

/* ---- a service without a container ---- */

/* 1000:1000 is a user and a group. */
static void take_user(struct import *import, const struct node *value)
{
    const char *text = import_now(import, import->key, value);
    size_t length = text ? strcspn(text, ":") : 0;
    if (!text)
        return;
    draft_text(import, "user", arena_copy(import->arena, text, length));
    if (text[length] && text[length + 1])
        draft_text(import, "group", text + length + 1);
}

static const struct key_row plain_rows[] = {
    {"env_file", .take = draft_take_env_file},
    {"environment", .take = draft_take_environment},
    {"tty", .take = draft_take_true},
    {"user", .take = take_user},
    {"working_dir=cwd", .take = draft_take_text},
    {0},
};

/* ---- what it runs ---- */

/*
 * Appends the word at *TEXT without its quotes, and moves behind it; false for an open quote. A backslash takes the meaning of what
 * is behind it, but between single quotes.
 */
static bool read_word(const struct import *import, const char **text, struct buf *word)
{
    char quote = '\0';
    const char *at = *text;
    while (*at && (quote || !strchr(" \t\r\n;&|<>", *at))) {
        bool escaped = *at == '\\' && quote != '\'' && at[1];
        if (!escaped && (*at == quote || (!quote && strchr("\"'", *at)))) {
            quote = quote ? '\0' : *at;
            at++;
            continue;
        }
        at += escaped;
        size_t size = escaped ? 1 : import_atom(import, at);
        buf_append(word, at, size);
        at += size;
    }
    *text = at;
    return !quote;
}

/* Adds the words of NODE, a command line, as docker compose takes it apart: quotes count, no shell runs. False where it is wrong. */
static bool split_words(struct import *import, const struct node *node, struct texts *words)
{
    const char *at = node->text;
    bool fine = true;
    for (at += strspn(at, " \t\r\n"); fine && *at && !strchr(";&|<>", *at); at += strspn(at, " \t\r\n")) {
        struct buf word = {0};
        fine = read_word(import, &at, &word);
        if (!fine)
            diag_error(import->diags, node_mark(import->source, node), NULL, "a quote of this command is never closed");
        const char *value = fine ? import_template(import, node, buf_string(&word), TEMPLATE_TEXT) : NULL;
        fine = value;
        texts_add(words, value);
        buf_release(&word);
    }
    if (fine && *at)
        import_note_at(import, node, "docker compose runs no shell, and passes over all from '%c' on", *at);
    return fine;
}

/* The words of a command: a text is taken apart, the items of a list are words as they are. */
static bool read_words(struct import *import, const char *key, struct texts *words)
{
    const struct node *node = node_find(import->draft->map, key);
    bool variables = import->variables;
    if (!node || node->kind == NODE_LIST)
        return !node || import_texts(import, key, node, 0, words);
    if (node->kind == NODE_MAP)
        return import_expected(import, key, node, "a text or a list");
    import->variables = false;
    bool fine = split_words(import, node, words);
    if (import->variables)
        import_note_at(import, node, "%s: a variable's value stays one word here", key);
    import->variables |= variables;
    return fine;
}

/* docker run OPTIONS [--entrypoint=FIRST] IMAGE [REST...] COMMAND... */
static void write_container(struct import *import, const struct texts *entry, const struct texts *command)
{
    const struct draft *draft = import->draft;
    struct texts words = {0};
    size_t first = entry->count > 0;
    texts_add(&words, "docker", "run", "--rm");
    texts_append(&words, draft->options.items, draft->options.count);
    if (node_find(draft->map, "entrypoint"))
        texts_add(&words, arena_printf(import->arena, "--entrypoint=%s", first ? entry->items[0] : ""));
    texts_add(&words, import_part(import, draft->map, "image", node_find(draft->map, "image") ? "" : draft->name));
    texts_append(&words, entry->items + first, entry->count - first);
    texts_append(&words, command->items, command->count);
    draft_list(import, "exec", &words);
    if (draft->relative)
        draft_text(import, "cwd", ".");
    texts_release(&words);
}

static void write_body(struct import *import, const struct node *key)
{
    struct texts entry = {0};
    struct texts command = {0};
    bool fine = read_words(import, "entrypoint", &entry) && read_words(import, "command", &command);
    const struct node *line = node_find(import->draft->map, "command");
    if (line && !command.count)
        import_dropped(import, "command", line, NOTHING);
    if (fine && import->draft->container) {
        write_container(import, &entry, &command);
    } else if (fine) {
        texts_append(&entry, command.items, command.count);
        import_note_at(import, key, "it has no image: the command runs without a container");
        if (entry.count)
            draft_list(import, "exec", &entry);
        else
            import_runs_nothing(import, key, "service", "has neither image nor command", "give it an 'image'");
    }
    texts_release(&entry);
    texts_release(&command);
}

static void read_service(struct import *import, const struct node *key)
{
    struct draft *draft = import->draft;
    draft->container = service_is_container(draft->map);
    import->rows[0] = service_rows;
    import->rows[1] = draft->container ? docker_rows : plain_rows;
    if (!draft->container)
        write_body(import, key);
    import_read(import);
    service_finish(import);
    if (draft->container)
        write_body(import, key);
    import->containers |= draft->container;
}

/* ---- the file ---- */

/* What docker run does not make of a volume is told by import_rest() with the command that does. */
static void take_volumes(struct import *import, const struct node *value)
{
    import_note_at(import, value, "volumes: docker run makes them itself%s",
                   import->project ? ", by the names that docker compose gives them." : ", without the project's name before theirs.");
    for (size_t i = 0; i < value->size; i++)
        if (node_value(value, i)->kind == NODE_MAP)
            import_take(import, value, node_key(value, i)->text);
}

/* As docker compose does, of the directory's name: small letters, digits, '_' and '-', the first a letter or a digit. */
static const char *directory_name(struct import *import)
{
    char *path = import->directory ? realpath(*import->directory ? import->directory : ".", NULL) : NULL;
    struct buf name = {0};
    for (const char *at = path ? strrchr(path, '/') + 1 : ""; *at; at++)
        if (isalnum((unsigned char)*at) || (name.length && strchr("_-", *at)))
            buf_char(&name, (char)tolower((unsigned char)*at));
    const char *text = name.length ? arena_strdup(import->arena, name.data) : NULL;
    buf_release(&name);
    free(path);
    return text;
}

/* What docker compose calls all of it. */
static const char *project_name(struct import *import)
{
    struct buf variable = {0};
    const char *given = import_key_now(import, import->root, "name", "name");
    dotenv_expand(import_variables_now(import), "${COMPOSE_PROJECT_NAME:-}", &variable);
    if (variable.length)
        given = arena_strdup(import->arena, variable.data);
    buf_release(&variable);
    return given && *given ? given : directory_name(import);
}

static void take_name(struct import *import, const struct node *value)
{
    if (import->project)
        draft_line(import, "name", "%s", yaml_quoted(import->arena, import->project));
    (void)value;
}

static const struct key_row top_rows[] = {
    {"name", .take = take_name},
    {.path = "services"},
    {"volumes", .take = take_volumes, .map = "a mapping of volumes"},
    {"volumes.*.external", .only = "false", .why = NOTHING},
    {"version", .why = NOTHING},
    {"include", .why = WHOLE},
    {"networks", .why = "make them with docker network create"},
    {"volumes.*.name", .why = "docker run is given this name"},
    {"volumes.*", .why = "make the volume first, see docker volume create"},
    {0},
};

/* Names of all of it are needed before the first is read. */
static void begin(struct import *import)
{
    import->project = project_name(import);
    docker_index(import);
}

static void explain(struct import *import)
{
    static const char *const lines[] = {
        "Each container is run by docker run, which hands signals on to it. Where docker run itself has",
        "to be killed because the grace is over, the container stays: see docker ps, and docker rm --force.",
        "Compose puts the services on a network that knows them by their names, docker run does not:",
        "make one with docker network create, and give each --network and --network-alias.",
    };
    for (size_t i = 0; import->containers && i < countof(lines); i++)
        import_note(import, "%s", lines[i]);
    if (import->variables)
        import_note(import, "env.NAME is taken from the environment alone, not from .env too.");
    if (import->demanded)
        import_note(import, "A variable that must be set (${NAME:?}) is not checked here.");
}

const struct import_kind import_compose = {
    .key = "services",
    .hint = "write NAME: {image: IMAGE}",
    .object = "the keys of a service",
    .dollar = DOLLAR_COMPOSE,
    .rows = top_rows,
    .begin = begin,
    .read = read_service,
    .explain = explain,
    .overrides = (const char *const[]){"compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml",
                                       "docker-compose.override.yml", NULL},
    .tells_ready = service_tells_ready,
    .is_off = service_is_off,
    .conditions = "service_started=started service_healthy=ready service_completed_successfully=succeeded",
    .condition = "service_started",
    .whole = WHOLE,
};
