/*
 * A Procfile, as foreman reads it:
 *
 *     NAME: COMMAND        letters, digits, '_' and '-'; what is behind the colon goes to the shell
 *
 * Any other line is passed over. PORT is that of .foreman, of .env or of the environment, 5000 without them, for the first process,
 * 100 more for each further one; PS is NAME.1.
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/str.h"
#include "import/private.h"
#include "scenario/dotenv.h"
#include "yaml/quote.h"
#include "yaml/scalar_mark.h"

#define PORT_BASE 5000
#define PORT_STEP 100
#define PORT_MOST 65535
#define GRACE "5s"

/* ---- lines ---- */

/* A line of the file, without its end. */
struct procfile_line {
    const char *text;
    size_t length;
    uint32_t number;
};

/* Moves to the next line; false at the end of the file. */
static bool next_line(const struct source *source, struct procfile_line *line)
{
    const char *end = source->text + source->length;
    const char *before = line->text ? memchr(line->text, '\n', (size_t)(end - line->text)) : NULL;
    const char *text = before ? before + 1 : line->text ? end : source->text;
    if (text == end)
        return false;
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    size_t length = (size_t)((newline ? newline : end) - text);
    *line = (struct procfile_line){text, length - (length && text[length - 1] == '\r'), line->number + 1};
    return true;
}

static size_t blanks(const struct procfile_line *line, size_t at)
{
    size_t end = at;
    while (end < line->length && isspace((unsigned char)line->text[end]))
        end++;
    return end - at;
}

static bool is_comment(const struct procfile_line *line)
{
    size_t blank = blanks(line, 0);
    return blank == line->length || line->text[blank] == '#';
}

/* The length of the name of which MORE may be a part, if MARK stands behind it; 0 where the line does not begin with one. */
static size_t name_length(const struct procfile_line *line, char more, char mark)
{
    size_t length = 0;
    while (length < line->length && (isalnum((unsigned char)line->text[length]) || line->text[length] == '_' || line->text[length] == more))
        length++;
    return length < line->length && line->text[length] == mark ? length : 0;
}

/* Where the command of the line begins; 0 where it is no entry. */
static size_t command_of(const struct procfile_line *line)
{
    size_t name = name_length(line, '-', ':');
    size_t command = name + 1 + blanks(line, name + 1);
    return name && command < line->length ? command : 0;
}

bool import_is_procfile(const struct source *source)
{
    struct procfile_line line = {0};
    bool is = false;
    while (next_line(source, &line)) {
        bool entry = command_of(&line);
        if (!entry && !is_comment(&line))
            return false;
        is |= entry;
    }
    return is;
}

/* ---- entries ---- */

static void write_entry(struct import *import, const struct procfile_line *line, long port, size_t step)
{
    struct draft draft;
    struct buf run = {0};
    size_t command = command_of(line);
    const char *name = arena_copy(import->arena, line->text, name_length(line, '-', ':'));
    draft_init(&draft, import, name);
    import_template(import, NULL, arena_copy(import->arena, line->text + command, line->length - command), TEMPLATE_SHELL, &run);
    draft_text(import, "run", buf_string(&run));
    draft_text(import, "cwd", ".");
    if (port)
        draft_line(import, "env", "{PORT: \"%zu\", PS: %s.1}", (size_t)port + step, name);
    else
        draft_line(import, "env", "{PORT: \"${{ (env.PORT or %d) + %zu }}\", PS: %s.1}", PORT_BASE, step, name);
    draft.grace = GRACE;
    draft_finish(import);
    buf_release(&run);
}

static struct mark name_mark(struct import *import, const struct procfile_line *line, size_t at)
{
    return source_mark(import->source, at, (uint32_t)name_length(line, '-', ':'));
}

/* COUNT is that of the entries before; SEEN has their names. */
static void read_line(struct import *import, struct names *seen, const struct procfile_line *line, long port, size_t *count)
{
    size_t name = command_of(line) ? name_length(line, '-', ':') : 0;
    size_t at = (size_t)(line->text - import->source->text);
    size_t blank = blanks(line, 0);
    if (!utf8_valid(line->text, line->length) || memchr(line->text, '\0', line->length)) {
        diag_error(import->diags, place_of_line(import->source, line->number), "YAML holds text in UTF-8 alone",
                   "this line is not UTF-8 text");
        return;
    }
    if (!name && !is_comment(line))
        import_note(import, "Line %u is no NAME: COMMAND, foreman passes it over: %s", (unsigned)line->number,
                    show_text(line->text + blank, line->length - blank).text);
    if (!name)
        return;
    size_t *slot = names_slot(seen, line->text, name);
    if (*slot != NAMES_NONE) {
        diag_error(import->diags, name_mark(import, line, at), "give it a name of its own", "the name '%s' is taken",
                   show_text(line->text, name).text);
        diag_note(import->diags, name_mark(import, line, *slot), "by this line");
        return;
    }
    *slot = at;
    write_entry(import, line, port, (*count)++ * PORT_STEP);
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
    char *value = arena_copy(import->arena, line->text + name + 1, line->length - name - 1);
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
    while (next_line(source, &line)) {
        size_t length = name_length(&line, '_', '=');
        const char *value = length ? foreman_value(import, &line, length) : NULL;
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
    while (next_line(import->source, &line))
        read_line(import, &seen, &line, port, &count);
    if (!diags_count(import->diags) && !count)
        diag_error(import->diags, (struct mark){import->source, 1, 1, 1}, "such as: web: bundle exec rails server -p $PORT",
                   "no line of this Procfile is NAME: COMMAND");
    names_release(&seen);
}
