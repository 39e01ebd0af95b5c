/* Environment variables of bodies: the scenario's own, then the object's. */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "scenario/loader.h"
#include "scenario/scalar.h"
#include "scenario/show.h"
#include "scenario/types.h"

static bool is_env_name(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return !*name;
}

static void bind_entry(struct loader *loader, const struct field *field, const struct node *key,
                       const struct node *node, struct env_spec *entry)
{
    entry->name = key->text;
    if (!is_env_name(key->text)) {
        diag_error(loader->diags, loader_mark(loader, key), NULL,
                   "a name in 'env' is letters, digits and '_', found '%s'",
                   show_text(key->text, key->size).text);
        return;
    }
    bool nothing = node->kind == NODE_SCALAR && scalar_value(node).type == VALUE_NIL;
    if (nothing || node->kind == NODE_LIST || node->kind == NODE_MAP)
        field_expected(loader, field, node, arena_printf(loader->arena, "a text for %s", key->text),
                       nothing ? "write \"\" for an empty text" : NULL);
    else
        field_template(loader, field, node, TEMPLATE_TEXT, &entry->value);
}

static void bind_env(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct scenario *scenario = loader->scenario;
    bool own = field->block->kind == BLOCK_SCENARIO;
    size_t before = own ? 0 : scenario->env_count;
    size_t count = node->kind == NODE_MAP ? node->size : 0;
    if (node->kind != NODE_MAP && (node->kind != NODE_SCALAR || node->size))
        field_wrong(loader, field, node);
    struct env_spec *entries = scenario->env;
    if (count) {
        entries = arena_alloc(loader->arena, (before + count) * sizeof(*entries));
        if (before)
            memcpy(entries, scenario->env, before * sizeof(*entries));
    }
    for (size_t i = 0; i < count; i++)
        bind_entry(loader, field, node_key(node, i), node_value(node, i), &entries[before + i]);
    *(struct env_spec **)field->member = entries;
    *field->count = before + count;
}

const struct type type_env = {
    .name = "env",
    .wording = "a mapping NAME: value",
    .bind = bind_env,
    .json = "'type':['object','null'],'propertyNames':@name,'additionalProperties':@scalar",
};
