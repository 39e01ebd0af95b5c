/* Environment variables of bodies: the scenario's files and own ones, then the object's. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "scenario/bind/secret.h"
#include "scenario/dotenv.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "yaml/quote.h"
#include "yaml/scalar.h"

/* A list of variables in the making: each name once, the later value in place of the earlier. */
struct env_list {
    struct env_spec *entries;
    size_t count;
    struct names names;
};

static void list_set(struct env_list *list, const char *name, struct template *value)
{
    size_t *number = names_slot(&list->names, name, strlen(name));
    if (*number == NAMES_NONE)
        *number = list->count++;
    list->entries[*number] = (struct env_spec){name, value};
}

/* What the field holds so far, or else what an object takes over, with room for MORE. */
static struct env_list list_begin(struct loader *loader, const struct field *field, size_t more)
{
    const struct scenario *scenario = loader->scenario;
    const struct env_spec *entries = *(struct env_spec **)field->member;
    size_t count = entries ? *field->count : 0;
    if (!entries && field->block->kind != BLOCK_SCENARIO) {
        entries = scenario->env;
        count = scenario->env_count;
    }
    struct env_list list = {.entries =
                                arena_alloc(loader->arena, (count + more) * sizeof(*list.entries))};
    for (size_t i = 0; i < count; i++)
        list_set(&list, entries[i].name, entries[i].value);
    return list;
}

/* Variables without a value are left out: they are to be as they are in parrun's environment. */
static void list_end(struct env_list *list, const struct field *field)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->entries[i].value)
            list->entries[kept++] = list->entries[i];
    *(struct env_spec **)field->member = list->entries;
    *field->count = kept;
    names_release(&list->names);
}

/* {value: TEXT, secret: true}: the value, with *SECRET set as it says; NULL where it is no such. */
static const struct node *marked_value(struct loader *loader, const struct field *field,
                                       const struct node *key, const struct node *node,
                                       bool *secret)
{
    const struct node *value = NULL;
    for (size_t i = 0; i < node->size; i++) {
        const char *name = node_key(node, i)->text;
        struct value given = {0};
        bool flag = !strcmp(name, "secret");
        if (!strcmp(name, "value"))
            value = node_value(node, i);
        if (flag && node_value(node, i)->kind == NODE_SCALAR)
            given = scalar_value(node_value(node, i));
        *secret = *secret || (flag && given.type == VALUE_BOOLEAN && given.boolean);
        if (strcmp(name, "value") != 0 && (!flag || given.type != VALUE_BOOLEAN)) {
            value = NULL;
            break;
        }
    }
    if (!value)
        field_expected(loader, field, node, arena_printf(loader->arena, "a text for %s", key->text),
                       "a value to be masked is written {value: TEXT, secret: true}");
    return value;
}

/* What is to be masked must be known before anything runs, so it is the same for every task. */
static void meet_value(struct loader *loader, const struct field *field, const struct node *key,
                       const struct node *node, bool secret)
{
    struct value value;
    struct buf text = {0};
    if (!secret && !secret_is_wanted(loader, key->text))
        return;
    if (!loader_scalar(loader, node, block_object_name(loader, field->block), &value))
        return;
    value_text(&text, &value);
    if (secret)
        secret_add(loader, loader_mark(loader, key), key->text, buf_string(&text), text.length);
    secret_met(loader, key->text, buf_string(&text), text.length);
    buf_release(&text);
}

static void bind_entry(struct loader *loader, const struct field *field, const struct node *key,
                       const struct node *node, struct env_list *list)
{
    struct template *value = NULL;
    bool secret = false;
    if (!is_identifier(key->text)) {
        diag_error(loader->diags, loader_mark(loader, key), loader_identifier(loader, key->text),
                   "a name in 'env' is letters, digits and '_', found '%s'",
                   show_text(key->text, key->size).text);
        return;
    }
    if (node->kind == NODE_MAP && !(node = marked_value(loader, field, key, node, &secret)))
        return;
    bool nothing = node->kind == NODE_SCALAR && scalar_value(node).type == VALUE_NIL;
    if (nothing || node->kind == NODE_LIST || node->kind == NODE_MAP) {
        field_expected(loader, field, node, arena_printf(loader->arena, "a text for %s", key->text),
                       nothing ? "write \"\" for an empty text" : NULL);
    } else if (field_template(loader, field, node, TEMPLATE_TEXT, &value)) {
        list_set(list, key->text, value);
        meet_value(loader, field, key, node, secret);
    }
}

/* "NAME=VALUE", or a list of such, as others write it. */
static const char *env_hint(struct loader *loader, const struct node *node)
{
    const struct node *first = node->kind == NODE_LIST && node->size ? node->items : node;
    const char *equals = first->kind == NODE_SCALAR ? strchr(first->text, '=') : NULL;
    if (!equals)
        return NULL;
    return arena_printf(loader->arena, "write {%.*s: %s%s}", (int)(equals - first->text), first->text,
                        equals + 1, first != node && node->size > 1 ? ", ..." : "");
}

static void bind_env(struct loader *loader, const struct field *field, const struct node *node)
{
    size_t count = node->kind == NODE_MAP ? node->size : 0;
    if (node->kind != NODE_MAP && !node_is_nothing(node))
        field_expected(loader, field, node, field_wording(loader, field->key),
                       env_hint(loader, node));
    if (!count && !*(struct env_spec **)field->member) {
        *(struct env_spec **)field->member = loader->scenario->env;
        *field->count = loader->scenario->env_count;
    }
    if (!count)
        return;
    struct env_list list = list_begin(loader, field, count);
    for (size_t i = 0; i < count; i++)
        bind_entry(loader, field, node_key(node, i), node_value(node, i), &list);
    list_end(&list, field);
}

/* A template that gives TEXT as it stands, "${{" included. */
static struct template *literal(struct loader *loader, const char *text)
{
    static const char opening[] = "${{";
    struct template_scope scope = {.vars = &loader->scenario->vars, .compiler = &loader->evaluation.compiler};
    struct template_fault fault = {0};
    struct template *parsed = NULL;
    struct buf escaped = {0};
    const char *found;
    while ((found = strstr(text, opening))) {
        buf_append(&escaped, text, (size_t)(found - text));
        buf_text(&escaped, "${{ '${' .. '{' }}");
        text = found + strlen(opening);
    }
    buf_text(&escaped, text);
    template_parse(loader->arena, buf_string(&escaped), escaped.length, TEMPLATE_TEXT, &scope,
                   &parsed, &fault);
    buf_release(&escaped);
    /* cppcheck-suppress CastIntegerToAddressAtReturn ; it takes the pointer for a number */
    return parsed;
}

static void read_env_file(struct loader *loader, const struct field *field, const struct node *node,
                          struct dotenv *env)
{
    const char *path;
    struct error error = {0};
    if (!field_text(loader, field, node, &path))
        return;
    const struct source *source = loader_read(loader, node, path, &error);
    if (source) {
        dotenv_read(env, source, loader->diags);
        return;
    }
    diag_error(loader->diags, loader_mark(loader, node), NULL, "%s: %s", field_label(loader, field),
               loader_shown(loader, error.text));
    error_release(&error);
}

static void bind_env_file(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    struct dotenv env = {
        .arena = loader->arena,
        .environment = (const char *const *)environ,
    };
    for (size_t i = 0; i < count; i++)
        read_env_file(loader, field, &items[i], &env);
    struct env_list list = list_begin(loader, field, env.count);
    for (size_t i = 0; i < env.count; i++) {
        const struct dotenv_entry *entry = &env.entries[i];
        const char *value = entry->value ? entry->value : getenv(entry->name);
        secret_met(loader, entry->name, value ? value : "", value ? strlen(value) : 0);
        list_set(&list, entry->name, value ? literal(loader, value) : NULL);
    }
    list_end(&list, field);
    dotenv_release(&env);
}

const struct type type_env = {
    .name = "env",
    .wording = "a mapping NAME: value",
    .bind = bind_env,
    .json = "'type':['object','null'],'propertyNames':@name,"
            "'additionalProperties':{'anyOf':[@scalar,{'type':'object',"
            "'properties':{'value':@scalar,'secret':{'type':'boolean'}},'required':['value'],"
            "'additionalProperties':false}]}",
};
const struct type type_env_file = {
    .name = "env_file",
    .wording = "the path of a file, or a list of them",
    .bind = bind_env_file,
    .early = true,
    .beside = true,
    .json = "'anyOf':[@text,{'type':'array','items':@text}]",
};
