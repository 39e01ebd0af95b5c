/* Texts and trees written as YAML. */
#include "import/yaml_write.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "yaml/quote.h"
#include "yaml/scalar.h"
#include "yaml/tree.h"

/* Characters of a comment that shows a value. */
#define SHOWN_MOST 160

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* True where TEXT can stand without quotes, wherever it stands. */
static bool is_plain(const char *text, size_t length)
{
    static const char inside[] = ALPHANUMERIC "_./=+@%^~-:$()<>;|*\\ \"";
    static const char first[] = ALPHANUMERIC "_./$(+";
    bool option = *text == '-' && text[1] && !strchr(" :", text[1]);
    if (!length || !(option || strchr(first, *text)) || strspn(text, inside) != length)
        return false;
    if (text[length - 1] == ' ' || text[length - 1] == ':' || strstr(text, ": "))
        return false;
    return scalar_plain(text, length).type == VALUE_STRING && !scalar_is_padded(text, length) && !scalar_is_doubtful(text);
}

/* The escape of what begins at TEXT where YAML takes it for the end of a line or a byte order mark, and JSON as it is; else NULL. */
static const char *escape_of(const char *text)
{
    static const char *const marks[][2] = {{"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"}, {"\xEF\xBB\xBF", "\\ufeff"}};
    for (size_t i = 0; i < countof(marks); i++)
        if (!strncmp(text, marks[i][0], 3))
            return marks[i][1];
    return NULL;
}

/* True for text that quotes alone make safe: one line, nothing that needs an escape. */
static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F || (*text == '\xC2' && (unsigned char)text[1] < 0xA0) || escape_of(text))
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

void import_quote(struct buf *out, const char *text)
{
    size_t length = strlen(text);
    if (is_plain(text, length))
        buf_text(out, text);
    else if (is_printable(text) && (strchr(text, '"') || strchr(text, '\\')))
        quote_single(out, text);
    else
        quote_double(out, text, length);
}

const char *import_quoted(struct arena *arena, const char *text)
{
    struct buf out = {0};
    import_quote(&out, text);
    const char *quoted = arena_strdup(arena, buf_string(&out));
    buf_release(&out);
    return quoted;
}

static void show_items(struct buf *out, const struct node *node)
{
    bool map = node->kind == NODE_MAP;
    buf_char(out, map ? '{' : '[');
    for (size_t i = 0; i < node->size && out->length < SHOWN_MOST; i++) {
        buf_text(out, i ? ", " : "");
        if (map)
            buf_printf(out, "%s: ", node_key(node, i)->text);
        import_show(out, map ? node_value(node, i) : &node->items[i]);
    }
    buf_char(out, map ? '}' : ']');
}

void import_show(struct buf *out, const struct node *node)
{
    struct buf text = {0};
    if (node->kind == NODE_SCALAR)
        buf_append(&text, node->text, node->size);
    else
        show_items(&text, node);
    show_append(out, buf_string(&text), text.length, SHOWN_MOST);
    buf_release(&text);
}
