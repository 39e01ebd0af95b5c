/*
 * Writing a tree as YAML: mappings as lines, lists on one line where they are short.
 *
 * Text is plain where nobody could read it as anything else, YAML 1.1 included; text of several
 * lines is a literal block where it can be one; all else stands in double quotes.
 */
#include "yaml/yaml.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "yaml/scalar.h"
#include "yaml/tree.h"

#define INDENT 2
#define LINE_LENGTH 90

/* "10s", "1h30m" */
static bool is_duration(const char *text, size_t length)
{
    return strspn(text, "0123456789dhms") == length && *text > '0' && *text <= '9' &&
           strchr("dhms", text[length - 1]);
}

static bool is_plain(const char *text, size_t length)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/.";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/."
                               "0123456789+-=()$ ";
    if (length && is_duration(text, length))
        return true;
    if (!length || !strchr(first, *text) || text[length - 1] == ' ' || strlen(text) != length)
        return false;
    return strspn(text, rest) == length && strcmp(text, "...") && !scalar_is_doubtful(text) &&
           scalar_plain(text, length).type == VALUE_STRING;
}

/* How a character is written that no line of YAML may hold as it is; NULL where it may. */
static const char *escape_of(const char *text, size_t size)
{
    static const struct {
        const char *text;
        const char *escape;
    } escapes[] = {{"\xE2\x80\xA8", "\\L"}, {"\xE2\x80\xA9", "\\P"}, {"\xEF\xBB\xBF", "\\uFEFF"}};
    for (size_t i = 0; i < countof(escapes); i++)
        if (size == strlen(escapes[i].text) && !memcmp(text, escapes[i].text, size))
            return escapes[i].escape;
    return NULL;
}

/* U+0080 to U+009F. */
static bool is_high_control(const char *text, size_t size)
{
    return size == 2 && (unsigned char)text[0] == 0xC2 && (unsigned char)text[1] < 0xA0;
}

static void put_escaped(struct buf *out, const char *text, size_t length)
{
    static const char named[] = "\nn\tt\"\"\\\\";
    buf_char(out, '"');
    for (size_t i = 0; i < length;) {
        size_t size = utf8_char(text + i, length - i);
        size = size ? size : 1;
        const char *escape = escape_of(text + i, size);
        unsigned char c = (unsigned char)text[i];
        const char *name = c ? strchr(named, c) : NULL;
        if (escape)
            buf_text(out, escape);
        else if (is_high_control(text + i, size))
            buf_printf(out, "\\x%02x", (unsigned char)text[i + 1]);
        else if (name && (name - named) % 2 == 0)
            buf_printf(out, "\\%c", name[1]);
        else if (c < 0x20 || c == 0x7F)
            buf_printf(out, "\\x%02x", c);
        else
            buf_append(out, text + i, size);
        i += size;
    }
    buf_char(out, '"');
}

/* True for text of several lines that reads the same behind a "|". */
static bool is_literal(const char *text, size_t length)
{
    if (!length || strchr(" \t\n", *text) || !memchr(text, '\n', length))
        return false;
    for (size_t i = 0; i < length;) {
        size_t size = utf8_char(text + i, length - i);
        bool control = (unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t';
        bool separator = escape_of(text + i, size) || is_high_control(text + i, size);
        if (!size || control || separator || text[i] == 0x7F)
            return false;
        i += size;
    }
    return true;
}

static void put_indent(struct buf *out, size_t depth)
{
    for (size_t i = 0; i < depth * INDENT; i++)
        buf_char(out, ' ');
}

static void put_literal(struct buf *out, const char *text, size_t length, size_t depth)
{
    size_t ends = 0;
    while (ends < length && text[length - 1 - ends] == '\n')
        ends++;
    buf_text(out, ends == 0 ? "|-\n" : ends == 1 ? "|\n" : "|+\n");
    while (length) {
        const char *end = memchr(text, '\n', length);
        size_t size = end ? (size_t)(end - text) : length;
        if (size)
            put_indent(out, depth);
        buf_append(out, text, size);
        buf_char(out, '\n');
        size += end ? 1 : 0;
        text += size;
        length -= size;
    }
}

/* A scalar on one line. */
static void put_scalar(struct buf *out, const struct node *node)
{
    bool text = scalar_value(node).type == VALUE_STRING;
    if (!text && !node->size)
        buf_text(out, "null");
    else if (!text || is_plain(node->text, node->size))
        buf_append(out, node->text, node->size);
    else
        put_escaped(out, node->text, node->size);
}

static void put_flow(struct buf *out, const struct node *node)
{
    bool map = node->kind == NODE_MAP;
    if (node->kind == NODE_SCALAR) {
        put_scalar(out, node);
        return;
    }
    buf_char(out, map ? '{' : '[');
    for (size_t i = 0; i < node->size; i++) {
        buf_text(out, i ? ", " : "");
        if (map) {
            put_scalar(out, node_key(node, i));
            buf_text(out, ": ");
        }
        put_flow(out, map ? node_value(node, i) : &node->items[i]);
    }
    buf_char(out, map ? '}' : ']');
}

static void put_list(struct buf *out, const struct node *list, size_t depth)
{
    struct buf flow = {0};
    if (list->size < LINE_LENGTH)
        put_flow(&flow, list);
    if (flow.length && flow.length <= LINE_LENGTH) {
        buf_printf(out, " %s\n", flow.data);
    } else {
        buf_char(out, '\n');
        for (size_t i = 0; i < list->size; i++) {
            put_indent(out, depth);
            buf_text(out, "- ");
            put_flow(out, &list->items[i]);
            buf_char(out, '\n');
        }
    }
    buf_release(&flow);
}

static void put_map(struct buf *out, const struct node *map, size_t depth)
{
    for (size_t i = 0; i < map->size; i++) {
        const struct node *value = node_value(map, i);
        bool text = value->kind == NODE_SCALAR && scalar_value(value).type == VALUE_STRING;
        put_indent(out, depth);
        put_scalar(out, node_key(map, i));
        buf_char(out, ':');
        if (value->kind == NODE_MAP && value->size) {
            buf_char(out, '\n');
            put_map(out, value, depth + 1);
        } else if (value->kind == NODE_LIST && value->size) {
            put_list(out, value, depth + 1);
        } else if (text && is_literal(value->text, value->size)) {
            buf_char(out, ' ');
            put_literal(out, value->text, value->size, depth + 1);
        } else {
            buf_char(out, ' ');
            put_flow(out, value);
            buf_char(out, '\n');
        }
    }
}

void yaml_print(struct buf *out, const struct node *node)
{
    put_map(out, node, 0);
}
