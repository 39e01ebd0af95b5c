/*
 * A Procfile, as foreman reads it:
 *
 *     NAME: COMMAND        letters, digits, '_' and '-'; what is behind the colon goes to the shell
 *
 * Any other line is passed over. PORT is 5000 for the first process, 100 more for each further
 * one; PS is NAME.1.
 */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "scenario/import_private.h"
#include "scenario/place.h"
#include "scenario/show.h"

#define PORT_BASE 5000
#define PORT_STEP 100
#define GRACE "5s"

/* A line of the file, without its end. */
struct line {
    const char *text;
    size_t length;
    uint32_t number;
    size_t name_length; /* 0: no entry */
    size_t command;     /* where it begins */
};

/* Moves to the next line; false at the end of the file. */
static bool next_line(const struct source *source, struct line *line, size_t *offset)
{
    if (*offset >= source->length)
        return false;
    const char *text = source->text + *offset;
    const char *newline = memchr(text, '\n', source->length - *offset);
    size_t length = newline ? (size_t)(newline - text) : source->length - *offset;
    *offset += length + 1;
    length -= length && text[length - 1] == '\r';
    *line = (struct line){.text = text, .length = length, .number = line->number + 1};
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

bool import_is_procfile(const struct source *source)
{
    struct line line = {0};
    size_t offset = 0;
    while (next_line(source, &line, &offset))
        if (line.name_length)
            return true;
    return false;
}

static bool report_taken(struct import *import, const struct line *line, const char *name,
                         size_t first)
{
    size_t at = (size_t)(line->text - import->source->text);
    uint32_t width = (uint32_t)line->name_length;
    diag_error(import->diags, source_mark(import->source, at, width), "give it a name of its own",
               "the name '%s' is taken", show_text(name, line->name_length).text);
    diag_note(import->diags, source_mark(import->source, first, width), "by this line");
    return false;
}

static void write_entry(struct import *import, const struct line *line, size_t index)
{
    struct draft draft;
    struct buf command = {0};
    const char *name = arena_copy(import->arena, line->text, line->name_length);
    const char *text =
        arena_copy(import->arena, line->text + line->command, line->length - line->command);
    draft_init(&draft, import, name);
    import_template(import, NULL, text, TEMPLATE_SHELL, &command);
    draft_text(&draft, "run", buf_string(&command));
    draft_text(&draft, "cwd", ".");
    buf_printf(&draft.keys, "    env: {PORT: \"%zu\", PS: %s.1}\n", PORT_BASE + index * PORT_STEP,
               name);
    draft.grace = GRACE;
    draft_finish(&draft);
    buf_release(&command);
}

/* A line that is no entry: comments and empty lines pass, of others the scenario tells. */
static void pass_over(struct import *import, const struct line *line)
{
    size_t blank = 0;
    while (blank < line->length && isspace((unsigned char)line->text[blank]))
        blank++;
    if (blank < line->length && line->text[blank] != '#')
        import_head(import, "Line %u is no NAME: COMMAND, foreman passes it over: %s",
                    (unsigned)line->number,
                    show_text(line->text + blank, line->length - blank).text);
}

static bool read_line(struct import *import, struct names *seen, const struct line *line,
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

/* What foreman reads by itself, where it is there. */
static void add_dotenv(struct import *import)
{
    if (!import->directory)
        return;
    if (!access(arena_printf(import->arena, "%s.env", import->directory), R_OK))
        buf_text(&import->head, "env_file: .env\n");
}

bool import_procfile(struct import *import)
{
    struct line line = {0};
    struct names seen = {0};
    size_t offset = 0;
    size_t count = 0;
    bool fine = true;
    import_head(import, "foreman stops all of them when one ends, parrun when one fails.");
    buf_text(&import->head, "fail_fast: true\n");
    while (next_line(import->source, &line, &offset))
        fine &= read_line(import, &seen, &line, &count);
    if (fine && !count) {
        diag_error(import->diags, (struct mark){import->source, 1, 1, 1},
                   "such as: web: bundle exec rails server -p $PORT",
                   "no line of this Procfile is NAME: COMMAND");
        fine = false;
    }
    add_dotenv(import);
    names_release(&seen);
    return fine;
}
