/* The objects and the variables of a scenario as lines. */
#include "cli/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/object_list.h"
#include "scenario/spec.h"

/* Appends TEXT up to its first newline. */
static void put_line(struct buf *out, const char *text, size_t length)
{
    const char *end = memchr(text, '\n', length);
    buf_append(out, text, end ? (size_t)(end - text) : length);
    buf_char(out, '\n');
}

void list_print(struct buf *out, const struct scenario *scenario)
{
    size_t count, width = 0;
    struct object_entry *objects = object_list_make(scenario, &count);
    for (size_t i = 0; i < count; i++)
        width = strlen(objects[i].name) > width ? strlen(objects[i].name) : width;
    for (size_t i = 0; i < count; i++) {
        const char *help = objects[i].help;
        buf_printf(out, "%-7s  %-*s", objects[i].kind, help ? (int)width + 2 : 0, objects[i].name);
        put_line(out, help ? help : "", help ? strlen(help) : 0);
    }
    free(objects);
}

void vars_print(struct buf *out, const struct scenario *scenario)
{
    const struct value *vars = &scenario->vars;
    for (size_t i = 0; i < vars->table.count; i++) {
        const struct value_pair *pair = &vars->table.pairs[i];
        struct buf text = {0};
        if (pair->value.type == VALUE_TABLE)
            continue;
        value_text(&text, &pair->value);
        buf_append(out, pair->key.string.bytes, pair->key.string.length);
        buf_char(out, '=');
        put_line(out, buf_string(&text), text.length);
        buf_release(&text);
    }
}
