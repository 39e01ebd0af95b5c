/* How each key of a scenario is put together with the same key of another file. */
#include "scenario/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/name_index.h"
#include "scenario/loader.h"
#include "yaml/quote.h"

enum merge_way {
    WAY_ALONE,   /* it is the including file's alone */
    WAY_EQUAL,   /* every file may say it, for itself */
    WAY_JOIN,    /* mappings of objects: one behind the other */
    WAY_OVERLAY, /* mappings: the including file's entries win */
    WAY_APPEND,  /* lists */
};

static const struct {
    const char *key;
    enum merge_way way;
} ways[] = {
    {"version", WAY_EQUAL}, {"include", WAY_EQUAL}, {"vars", WAY_OVERLAY}, {"env_file", WAY_APPEND},
    {"env", WAY_OVERLAY},   {"log", WAY_OVERLAY},   {"queues", WAY_JOIN},  {"processes", WAY_JOIN},
    {"pools", WAY_JOIN},    {"threads", WAY_JOIN}, {"resources", WAY_OVERLAY},
};

static enum merge_way way_of(const char *key)
{
    for (size_t i = 0; i < countof(ways); i++)
        if (!strcmp(ways[i].key, key))
            return ways[i].way;
    return schema_is_own(key) || !schema_find(BLOCK_SCENARIO, key) ? WAY_EQUAL : WAY_ALONE;
}

void merge_check_part(struct loader *loader, const struct node *root)
{
    for (size_t i = 0; i < root->size; i++) {
        const struct node *key = node_key(root, i);
        if (way_of(key->text) == WAY_ALONE)
            diag_error(loader->diags, loader_mark(loader, key),
                       "it belongs into the file that includes this one",
                       "'%s' cannot stand in an included file", key->text);
    }
}

static struct node *find_value(struct merge *merge, const char *key)
{
    for (size_t i = 0; i < merge->count; i++)
        if (!strcmp(merge->items[2 * i].text, key))
            return &merge->items[2 * i + 1];
    return NULL;
}

static bool is_nothing(const struct node *node)
{
    return node->kind == NODE_SCALAR && !node->size && node->style == STYLE_PLAIN;
}

/* FIRST and behind it SECOND, both mappings. */
static struct node join(struct arena *arena, const struct node *first, const struct node *second)
{
    struct node joined = *second;
    size_t before = 2 * (size_t)first->size;
    size_t behind = 2 * (size_t)second->size;
    struct node *items = arena_alloc(arena, (before + behind) * sizeof(*items));
    if (before)
        memcpy(items, first->items, before * sizeof(*items));
    if (behind)
        memcpy(items + before, second->items, behind * sizeof(*items));
    joined.items = items;
    joined.size = first->size + second->size;
    return joined;
}

static void report_twice(struct loader *loader, const struct node *first, const struct node *second)
{
    diag_error(loader->diags, loader_mark(loader, second), "take it out of one of them",
               "two included files define '%s'", show_text(second->text, second->size).text);
    diag_note(loader->diags, loader_mark(loader, first), "the other stands here");
}

/* The entries of LATER, and those of EARLIER that it does not have; TWICE: having one is wrong. */
static struct node overlay(struct loader *loader, const struct node *earlier,
                           const struct node *later, bool twice)
{
    struct names names = {0};
    for (size_t i = 0; i < later->size; i++)
        *names_slot(&names, node_key(later, i)->text, node_key(later, i)->size) = i;
    struct node *kept = arena_alloc(loader->arena, 2 * (size_t)earlier->size * sizeof(*kept));
    struct node rest = *earlier;
    rest.items = kept;
    rest.size = 0;
    for (size_t i = 0; i < earlier->size; i++) {
        const struct node *key = node_key(earlier, i);
        size_t number = names_find(&names, key->text, key->size);
        if (number == NAMES_NONE)
            memcpy(kept + 2 * (size_t)rest.size++, key, 2 * sizeof(*kept));
        else if (twice)
            report_twice(loader, key, node_key(later, number));
    }
    names_release(&names);
    return join(loader->arena, &rest, later);
}

/* The items of both, of which each may be one item alone. */
static struct node append(struct arena *arena, const struct node *first, const struct node *second)
{
    const struct node *both[] = {first, second};
    struct node list = *second;
    size_t count = 0;
    struct node *items =
        arena_alloc(arena, ((size_t)first->size + second->size + 2) * sizeof(*items));
    for (size_t i = 0; i < countof(both); i++) {
        size_t size = both[i]->kind == NODE_LIST ? both[i]->size : 1;
        if (size)
            memcpy(items + count, both[i]->kind == NODE_LIST ? both[i]->items : both[i],
                   size * sizeof(*items));
        count += size;
    }
    list.kind = NODE_LIST;
    list.items = items;
    list.size = (uint32_t)count;
    return list;
}

static void merge_values(struct merge *merge, enum merge_way way, struct node *earlier,
                         const struct node *later, bool own)
{
    struct loader *loader = merge->loader;
    bool maps = earlier->kind == NODE_MAP && later->kind == NODE_MAP;
    if (is_nothing(later) || later->kind == NODE_BROKEN)
        return;
    if (way == WAY_EQUAL || is_nothing(earlier) || earlier->kind == NODE_BROKEN)
        *earlier = *later;
    else if (way == WAY_APPEND)
        *earlier = append(loader->arena, earlier, later);
    else if (!maps)
        *earlier = later->kind == NODE_MAP ? *earlier : *later; /* told of when it is bound */
    else if (way == WAY_JOIN)
        *earlier = join(loader->arena, earlier, later);
    else
        *earlier = overlay(loader, earlier, later, !own);
}

static void merge_root(struct merge *merge, const struct node *root, bool own)
{
    for (size_t i = 0; i < root->size; i++) {
        const struct node *key = node_key(root, i);
        struct node *earlier = find_value(merge, key->text);
        if (earlier) {
            merge_values(merge, way_of(key->text), earlier, node_value(root, i), own);
            continue;
        }
        merge->items =
            mem_grow(merge->items, &merge->capacity, 2 * merge->count + 2, sizeof(*merge->items));
        memcpy(merge->items + 2 * merge->count++, key, 2 * sizeof(*key));
    }
}

void merge_included(struct merge *merge, const struct node *root)
{
    merge_root(merge, root, false);
}

void merge_own(struct merge *merge, const struct node *root)
{
    merge_root(merge, root, true);
}

const struct node *merge_finish(struct merge *merge, const struct node *root)
{
    struct arena *arena = merge->loader->arena;
    size_t bytes = 2 * merge->count * sizeof(struct node);
    struct node *whole = arena_alloc(arena, sizeof(*whole));
    struct node *items = arena_alloc(arena, bytes);
    memcpy(items, merge->items, bytes);
    *whole = *root;
    whole->items = items;
    whole->size = (uint32_t)merge->count;
    free(merge->items);
    *merge = (struct merge){.loader = merge->loader};
    return whole;
}
