/* Reading one block: which keys stand in it, which should, and what each is bound to. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "scenario/defaults.h"
#include "scenario/hints/other_tools.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "yaml/quote.h"

/* Of a block with more keys a list says nothing at a glance. */
#define KEYS_LISTED 17

struct mark loader_mark(const struct loader *loader, const struct node *node)
{
    return node_mark(loader_source(loader, node), node);
}

const char *block_label(struct loader *loader, const struct block *block)
{
    if (block->kind == BLOCK_SCENARIO)
        return "the scenario";
    if (block->parent->kind == BLOCK_SCENARIO && !schema_block(block->kind)->named)
        return arena_printf(loader->arena, "'%s'", block->name);
    if (schema_block(block->kind)->named)
        return arena_printf(loader->arena, "%s '%s'", schema_block(block->kind)->name,
                            show_text(block->name, strlen(block->name)).text);
    return arena_printf(loader->arena, "'%s' of %s", block->name,
                        block_label(loader, block->parent));
}

const char *field_label(struct loader *loader, const struct field *field)
{
    if (field->block->kind == BLOCK_SCENARIO)
        return arena_printf(loader->arena, "'%s'", field->key->name);
    return arena_printf(loader->arena, "'%s' of %s", field->key->name,
                        block_label(loader, field->block));
}

const char *block_object_name(const struct loader *loader, const struct block *block)
{
    while (block && !schema_block(block->kind)->named)
        block = block->parent;
    return block ? block->name : loader->scenario->name;
}

/* The block of KIND that BLOCK is, or is inside of; NULL where it is in none. A hook is a process of its own. */
static const struct block *block_around(const struct block *block, enum block_kind kind)
{
    while (block && block->kind != kind)
        block = block->kind == BLOCK_HOOK ? NULL : block->parent;
    return block;
}

const struct block *block_pool(const struct block *block)
{
    return block_around(block, BLOCK_POOL);
}

bool block_in_process(const struct block *block)
{
    return block_around(block, BLOCK_PROCESS) != NULL;
}

const struct node *block_given(const struct block *block, const char *name)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    const struct key *key = schema_find(block->kind, name);
    return key ? block->given[key - keys] : NULL;
}

/*
 * "a process or a pool": the blocks in which a key named NAME may stand; those inside of others
 * count where there is no object alone. "" where there is none.
 */
static const char *places_of(struct loader *loader, const char *name, bool objects)
{
    const char *list = "";
    for (int kind = BLOCK_SCENARIO; kind < BLOCK_COUNT; kind++) {
        if (!schema_find((enum block_kind)kind, name) ||
            (objects && !schema_block((enum block_kind)kind)->named))
            continue;
        list = arena_printf(loader->arena, "%s%s%s", list, *list ? " or " : "",
                            schema_block((enum block_kind)kind)->article);
    }
    return list;
}

/* Stands for the value of a key that is most likely there under a wrong name. */
static const struct node misspelt = {.kind = NODE_BROKEN};

static void mark_misspelt(struct block *block, const char *name)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    const struct key *meant = name ? schema_find(block->kind, name) : NULL;
    if (meant && !block->given[meant - keys])
        block->given[meant - keys] = &misspelt;
}

/* "it has a, b and c", or where to look for more than fit. */
static const char *keys_of(struct loader *loader, enum block_kind kind)
{
    size_t count;
    const struct schema_row *rows = schema_rows(kind, &count);
    const char *list = "";
    if (count > KEYS_LISTED)
        return "parrun-scenario(5) has all of its keys";
    for (size_t i = 0; i < count; i++) {
        const char *joint = i == 0 ? "it has " : i + 1 == count ? " and " : ", ";
        list = arena_printf(loader->arena, "%s%s%s", list, joint, rows[i].key->name);
    }
    return list;
}

/* True for a mapping that says what a process or a pool runs. */
static bool is_object(const struct node *node)
{
    for (size_t i = 0; node->kind == NODE_MAP && i < node->size; i++) {
        const struct key *key = schema_find(BLOCK_POOL, node_key(node, i)->text);
        if (key && key->alternative)
            return true;
    }
    return false;
}

/* KEY stands where the kind of an object does. */
static const char *hint_of_object(const char *key)
{
    static const struct {
        const char *key;
        const char *hint;
    } kinds[] = {
        {"pool", "write pools: and below it a name for this one"},
        {"process", "write processes: and below it a name for this one"},
        {"thread", "write threads: and below it a name for this one"},
    };
    for (size_t i = 0; i < countof(kinds); i++)
        if (!strcmp(kinds[i].key, key))
            return kinds[i].hint;
    return "indent it below processes: or pools:";
}

static void report_unknown(struct loader *loader, struct block *block, const struct node *key,
                           const struct node *value)
{
    size_t count;
    const struct schema_row *rows = schema_rows(block->kind, &count);
    const char *places = places_of(loader, key->text, true);
    if (!*places)
        places = places_of(loader, key->text, false);
    const char *meant = NULL;
    const char *foreign = foreign_key(loader->arena, block->kind, key->text, value, &meant);
    loader->unsure = true;
    if (foreign) {
        diag_error(loader->diags, loader_mark(loader, key), foreign, "unknown key '%s' in %s",
                   key->text, block_label(loader, block));
        mark_misspelt(block, meant);
        return;
    }
    if (block->kind == BLOCK_SCENARIO && is_object(value)) {
        diag_error(loader->diags, loader_mark(loader, key), hint_of_object(key->text),
                   "unknown key '%s' in the scenario", show_text(key->text, key->size).text);
        return;
    }
    if (*places) {
        bool inner = block->kind != BLOCK_SCENARIO && !schema_block(block->kind)->named;
        diag_error(loader->diags, loader_mark(loader, key),
                   inner ? arena_printf(loader->arena, "%s; '%s' may stand in %s",
                                        keys_of(loader, block->kind), key->text, places)
                         : arena_printf(loader->arena, "it may stand in %s", places),
                   "key '%s' cannot stand in %s", key->text, block_label(loader, block));
        return;
    }
    struct nearest nearest = {.wrong = key->text};
    for (size_t i = 0; i < count; i++)
        nearest_offer(&nearest, rows[i].key->name);
    const char *hint = nearest.name ? arena_printf(loader->arena, "did you mean '%s'?", nearest.name)
                                    : foreign_near(loader->arena, block->kind, key->text, value, &meant);
    diag_error(loader->diags, loader_mark(loader, key), hint ? hint : keys_of(loader, block->kind), "unknown key '%s' in %s",
               show_text(key->text, key->size).text, block_label(loader, block));
    mark_misspelt(block, nearest.name ? nearest.name : meant);
}

static void take_keys(struct loader *loader, struct block *block, const struct node *map)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    for (size_t i = 0; i < map->size; i++) {
        const struct node *name = node_key(map, i);
        const struct key *key = schema_find(block->kind, name->text);
        if (key)
            block->given[key - keys] = node_value(map, i);
        else if (!schema_is_own(name->text))
            report_unknown(loader, block, name, node_value(map, i));
    }
}

/* "'run', 'exec' or 'lua'": the alternatives of a block. */
static const char *alternatives_of(struct loader *loader, enum block_kind kind)
{
    size_t count, seen = 0, total = 0;
    const struct schema_row *rows = schema_rows(kind, &count);
    for (size_t i = 0; i < count; i++)
        total += rows[i].key->alternative;
    const char *list = "";
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].key->alternative)
            continue;
        const char *joint = seen == 0 ? "" : seen + 1 == total ? " or " : ", ";
        list = arena_printf(loader->arena, "%s%s'%s'", list, joint, rows[i].key->name);
        seen++;
    }
    return list;
}

static void report_both(struct loader *loader, const struct block *block, const struct schema_row *first, const struct schema_row *second)
{
    diag_error(loader->diags, loader_mark(loader, block->given[second->number]),
               arena_printf(loader->arena, "keep one of %s", alternatives_of(loader, block->kind)),
               "%s has both '%s' and '%s'", block_label(loader, block), first->key->name, second->key->name);
    diag_note(loader->diags, loader_mark(loader, block->given[first->number]), "'%s' stands here", first->key->name);
}

static void check_alternatives(struct loader *loader, const struct block *block)
{
    size_t count;
    const struct schema_row *rows = schema_rows(block->kind, &count);
    const char *lacks = schema_block(block->kind)->lacks;
    const struct schema_row *first = NULL;
    bool unsure = false;
    for (size_t i = 0; lacks && i < count; i++) {
        const struct node *given = block->given[rows[i].number];
        if (!rows[i].key->alternative || !given)
            continue;
        if (given->kind == NODE_BROKEN)
            unsure = true;
        else if (first)
            report_both(loader, block, first, &rows[i]);
        else
            first = &rows[i];
    }
    if (lacks && !first && !unsure)
        diag_error(loader->diags, block->mark,
                   arena_printf(loader->arena, "expected %s", alternatives_of(loader, block->kind)),
                   "%s %s", block_label(loader, block), lacks);
}

/* What must hold of a key beside its value. */
static void check_key(struct loader *loader, const struct block *block, const struct key *key,
                      const struct node *node)
{
    const struct pool_spec *pool = block->kind == BLOCK_POOL ? block->spec : NULL;
    if (node && node->kind != NODE_BROKEN && key->needs && !block_given(block, key->needs))
        diag_error(loader->diags, loader_mark(loader, node), NULL,
                   "'%s' of %s needs '%s' beside it", key->name, block_label(loader, block),
                   key->needs);
    if (node && node->kind != NODE_BROKEN && key->child_only && pool && pool->kind == POOL_THREAD)
        diag_error(loader->diags, loader_mark(loader, node), "a pool of kind process may have it",
                   "'%s' of %s: a pool of kind thread runs Lua and starts no process", key->name,
                   block_label(loader, block));
    if (!node && key->required)
        diag_error(loader->diags, block->mark,
                   arena_printf(loader->arena, "for example: %s", key->example),
                   "%s needs the key '%s'", block_label(loader, block), key->name);
}

static void bind_key(struct loader *loader, const struct block *block, const struct schema_row *row)
{
    const struct key *key = row->key;
    const struct node *node = block->given[row->number];
    check_key(loader, block, key, node);
    if (!node)
        node = default_of_run(loader, block, key);
    if (!node)
        return;
    struct field field = block_field(loader, block, row);
    size_t before = diags_count(loader->diags);
    if (node->kind != NODE_BROKEN)
        key->type->bind(loader, &field, node);
    if (key->type->queues && (node->kind == NODE_BROKEN || diags_count(loader->diags) > before))
        loader->unsure = true;
}

static bool is_nothing(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->size == 0 && node->style == STYLE_PLAIN;
}

/* "run:echo hi" is one word to YAML, and a frequent slip. */
static const char *map_hint(struct loader *loader, const struct block *block,
                            const struct node *node)
{
    enum block_kind kind = block->kind;
    if (schema_block(kind)->named && schema_find(kind, block->name))
        return arena_printf(loader->arena, "indent it deeper than the name of the %s above",
                            schema_block(kind)->name);
    if (node->kind != NODE_SCALAR)
        return NULL;
    size_t word = strcspn(node->text, " ");
    const char *key = arena_copy(loader->arena, node->text, word);
    if (node->text[word] && schema_find(kind, key))
        return arena_printf(loader->arena, "write %s:%s", key,
                            show_text(node->text + word, node->size - word).text);
    const char *colon = node->style == STYLE_PLAIN ? strchr(node->text, ':') : NULL;
    if (colon && colon[1] && schema_find(kind, arena_copy(loader->arena, node->text, (size_t)(colon - node->text))))
        return strchr(colon + 1, ':') ? "put a space behind each ':'" : arena_printf(loader->arena, "put a space behind the ':': %.*s: %s", (int)(colon - node->text), node->text,
                            show_text(colon + 1, node->size - (size_t)(colon + 1 - node->text)).text);
    const char *form = foreign_short_form(loader->arena, kind, node->text);
    return form                                      ? form
           : colon && colon[1] && colon[1] != ' ' ? "put a space behind the ':'"
                                                     : NULL;
}

void block_read(struct loader *loader, struct block *block, const struct node *node)
{
    size_t count;
    const struct schema_row *rows = schema_rows(block->kind, &count);
    if (node->kind == NODE_BROKEN) {
        loader->unsure = true;
        return;
    }
    if (node->kind == NODE_MAP) {
        take_keys(loader, block, node);
    } else if (!is_nothing(node)) {
        loader->unsure = true;
        diag_error(loader->diags, loader_mark(loader, node), map_hint(loader, block, node),
                   "%s: expected a mapping of keys, found %s", block_label(loader, block),
                   show_node(node).text);
        return;
    }
    check_alternatives(loader, block);
    defaults_fill(loader, block);
    for (size_t i = 0; i < count; i++)
        bind_key(loader, block, &rows[i]);
}

void field_block(struct loader *loader, const struct field *field, const struct node *node,
                 void *spec)
{
    struct block block = {
        .kind = field->key->type->block,
        .name = field->key->name,
        .parent = field->block,
        .spec = spec,
        .mark = loader_mark(loader, node),
    };
    block_read(loader, &block, node);
}
