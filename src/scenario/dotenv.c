/*
 * The lines of an environment file.
 *
 *     file  = { line }
 *     line  = blanks [ comment | ["export" blanks] NAME [blanks ("=" | ":") blanks value] ] end
 *     NAME  = messages, digits, '_', '.', '-', '[' and ']', in any order
 *     value = unquoted | 'literal' | "text"             the quoted ones may span lines
 *     end   = blanks [ comment ] newline
 */
#include "scenario/dotenv.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "scenario/dotenv_private.h"
#include "yaml/quote.h"

/* Reading goes on behind an error, but not for ever. */
#define ERRORS_MOST DIAGS_SHOWN

char dotenv_peek(const struct dotenv_reader *reader, size_t ahead)
{
    return ahead < reader->end - reader->at ? reader->source->text[reader->at + ahead] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

void dotenv_skip_blanks(struct dotenv_reader *reader)
{
    while (is_blank(dotenv_peek(reader, 0)))
        reader->at++;
}

size_t dotenv_name_length(const struct dotenv_reader *reader)
{
    size_t length = 0;
    if (isdigit((unsigned char)dotenv_peek(reader, 0)))
        return 0;
    while (isalnum((unsigned char)dotenv_peek(reader, length)) ||
           dotenv_peek(reader, length) == '_')
        length++;
    return length;
}

bool dotenv_fault(struct dotenv_reader *reader, size_t at, size_t length, const char *hint,
                  const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    diag_error(reader->diags, source_mark(reader->source, at, (uint32_t)length), hint, "%s",
               buf_string(&text));
    buf_release(&text);
    reader->errors++;
    return false;
}

/* Bytes from the reader to the end of its line. */
static size_t rest_of_line(const struct dotenv_reader *reader)
{
    const char *text = reader->source->text + reader->at;
    const char *newline = memchr(text, '\n', reader->end - reader->at);
    return newline ? (size_t)(newline - text) : reader->end - reader->at;
}

/* The name of a variable that is set may have more in it than one that $ names. */
static size_t key_length(const struct dotenv_reader *reader)
{
    size_t length = 0;
    for (;; length++) {
        unsigned char c = (unsigned char)dotenv_peek(reader, length);
        if (!isalnum(c) && c < 0x80 && (!c || !strchr("_.-[]", c)))
            return length;
    }
}

static size_t word_length(const struct dotenv_reader *reader)
{
    size_t length = 0;
    size_t rest = rest_of_line(reader);
    while (length < rest && !strchr(" \t\r=:", reader->source->text[reader->at + length]))
        length++;
    return length ? length : 1;
}

static bool report_word(struct dotenv_reader *reader, const char *expected, const char *hint)
{
    size_t length = word_length(reader);
    struct shown shown = show_text(reader->source->text + reader->at, length);
    return dotenv_fault(reader, reader->at, length, hint, "expected %s, found '%s'", expected,
                        shown.text);
}

/* Behind the value from byte VALUE on blanks and a comment may stand, and nothing else. */
static bool read_end(struct dotenv_reader *reader, size_t value)
{
    dotenv_skip_blanks(reader);
    size_t rest = rest_of_line(reader);
    if (!rest || dotenv_peek(reader, 0) == '#')
        return true;
    while (is_blank(dotenv_peek(reader, rest - 1)))
        rest--;
    dotenv_fault(reader, reader->at, rest, "put the whole value in one pair of quotes",
                 "nothing may stand behind the closing quote but a comment");
    if (memchr(reader->source->text + value, '\n', reader->at - value))
        diag_note(reader->diags, source_mark(reader->source, value, 1),
                  "the quote was opened here");
    return false;
}

static bool set_variable(struct dotenv_reader *reader, size_t name, size_t length,
                         const struct buf *value)
{
    struct dotenv *env = reader->env;
    const char *written = reader->source->text + name;
    env->bytes += value ? value->length : 0;
    if (value && length + value->length + sizeof("=") > DOTENV_VALUE_LIMIT)
        return dotenv_fault(reader, name, length, NULL, "the value is longer than 128 KB");
    if (env->bytes > DOTENV_TOTAL_LIMIT) {
        reader->errors = ERRORS_MOST;
        return dotenv_fault(reader, name, length, NULL,
                            "the values of the environment files are larger than 4 MB");
    }
    const char *copied = value ? arena_copy(env->arena, buf_string(value), value->length) : NULL;
    size_t known = names_find(&env->names, written, length);
    if (known != NAMES_NONE) {
        env->entries[known].value = copied;
        return true;
    }
    env->entries = mem_grow(env->entries, &env->capacity, env->count + 1, sizeof(*env->entries));
    const char *kept = arena_copy(env->arena, written, length);
    *names_slot(&env->names, kept, length) = env->count;
    env->entries[env->count++] = (struct dotenv_entry){kept, copied};
    return true;
}

static void skip_export(struct dotenv_reader *reader)
{
    static const char word[] = "export";
    size_t length = sizeof(word) - 1;
    if (key_length(reader) != length ||
        memcmp(reader->source->text + reader->at, word, length) != 0)
        return;
    size_t before = reader->at;
    reader->at += length;
    dotenv_skip_blanks(reader);
    if (!key_length(reader))
        reader->at = before; /* a variable of that name */
}

static bool read_variable(struct dotenv_reader *reader)
{
    static const char names[] = "a name is letters, digits, '_', '.', '-', '[' and ']'";
    skip_export(reader);
    size_t name = reader->at;
    size_t length = key_length(reader);
    if (!length || (length < word_length(reader)))
        return report_word(reader, "the name of a variable", names);
    reader->at += length;
    dotenv_skip_blanks(reader);
    char delimiter = dotenv_peek(reader, 0);
    if (!rest_of_line(reader) || delimiter == '#')
        return set_variable(reader, name, length, NULL);
    if (delimiter != '=' && delimiter != ':')
        return report_word(reader, "'=' behind the name", "write NAME=VALUE");
    reader->at++;
    dotenv_skip_blanks(reader);
    size_t start = reader->at;
    struct buf value = {0};
    bool right = dotenv_value(reader, &value) && read_end(reader, start) &&
                 set_variable(reader, name, length, &value);
    buf_release(&value);
    return right;
}

void dotenv_read(struct dotenv *env, const struct source *source, struct diags *diags)
{
    struct dotenv_reader reader = {
        .env = env, .source = source, .diags = diags, .end = source->length};
    const char *nul = memchr(source->text, 0, source->length);
    if (nul) {
        dotenv_fault(&reader, (size_t)(nul - source->text), 1, NULL,
                     "a NUL character cannot stand in an environment file");
        return;
    }
    while (reader.at < reader.end && reader.errors < ERRORS_MOST) {
        dotenv_skip_blanks(&reader);
        if (rest_of_line(&reader) && dotenv_peek(&reader, 0) != '#')
            read_variable(&reader);
        reader.at += rest_of_line(&reader);
        reader.at += reader.at < reader.end;
    }
}

void dotenv_release(struct dotenv *env)
{
    names_release(&env->names);
    free(env->entries);
}
