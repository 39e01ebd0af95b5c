/* The table of what may be wrong with YAML, and how we say it. */
#include "yaml/syntax.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "yaml/indentation.h"
#include "yaml/position.h"
#include "yaml/quote.h"

/* What must be true of the text at the problem for a row to be taken. */
enum syntax_when {
    WHEN_ANY,
    WHEN_AT,     /* the character there is one of NEAR */
    WHEN_JOINED, /* the character before it is one of NEAR, and there is a letter or a digit there */
    WHEN_BEHIND, /* the character before it, spaces left out, is one of NEAR */
    WHEN_KEY,    /* nothing but one word stands before it in its line */
};

/*
 * One row a problem. The first row with whose PROBLEM the parser's begins, whose CONTEXT (where it has one)
 * is the parser's, and for which WHEN holds, is taken.
 */
struct syntax_row {
    const char *problem;
    const char *context;
    enum syntax_when when;
    const char *near;
    bool at_context; /* show the start of the context, not the problem */
    /* What the lines above tell of it, at the same place; see indentation.h. NULL: nothing. */
    bool (*layout)(const struct source *source, size_t offset, struct diags *diags);
    const char *message;
    const char *hint;
    const char *opened; /* note at the start of the context; NULL: none */
};

#define TEMPLATE_HINT "inside [ ] and { } put a template in quotes: \"${{ ... }}\""
#define QUOTES_HINT "put a text that holds ': ' in quotes, or check the indentation"
#define ESCAPE_HINT "write \\\\ for a backslash, or use ' ' quotes"
#define ALIGN_HINT "the keys of a mapping stand in one column"

static const struct syntax_row rows[] = {
    {.problem = "could not find expected ':'",
     .at_context = true,
     .layout = layout_no_key,
     .message = "this line is no 'key: value'",
     .hint = "put a space behind the ':', and quotes round a text of several lines"},
    {.problem = "mapping values are not allowed in this context",
     .when = WHEN_KEY,
     .layout = layout_in_text,
     .message = "a key cannot stand here: what stands above it is no 'key: value'",
     .hint = "put ': ' behind the key above, or check the indentation"},
    {.problem = "mapping values are not allowed in this context",
     .message = "a ':' cannot stand here",
     .hint = QUOTES_HINT},
    {.problem = "found unexpected ':'", .message = "a ':' cannot stand here", .hint = QUOTES_HINT},
    {.problem = "mapping keys are not allowed in this context",
     .message = "a key cannot stand here",
     .hint = "check the indentation"},
    {.problem = "block sequence entries are not allowed in this context",
     .message = "a list entry '-' cannot stand here",
     .hint = "begin the list on a line of its own"},
    {.problem = "found character that cannot start any token",
     .when = WHEN_AT,
     .near = "\t",
     .message = "a tab cannot indent in YAML",
     .hint = "indent with spaces"},
    {.problem = "found character that cannot start any token",
     .message = "a value cannot begin with this character",
     .hint = "put the value in quotes"},
    {.problem = "found a tab character that violates indentation",
     .message = "a tab cannot indent in YAML",
     .hint = "indent with spaces"},
    {.problem = "found a tab character where an indentation space is expected",
     .message = "a tab cannot indent in YAML",
     .hint = "indent with spaces"},
    {.problem = "did not find expected alphabetic or numeric character",
     .context = "while scanning an alias",
     .at_context = true,
     .when = WHEN_AT,
     .near = "/ ",
     .message = "'*' begins an alias, but no name follows",
     .hint = "put it in quotes, as in cron: \"*/5 * * * *\""},
    {.problem = "did not find expected alphabetic or numeric character",
     .context = "while scanning an alias",
     .at_context = true,
     .message = "'*' begins an alias, but no name follows",
     .hint = "put a pattern such as \"*.log\" in quotes"},
    {.problem = "did not find expected alphabetic or numeric character",
     .context = "while scanning an anchor",
     .at_context = true,
     .message = "'&' begins an anchor, but no name follows",
     .hint = "put a text that begins with '&' in quotes"},
    {.problem = "did not find expected",
     .when = WHEN_JOINED,
     .near = "'",
     .layout = layout_late_quote,
     .message = "text behind a closing quote",
     .hint = "within ' ' a ' is written ''; or take \" \" round the text"},
    {.problem = "did not find expected",
     .when = WHEN_JOINED,
     .near = "\"",
     .layout = layout_late_quote,
     .message = "text behind a closing quote",
     .hint = "within \" \" a \" is written \\\"; or take ' ' round the text"},
    {.problem = "did not find expected ',' or ']'",
     .when = WHEN_BEHIND,
     .near = "$",
     .message = "a '{' cannot stand here in a list that was opened with '['",
     .hint = TEMPLATE_HINT,
     .opened = "the list was opened here"},
    {.problem = "did not find expected ',' or '}'",
     .when = WHEN_BEHIND,
     .near = "$",
     .message = "a '{' cannot stand here in a mapping that was opened with '{'",
     .hint = TEMPLATE_HINT,
     .opened = "the mapping was opened here"},
    {.problem = "did not find expected ',' or",
     .when = WHEN_AT,
     .near = "{[",
     .message = "a bracket cannot stand here, inside [ ] or { }",
     .hint = "put a text with brackets in quotes",
     .opened = "what it is inside of was opened here"},
    {.problem = "did not find expected ',' or ']'",
     .message = "expected ',' or ']' in a list that was opened with '['",
     .opened = "the list was opened here"},
    {.problem = "did not find expected ',' or '}'",
     .message = "expected ',' or '}' in a mapping that was opened with '{'",
     .opened = "the mapping was opened here"},
    {.problem = "did not find expected key",
     .when = WHEN_AT,
     .near = "]}",
     .message = "this bracket closes nothing"},
    {.problem = "did not find expected '-' indicator",
     .when = WHEN_AT,
     .near = "]}",
     .message = "this bracket closes nothing"},
    {.problem = "did not find expected key",
     .when = WHEN_BEHIND,
     .near = "\"'",
     .layout = layout_late_quote,
     .message = "text behind a closing quote",
     .hint = "put the whole value in quotes"},
    {.problem = "did not find expected '-' indicator",
     .when = WHEN_BEHIND,
     .near = "\"'",
     .layout = layout_late_quote,
     .message = "text behind a closing quote",
     .hint = "put the whole value in quotes"},
    {.problem = "did not find expected key",
     .layout = layout_between,
     .message = "expected a key of the mapping that goes on here",
     .hint = ALIGN_HINT,
     .opened = "the mapping begins here"},
    {.problem = "did not find expected '-' indicator",
     .layout = layout_between,
     .message = "expected '-' for the next entry of the list",
     .hint = "the entries of a list stand in one column",
     .opened = "the list begins here"},
    {.problem = "did not find expected node content",
     .layout = layout_unclosed,
     .message = "expected a value here"},
    {.problem = "did not find expected <document start>",
     .message = "text behind the end of the scenario",
     .hint = "the keys of the scenario begin in column 1"},
    {.problem = "found unexpected end of stream",
     .context = "while scanning a quoted scalar",
     .at_context = true,
     .message = "this quoted text has no closing quote"},
    {.problem = "found unexpected document indicator",
     .context = "while scanning a quoted scalar",
     .at_context = true,
     .message = "this quoted text has no closing quote"},
    {.problem = "found unknown escape character",
     .message = "unknown escape in a text in \" \"",
     .hint = ESCAPE_HINT,
     .opened = "the text begins here"},
    {.problem = "did not find expected hexdecimal number",
     .message = "expected hexadecimal digits behind the escape",
     .hint = ESCAPE_HINT,
     .opened = "the text begins here"},
    {.problem = "found invalid Unicode character escape code",
     .message = "this escape is no Unicode character",
     .opened = "the text begins here"},
    {.problem = "found undefined tag handle",
     .message = "'!' begins a tag, but this one is not known",
     .hint = "put a text that begins with '!' in quotes"},
    {.problem = "found an indentation indicator equal to 0",
     .message = "the indentation behind '|' or '>' is 1 to 9"},
    {.problem = "did not find expected comment or line break",
     .context = "while scanning a block scalar",
     .message = "the text of '|' or '>' begins on the next line",
     .hint = "put a text that begins with '|' or '>' in quotes"},
    {.problem = "found incompatible YAML document",
     .message = "this version of YAML is not known",
     .hint = "leave the %YAML line out"},
};

/* What the parser was reading, for the problems that have no row. */
static const struct {
    const char *context;
    const char *message;
    const char *hint;
} fallbacks[] = {
    {"while scanning a directive", "a line that begins with '%' is a directive of YAML",
     "leave it out"},
    {"while scanning a %YAML directive", "the %YAML line is not well formed", "leave it out"},
    {"while scanning a %TAG directive", "the %TAG line is not well formed", "leave it out"},
    {"while parsing a %TAG directive", "the %TAG line is not well formed", "leave it out"},
    {"while scanning a tag", "'!' begins a tag, but this is not one",
     "put a text that begins with '!' in quotes"},
    {"while parsing a tag", "'!' begins a tag, but this is not one",
     "put a text that begins with '!' in quotes"},
};

/* Where the problem is, in bytes, and what is read there. */
struct spot {
    const struct source *source;
    size_t offset;
};

static bool is_near(const struct spot *spot, size_t offset, const char *near)
{
    return offset < spot->source->length && spot->source->text[offset] &&
           strchr(near, spot->source->text[offset]);
}

static bool holds(const struct syntax_row *row, const struct spot *spot)
{
    const char *text = spot->source->text;
    size_t at = spot->offset;
    switch (row->when) {
    case WHEN_ANY:
        return true;
    case WHEN_AT:
        return is_near(spot, at, row->near);
    case WHEN_JOINED:
        return at > 0 && is_near(spot, at - 1, row->near) && at < spot->source->length && isalnum((unsigned char)text[at]);
    case WHEN_BEHIND:
        while (at > 0 && text[at - 1] == ' ')
            at--;
        return at > 0 && is_near(spot, at - 1, row->near);
    case WHEN_KEY:
        while (at > 0 && !strchr(" \n", text[at - 1]))
            at--;
        while (at > 0 && text[at - 1] == ' ')
            at--;
        return at == 0 || text[at - 1] == '\n';
    }
    return false;
}

static const struct syntax_row *find_row(const struct syntax_fault *fault, const struct spot *spot)
{
    for (size_t i = 0; fault->problem && i < countof(rows); i++) {
        const struct syntax_row *row = &rows[i];
        if (!strncmp(row->problem, fault->problem, strlen(row->problem)) &&
            (!row->context || (fault->context && !strcmp(row->context, fault->context))) &&
            holds(row, spot))
            return row;
    }
    return NULL;
}

static struct mark mark_at(const struct source *source, size_t index, size_t *offset)
{
    struct position position = position_start(source);
    position_move(&position, index);
    *offset = position.offset;
    return (struct mark){source, position.line, position.column, 1};
}

/* Where a character that OFFSET cuts short begins: the parser tells of the byte that is no part of it. */
static size_t cut_character(size_t offset, const struct source *source)
{
    for (size_t back = 1; back <= 3 && back <= offset; back++)
        if (!utf8_char(source->text + offset - back, source->length - offset + back))
            return offset - back;
    return offset;
}

static void report_bytes(size_t offset, const struct source *source, struct diags *diags)
{
    if (offset < source->length && source->text[offset] >= ' ' && source->text[offset] < 0x7f)
        offset = cut_character(offset, source);
    struct mark mark = source_mark(source, offset, 1);
    if (offset >= source->length) {
        diag_error(diags, mark, NULL, "the file ends within a character");
        return;
    }
    const char *at = source->text + offset;
    unsigned char byte = (unsigned char)*at;
    size_t size = utf8_char(at, source->length - offset);
    if (!byte)
        diag_error(diags, mark, "a scenario is text in UTF-8", "a NUL byte cannot stand in a file");
    else if (byte < 0x80)
        diag_error(diags, mark, "in \" \" quotes it can be written as an escape such as \\e",
                   "the control character 0x%02X cannot stand in a file", byte);
    else if (size)
        diag_error(diags, mark, "in \" \" quotes it can be written as an escape such as \\x85",
                   "a character that is not printable cannot stand in a file");
    else
        diag_error(diags, mark, "a scenario is text in UTF-8", "the byte 0x%02X is not valid UTF-8",
                   byte);
}

static void report_unknown(const struct syntax_fault *fault, struct mark mark, struct diags *diags)
{
    for (size_t i = 0; fault->context && i < countof(fallbacks); i++) {
        if (!strcmp(fallbacks[i].context, fault->context)) {
            diag_error(diags, mark, fallbacks[i].hint, "%s", fallbacks[i].message);
            return;
        }
    }
    diag_error(diags, mark, "check the indentation and the quotes", "this is not valid YAML");
}

void syntax_report(const struct syntax_fault *fault, const struct source *source,
                   struct diags *diags)
{
    if (fault->bytes) {
        report_bytes(fault->offset, source, diags);
        return;
    }
    struct spot spot = {.source = source};
    struct mark mark = mark_at(source, fault->index, &spot.offset);
    const struct syntax_row *row = find_row(fault, &spot);
    if (!row) {
        report_unknown(fault, mark, diags);
        return;
    }
    struct spot start = {.source = source};
    struct mark context = mark_at(source, fault->context_index, &start.offset);
    if (row->layout && row->layout(source, row->at_context ? start.offset : spot.offset, diags))
        return;
    diag_error(diags, row->at_context ? context : mark, row->hint, "%s", row->message);
    if (row->opened && fault->context_index != fault->index)
        diag_note(diags, context, "%s", row->opened);
}
