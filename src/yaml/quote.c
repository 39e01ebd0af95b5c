/* Wording for what was found. */
#include "yaml/quote.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "yaml/scalar.h"
#include "yaml/tree.h"

#define SHOW_CHARACTERS 60

/* Bytes of a character. */
#define UTF8_MOST 4

/* True for U+2028 and U+2029, which end a line, U+FFFE and U+FFFF, which are no characters: as a comment of YAML none may stand. */
static bool is_mark(const char *text)
{
    return !memcmp(text, "\xE2\x80\xA8", 3) || !memcmp(text, "\xE2\x80\xA9", 3) || !memcmp(text, "\xEF\xBF\xBE", 3) ||
           !memcmp(text, "\xEF\xBF\xBF", 3);
}

/* The size of the character at TEXT; 0 where it is none or would be obeyed by a terminal, or end a comment. */
static size_t visible_char(const char *text, size_t length)
{
    unsigned char c = (unsigned char)*text;
    size_t size = utf8_char(text, length);
    if (c < 0x20 || c == 0x7F || (c == 0xC2 && size == 2 && (unsigned char)text[1] < 0xA0) || (size == 3 && is_mark(text)))
        return 0;
    return size;
}

bool show_append(struct buf *out, const char *text, size_t length, size_t most)
{
    size_t at = 0;
    for (size_t n = 0; at < length && n < most; n++) {
        size_t size = visible_char(text + at, length - at);
        buf_append(out, size ? text + at : "?", size ? size : 1);
        at += size ? size : 1;
    }
    if (at < length)
        buf_text(out, "...");
    return at == length;
}

struct shown show_text(const char *text, size_t length)
{
    struct shown shown;
    struct buf out = {0};
    show_append(&out, text, length, SHOW_CHARACTERS);
    snprintf(shown.text, sizeof(shown.text), "%s", buf_string(&out));
    buf_release(&out);
    return shown;
}

static const char *collection_wording(const struct node *node)
{
    if (node->kind == NODE_LIST)
        return node->size ? "a list" : "an empty list";
    return node->size ? "a mapping" : "an empty mapping";
}

struct shown show_node(const struct node *node)
{
    struct shown shown;
    const char *wording = NULL;
    if (node->kind != NODE_SCALAR)
        wording = collection_wording(node);
    else if (node->size == 0)
        wording = node->style == STYLE_PLAIN ? "nothing" : "an empty text";
    if (wording) {
        snprintf(shown.text, sizeof(shown.text), "%s", wording);
        return shown;
    }
    bool typed = scalar_plain(node->text, node->size).type != VALUE_STRING;
    snprintf(shown.text, sizeof(shown.text), "%s'%.250s'",
             typed && scalar_value(node).type == VALUE_STRING ? "the text " : "",
             show_text(node->text, node->size).text);
    return shown;
}

/* No more than what is shown needs: of a tree with aliases all may be long. */
static void put_tree(struct buf *out, const struct node *node, size_t most)
{
    bool map = node->kind == NODE_MAP;
    if (node->kind == NODE_SCALAR) {
        buf_append(out, node->text, node->size);
        return;
    }
    buf_char(out, map ? '{' : '[');
    for (size_t i = 0; i < node->size && out->length < most; i++) {
        buf_text(out, i ? ", " : "");
        if (map)
            buf_printf(out, "%s: ", node_key(node, i)->text);
        put_tree(out, map ? node_value(node, i) : &node->items[i], most);
    }
    buf_char(out, map ? '}' : ']');
}

bool show_tree(struct buf *out, const struct node *node, size_t most)
{
    struct buf text = {0};
    put_tree(&text, node, most * UTF8_MOST);
    bool whole = show_append(out, buf_string(&text), text.length, most);
    buf_release(&text);
    return whole;
}
