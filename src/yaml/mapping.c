/* Duplicate keys and merge keys. */
#include "yaml/mapping.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/name_index.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

/* Mappings up to this many pairs are compared pair by pair, which is quicker than an index. */
#define MAPPING_SMALL 8

/* The pairs that stay, and how to find a key among them. */
struct pairs {
    struct node *items; /* key, value, key, value */
    size_t count;       /* of pairs */
    struct names names;
    bool indexed;
    bool broken; /* a key was no scalar: what the mapping means is anyone's guess */
};

static bool is_merge(const struct node *key)
{
    return key->kind == NODE_SCALAR && key->style == STYLE_PLAIN && key->tag == TAG_NONE &&
           key->size == 2 && !memcmp(key->text, "<<", 2);
}

static const struct node *pairs_find(const struct pairs *pairs, const struct node *key)
{
    if (pairs->indexed) {
        size_t number = names_find(&pairs->names, key->text, key->size);
        return number == NAMES_NONE ? NULL : &pairs->items[2 * number];
    }
    for (size_t i = 0; i < pairs->count; i++) {
        const struct node *other = &pairs->items[2 * i];
        if (other->size == key->size && !memcmp(other->text, key->text, key->size))
            return other;
    }
    return NULL;
}

static void pairs_add(struct pairs *pairs, const struct node *key, const struct node *value)
{
    if (pairs->indexed)
        *names_slot(&pairs->names, key->text, key->size) = pairs->count;
    pairs->items[2 * pairs->count] = *key;
    pairs->items[2 * pairs->count + 1] = *value;
    pairs->count++;
}

static void report_key(const struct node *key, const struct source *source, struct diags *diags)
{
    if (key->kind == NODE_BROKEN)
        return;
    const char *braces = "{{";
    bool doubled = key->offset > 0 && !memcmp(source->text + key->offset - 1, braces, 2);
    diag_error(diags, node_mark(source, key),
               doubled ? "a template is written ${{ ... }}, a text with braces in quotes" : NULL,
               "a key must be a plain word, found %s", show_node(key).text);
}

/* Adds the pairs of what stands behind a "<<" that are not there yet. */
static void merge_map(struct pairs *pairs, const struct node *map)
{
    for (size_t i = 0; i < map->size; i++)
        if (!pairs_find(pairs, node_key(map, i)))
            pairs_add(pairs, node_key(map, i), node_value(map, i));
}

/* The mappings behind a "<<": one, or a list of them. Their number; the first is at *FIRST. */
static size_t merged_maps(const struct node *value, const struct node **first)
{
    *first = value->kind == NODE_LIST ? value->items : value;
    return value->kind == NODE_LIST ? value->size : 1;
}

/* The most pairs that MAP may have after merging. */
static size_t count_pairs(const struct node *map)
{
    size_t count = map->size;
    for (size_t i = 0; i < map->size; i++) {
        if (!is_merge(node_key(map, i)))
            continue;
        const struct node *first;
        size_t maps = merged_maps(node_value(map, i), &first);
        for (size_t j = 0; j < maps; j++)
            if (first[j].kind == NODE_MAP)
                count += first[j].size;
    }
    return count;
}

static void add_own(struct pairs *pairs, const struct node *map, const struct source *source,
                    struct diags *diags)
{
    for (size_t i = 0; i < map->size; i++) {
        const struct node *key = node_key(map, i);
        if (key->kind != NODE_SCALAR) {
            report_key(key, source, diags);
            pairs->broken = true;
            continue;
        }
        const struct node *same = pairs_find(pairs, key);
        if (same) {
            diag_error(diags, node_mark(source, key), "a key may stand once in a mapping",
                       "duplicate key '%s': it stands here a second time", show_text(key->text, key->size).text);
            diag_note(diags, node_mark(source, same), "it stands here first");
        } else {
            pairs_add(pairs, key, node_value(map, i));
        }
    }
}

static void add_merged(struct pairs *pairs, const struct node *value, const struct source *source,
                       struct diags *diags)
{
    const struct node *first;
    size_t maps = merged_maps(value, &first);
    for (size_t j = 0; j < maps; j++) {
        if (first[j].kind == NODE_MAP)
            merge_map(pairs, &first[j]);
        else if (first[j].kind != NODE_BROKEN)
            diag_error(diags, node_mark(source, &first[j]), NULL,
                       "'<<' merges a mapping or a list of mappings, found %s",
                       show_node(&first[j]).text);
    }
}

/* Takes the pair of the "<<" out; NULL where there is none, else a copy of its value. */
static bool take_merge(struct pairs *pairs, struct node *value)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (!is_merge(&pairs->items[2 * i]))
            continue;
        *value = pairs->items[2 * i + 1];
        pairs->count--;
        memmove(&pairs->items[2 * i], &pairs->items[2 * i + 2],
                2 * (pairs->count - i) * sizeof(struct node));
        return true;
    }
    return false;
}

void mapping_finish(struct node *map, struct arena *arena, const struct source *source,
                    struct diags *diags)
{
    size_t most = count_pairs(map);
    struct pairs pairs = {.indexed = most > MAPPING_SMALL};
    pairs.items = arena_alloc(arena, 2 * most * sizeof(struct node));
    if (pairs.indexed)
        names_reserve(&pairs.names, most);
    add_own(&pairs, map, source, diags);
    struct node value;
    if (take_merge(&pairs, &value)) {
        names_release(&pairs.names);
        for (size_t i = 0; pairs.indexed && i < pairs.count; i++)
            *names_slot(&pairs.names, pairs.items[2 * i].text, pairs.items[2 * i].size) = i;
        add_merged(&pairs, &value, source, diags);
    }
    names_release(&pairs.names);
    map->items = pairs.items;
    map->size = (uint32_t)pairs.count;
    if (pairs.broken)
        map->kind = NODE_BROKEN;
}
