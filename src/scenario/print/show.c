/* Completing the tree that a scenario was read from, by the schema table. */
#include "scenario/print/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/str.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "template/template.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"

#define OPENING "${{"
#define OPENING_EXPRESSION "${{ '${' .. '{' }}"

/* What is read anew of a scenario, in an arena of its own. */
struct completion {
    struct loader loader;
    const char *name; /* what `name` is in the object that is being completed */
};

/* A mapping in the making. */
struct shown_mapping {
    struct node *items; /* key, value, key, value */
    size_t count;       /* of pairs */
};

static const struct node empty_map = {.kind = NODE_MAP};

static struct node text_node(const char *text, enum node_style style)
{
    return (struct node){
        .kind = NODE_SCALAR,
        .style = (unsigned char)style,
        .size = (uint32_t)strlen(text),
        .text = text,
    };
}

static void pairs_add(struct shown_mapping *pairs, struct node key, struct node value)
{
    pairs->items[2 * pairs->count] = key;
    pairs->items[2 * pairs->count + 1] = value;
    pairs->count++;
}

static struct shown_mapping pairs_new(struct completion *completion, size_t most)
{
    return (struct shown_mapping){
        .items = arena_alloc(completion->loader.arena, 2 * most * sizeof(struct node))};
}

static struct node pairs_node(const struct shown_mapping *pairs)
{
    return (struct node){.kind = NODE_MAP, .size = (uint32_t)pairs->count, .items = pairs->items};
}

static bool is_nothing(const struct node *node)
{
    return node->kind == NODE_SCALAR && scalar_value(node).type == VALUE_NIL;
}

static const struct node *find(const struct node *map, const char *name)
{
    for (size_t i = 0; map->kind == NODE_MAP && i < map->size; i++)
        if (!strcmp(node_key(map, i)->text, name))
            return node_value(map, i);
    return NULL;
}

/* Appends a template that is worked out to BYTES: what opens a template, and what is no UTF-8, is an expression in it. */
static void put_template(struct buf *out, const char *bytes, size_t length)
{
    for (size_t size; length; bytes += size, length -= size) {
        size_t opening = strlen(OPENING);
        size = utf8_char(bytes, length);
        if (length >= opening && !memcmp(bytes, OPENING, opening)) {
            size = opening;
            buf_text(out, OPENING_EXPRESSION);
        } else if (size) {
            buf_append(out, bytes, size);
        } else {
            size = 1;
            buf_printf(out, OPENING " '\\x%02x' }}", (unsigned char)*bytes);
        }
    }
}

/* A string as text that is a template of itself. */
static struct node string_node(struct completion *completion, const struct value *value)
{
    struct buf text = {0};
    struct node node = text_node("", STYLE_DOUBLE);
    put_template(&text, value->string.bytes, value->string.length);
    node.size = (uint32_t)text.length;
    node.text = arena_copy(completion->loader.arena, buf_string(&text), text.length);
    buf_release(&text);
    return node;
}

/* A number in a form that is read as a number with a fraction again. */
static struct node number_node(struct completion *completion, double number)
{
    char digits[40];
    if (!isfinite(number))
        return text_node(isnan(number) ? ".nan" : number > 0 ? ".inf" : "-.inf", STYLE_PLAIN);
    snprintf(digits, sizeof(digits), "%.17g", number);
    bool whole = !strpbrk(digits, ".e");
    return text_node(arena_printf(completion->loader.arena, "%s%s", digits, whole ? ".0" : ""),
                     STYLE_PLAIN);
}

static struct node value_node(struct completion *completion, const struct value *value);

static struct node table_node(struct completion *completion, const struct value *table)
{
    size_t count = table->table.count;
    bool list = value_is_list(table);
    struct node *items =
        arena_alloc(completion->loader.arena, (list ? 1 : 2) * count * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        const struct value_pair *pair = &table->table.pairs[i];
        if (list) {
            items[i] = value_node(completion, &pair->value);
        } else {
            items[2 * i] = value_node(completion, &pair->key);
            items[2 * i + 1] = value_node(completion, &pair->value);
        }
    }
    return (struct node){
        .kind = list ? NODE_LIST : NODE_MAP, .size = (uint32_t)count, .items = items};
}

static struct node value_node(struct completion *completion, const struct value *value)
{
    switch (value->type) {
    case VALUE_NIL:
        break;
    case VALUE_BOOLEAN:
        return text_node(value->boolean ? "true" : "false", STYLE_PLAIN);
    case VALUE_INTEGER:
        return text_node(arena_printf(completion->loader.arena, "%lld", (long long)value->integer),
                         STYLE_PLAIN);
    case VALUE_NUMBER:
        return number_node(completion, value->number);
    case VALUE_STRING:
        return string_node(completion, value);
    case VALUE_TABLE:
        return table_node(completion, value);
    }
    return text_node("null", STYLE_PLAIN);
}

/* True where a value is worked out for each task. */
static bool is_of_task(struct completion *completion, const struct node *node)
{
    const struct value none = {.type = VALUE_TABLE};
    struct loader *loader = &completion->loader;
    struct template_scope scope = {.vars = &loader->scenario->vars, .task = true, .uses = &none, .compiler = &loader->evaluation.compiler};
    struct template_fault fault = {0};
    struct template *parsed;
    return !template_parse(loader->arena, node->text, node->size, TEMPLATE_TEXT, &scope, &parsed, &fault) &&
           template_uses_task(parsed);
}

/* NODE with every template in it worked out that is not one of a task. */
static struct node worked_out(struct completion *completion, const struct node *node)
{
    struct node copy = *node;
    if (node->kind == NODE_SCALAR) {
        struct value value;
        if (node_has_template(node) && !is_of_task(completion, node) &&
            loader_value(&completion->loader, node, completion->name, &value))
            return value_node(completion, &value);
        return copy;
    }
    size_t count = node->kind == NODE_MAP ? 2 * (size_t)node->size : node->size;
    struct node *items = arena_alloc(completion->loader.arena, count * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        bool key = node->kind == NODE_MAP && i % 2 == 0;
        items[i] = key ? node->items[i] : worked_out(completion, &node->items[i]);
    }
    copy.items = items;
    return copy;
}

/* NODE, a path as it stands in a file, or a list of them, as paths that the scenario's own file may
 * hold. */
static struct node moved(struct completion *completion, const struct node *node)
{
    struct node path = worked_out(completion, node);
    struct arena *arena = completion->loader.arena;
    if (path.kind == NODE_SCALAR && node->file && path.text[0] != '/') {
        const char *directory = completion->loader.scenario->source.directories[node->file];
        struct buf text = {0};
        put_template(&text, directory, strlen(directory));
        buf_printf(&text, "/%s", path.text);
        path = text_node(arena_copy(arena, text.data, text.length), STYLE_DOUBLE);
        buf_release(&text);
    } else if (path.kind == NODE_LIST) {
        struct node *items = arena_alloc(arena, path.size * sizeof(*items));
        for (size_t i = 0; i < path.size; i++)
            items[i] = moved(completion, &node->items[i]);
        path.items = items;
    }
    return path;
}

static struct node complete_block(struct completion *completion, enum block_kind kind,
                                  const struct node *map);

/* A mapping of names to blocks, or of numbers to streams. */
static struct node complete_members(struct completion *completion, const struct key *key,
                                    const struct node *map)
{
    struct shown_mapping pairs = pairs_new(completion, map->size);
    const char *outer = completion->name;
    bool named = schema_block(key->type->block)->named;
    for (size_t i = 0; i < map->size; i++) {
        const struct node *value = node_value(map, i);
        if (named)
            completion->name = node_key(map, i)->text;
        bool block = named || value->kind == NODE_MAP;
        pairs_add(&pairs, *node_key(map, i),
                  block ? complete_block(completion, key->type->block, value)
                        : worked_out(completion, value));
    }
    completion->name = outer;
    return pairs_node(&pairs);
}

static struct node complete_value(struct completion *completion, const struct key *key,
                                  const struct node *node)
{
    enum block_kind block = key->type->block;
    bool members = key->type == &type_fds || (block && schema_block(block)->named);
    if (members && node->kind == NODE_MAP)
        return complete_members(completion, key, node);
    if (block && node->kind == NODE_MAP)
        return complete_block(completion, block, node);
    if (key->type->beside)
        return moved(completion, node);
    return key->type->early ? worked_out(completion, node) : *node;
}

/* True where the default of KEY says something in a block that was given as MAP: what it needs is there, or has a default. */
static bool has_default(struct completion *completion, const struct key *key, enum block_kind kind,
                        const struct node *map)
{
    const struct node *pool_kind = find(map, "kind");
    if (!key->fallback || key->alternative)
        return false;
    if (key->needs && !find(map, key->needs) && !has_default(completion, schema_find(kind, key->needs), kind, map))
        return false;
    if (kind != BLOCK_POOL || !key->child_only || !pool_kind)
        return true;
    struct node worked = worked_out(completion, pool_kind);
    return strcmp(worked.text, "thread") != 0;
}

/* The value of KEY in a block; false where there is nothing to tell. */
static bool find_value(struct completion *completion, const struct key *key, enum block_kind kind,
                       const struct node *map, struct node *value)
{
    const struct node *given = find(map, key->name);
    bool stream = key->type->block == BLOCK_STREAM && key->type != &type_fds;
    if (given && is_nothing(given) && !stream)
        given = NULL;
    if (!given && !has_default(completion, key, kind, map))
        return false;
    *value = given ? *given : tree_word(key->fallback);
    *value = complete_value(completion, key, value);
    return given || value->kind == NODE_SCALAR || value->size;
}

static struct node complete_block(struct completion *completion, enum block_kind kind,
                                  const struct node *map)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    struct shown_mapping pairs = pairs_new(completion, count);
    struct scenario *scenario = completion->loader.scenario;
    for (size_t i = 0; i < count; i++) {
        struct node value;
        struct node name = text_node(keys[i].name, STYLE_DOUBLE);
        if (!schema_place(&keys[i], kind) || keys[i].type == &type_include)
            continue;
        if (keys[i].type == &type_vars && scenario->vars.table.count)
            pairs_add(&pairs, name, value_node(completion, &scenario->vars));
        else if (kind == BLOCK_SCENARIO && !strcmp(keys[i].name, "name"))
            pairs_add(&pairs, name, text_node(scenario->name, STYLE_DOUBLE));
        else if (find_value(completion, &keys[i], kind, map, &value))
            pairs_add(&pairs, name, value);
    }
    return pairs_node(&pairs);
}

/* NODE without what is secret, before it is known which texts can stand without quotes. */
static void mask_node(struct arena *arena, const struct mask *mask, struct node *node)
{
    size_t count = node->kind == NODE_MAP ? 2 * (size_t)node->size : node->size;
    if (node->kind != NODE_SCALAR) {
        struct node *items = arena_alloc(arena, count * sizeof(*items));
        for (size_t i = 0; i < count; i++) {
            items[i] = node->items[i];
            mask_node(arena, mask, &items[i]);
        }
        node->items = items;
        return;
    }
    struct buf text = {0};
    mask_text(mask, &text, node->text, node->size);
    if (text.length != node->size || memcmp(buf_string(&text), node->text, text.length) != 0) {
        node->text = arena_copy(arena, buf_string(&text), text.length);
        node->size = (uint32_t)text.length;
        node->style = node->style == STYLE_PLAIN ? STYLE_DOUBLE : node->style;
    }
    buf_release(&text);
}

void scenario_print(struct buf *out, const struct scenario *scenario)
{
    struct scenario copy = *scenario;
    struct completion completion = {
        .loader =
            {
                .scenario = &copy,
                .arena = arena_new(),
                .diags = diags_new(),
                .evaluation.vars_known = true,
            },
        .name = scenario->name,
    };
    struct node node =
        complete_block(&completion, BLOCK_SCENARIO, scenario->source.root ? scenario->source.root : &empty_map);
    if (scenario->mask)
        mask_node(completion.loader.arena, scenario->mask, &node);
    yaml_print(out, &node);
    loader_release_script(&completion.loader);
    script_compiler_release(&completion.loader.evaluation.compiler);
    diags_free(completion.loader.diags);
    arena_free(completion.loader.arena);
}
