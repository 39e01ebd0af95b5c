/* What the bind functions share: wording, and scalars with their templates evaluated. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "scenario/place.h"
#include "scenario/scalar.h"
#include "scenario/show.h"
#include "script/script.h"
#include "script/template.h"

/* What the expressions of one file may use up while it is loaded. */
#define EXPRESSION_MEMORY ((size_t)16 << 20)
#define EXPRESSION_INSTRUCTIONS 1000000

/* A message or a name is cut behind so many. */
#define SHOWN_CHARACTERS 200

extern char **environ;

const char *loader_shown(struct loader *loader, const char *text)
{
    struct buf out = {0};
    show_append(&out, text, strcspn(text, "\n"), SHOWN_CHARACTERS);
    char *shown = arena_strdup(loader->arena, buf_string(&out));
    buf_release(&out);
    return shown;
}

void field_expected(struct loader *loader, const struct field *field, const struct node *node,
                    const char *expected, const char *hint)
{
    diag_error(loader->diags, loader_mark(loader, node), hint, "%s: expected %s, found %s",
               field_label(loader, field), expected, show_node(node).text);
}

void field_wrong(struct loader *loader, const struct field *field, const struct node *node)
{
    field_expected(loader, field, node, field->key->type->wording, NULL);
}

void loader_template_fault(struct loader *loader, const struct node *node,
                           const struct template_fault *fault)
{
    diag_error(loader->diags, place_in_scalar(loader->source, node, fault->offset, fault->length),
               fault->hint, "%s", fault->text);
}

void loader_release_script(struct loader *loader)
{
    script_free(loader->script);
    loader->script = NULL;
}

/* The state for expressions in which `name` is NAME. */
static struct script *script_for(struct loader *loader, const char *name)
{
    if (loader->script && strcmp(loader->script_name, name))
        loader_release_script(loader);
    if (!loader->script) {
        loader->script_name = name;
        loader->script = script_new(&(struct script_options){
            .name = name,
            .vars = loader->scenario->vars,
            .environment = (const char *const *)environ,
            .pure = true,
            .memory_limit = EXPRESSION_MEMORY,
            .instruction_limit = EXPRESSION_INSTRUCTIONS,
        });
    }
    return loader->script;
}

static bool has_template(const struct node *node)
{
    return node->size > 4 && memmem(node->text, node->size, "${{", 3);
}

static bool evaluate(struct loader *loader, const struct node *node, const char *name,
                     struct value *value)
{
    struct template_scope scope = {.vars = &loader->scenario->vars};
    struct template_fault fault = {0};
    struct template *parsed;
    if (template_parse(loader->arena, node->text, node->size, TEMPLATE_TEXT, &scope, &parsed,
                       &fault)) {
        loader_template_fault(loader, node, &fault);
        return false;
    }
    struct error error = {0};
    if (template_value(parsed, script_for(loader, name), loader->arena, value, &error)) {
        diag_error(loader->diags, loader_mark(loader, node), NULL, "%s",
                   loader_shown(loader, error.text));
        error_release(&error);
        return false;
    }
    return true;
}

static bool scalar_or_template(struct loader *loader, const struct node *node, const char *name,
                               struct value *value)
{
    if (has_template(node))
        return evaluate(loader, node, name, value);
    *value = scalar_value(node);
    return true;
}

bool field_value(struct loader *loader, const struct field *field, const struct node *node,
                 struct value *value)
{
    if (node->kind == NODE_BROKEN)
        return false;
    if (node->kind != NODE_SCALAR) {
        field_wrong(loader, field, node);
        return false;
    }
    return scalar_or_template(loader, node, block_object_name(loader, field->block), value);
}

bool field_text(struct loader *loader, const struct field *field, const struct node *node,
                const char **text)
{
    struct value value;
    if (!field_value(loader, field, node, &value))
        return false;
    if (value.type == VALUE_NIL || value.type == VALUE_TABLE) {
        field_wrong(loader, field, node);
        return false;
    }
    if (!has_template(node)) {
        *text = node->text;
        return true;
    }
    struct buf out = {0};
    value_text(&out, &value);
    *text = arena_copy(loader->arena, buf_string(&out), out.length);
    bool whole = strlen(*text) == out.length;
    buf_release(&out);
    if (!whole)
        diag_error(loader->diags, loader_mark(loader, node), NULL,
                   "%s: the template gives a text with a NUL character in it",
                   field_label(loader, field));
    return whole;
}

bool field_template(struct loader *loader, const struct field *field, const struct node *node,
                    enum template_use use, struct template **parsed)
{
    if (node->kind == NODE_BROKEN)
        return false;
    if (node->kind != NODE_SCALAR || scalar_value(node).type == VALUE_NIL) {
        field_wrong(loader, field, node);
        return false;
    }
    struct template_scope scope = {
        .vars = &loader->scenario->vars,
        .task = block_in_pool(field->block),
    };
    struct template_fault fault = {0};
    if (template_parse(loader->arena, node->text, node->size, use, &scope, parsed, &fault)) {
        loader_template_fault(loader, node, &fault);
        return false;
    }
    return true;
}

static bool list_value(struct loader *loader, const struct node *list, const char *name,
                       struct value *value)
{
    struct value_pair *pairs = arena_alloc(loader->arena, list->size * sizeof(*pairs));
    bool fine = true;
    for (size_t i = 0; i < list->size; i++) {
        pairs[i].key = (struct value){.type = VALUE_INTEGER, .integer = (int64_t)i + 1};
        fine &= loader_value(loader, &list->items[i], name, &pairs[i].value);
    }
    *value = (struct value){.type = VALUE_TABLE, .table = {pairs, list->size}};
    return fine;
}

static bool map_value(struct loader *loader, const struct node *map, const char *name,
                      struct value *value)
{
    struct value_pair *pairs = arena_alloc(loader->arena, map->size * sizeof(*pairs));
    bool fine = true;
    for (size_t i = 0; i < map->size; i++) {
        const struct node *key = node_key(map, i);
        pairs[i].key = (struct value){.type = VALUE_STRING, .string = {key->text, key->size}};
        fine &= loader_value(loader, node_value(map, i), name, &pairs[i].value);
    }
    *value = (struct value){.type = VALUE_TABLE, .table = {pairs, map->size}};
    return fine;
}

bool loader_value(struct loader *loader, const struct node *node, const char *name,
                  struct value *value)
{
    switch ((enum node_kind)node->kind) {
    case NODE_LIST:
        return list_value(loader, node, name, value);
    case NODE_MAP:
        return map_value(loader, node, name, value);
    case NODE_SCALAR:
        return scalar_or_template(loader, node, name, value);
    case NODE_BROKEN:
        break;
    }
    return false;
}
