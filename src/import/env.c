/* Environment variables of other runners' files: a mapping, or a list of NAME=VALUE; and files of them. */
#include "base/str.h"
#include "import/private.h"
#include "yaml/old_word.h"

/* ---- variables ---- */

/* Reads pair or item number I of NODE; false, with an error, where it is wrong. */
static bool read_variable(struct import *import, const struct node *node, size_t i, struct variable *variable)
{
    bool map = node->kind == NODE_MAP;
    const struct node *item = map ? node_value(node, i) : &node->items[i];
    size_t length = item->kind == NODE_SCALAR ? strcspn(item->text, "=") : 0;
    if (item->kind != NODE_SCALAR)
        return import_expected(import, map ? node_key(node, i)->text : "environment", item, map ? "a text" : "NAME=VALUE");
    *variable = (struct variable){.node = item, .name = map ? node_key(node, i)->text : arena_copy(import->arena, item->text, length)};
    if (map ? node_is_nothing(item) : !item->text[length])
        return true;
    variable->value = import_template(import, item, map ? item->text : item->text + length + 1, TEMPLATE_TEXT);
    if (variable->value && map && item->style == STYLE_PLAIN && import->dollar == DOLLAR_COMPOSE)
        variable->value = old_word(import->arena, variable->value); /* as docker compose prints it */
    return variable->value;
}

size_t import_variables(struct import *import, const struct node *node, struct variable **variables)
{
    size_t count = 0;
    import_whole(import, node);
    if (node->kind == NODE_SCALAR)
        return import_expected(import, "environment", node, "a mapping, or a list of NAME=VALUE");
    *variables = arena_alloc(import->arena, (node->size + 1) * sizeof(**variables));
    for (size_t i = 0; i < node->size; i++)
        count += read_variable(import, node, i, &(*variables)[count]);
    return count;
}

/* The last of a name counts, where the first stands. */
void draft_take_environment(struct import *import, const struct node *value)
{
    struct variable *variables = NULL;
    struct names names = {0};
    size_t kept = 0;
    size_t count = import_variables(import, value, &variables);
    for (size_t i = 0; i < count; i++) {
        struct variable variable = variables[i];
        const char *why = !is_identifier(variable.name) ? "parrun takes no such name" : "it comes from the environment anyway";
        if (!variable.value || !is_identifier(variable.name)) {
            import_note_at(import, variable.node, "variable %s: %s", import_shown(import, variable.name), why);
            continue;
        }
        size_t *slot = names_slot(&names, variable.name, strlen(variable.name));
        *slot = *slot == NAMES_NONE ? kept++ : *slot;
        variables[*slot] = variable;
    }
    if (kept)
        draft_open(import, "env");
    for (size_t i = 0; i < kept; i++)
        draft_line(import, variables[i].name, "%s", yaml_quoted(import->arena, variables[i].value));
    if (kept)
        draft_close(import);
    names_release(&names);
}

/* ---- files of them ---- */

void import_env_files(struct import *import, const struct node *node, struct texts *paths)
{
    for (size_t i = 0; i < import_count(node); i++) {
        const struct node *item = import_item(node, i);
        bool map = item->kind == NODE_MAP;
        const struct node *path = map ? import_take(import, item, "path") : item;
        const char *text = path ? import_value(import, path) : NULL;
        if (!text)
            import_expected(import, "env_file", item, "a path");
        else if (!strstr(text, "${{") && !import_beside(import, text + (strncmp(text, "./", 2) ? 0 : 2)) &&
                 import_says(import, item, "required", "false"))
            import_note_at(import, path, "env_file %s: it may be missing, and is", import_shown(import, text));
        else
            texts_add(paths, text);
    }
}

void draft_take_env_file(struct import *import, const struct node *value)
{
    struct texts paths = {0};
    import_env_files(import, value, &paths);
    if (paths.count)
        draft_list(import, import->key, &paths);
    texts_release(&paths);
}
