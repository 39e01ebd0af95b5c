/* Environment variables of other runners' files: a mapping, or a list of NAME=VALUE. */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "scenario/import_private.h"
#include "scenario/show.h"
#include "scenario/tree.h"

static bool take_pair(struct import *import, const char *owner, const struct node *key,
                      const struct node *value, struct variable *variable)
{
    *variable = (struct variable){.name = key->text};
    if (import_is_nothing(value))
        return true;
    if (value->kind != NODE_SCALAR) {
        import_expected(import, owner, key->text, value, "a text");
        return false;
    }
    return (variable->value = import_value(import, value));
}

static bool take_item(struct import *import, const char *owner, const struct node *item,
                      struct variable *variable)
{
    if (item->kind != NODE_SCALAR) {
        import_expected(import, owner, "environment", item, "NAME=VALUE");
        return false;
    }
    size_t length = strcspn(item->text, "=");
    *variable = (struct variable){.name = arena_copy(import->arena, item->text, length)};
    if (!item->text[length])
        return true;
    struct buf value = {0};
    bool fine = import_template(import, item, item->text + length + 1, TEMPLATE_TEXT, &value);
    variable->value = arena_copy(import->arena, buf_string(&value), value.length);
    buf_release(&value);
    return fine;
}

bool import_variables(struct import *import, const char *owner, const struct node *node,
                      void (*take)(void *context, const struct variable *variable), void *context)
{
    bool fine = true;
    if (node->kind == NODE_SCALAR) {
        import_expected(import, owner, "environment", node, "a mapping, or a list of NAME=VALUE");
        return false;
    }
    for (size_t i = 0; i < node->size; i++) {
        struct variable variable;
        bool taken = node->kind == NODE_MAP ? take_pair(import, owner, node_key(node, i),
                                                        node_value(node, i), &variable)
                                            : take_item(import, owner, &node->items[i], &variable);
        if (taken)
            take(context, &variable);
        fine &= taken;
    }
    return fine;
}

/* Variables on their way into "env:". The last of a name counts. */
struct lines {
    struct import *import;
    struct draft *draft; /* NULL: of the scenario */
    struct names names;
    struct variable *variables;
    size_t count;
};

static bool is_name(const char *name)
{
    size_t length = 0;
    while (isalnum((unsigned char)name[length]) || name[length] == '_')
        length++;
    return length && !name[length] && !isdigit((unsigned char)*name);
}

static void note(struct lines *lines, const char *name, const char *why)
{
    const char *shown = arena_strdup(lines->import->arena, show_text(name, strlen(name)).text);
    if (lines->draft)
        draft_note(lines->draft, "variable %s: %s", shown, why);
    else
        import_head(lines->import, "variable %s: %s", shown, why);
}

static void take_line(void *context, const struct variable *variable)
{
    struct lines *lines = context;
    if (!is_name(variable->name)) {
        note(lines, variable->name, "parrun takes no such name");
    } else if (!variable->value) {
        note(lines, variable->name, "it comes from the environment anyway");
    } else {
        size_t *slot = names_slot(&lines->names, variable->name, strlen(variable->name));
        if (*slot == NAMES_NONE)
            *slot = lines->count++;
        lines->variables[*slot] = *variable;
    }
}

bool import_env(struct import *import, struct draft *draft, const char *owner,
                const struct node *node, struct buf *out, int indent)
{
    struct lines lines = {.import = import, .draft = draft};
    lines.variables = arena_alloc(import->arena, (node->kind == NODE_SCALAR ? 1 : node->size) *
                                                     sizeof(*lines.variables));
    bool fine = import_variables(import, owner, node, take_line, &lines);
    if (lines.count)
        buf_printf(out, "%*senv:\n", indent, "");
    for (size_t i = 0; i < lines.count; i++) {
        buf_printf(out, "%*s%s: ", indent + 2, "", lines.variables[i].name);
        import_quote(out, lines.variables[i].value);
        buf_char(out, '\n');
    }
    names_release(&lines.names);
    return fine;
}
