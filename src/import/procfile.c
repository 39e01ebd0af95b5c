/*
 * A Procfile, as foreman reads it:
 *
 *     NAME: COMMAND        letters, digits, '_' and '-'; what is behind the colon goes to the shell
 *
 * Any other line is passed over. PORT is that of .foreman, of .env or of the environment, 5000 without them, for the first process,
 * 100 more for each further one; PS is NAME.1.
 */
#include <stdlib.h>

#include "base/str.h"
#include "import/private.h"
#include "scenario/dotenv.h"
#include "yaml/scalar_mark.h"

#define PORT_BASE 5000
#define PORT_STEP 100
#define PORT_MOST 65535
#define GRACE "5s"

/* ---- lines ---- */

/* Blanks, and what a name has; in .env a name has no '-'. */
#define BLANKS " \t\v\f\r"
#define VARIABLE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define NAME VARIABLE "-"

/* A line of the file. */
struct procfile_line {
    const char *text; /* without its end */
    size_t at;        /* bytes before it in the file */
    size_t length;
    uint32_t number;
};

/* Moves to the next line; false at the end of the file. */
static bool next_line(struct import *import, const struct source *source, struct procfile_line *line)
{
    size_t at = line->number ? line->at + line->length + 1 : 0;
    if (at >= source->length)
        return false;
    const char *text = source->text + at;
    const char *end = memchr(text, '\n', source->length - at);
    size_t length = end ? (size_t)(end - text) : source->length - at;
    bool returns = length && text[length - 1] == '\r';
    *line = (struct procfile_line){arena_copy(import->arena, text, length - returns), at, length, line->number + 1};
    return true;
}

static bool is_comment(const struct procfile_line *line)
{
    return strchr("#", line->text[strspn(line->text, BLANKS)]);
}

/* The command of the line, behind a name of *LENGTH bytes; NULL where it is no entry. */
static const char *command_of(const struct procfile_line *line, size_t *length)
{
    *length = strspn(line->text, NAME);
    const char *colon = line->text + *length;
    const char *command = *length && *colon == ':' ? colon + 1 + strspn(colon + 1, BLANKS) : "";
    return *command ? command : NULL;
}

/* "services: {" and the like begin a file of another kind. */
static bool is_kind_key(const struct procfile_line *line, size_t name, const char *command)
{
    static const struct import_kind *const kinds[] = {&import_compose, &import_processes};
    bool is = false;
    for (size_t i = 0; i < countof(kinds); i++)
        is |= strlen(kinds[i]->key) == name && !memcmp(line->text, kinds[i]->key, name);
    return is && strchr("{&#", *command);
}

bool import_is_procfile(struct import *import)
{
    struct procfile_line line = {0};
    size_t name;
    bool is = false;
    while (next_line(import, import->source, &line)) {
        const char *entry = command_of(&line, &name);
        if (entry ? is_kind_key(&line, name, entry) : !is_comment(&line))
            return false;
        is |= entry != NULL;
    }
    return is;
}

/* ---- entries ---- */

static void write_entry(struct import *import, const char *name, const char *command, long port, size_t step)
{
    struct draft draft;
    draft_init(&draft, import, name);
    draft_text(import, "run", import_template(import, NULL, command, TEMPLATE_SHELL));
    draft_text(import, "cwd", ".");
    if (port)
        draft_line(import, "env", "{PORT: \"%zu\", PS: %s.1}", (size_t)port + step, name);
    else
        draft_line(import, "env", "{PORT: \"${{ (env.PORT or %d) + %zu }}\", PS: %s.1}", PORT_BASE, step, name);
    pair_add(&draft.stop_keys, "grace", GRACE);
    draft_finish(import);
}

/* COUNT is that of the entries before; SEEN has where their lines begin. */
static void read_line(struct import *import, struct names *seen, const struct procfile_line *line, long port, size_t *count)
{
    size_t length;
    const char *command = command_of(line, &length);
    const char *name = arena_copy(import->arena, line->text, length);
    if (!utf8_valid(line->text, strlen(line->text)) || memchr(import->source->text + line->at, '\0', line->length)) {
        diag_error(import->diags, place_of_line(import->source, line->number), "YAML holds text in UTF-8 alone",
                   "this line is not UTF-8 text");
        return;
    }
    if (!command && !is_comment(line))
        import_note(import, "Line %u is no NAME: COMMAND, foreman passes it over: %s", (unsigned)line->number,
                    import_shown(import, line->text + strspn(line->text, BLANKS)));
    if (!command)
        return;
    if (names_have(seen, name)) {
        diag_error(import->diags, source_mark(import->source, line->at, (uint32_t)length), "give it a name of its own",
                   "the name '%s' is taken", import_shown(import, name));
        diag_note(import->diags, source_mark(import->source, names_find(seen, name, length), (uint32_t)length), "by this line");
        return;
    }
    names_put(seen, name, line->at);
    write_entry(import, name, command, port, (*count)++ * PORT_STEP);
}

/* ---- files beside it ---- */

/* The port that TEXT begins with; 0 where it is none. */
static long read_port(const char *text)
{
    long port = strtol(text, NULL, 10);
    return port > 0 && port <= PORT_MOST ? port : 0;
}

/* The port that "port: 7000" of .foreman names; 0 for none. */
static long port_of_foreman(struct import *import)
{
    static const char key[] = "port:";
    const struct source *source = import_source(import, ".foreman");
    const char *line = source ? strstr(source->text, key) : NULL;
    return line && (line == source->text || line[-1] == '\n') ? read_port(line + strlen(key)) : 0;
}

/* The value behind '=' as foreman takes it: quotes round it go, and between double ones so do backslashes. */
static const char *foreman_value(struct import *import, const struct procfile_line *line, size_t name)
{
    char *value = arena_strdup(import->arena, line->text + name + 1);
    size_t length = strlen(value);
    bool quoted = length > 1 && (*value == '"' || *value == '\'') && value[length - 1] == *value;
    bool escapes = *value == '"';
    char *out = value;
    if (!quoted)
        return value;
    for (const char *at = value + 1; at < value + length - 1; at++) {
        bool newline = escapes && at[0] == '\\' && at[1] == 'n';
        at += escapes && at[0] == '\\';
        *out++ = newline ? '\n' : *at;
    }
    *out = '\0';
    return value;
}

/* What foreman reads of the .env by itself: its port, unless there is one, and what means something else here. */
static void add_dotenv(struct import *import, long *port)
{
    const struct source *source = import_source(import, ".env");
    struct procfile_line line = {0};
    if (!source)
        return;
    buf_text(&import->file.notes, "env_file: .env\n");
    const struct dotenv *env = import_variables_now(import);
    while (next_line(import, source, &line)) {
        size_t length = strspn(line.text, VARIABLE);
        const char *value = length && line.text[length] == '=' ? foreman_value(import, &line, length) : NULL;
        size_t known = value ? names_find(&env->names, line.text, length) : NAMES_NONE;
        const char *ours = known != NAMES_NONE ? env->entries[known].value : NULL;
        if (value && (!ours || strcmp(ours, value) != 0))
            import_note(import, "Line %u of .env: foreman takes all behind %.*s= as it is, env_file does not: see parrun-scenario(5).",
                        (unsigned)line.number, (int)length, line.text);
        if (value && !*port && length == 4 && !memcmp(line.text, "PORT", 4))
            *port = read_port(value);
    }
}

void import_procfile(struct import *import)
{
    struct procfile_line line = {0};
    struct names seen = {0};
    size_t count = 0;
    import_note(import, "foreman stops all of them when one ends, parrun when one fails.");
    buf_text(&import->file.notes, "fail_fast: true\n");
    long port = port_of_foreman(import);
    add_dotenv(import, &port);
    while (next_line(import, import->source, &line))
        read_line(import, &seen, &line, port, &count);
    if (!diags_count(import->diags) && !count)
        diag_error(import->diags, (struct mark){import->source, 1, 1, 1}, "such as: web: bundle exec rails server -p $PORT",
                   "no line of this Procfile is NAME: COMMAND");
    names_release(&seen);
}
