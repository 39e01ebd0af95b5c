/* What decides whether an object is started, and which objects decide the exit status. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "yaml/quote.h"
#include "yaml/scalar.h"

/* An expression stands with or without ${{ }}: "when" can be nothing else. */
static bool condition_value(struct loader *loader, const struct field *field,
                            const struct node *node, struct value *value)
{
    const char *name = block_object_name(loader, field->block);
    *value = scalar_value(node);
    if (value->type == VALUE_STRING && !node_has_template(node))
        return loader_expression(loader, node, name, value);
    return loader_scalar(loader, node, name, value);
}

static const char *condition_hint(const struct node *node)
{
    static const struct {
        const char *word;
        const char *hint;
    } words[] = {
        {"yes", "write true"},
        {"on", "write true"},
        {"true", "write true, in small letters"},
        {"no", "write false"},
        {"off", "write false"},
        {"false", "write false, in small letters"},
        {"always", "write true"},
        {"never", "write false"},
    };
    for (size_t i = 0; i < countof(words); i++)
        if (!strcasecmp(words[i].word, node->text))
            return words[i].hint;
    return NULL;
}

static void bind_condition(struct loader *loader, const struct field *field,
                           const struct node *node)
{
    struct value value;
    const char *hint = node->kind == NODE_SCALAR ? condition_hint(node) : NULL;
    bool plain = scalar_value(node).type == VALUE_BOOLEAN;
    if (node->kind != NODE_SCALAR || !node->size || (hint && !plain)) {
        field_expected(loader, field, node, field->key->type->wording, hint);
        return;
    }
    if (!condition_value(loader, field, node, &value))
        return;
    if (value.type != VALUE_BOOLEAN)
        field_expected(loader, field, node, field->key->type->wording,
                       "compare it: ... ~= nil, ... == \"yes\", ... > 0");
    else
        *(bool *)field->member = value.boolean;
    ((struct object_spec *)field->block->spec)->never = plain && !value.boolean;
}

/* The object behind a declared name; NULL for a queue. */
static struct object_spec *object_of(const struct loader *loader, const struct declared *declared)
{
    const struct scenario *scenario = loader->scenario;
    switch (declared->kind) {
    case BLOCK_PROCESS:
        return &scenario->processes[declared->index].object;
    case BLOCK_POOL:
        return &scenario->pools[declared->index].object;
    case BLOCK_THREAD:
        return &scenario->threads[declared->index].object;
    default:
        return NULL;
    }
}

static void bind_name(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *name;
    if (!field_text(loader, field, node, &name))
        return;
    size_t number = names_find(&loader->objects.names, name, strlen(name));
    struct object_spec *object =
        number != NAMES_NONE ? object_of(loader, &loader->objects.declared[number]) : NULL;
    if (object)
        object->decides = true;
    else
        loader_unknown_object(loader, loader_mark(loader, node), field_label(loader, field), name);
}

static void all_decide(struct loader *loader)
{
    for (size_t i = 0; i < loader->objects.declared_count; i++) {
        struct object_spec *object = object_of(loader, &loader->objects.declared[i]);
        if (object)
            object->decides = true;
    }
}

/* One name alone is not taken for a list of one: it may be a misspelt word. */
static void bind_word(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    if (!field_text(loader, field, node, &text))
        return;
    bool any = !strcmp(text, "any");
    if (any || !strcmp(text, "all")) {
        *(bool *)field->member = any;
        all_decide(loader);
        return;
    }
    bool known = names_find(&loader->objects.names, text, strlen(text)) != NAMES_NONE;
    struct nearest nearest = {.wrong = text};
    nearest_offer(&nearest, "all");
    nearest_offer(&nearest, "any");
    field_expected(loader, field, node, field->key->type->wording,
                   known ? arena_printf(loader->arena, "write [%s]", text) : loader_did_you_mean(loader, &nearest, NULL));
}

static void bind_success(struct loader *loader, const struct field *field, const struct node *node)
{
    if (node->kind != NODE_LIST)
        bind_word(loader, field, node);
    else if (!node->size)
        field_wrong(loader, field, node);
    field_warn_twice(loader, field, node);
    loader->scenario->success_named = node->kind == NODE_LIST;
    for (size_t i = 0; node->kind == NODE_LIST && i < node->size; i++)
        bind_name(loader, field, &node->items[i]);
}

const struct type type_condition = {
    .name = "condition",
    .wording = "true, false or an expression that is one of them",
    .bind = bind_condition,
    .early = true,
    .json = "'type':['boolean','string']",
};
const struct type type_success = {
    .name = "success",
    .wording = "all, any or a list of names",
    .bind = bind_success,
    .early = true,
    .json =
        "'anyOf':[{'enum':['all','any']},{'type':'array','minItems':1,'items':@text},@template]",
};
