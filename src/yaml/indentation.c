/* Reading the indentation of lines as a person does. */
#include "yaml/indentation.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "yaml/quote.h"

/* A line that is neither empty nor a comment. */
struct line {
    const char *start;
    const char *text; /* its first character that is no blank */
    const char *end;  /* behind the last one that is none */
    size_t indent;    /* of TEXT */
    uint32_t number;
};

/* A column in which a line above begins, or what stands behind its '-'. */
struct level {
    size_t indent;
    struct line line; /* from there on */
};

/* A hint is short, and copied. */
struct hint {
    char text[400];
};

static struct line read_line(const struct source *source, const char *start, uint32_t number)
{
    const char *behind = source->text + source->length;
    const char *end = memchr(start, '\n', (size_t)(behind - start));
    struct line line = {.start = start, .text = start, .end = end ? end : behind, .number = number};
    while (line.text < line.end && *line.text == ' ')
        line.text++;
    while (line.end > line.text && strchr(" \t\r", line.end[-1]))
        line.end--;
    line.indent = (size_t)(line.text - start);
    return line;
}

static struct line line_at(const struct source *source, size_t offset)
{
    const char *start = source->text;
    const char *at = source->text + (offset < source->length ? offset : source->length);
    uint32_t number = 1;
    for (const char *c = source->text; c < at; c++) {
        if (*c == '\n') {
            start = c + 1;
            number++;
        }
    }
    return read_line(source, start, number);
}

/* The line above *LINE that says something; false where there is none. */
static bool go_up(const struct source *source, struct line *line)
{
    while (line->start > source->text) {
        const char *start = line->start - 1;
        while (start > source->text && start[-1] != '\n')
            start--;
        *line = read_line(source, start, line->number - 1);
        if (line->text < line->end && *line->text != '#')
            return true;
    }
    return false;
}

static bool is_entry(const struct line *line)
{
    return line->text < line->end && *line->text == '-' &&
           (line->text + 1 == line->end || line->text[1] == ' ');
}

/* The ':' of a 'key: value'; NULL where there is none. */
static const char *find_colon(const struct line *line)
{
    const char *at = line->text;
    if (at == line->end)
        return NULL;
    if (*at == '"' || *at == '\'') {
        const char *closing = memchr(at + 1, *at, (size_t)(line->end - at - 1));
        at = closing ? closing : at;
    }
    for (; at < line->end; at++)
        if (*at == ':' && (at + 1 == line->end || at[1] == ' '))
            return at;
    return NULL;
}

static bool has_value(const struct line *line)
{
    const char *colon = find_colon(line);
    return colon && colon + 1 < line->end;
}

/* Its key, or the whole of it where it has none. */
static struct shown name_of(const struct line *line)
{
    const char *colon = find_colon(line);
    return show_text(line->text, (size_t)((colon ? colon : line->end) - line->text));
}

static struct mark mark_of(const struct source *source, const struct line *line)
{
    const char *colon = find_colon(line);
    const char *end = colon ? colon : line->end;
    return source_mark(source, (size_t)(line->text - source->text), (uint32_t)(end - line->text));
}

static bool is_key(const struct source *source, const char *text, size_t length)
{
    char name[40];
    if (length >= sizeof(name))
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    return source->is_key && source->is_key(name);
}

/* The levels to which a line below LINE may belong, the deepest first; at most MOST. */
static size_t find_levels(const struct source *source, struct line line, struct level *levels,
                          size_t most)
{
    size_t count = 0;
    size_t least = SIZE_MAX;
    while (least && count + 2 <= most && go_up(source, &line)) {
        struct line inside = line;
        if (is_entry(&line)) {
            inside.text += 1 + strspn(line.text + 1, " ");
            inside.indent = (size_t)(inside.text - line.start);
            if (inside.text < line.end && inside.indent < least && find_colon(&inside))
                levels[count++] = (struct level){inside.indent, inside};
        }
        if (line.indent < least) {
            levels[count++] = (struct level){line.indent, line};
            least = line.indent;
        }
    }
    return count;
}

/* True where LINE ends with '|' or '>': a text follows. */
static bool opens_text(const struct line *line)
{
    const char *end = line->end;
    while (end > line->text && strchr("+-123456789", end[-1]))
        end--;
    return end > line->text + 1 && strchr("|>", end[-1]) && end[-2] == ' ';
}

static struct hint key_hint(const struct source *source, const struct line *line)
{
    struct hint hint = {"a line here is KEY: VALUE"};
    struct level levels[16];
    size_t count = find_levels(source, *line, levels, countof(levels));
    size_t word = strcspn(line->text, " \n");
    struct shown whole = show_text(line->text, (size_t)(line->end - line->text));
    if (count && levels[0].indent == line->indent && opens_text(&levels[0].line)) {
        snprintf(hint.text, sizeof(hint.text), "indent it deeper than '%s' in line %u, to whose text it belongs",
                 name_of(&levels[0].line).text, levels[0].line.number);
        return hint;
    }
    for (size_t i = 0; i < count; i++) {
        if (i && opens_text(&levels[i].line)) {
            snprintf(hint.text, sizeof(hint.text),
                     "indent it by %zu spaces, where it belongs to the text of '%s' in line %u",
                     levels[i - 1].indent, name_of(&levels[i].line).text, levels[i].line.number);
            return hint;
        }
        if (levels[i].indent == line->indent && is_entry(&levels[i].line)) {
            snprintf(hint.text, sizeof(hint.text), "write - %s", whole.text);
            return hint;
        }
    }
    const char *colon = memchr(line->text, ':', word);
    if (colon && colon > line->text)
        snprintf(hint.text, sizeof(hint.text), "put a space behind the ':': %.*s: %s",
                 (int)(colon - line->text), line->text,
                 show_text(colon + 1, (size_t)(line->end - colon) - 1).text);
    else if (line->text + word >= line->end)
        snprintf(hint.text, sizeof(hint.text), "write %s:", whole.text);
    else if (is_key(source, line->text, word))
        snprintf(hint.text, sizeof(hint.text), "write %.*s:%s", (int)word, line->text,
                 show_text(line->text + word, (size_t)(line->end - line->text) - word).text);
    return hint;
}

static bool report_no_key(const struct source *source, const struct line *line, struct diags *diags)
{
    if (line->text == line->end || is_entry(line) || find_colon(line) ||
        strchr("\"'[]{}", *line->text))
        return false;
    diag_error(diags, mark_of(source, line), key_hint(source, line).text,
               "this line is no 'key: value'");
    return true;
}

bool layout_no_key(const struct source *source, size_t offset, struct diags *diags)
{
    struct line line = line_at(source, offset);
    return report_no_key(source, &line, diags);
}

/* LINE is deeper than TEXT, which has a value and thus no keys. */
static bool report_deeper(const struct source *source, const struct line *line,
                          const struct line *text, struct diags *diags)
{
    struct hint hint;
    if (!has_value(text) || line->indent <= text->indent)
        return false;
    snprintf(hint.text, sizeof(hint.text), "indent it by %zu spaces, as '%s'", text->indent,
             name_of(text).text);
    diag_error(diags, mark_of(source, line), hint.text,
               "'%s' is indented deeper than '%s' in line %u, which has a value already",
               name_of(line).text, name_of(text).text, text->number);
    return true;
}

bool layout_in_text(const struct source *source, size_t offset, struct diags *diags)
{
    struct line line = line_at(source, offset);
    struct line above = line;
    if (!go_up(source, &above))
        return false;
    struct line text = above;
    while (!find_colon(&text) && go_up(source, &text))
        ;
    return (!is_entry(&text) && report_deeper(source, &line, &text, diags)) ||
           report_no_key(source, &above, diags);
}

static bool report_entry(const struct source *source, const struct line *line,
                         const struct level *beside, struct diags *diags)
{
    if (!is_entry(line) || is_entry(&beside->line))
        return false;
    diag_error(diags, mark_of(source, line),
               "leave the '-' out, or put the list under a key of its own",
               "an entry '-' of a list cannot stand beside the key '%s' in line %u",
               name_of(&beside->line).text, beside->line.number);
    return true;
}

bool layout_between(const struct source *source, size_t offset, struct diags *diags)
{
    struct line line = line_at(source, offset);
    struct level levels[16];
    size_t count = find_levels(source, line, levels, countof(levels));
    size_t i = 0;
    while (i < count && levels[i].indent > line.indent)
        i++;
    if (i == count || line.text != source->text + offset)
        return false;
    if (levels[i].indent == line.indent)
        return report_entry(source, &line, &levels[i], diags);
    if (!i)
        return report_deeper(source, &line, &levels[0].line, diags);
    struct hint hint;
    const struct level *deeper = &levels[i - 1], *outer = &levels[i];
    int length = snprintf(hint.text, sizeof(hint.text), "indent it by %zu, as '%s' in line %u",
                          deeper->indent, name_of(&deeper->line).text, deeper->line.number);
    if (is_entry(&line) == is_entry(&outer->line))
        snprintf(hint.text + length, sizeof(hint.text) - (size_t)length,
                 ", or by %zu, as '%s' in line %u", outer->indent, name_of(&outer->line).text,
                 outer->line.number);
    diag_error(diags, mark_of(source, &line), hint.text,
               "'%s' is indented by %zu space%s, as no line above it is", name_of(&line).text,
               line.indent, line.indent == 1 ? "" : "s");
    return true;
}

/* The brackets that are open at one place; those beyond the last are counted alone. */
struct brackets {
    size_t at[64];
    size_t depth;
};

bool layout_late_quote(const struct source *source, size_t offset, struct diags *diags)
{
    const char *text = source->text;
    size_t close = offset;
    while (close > 0 && !strchr("'\"", text[close - 1]))
        close--;
    size_t open = close ? close - 1 : 0;
    while (open > 0 && text[open - 1] != text[close - 1])
        open--;
    if (!open || !memchr(text + open, '\n', close - open))
        return false;
    diag_error(diags, source_mark(source, open - 1, 1), "close it where the text ends",
               "this quoted text goes on to line %u, where the next quote closes it", source_mark(source, close - 1, 1).line);
    return true;
}

/* Behind the quoted text at FROM, or END. */
static size_t skip_quoted(const char *text, size_t from, size_t end)
{
    char quote = text[from++];
    while (from < end && text[from] != quote)
        from += text[from] == '\\' && quote == '"' ? 2 : 1;
    return from < end ? from + 1 : end;
}

/* True where what is at AT begins a word: a blank or an indicator stands before it. */
static bool begins_word(const char *text, size_t at, bool flow)
{
    return at == 0 || strchr(flow ? " \t\n[{,:" : " \t\n", text[at - 1]);
}

/* True where a bracket at AT, outside of others, begins a value. */
static bool begins_value(const char *text, size_t at)
{
    if (!begins_word(text, at, false))
        return false;
    while (at && strchr(" \t", text[at - 1]))
        at--;
    return !at || strchr(":-\n", text[at - 1]);
}

static void find_open(const char *text, size_t end, struct brackets *brackets)
{
    for (size_t at = 0; at < end;) {
        char c = text[at];
        bool flow = brackets->depth > 0;
        if ((c == '"' || c == '\'') && begins_word(text, at, flow)) {
            at = skip_quoted(text, at, end);
            continue;
        }
        if (c == '#' && begins_word(text, at, false)) {
            const char *newline = memchr(text + at, '\n', end - at);
            at = newline ? (size_t)(newline - text) : end;
            continue;
        }
        if ((c == '[' || c == '{') && (flow || begins_value(text, at))) {
            if (brackets->depth < countof(brackets->at))
                brackets->at[brackets->depth] = at;
            brackets->depth++;
        } else if ((c == ']' || c == '}') && flow) {
            brackets->depth--;
        }
        at++;
    }
}

bool layout_unclosed(const struct source *source, size_t offset, struct diags *diags)
{
    struct brackets brackets = {.depth = 0};
    for (size_t at = offset; at < source->length; at++)
        if (!strchr(" \t\r\n", source->text[at]))
            return false;
    find_open(source->text, source->length, &brackets);
    if (!brackets.depth || brackets.depth > countof(brackets.at))
        return false;
    size_t open = brackets.at[brackets.depth - 1];
    bool list = source->text[open] == '[';
    diag_error(diags, source_mark(source, offset, 1), NULL, "expected a value here, or '%c' of a %s that was opened with '%c'",
               list ? ']' : '}', list ? "list" : "mapping", source->text[open]);
    diag_note(diags, source_mark(source, open, 1), "the %s was opened here", list ? "list" : "mapping");
    return true;
}
