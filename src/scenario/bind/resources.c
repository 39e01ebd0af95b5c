/* The scenario's resources, and what processes and tasks take of them. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/str.h"
#include "base/unit.h"
#include "scenario/hints/values.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "scenario/uses.h"
#include "template/template.h"
#include "yaml/quote.h"

#define UNITS_MOST 10000

static bool name_units(struct loader *loader, const struct field *field, const struct node *node,
                       const struct value *list, struct resource_spec *resource)
{
    size_t count = list->table.count;
    const char **names = arena_alloc(loader->arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        const struct value *value = &list->table.pairs[i].value;
        struct buf text = {0};
        if (value->type == VALUE_STRING || value->type == VALUE_INTEGER)
            value_text(&text, value);
        names[i] = arena_strdup(loader->arena, buf_string(&text));
        buf_release(&text);
        if (!*names[i] || strchr(names[i], ',')) {
            field_expected(loader, field, node, "names without a comma, or numbers, as the units",
                           "their names are handed on as a text, with a comma between two of them");
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(names[j], names[i]) != 0)
                continue;
            diag_error(loader->diags, loader_mark(loader, node), "name each unit once",
                       "'%s' has the unit '%s' twice", resource->name, loader_shown(loader, names[i]));
            return false;
        }
    }
    resource->names = names;
    resource->total = (int64_t)count;
    resource->units = true;
    return true;
}

static const char *meant_amount(struct loader *loader, const char *text)
{
    const char *size = meant_size(loader->arena, text);
    const char *meant = size ? size : meant_count(loader->arena, text);
    return meant ? arena_printf(loader->arena, "write %s", meant) : NULL;
}

/* A whole number alone is one of units; with a unit of size behind it, it is an amount. */
static bool read_total(struct loader *loader, const struct field *field, const struct node *node,
                       struct resource_spec *resource)
{
    struct value value;
    struct buf text = {0};
    struct error error = {0};
    uint64_t bytes = 0;
    if (!loader_value(loader, node, loader->scenario->name, &value))
        return false;
    if (value.type == VALUE_TABLE && !value.table.object && node->kind != NODE_MAP)
        return name_units(loader, field, node, &value, resource);
    if (value.type == VALUE_STRING || value.type == VALUE_INTEGER)
        value_text(&text, &value);
    resource->units = text.length && !text.data[strspn(text.data, "0123456789")];
    bool wrong = !text.length || size_parse(text.data, &bytes, &error) || bytes > INT64_MAX;
    if (wrong)
        field_expected(loader, field, node,
                       arena_printf(loader->arena, "a number of units, a list of their names, or a size such as 64G for %s",
                                    resource->name),
                       text.length ? meant_amount(loader, text.data) : NULL);
    else if (resource->units && bytes > UNITS_MOST)
        diag_error(loader->diags, loader_mark(loader, node), "write an amount as a size: 64G, or 100000B",
                   "'%s' has %s units, more than can be told apart (%d)", resource->name, text.data, UNITS_MOST);
    resource->units = resource->units || (wrong && !strpbrk(buf_string(&text), "0123456789"));
    resource->total = !wrong ? (int64_t)bytes : resource->units ? UNITS_MOST : INT64_MAX; /* what it is used for is no other error */
    error_release(&error);
    buf_release(&text);
    return !wrong && !(resource->units && bytes > UNITS_MOST);
}

/* Names that differ by their letters' case alone would have one variable of the environment. */
static bool check_name(struct loader *loader, const struct node *key, const struct resource_spec *others, size_t count)
{
    if (!is_identifier(key->text)) {
        diag_error(loader->diags, loader_mark(loader, key), "templates name it as uses.NAME",
                   "a resource's name is letters, digits and '_', found '%s'", show_text(key->text, key->size).text);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(others[i].name, key->text) != 0)
            continue;
        diag_error(loader->diags, loader_mark(loader, key), "call one of them otherwise",
                   "'%s' and '%s' would be one variable in the environment of bodies", others[i].name, key->text);
        return false;
    }
    return true;
}

static void bind_resources(struct loader *loader, const struct field *field, const struct node *node)
{
    size_t count = node->kind == NODE_MAP ? node->size : 0, kept = 0;
    struct resource_spec *resources = arena_alloc(loader->arena, (count + 1) * sizeof(*resources));
    if (node->kind != NODE_MAP && !node_is_nothing(node))
        field_wrong(loader, field, node);
    if (count > RESOURCES_MOST) {
        diag_error(loader->diags, loader_mark(loader, node_key(node, RESOURCES_MOST)), NULL,
                   "a scenario has no more than %d resources", RESOURCES_MOST);
        count = RESOURCES_MOST;
    }
    for (size_t i = 0; i < count; i++) {
        const struct node *key = node_key(node, i);
        struct resource_spec *resource = &resources[kept];
        *resource = (struct resource_spec){.name = key->text, .mark = loader_mark(loader, key)};
        if (!check_name(loader, key, resources, kept))
            continue;
        read_total(loader, field, node_value(node, i), resource);
        kept++;
    }
    *(struct resource_spec **)field->member = resources;
    *field->count = kept;
}

static void unknown_resource(struct loader *loader, const struct field *field, const struct node *key)
{
    const struct scenario *scenario = loader->scenario;
    struct nearest nearest = {.wrong = key->text};
    if (loader->incomplete)
        return;
    for (size_t i = 0; i < scenario->resource_count; i++)
        nearest_offer(&nearest, scenario->resources[i].name);
    diag_error(loader->diags, loader_mark(loader, key),
               loader_did_you_mean(loader, &nearest, arena_printf(loader->arena, "declare it: resources: {%s: 1}",
                                                                  is_identifier(key->text) ? key->text : "NAME")),
               "%s: the scenario has no resource '%s'", field_label(loader, field), show_text(key->text, key->size).text);
}

/* What stands there without a template can be judged now. */
static void check_amount(struct loader *loader, const struct field *field, const struct node *node,
                         const struct use_spec *use)
{
    struct error error = {0};
    struct buf text = {0};
    int64_t amount;
    if (!template_is_constant(use->amount))
        return;
    template_render(use->amount, NULL, &text, &error);
    if (uses_amount(&loader->scenario->resources[use->resource], buf_string(&text), &amount, &error))
        diag_error(loader->diags, loader_mark(loader, node), NULL, "%s: %s", field_label(loader, field),
                   loader_shown(loader, error.text));
    error_release(&error);
    buf_release(&text);
}

static bool bind_use(struct loader *loader, const struct field *field, const struct node *key, const struct node *node,
                     struct use_spec *use)
{
    const struct scenario *scenario = loader->scenario;
    use->resource = 0;
    use->mark = loader_mark(loader, key);
    while (use->resource < scenario->resource_count && strcmp(scenario->resources[use->resource].name, key->text) != 0)
        use->resource++;
    if (use->resource == scenario->resource_count) {
        unknown_resource(loader, field, key);
        return false;
    }
    if (!field_template(loader, field, node, TEMPLATE_TEXT, &use->amount))
        return false;
    check_amount(loader, field, node, use);
    return true;
}

static void bind_uses(struct loader *loader, const struct field *field, const struct node *node)
{
    struct needs_spec *needs = (struct needs_spec *)((char *)field->member - offsetof(struct needs_spec, uses));
    size_t count = node->kind == NODE_MAP ? node->size : 0, kept = 0;
    struct use_spec *uses = arena_alloc(loader->arena, (count + 1) * sizeof(*uses));
    struct value_pair *names = arena_alloc(loader->arena, (count + 1) * sizeof(*names));
    if (node->kind != NODE_MAP && !node_is_nothing(node))
        field_expected(loader, field, node, field_wording(loader, field->key),
                       node->kind == NODE_SCALAR ? "there are no actions: write what is to be run under run" : NULL);
    for (size_t i = 0; i < count; i++) {
        const struct node *key = node_key(node, i);
        names[i] = (struct value_pair){value_of_string(key->text), value_of_string("")};
        kept += bind_use(loader, field, key, node_value(node, i), &uses[kept]);
    }
    needs->used = (struct value){.type = VALUE_TABLE, .table = {.pairs = names, .count = count, .object = true}};
    *(struct use_spec **)field->member = uses;
    *field->count = kept;
}

const struct type type_resources = {
    .name = "resources",
    .wording = "a mapping of names to numbers, lists of names, or sizes",
    .bind = bind_resources,
    .early = true,
    .json = "'type':['object','null'],'propertyNames':@name,'maxProperties':16,"
            "'additionalProperties':{'anyOf':[{'type':'integer','minimum':0,'maximum':10000},"
            "{'type':'string','pattern':'^" SIZE_PATTERN "$'},"
            "{'type':'array','items':{'type':['string','integer']},'uniqueItems':true},@template]}",
};
const struct type type_uses = {
    .name = "uses",
    .wording = "a mapping of resources to how much of each",
    .bind = bind_uses,
    .json = "'type':['object','null'],'propertyNames':@name,"
            "'additionalProperties':{'anyOf':[{'type':'number','minimum':0},"
            "{'type':'string','pattern':'^" SIZE_PATTERN "$'},@template]}",
};
