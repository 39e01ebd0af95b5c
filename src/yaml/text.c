/* A text as a scalar: plain, in quotes or as a block. */
#include "yaml/text.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "yaml/scalar.h"

#define DIGITS "0123456789"
#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

/* True for what YAML 1.1 may take for a number or a time, beyond what the core schema does: 1:30, 1_000, 2001-12-14. */
static bool is_number_like(const char *text, size_t length)
{
    return strpbrk(text, DIGITS) && strspn(text, DIGITS "+-.:_bexoTZtz ") == length;
}

/* True where TEXT can stand without quotes, wherever it stands. */
static bool is_plain(const char *text, size_t length)
{
    static const char inside[] = ALPHANUMERIC "_./=+@%^~-:$()<>;|*\\ \"";
    static const char first[] = ALPHANUMERIC "_./$(+";
    bool option = *text == '-' && text[1] && !strchr(" :", text[1]);
    if (!length || !(option || strchr(first, *text)) || strspn(text, inside) != length || is_number_like(text, length))
        return false;
    if (text[length - 1] == ' ' || text[length - 1] == ':' || strstr(text, ": "))
        return false;
    return scalar_plain(text, length).type == VALUE_STRING && !scalar_is_doubtful(text);
}

/* The escape of what begins at TEXT where YAML takes it for the end of a line, a mark or no character, and JSON as it is; else NULL. */
static const char *escape_of(const char *text)
{
    static const char *const marks[][2] = {
        {"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"}, {"\xEF\xBB\xBF", "\\ufeff"},
        {"\xEF\xBF\xBE", "\\ufffe"}, {"\xEF\xBF\xBF", "\\uffff"},
    };
    for (size_t i = 0; i < countof(marks); i++)
        if (!strncmp(text, marks[i][0], 3))
            return marks[i][1];
    return NULL;
}

/* True where nothing needs an escape but, perhaps, those of the control characters EXCEPT. */
static bool is_printable(const char *text, const char *except)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && !strchr(except, *text)) || *text == 0x7F ||
            (*text == '\xC2' && (unsigned char)text[1] < 0xA0) || escape_of(text))
            return false;
    return true;
}

static void quote_single(struct buf *out, const char *text)
{
    buf_char(out, '\'');
    for (; *text; text++)
        buf_text(out, *text == '\'' ? "''" : (char[]){*text, '\0'});
    buf_char(out, '\'');
}

/* A string of JSON is one of YAML. */
static void quote_double(struct buf *out, const char *text, size_t length)
{
    struct buf json = {0};
    json_quote(&json, text, length);
    for (const char *at = json.data, *escape; *at; at += escape ? 3 : 1) {
        escape = escape_of(at);
        buf_append(out, escape ? escape : at, escape ? strlen(escape) : 1);
    }
    buf_release(&json);
}

void yaml_quote(struct buf *out, const char *text)
{
    size_t length = strlen(text);
    if (is_plain(text, length))
        buf_text(out, text);
    else if (is_printable(text, "") && (strchr(text, '"') || strchr(text, '\\')))
        quote_single(out, text);
    else
        quote_double(out, text, length);
}

const char *yaml_quoted(struct arena *arena, const char *text)
{
    struct buf out = {0};
    yaml_quote(&out, text);
    const char *quoted = arena_strdup(arena, buf_string(&out));
    buf_release(&out);
    return quoted;
}

bool yaml_block(struct buf *out, const char *text, size_t indent)
{
    size_t length = strlen(text);
    size_t ends = 0;
    if (strchr(" \t\n", *text) || !is_printable(text, "\n\t"))
        return false;
    while (text[length - 1 - ends] == '\n')
        ends++;
    buf_text(out, ends == 0 ? "|-\n" : ends == 1 ? "|\n" : "|+\n");
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        buf_printf(out, "%*s%.*s\n", size ? (int)indent : 0, "", (int)size, line);
        line += size + (line[size] == '\n');
    }
    return true;
}
