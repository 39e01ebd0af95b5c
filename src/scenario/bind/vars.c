/* The scenario's variables, and NAME=VALUE from the command line over them. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/nearest.h"
#include "base/str.h"
#include "scenario/bind/secret.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "yaml/quote.h"
#include "yaml/scalar.h"

static struct value_pair *find_var(const struct value *vars, const char *name, size_t length)
{
    for (size_t i = 0; i < vars->table.count; i++) {
        struct value_pair *pair = &vars->table.pairs[i];
        if (pair->key.string.length == length && !memcmp(pair->key.string.bytes, name, length))
            return pair;
    }
    return NULL;
}

/* "did you mean 'size'? known are size, level", or what there is to say of it. */
static const char *known_vars(struct loader *loader, const struct value *vars, const char *name)
{
    if (!vars->table.count)
        return "the scenario has no vars";
    struct nearest nearest = {.wrong = name};
    const char *list = "";
    for (size_t i = 0; i < vars->table.count; i++) {
        const char *known = loader_shown(loader, vars->table.pairs[i].key.string.bytes);
        nearest_offer(&nearest, known);
        if (i < 20)
            list = arena_printf(loader->arena, "%s%s%s", list, i ? ", " : "", known);
        else if (i == 20)
            list = arena_printf(loader->arena, "%s, ...", list);
    }
    if (!nearest.name)
        return arena_printf(loader->arena, "known are %s", list);
    return arena_printf(loader->arena, "did you mean '%s'? known are %s", nearest.name, list);
}

/* What a text must be to take the place of a value; NULL: it cannot. */
static const char *override_wording(enum value_type type)
{
    static const char *const wordings[] = {
        [VALUE_NIL] = "a text",       [VALUE_BOOLEAN] = "true or false",
        [VALUE_INTEGER] = "a number", [VALUE_NUMBER] = "a number",
        [VALUE_STRING] = "a text",    [VALUE_TABLE] = NULL,
    };
    return wordings[type];
}

/* TEXT as a value of the type that OLD has; false where it is none. */
static bool override_value(const struct value *old, const char *text, struct value *value)
{
    *value = scalar_plain(text, strlen(text));
    switch (old->type) {
    case VALUE_BOOLEAN:
        return value->type == VALUE_BOOLEAN;
    case VALUE_INTEGER:
        return value->type == VALUE_INTEGER || value->type == VALUE_NUMBER;
    case VALUE_NUMBER:
        if (value->type == VALUE_INTEGER)
            *value = (struct value){.type = VALUE_NUMBER, .number = (double)value->integer};
        return value->type == VALUE_NUMBER;
    default:
        *value = value_of_string(text);
        return true;
    }
}

static void apply_override(struct loader *loader, const struct value *vars, const char *override)
{
    static const struct mark nowhere = {0};
    const char *equals = strchr(override, '=');
    const char *shown = loader_shown(loader, override);
    if (!equals) {
        diag_error(loader->diags, nowhere, NULL, "'%s' is not of the form NAME=VALUE", shown);
        return;
    }
    size_t length = (size_t)(equals - override);
    struct value_pair *pair = find_var(vars, override, length);
    if (!pair && loader->incomplete)
        return;
    if (!pair) {
        const char *name = arena_copy(loader->arena, override, length);
        diag_error(loader->diags, nowhere, known_vars(loader, vars, name),
                   "%s: unknown variable '%s'", shown, loader_shown(loader, name));
        return;
    }
    const char *wording = override_wording(pair->value.type);
    struct value value;
    if (!wording)
        diag_error(loader->diags, nowhere, NULL,
                   "%s: a list or a mapping cannot be replaced from the command line", shown);
    else if (!override_value(&pair->value, arena_strdup(loader->arena, equals + 1), &value))
        diag_error(loader->diags, nowhere, NULL, "%s: expected %s", shown, wording);
    else
        pair->value = value;
}

static void meet_secrets(struct loader *loader, const struct value *vars)
{
    for (size_t i = 0; loader->secret_count && i < vars->table.count; i++) {
        const struct value_pair *pair = &vars->table.pairs[i];
        struct buf text = {0};
        if (pair->value.type != VALUE_TABLE)
            value_text(&text, &pair->value);
        if (pair->value.type != VALUE_TABLE && pair->key.type == VALUE_STRING)
            secret_met(loader, pair->key.string.bytes, buf_string(&text), text.length);
        buf_release(&text);
    }
}

static void bind_vars(struct loader *loader, const struct field *field, const struct node *node)
{
    struct value vars = {.type = VALUE_TABLE};
    if (node->kind == NODE_MAP) {
        for (size_t i = 0; i < node->size; i++) {
            const struct node *key = node_key(node, i);
            if (!is_identifier(key->text))
                diag_error(loader->diags, loader_mark(loader, key), loader_identifier(loader, key->text),
                           "a variable's name is letters, digits and '_', as expressions name it vars.NAME, found '%s'",
                           show_text(key->text, key->size).text);
        }
        if (!loader_value(loader, node, loader->scenario->name, &vars))
            vars = (struct value){.type = VALUE_TABLE};
    } else if (!node_is_nothing(node)) {
        field_wrong(loader, field, node);
    }
    for (size_t i = 0; i < loader->wishes.override_count; i++)
        apply_override(loader, &vars, loader->wishes.overrides[i]);
    meet_secrets(loader, &vars);
    *(struct value *)field->member = vars;
    loader->evaluation.vars_known = true;
    loader_release_script(loader);
}

const struct type type_vars = {
    .name = "vars",
    .wording = "a mapping of names to values",
    .bind = bind_vars,
    .early = true,
    .json = "'type':['object','null'],'propertyNames':@name",
};
