/*
 * The values of an environment file.
 *
 *     'text'        as it stands; \' is a quote
 *     "text"        \a \b \f \n \r \t \v \\ \" \$, \0 and octal digits, and what $ stands for
 *     text          up to the end of the line or a space and '#'; what $ stands for
 *
 *     $NAME ${NAME}                 the variable's value; nothing, with a warning, where it is not
 * set
 *     ${NAME:-TEXT} ${NAME-TEXT}    TEXT where it is not set (":": or empty)
 *     ${NAME:+TEXT} ${NAME+TEXT}    TEXT where it is set (":": and not empty), nothing otherwise
 *     ${NAME:?TEXT} ${NAME?TEXT}    an error that says TEXT where it is not set
 *     $$                            a dollar sign
 *
 * Braces in a TEXT go in pairs.
 */
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "scenario/dotenv.h"
#include "scenario/dotenv_private.h"
#include "yaml/quote.h"

/* ${A:-${B:-${C:-...}}} */
#define NESTED_MOST 16

/* Where a text stands, and so where it ends. */
struct place_of_text {
    char quote;   /* '"', or 0 for a text without quotes */
    size_t depth; /* of ${ } around it */
    size_t from;  /* its first byte */
    bool all;     /* it ends where the source does */
};

static bool read_text(struct dotenv_reader *reader, const struct place_of_text *place,
                      struct buf *out);

/* The value of a variable: of the environment, else of the files read so far; NULL: not set. */
static const char *look_up(const struct dotenv *env, const char *name, size_t length)
{
    for (const char *const *entry = env->environment; entry && *entry; entry++)
        if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
            return *entry + length + 1;
    size_t known = names_find(&env->names, name, length);
    return known != NAMES_NONE ? env->entries[known].value : NULL;
}

/* A variable between ${ and }. */
struct expansion {
    size_t from; /* of its name */
    size_t length;
    const char *value;
    bool colon;
    char operation; /* '-', '+', '?', or '}' where there is none */
};

static bool is_there(const struct expansion *expansion)
{
    return expansion->value && (*expansion->value || !expansion->colon);
}

static void warn_unset(struct dotenv_reader *reader, const struct expansion *expansion)
{
    struct buf hint = {0};
    const char *name = reader->source->text + expansion->from;
    int length = (int)expansion->length;
    buf_printf(&hint, "write ${%.*s:-} where that is meant", length, name);
    diag_warning(
        reader->diags, source_mark(reader->source, expansion->from, (uint32_t)length),
        buf_string(&hint),
        "the variable '%.*s' is not set, neither above nor in the environment: nothing stands "
        "for it",
        length, name);
    buf_release(&hint);
}

static void report_demanded(struct dotenv_reader *reader, const struct expansion *expansion,
                            const struct buf *text)
{
    struct shown shown = show_text(buf_string(text), text->length);
    dotenv_fault(reader, expansion->from, expansion->length, NULL, "'%.*s' %s%s",
                 (int)expansion->length, reader->source->text + expansion->from,
                 text->length ? "must be set: " : "must be set", shown.text);
}

/* Moves behind the text of an operation that is not needed; nothing in it is looked up. */
static void pass_over(struct dotenv_reader *reader, const struct place_of_text *place)
{
    size_t depth = 1;
    for (; depth && reader->at < reader->end; reader->at++) {
        char c = dotenv_peek(reader, 0);
        if ((c == '\n' && !place->quote) || (c == place->quote && place->quote))
            break;
        if (c == '\\' && place->quote && reader->at + 1 < reader->end)
            reader->at++;
        else if (c == '{')
            depth++;
        else if (c == '}')
            depth--;
    }
    reader->at -= !depth;
}

static bool read_operation(struct dotenv_reader *reader, const struct place_of_text *place,
                           const struct expansion *expansion, struct buf *out)
{
    bool there = is_there(expansion);
    struct place_of_text inside = {place->quote, place->depth + 1, expansion->from, place->all};
    if (there && expansion->operation != '+')
        buf_text(out, expansion->value);
    if (there != (expansion->operation == '+')) {
        pass_over(reader, place);
        return true;
    }
    if (expansion->operation != '?')
        return read_text(reader, &inside, out);
    struct buf text = {0};
    bool right = read_text(reader, &inside, &text);
    if (right)
        report_demanded(reader, expansion, &text);
    buf_release(&text);
    return right;
}

/* The reader is behind "${". */
static bool read_braces(struct dotenv_reader *reader, const struct place_of_text *place,
                        struct buf *out)
{
    size_t open = reader->at - 2;
    struct expansion expansion = {.from = reader->at, .length = dotenv_name_length(reader)};
    if (place->depth == NESTED_MOST)
        return dotenv_fault(reader, open, 2, NULL, "${ } are nested deeper than %d", NESTED_MOST);
    if (!expansion.length)
        return dotenv_fault(reader, open, 2, "write $$ for a dollar sign",
                            "expected the name of a variable behind '${'");
    expansion.value = look_up(reader->env, reader->source->text + expansion.from, expansion.length);
    reader->at += expansion.length;
    expansion.colon = dotenv_peek(reader, 0) == ':';
    reader->at += expansion.colon;
    expansion.operation = dotenv_peek(reader, 0);
    if (expansion.operation && strchr("-+?", expansion.operation)) {
        reader->at++;
        if (!read_operation(reader, place, &expansion, out))
            return false;
    } else if (expansion.operation == '}' && !expansion.colon) {
        if (expansion.value)
            buf_text(out, expansion.value);
        else
            warn_unset(reader, &expansion);
    }
    if (dotenv_peek(reader, 0) != '}')
        return dotenv_fault(reader, open, 2, "write ${NAME}, or $$ for a dollar sign",
                            "this '${' is never closed by a '}'");
    reader->at++;
    return true;
}

/* The reader is at '$'. */
static bool read_dollar(struct dotenv_reader *reader, const struct place_of_text *place,
                        struct buf *out)
{
    reader->at++;
    if (dotenv_peek(reader, 0) == '{') {
        reader->at++;
        return read_braces(reader, place, out);
    }
    struct expansion expansion = {.from = reader->at, .length = dotenv_name_length(reader)};
    if (!expansion.length) {
        reader->at += dotenv_peek(reader, 0) == '$';
        buf_char(out, '$');
        return true;
    }
    expansion.value = look_up(reader->env, reader->source->text + expansion.from, expansion.length);
    if (expansion.value)
        buf_text(out, expansion.value);
    else
        warn_unset(reader, &expansion);
    reader->at += expansion.length;
    return true;
}

/* \0 and one to three octal digits; false where that is no character. */
static bool read_octal(struct dotenv_reader *reader, struct buf *out)
{
    unsigned code = 0;
    size_t digits = 0;
    while (digits < 3 && dotenv_peek(reader, digits + 2) >= '0' &&
           dotenv_peek(reader, digits + 2) < '8')
        code = code * 8 + (unsigned)(dotenv_peek(reader, 2 + digits++) - '0');
    if (!code || code > 0x7F)
        return false;
    buf_char(out, (char)code);
    reader->at += digits + 2;
    return true;
}

/* The reader is at a backslash inside double quotes. */
static void read_escape(struct dotenv_reader *reader, struct buf *out)
{
    static const char written[] = "abfnrtv\\\"$";
    static const char meant[] = "\a\b\f\n\r\t\v\\\"$";
    char c = dotenv_peek(reader, 1);
    const char *found = c ? strchr(written, c) : NULL;
    if (c == '0' && read_octal(reader, out))
        return;
    reader->at += found ? 2 : 1;
    buf_char(out, found ? meant[found - written] : '\\');
}

static bool ends_here(const struct dotenv_reader *reader, const struct place_of_text *place)
{
    char c = dotenv_peek(reader, 0);
    if (reader->at == reader->end || (place->depth && c == '}'))
        return true;
    if (place->quote || place->all)
        return place->quote && c == place->quote;
    bool behind = reader->at > place->from && reader->source->text[reader->at - 1] == ' ';
    return c == '\n' || (c == '#' && !place->depth && behind);
}

/* A text in which $ and, in quotes, \ have their meanings; the reader ends at what closes it. */
static bool read_text(struct dotenv_reader *reader, const struct place_of_text *place,
                      struct buf *out)
{
    size_t braces = 0;
    while (!ends_here(reader, place) || (braces && dotenv_peek(reader, 0) == '}')) {
        char c = dotenv_peek(reader, 0);
        braces += (size_t)(place->depth && c == '{') - (size_t)(braces && c == '}');
        if (out->length > DOTENV_VALUE_LIMIT)
            return dotenv_fault(reader, place->from, 1, NULL, "the value is longer than 128 KB");
        if (c == '$') {
            if (!read_dollar(reader, place, out))
                return false;
        } else if (c == '\\' && place->quote) {
            read_escape(reader, out);
        } else {
            reader->at++;
            if (c != '\r' || dotenv_peek(reader, 0) != '\n')
                buf_char(out, c);
        }
    }
    return true;
}

/* The reader is behind the opening quote. */
static bool read_literal(struct dotenv_reader *reader, struct buf *out)
{
    while (reader->at < reader->end && dotenv_peek(reader, 0) != '\'') {
        bool quote = dotenv_peek(reader, 0) == '\\' && dotenv_peek(reader, 1) == '\'';
        bool line = dotenv_peek(reader, 0) == '\r' && dotenv_peek(reader, 1) == '\n';
        reader->at += quote || line;
        buf_char(out, dotenv_peek(reader, 0));
        reader->at++;
    }
    return true;
}

/* A quote that is not closed: the lines behind the first one are read as lines. */
static bool report_unclosed(struct dotenv_reader *reader, size_t open, char quote)
{
    struct buf hint = {0};
    buf_printf(&hint, "close it with %c at the end of the value", quote);
    dotenv_fault(reader, open, 1, buf_string(&hint), "this quote is never closed");
    buf_release(&hint);
    reader->at = open;
    return false;
}

bool dotenv_value(struct dotenv_reader *reader, struct buf *out)
{
    size_t open = reader->at;
    char quote = dotenv_peek(reader, 0);
    if (quote != '"' && quote != '\'') {
        bool right = read_text(reader, &(struct place_of_text){.from = open}, out);
        while (out->length && strchr(" \t\r", out->data[out->length - 1]))
            out->data[--out->length] = '\0';
        return right;
    }
    reader->at++;
    bool right =
        quote == '\''
            ? read_literal(reader, out)
            : read_text(reader, &(struct place_of_text){.quote = quote, .from = open}, out);
    if (!right)
        return false;
    if (dotenv_peek(reader, 0) != quote)
        return report_unclosed(reader, open, quote);
    reader->at++;
    return true;
}

bool dotenv_expand(struct dotenv *env, const char *text, struct buf *out)
{
    const struct source source = {.name = "", .text = text, .length = strlen(text)};
    struct diags *diags = diags_new();
    struct dotenv_reader reader = {
        .env = env, .source = &source, .diags = diags, .end = source.length};
    bool right = read_text(&reader, &(struct place_of_text){.all = true}, out) && !reader.errors;
    diags_free(diags);
    return right;
}
