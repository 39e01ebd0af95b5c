/* The table of what may be wrong with YAML, and how we say it. */
#include "scenario/syntax.h"

#include <stdint.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "scenario/position.h"
#include "scenario/show.h"

/*
 * One row a problem. The first row whose PROBLEM is the parser's, whose CONTEXT (where it has one)
 * is the parser's, and whose NEAR (where it has one) holds a character that stands at the problem,
 * or just before it where BEFORE is set, is taken.
 */
struct syntax_row {
    const char *problem;
    const char *context;
    const char *near;
    bool before;
    const char *message;
    const char *hint;
    const char *opened; /* note at the start of the context; NULL: none */
};

#define TEMPLATE_HINT "inside [ ] and { } put a template in quotes: \"${{ ... }}\""
#define COLON_HINT "put a text that holds ': ' in quotes"
#define SPACE_HINT "put a space behind the ':'"

static const struct syntax_row rows[] = {
    {"could not find expected ':'", "while scanning a simple key", NULL, false,
     "this line is no 'key: value'", SPACE_HINT ", and quotes round a text of several lines", NULL},
    {"mapping values are not allowed in this context", NULL, NULL, false, "a ':' cannot stand here",
     COLON_HINT ", or check the indentation", NULL},
    {"mapping keys are not allowed in this context", NULL, NULL, false, "a key cannot stand here",
     "check the indentation", NULL},
    {"block sequence entries are not allowed in this context", NULL, NULL, false,
     "a list entry '-' cannot stand here", "begin the list on a line of its own", NULL},
    {"found character that cannot start any token", NULL, "\t", false,
     "a tab cannot indent in YAML", "indent with spaces", NULL},
    {"found character that cannot start any token", NULL, "@`%|>", false,
     "a value cannot begin with this character", "put the value in quotes", NULL},
    {"found character that cannot start any token", NULL, NULL, false,
     "a value cannot begin with this character", "put the value in quotes", NULL},
    {"found a tab character that violates indentation", NULL, NULL, false,
     "a tab cannot indent in YAML", "indent with spaces", NULL},
    {"found a tab character where an indentation space is expected", NULL, NULL, false,
     "a tab cannot indent in YAML", "indent with spaces", NULL},
    {"did not find expected alphabetic or numeric character", "while scanning an alias", NULL,
     false, "'*' begins an alias, but no name follows", "put a pattern such as \"*.log\" in quotes",
     NULL},
    {"did not find expected alphabetic or numeric character", "while scanning an anchor", NULL,
     false, "'&' begins an anchor, but no name follows",
     "put a text that begins with '&' in quotes", NULL},
    {"did not find expected ',' or ']'", NULL, "{", false, "a list '[' goes on wrongly here",
     TEMPLATE_HINT, "the list was opened here"},
    {"did not find expected ',' or ']'", NULL, NULL, false,
     "expected ',' or ']' in a list that was opened with '['", NULL, "the list was opened here"},
    {"did not find expected ',' or '}'", NULL, "{", false, "a mapping '{' goes on wrongly here",
     TEMPLATE_HINT, "the mapping was opened here"},
    {"did not find expected ',' or '}'", NULL, NULL, false,
     "expected ',' or '}' in a mapping that was opened with '{'", NULL,
     "the mapping was opened here"},
    {"did not find expected key", NULL, "\"'", true, "text behind a closing quote",
     "put the whole value in quotes", "the mapping begins here"},
    {"did not find expected key", NULL, NULL, false,
     "expected a key of the mapping that goes on here", "the keys of a mapping stand in one column",
     "the mapping begins here"},
    {"did not find expected '-' indicator", NULL, NULL, false,
     "expected '-' for the next entry of the list", "the entries of a list stand in one column",
     "the list begins here"},
    {"did not find expected node content", NULL, NULL, false, "expected a value here", NULL, NULL},
    {"did not find expected <document start>", NULL, NULL, false,
     "text behind the end of the scenario", "the keys of the scenario begin in column 1", NULL},
    {"found unexpected end of stream", "while scanning a quoted scalar", NULL, false,
     "a quoted text has no closing quote", NULL, "it was opened here"},
    {"found unexpected document indicator", "while scanning a quoted scalar", NULL, false,
     "a quoted text has no closing quote before this line", NULL, "it was opened here"},
    {"found unknown escape character", NULL, NULL, false, "unknown escape in a text in \" \"",
     "write \\\\ for a backslash, or use ' ' quotes", "the text begins here"},
    {"did not find expected hexdecimal number", NULL, NULL, false,
     "expected hexadecimal digits behind the escape",
     "write \\\\ for a backslash, or use ' ' quotes", "the text begins here"},
    {"found invalid Unicode character escape code", NULL, NULL, false,
     "this escape is no Unicode character", NULL, "the text begins here"},
    {"found undefined tag handle", NULL, NULL, false, "'!' begins a tag, but this one is not known",
     "put a text that begins with '!' in quotes", NULL},
    {"found an indentation indicator equal to 0", NULL, NULL, false,
     "the indentation behind '|' or '>' is 1 to 9", NULL, NULL},
    {"did not find expected comment or line break", "while scanning a block scalar", NULL, false,
     "the text of '|' or '>' begins on the next line",
     "put a text that begins with '|' or '>' in quotes", NULL},
    {"found unexpected ':'", NULL, NULL, false, "a ':' cannot stand here", COLON_HINT, NULL},
    {"found incompatible YAML document", NULL, NULL, false, "this version of YAML is not known",
     "leave the %YAML line out", NULL},
};

/* What the parser was reading, for the problems that have no row. */
static const struct {
    const char *context;
    const char *message;
    const char *hint;
} fallbacks[] = {
    {"while scanning a directive", "a line that begins with '%' is a directive of YAML",
     "put the value in quotes"},
    {"while scanning a %YAML directive", "the %YAML line is not well formed", "leave it out"},
    {"while scanning a %TAG directive", "the %TAG line is not well formed", "leave it out"},
    {"while parsing a %TAG directive", "the %TAG line is not well formed", "leave it out"},
    {"while scanning a tag", "'!' begins a tag, but this is not one",
     "put a text that begins with '!' in quotes"},
    {"while parsing a tag", "'!' begins a tag, but this is not one",
     "put a text that begins with '!' in quotes"},
};

static const struct syntax_row *find_row(const struct syntax_fault *fault, char at, char before)
{
    for (size_t i = 0; fault->problem && i < countof(rows); i++) {
        const struct syntax_row *row = &rows[i];
        char near = row->before ? before : at;
        if (!strcmp(row->problem, fault->problem) &&
            (!row->context || (fault->context && !strcmp(row->context, fault->context))) &&
            (!row->near || (near && strchr(row->near, near))))
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

static void report_bytes(size_t offset, const struct source *source, struct diags *diags)
{
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
    size_t offset;
    struct mark mark = mark_at(source, fault->index, &offset);
    char at = offset < source->length ? source->text[offset] : '\0';
    char before = '\0';
    for (size_t i = offset; i > 0 && !before; i--)
        if (source->text[i - 1] != ' ')
            before = source->text[i - 1];
    const struct syntax_row *row = find_row(fault, at, before);
    if (!row) {
        report_unknown(fault, mark, diags);
        return;
    }
    diag_error(diags, mark, row->hint, "%s", row->message);
    if (row->opened && fault->context_index != fault->index)
        diag_note(diags, mark_at(source, fault->context_index, &offset), "%s", row->opened);
}
