/*
 * A Procfile, as foreman reads it:
 *
 *     NAME: COMMAND        messages, digits, '_' and '-'; what is behind the colon goes to the
 * shell
 *
 * Any other line is passed over. PORT is that of .foreman, of .env or of the environment, 5000
 * without them, for the first process, 100 more for each further one; PS is NAME.1.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/str.h"
#include "import/private.h"
#include "scenario/dotenv.h"
#include "scenario/sources.h"
#include "yaml/quote.h"
#include "yaml/scalar_mark.h"

#define PORT_BASE 5000
#define PORT_STEP 100
#define PORT_MOST 65535
#define GRACE "5s"

extern char **environ;

/* A line of the file, without its end. */
struct procfile_line {
    const char *text;
    size_t length;
    uint32_t number;
    size_t name_length; /* 0: no entry */
    size_t command;     /* where it begins */
};

/* Moves to the next line; false at the end of the file. */
static bool next_line(const struct source *source, struct procfile_line *line, size_t *offset)
{
    if (*offset >= source->length)
        return false;
    const char *text = source->text + *offset;
    const char *newline = memchr(text, '\n', source->length - *offset);
    size_t length = newline ? (size_t)(newline - text) : source->length - *offset;
    *offset += length + 1;
    length -= length && text[length - 1] == '\r';
    *line = (struct procfile_line){.text = text, .length = length, .number = line->number + 1};
    size_t name = 0;
    while (name < length &&
           (isalnum((unsigned char)text[name]) || text[name] == '_' || text[name] == '-'))
        name++;
    if (!name || name == length || text[name] != ':')
        return true;
    line->command = name + 1;
    while (line->command < length && isspace((unsigned char)text[line->command]))
        line->command++;
    line->name_length = line->command < length ? name : 0;
    return true;
}

/* Where the text of LINE begins; its length where there is none. */
static size_t indent_of(const struct procfile_line *line)
{
    size_t blank = 0;
    while (blank < line->length && isspace((unsigned char)line->text[blank]))
        blank++;
    return blank;
}

static bool is_comment(const struct procfile_line *line)
{
    size_t blank = indent_of(line);
    return blank == line->length || line->text[blank] == '#';
}

bool import_is_procfile(const struct source *source)
{
    struct procfile_line line = {0};
    size_t offset = 0;
    bool is = false;
    while (next_line(source, &line, &offset)) {
        if (!line.name_length && !is_comment(&line))
            return false;
        is |= line.name_length;
    }
    return is;
}

static bool report_taken(struct import *import, const struct procfile_line *line, const char *name,
                         size_t first)
{
    size_t at = (size_t)(line->text - import->source->text);
    uint32_t width = (uint32_t)line->name_length;
    diag_error(import->diags, source_mark(import->source, at, width), "give it a name of its own",
               "the name '%s' is taken", show_text(name, line->name_length).text);
    diag_note(import->diags, source_mark(import->source, first, width), "by this line");
    return false;
}

static void write_entry(struct import *import, const struct procfile_line *line, size_t index)
{
    size_t step = index * PORT_STEP;
    struct draft draft;
    struct buf command = {0};
    const char *name = arena_copy(import->arena, line->text, line->name_length);
    const char *text =
        arena_copy(import->arena, line->text + line->command, line->length - line->command);
    draft_init(&draft, import, name);
    import_template(import, NULL, text, TEMPLATE_SHELL, &command);
    draft_text(&draft, "run", buf_string(&command));
    draft_text(&draft, "cwd", ".");
    if (import->port)
        buf_printf(&draft.keys, "    env: {PORT: \"%zu\", PS: %s.1}\n", (size_t)import->port + step,
                   name);
    else
        buf_printf(&draft.keys, "    env: {PORT: \"${{ (env.PORT or %d) + %zu }}\", PS: %s.1}\n",
                   PORT_BASE, step, name);
    draft.grace = GRACE;
    draft_finish(&draft);
    buf_release(&command);
}

/* A line that is no entry: comments and empty lines pass, of others the scenario tells. */
static void pass_over(struct import *import, const struct procfile_line *line)
{
    size_t blank = indent_of(line);
    if (!is_comment(line))
        import_note(import, "Line %u is no NAME: COMMAND, foreman passes it over: %s",
                    (unsigned)line->number,
                    show_text(line->text + blank, line->length - blank).text);
}

static bool read_line(struct import *import, struct names *seen, const struct procfile_line *line,
                      size_t *count)
{
    size_t at = (size_t)(line->text - import->source->text);
    if (!utf8_valid(line->text, line->length) || memchr(line->text, '\0', line->length)) {
        diag_error(import->diags, place_of_line(import->source, line->number),
                   "YAML holds text in UTF-8 alone", "this line is not UTF-8 text");
        return false;
    }
    if (!line->name_length) {
        pass_over(import, line);
        return true;
    }
    size_t *slot = names_slot(seen, line->text, line->name_length);
    if (*slot != NAMES_NONE)
        return report_taken(import, line, line->text, *slot);
    *slot = at;
    write_entry(import, line, (*count)++);
    return true;
}

/* The file NAME beside the Procfile; NULL where there is none. */
static const struct source *read_beside(struct import *import, const char *name)
{
    struct error error = {0};
    const char *path = import_is_beside(import, name)
                           ? arena_printf(import->arena, "%s%s", import->directory, name)
                           : NULL;
    const struct source *source = path ? sources_read(import->held, path, path, &error) : NULL;
    error_release(&error);
    return source;
}

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
    const struct source *source = read_beside(import, ".foreman");
    const char *line = source ? strstr(source->text, key) : NULL;
    return line && (line == source->text || line[-1] == '\n') ? read_port(line + strlen(key)) : 0;
}

/*
 * NAME=VALUE as foreman takes it: all behind '=' is the value, quotes round it go, and between
 * double ones so do backslashes. NULL where the line is none.
 */
static const char *foreman_value(struct import *import, const struct procfile_line *line,
                                 size_t *name_length)
{
    size_t name = 0;
    while (name < line->length &&
           (isalnum((unsigned char)line->text[name]) || line->text[name] == '_'))
        name++;
    if (!name || name == line->length || line->text[name] != '=')
        return NULL;
    char *value = arena_copy(import->arena, line->text + name + 1, line->length - name - 1);
    size_t length = strlen(value);
    bool quoted = length > 1 && (*value == '"' || *value == '\'') && value[length - 1] == *value;
    *name_length = name;
    if (!quoted)
        return value;
    bool escapes = *value == '"';
    char *out = value;
    for (const char *at = value + 1; at < value + length - 1; at++) {
        bool newline = escapes && at[0] == '\\' && at[1] == 'n';
        at += escapes && at[0] == '\\';
        *out++ = newline ? '\n' : *at;
    }
    *out = '\0';
    return value;
}

/* What foreman reads of the .env by itself: its port, and what means something else here. */
static void add_dotenv(struct import *import)
{
    const struct source *source = read_beside(import, ".env");
    struct dotenv env = {.arena = import->arena, .environment = (const char *const *)environ};
    struct diags *diags = diags_new();
    struct procfile_line line = {0};
    size_t offset = 0;
    if (!source) {
        diags_free(diags);
        return;
    }
    buf_text(&import->head, "env_file: .env\n");
    dotenv_read(&env, source, diags);
    while (next_line(source, &line, &offset)) {
        size_t length = 0;
        const char *value = foreman_value(import, &line, &length);
        size_t known = value ? names_find(&env.names, line.text, length) : NAMES_NONE;
        const char *ours = known != NAMES_NONE ? env.entries[known].value : NULL;
        if (value && (!ours || strcmp(ours, value) != 0))
            import_note(
                import,
                "Line %u of .env: foreman takes all behind %.*s= as it is, env_file does not: "
                "see parrun-scenario(5).",
                (unsigned)line.number, (int)length, line.text);
        if (value && !import->port && length == 4 && !memcmp(line.text, "PORT", 4))
            import->port = read_port(value);
    }
    dotenv_release(&env);
    diags_free(diags);
}

bool import_procfile(struct import *import)
{
    struct procfile_line line = {0};
    struct names seen = {0};
    size_t offset = 0;
    size_t count = 0;
    bool fine = true;
    import_note(import, "foreman stops all of them when one ends, parrun when one fails.");
    buf_text(&import->head, "fail_fast: true\n");
    import->port = port_of_foreman(import);
    add_dotenv(import);
    while (next_line(import->source, &line, &offset))
        fine &= read_line(import, &seen, &line, &count);
    if (fine && !count) {
        diag_error(import->diags, (struct mark){import->source, 1, 1, 1},
                   "such as: web: bundle exec rails server -p $PORT",
                   "no line of this Procfile is NAME: COMMAND");
        fine = false;
    }
    names_release(&seen);
    return fine;
}
