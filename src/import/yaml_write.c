/* Texts and trees written as YAML. */
#include "import/yaml_write.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
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

/* True for text that quotes alone make safe: one line, nothing that needs an escape. */
static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        unsigned char c = (unsigned char)text[i];
        size_t size = utf8_char(text + i, length - i);
        bool control = c < 0x20 || c == 0x7F || (c == 0xC2 && (unsigned char)text[i + 1] < 0xA0);
        bool separator = size == 3 && (!memcmp(text + i, "\xE2\x80\xA8", 3) || !memcmp(text + i, "\xE2\x80\xA9", 3) ||
                                       !memcmp(text + i, "\xEF\xBB\xBF", 3));
        if (!size || control || separator)
            return false;
        i += size;
    }
    return true;
}

static void quote_single(struct buf *out, const char *text)
{
    buf_char(out, '\'');
    for (; *text; text++)
        buf_text(out, *text == '\'' ? "''" : (char[]){*text, '\0'});
    buf_char(out, '\'');
}

/* The code point of the character of SIZE bytes at TEXT. */
static unsigned long code_point(const char *text, size_t size)
{
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned long code = (unsigned char)*text & masks[size];
    for (size_t i = 1; i < size; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3F);
    return code;
}

static void quote_double(struct buf *out, const char *text, size_t length)
{
    static const char escaped[] = "\n\t\r\x1B\"\\";
    static const char letters[] = "ntre\"\\";
    buf_char(out, '"');
    for (size_t i = 0; i < length;) {
        size_t size = utf8_char(text + i, length - i);
        const char *found = strchr(escaped, text[i]);
        if (found)
            buf_printf(out, "\\%c", letters[found - escaped]);
        else if (is_printable(text + i, size))
            buf_append(out, text + i, size);
        else
            buf_printf(out, "\\U%08lX", code_point(text + i, size));
        i += size;
    }
    buf_char(out, '"');
}

void import_quote(struct buf *out, const char *text)
{
    size_t length = strlen(text);
    if (is_plain(text, length))
        buf_text(out, text);
    else if (is_printable(text, length) && (strchr(text, '"') || strchr(text, '\\')))
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
