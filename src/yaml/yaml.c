/*
 * Writing a tree as YAML: mappings as lines, lists on one line where they are short.
 *
 * Text is plain where nobody could read it as anything else, YAML 1.1 included; text of several
 * lines is a literal block where it can be one; all else stands in quotes.
 */
#include "yaml/yaml.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "yaml/scalar.h"
#include "yaml/text.h"
#include "yaml/tree.h"

#define INDENT 2
#define LINE_LENGTH 90

static void put_indent(struct buf *out, size_t depth)
{
    for (size_t i = 0; i < depth * INDENT; i++)
        buf_char(out, ' ');
}

/* A scalar on one line. */
static void put_scalar(struct buf *out, const struct node *node)
{
    bool text = scalar_value(node).type == VALUE_STRING;
    if (!text && !node->size)
        buf_text(out, "null");
    else if (!text)
        buf_append(out, node->text, node->size);
    else
        yaml_quote(out, node->text);
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

/* What is no mapping or list, or an empty one, behind its key. */
static void put_value(struct buf *out, const struct node *value, size_t depth)
{
    bool text = value->kind == NODE_SCALAR && scalar_value(value).type == VALUE_STRING;
    buf_char(out, ' ');
    if (text && strchr(value->text, '\n') && yaml_block(out, value->text, depth * INDENT))
        return;
    put_flow(out, value);
    buf_char(out, '\n');
}

static void put_map(struct buf *out, const struct node *map, size_t depth)
{
    for (size_t i = 0; i < map->size; i++) {
        const struct node *value = node_value(map, i);
        put_indent(out, depth);
        put_scalar(out, node_key(map, i));
        buf_char(out, ':');
        if (value->kind == NODE_MAP && value->size) {
            buf_char(out, '\n');
            put_map(out, value, depth + 1);
        } else if (value->kind == NODE_LIST && value->size) {
            put_list(out, value, depth + 1);
        } else {
            put_value(out, value, depth + 1);
        }
    }
}

void yaml_print(struct buf *out, const struct node *node)
{
    put_map(out, node, 0);
}
