/* The defaults of a kind of block, as stretches of bytes. */
#include "scenario/defaults.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "scenario/types.h"

/* Bytes that a default has set; those between two stretches are not touched. */
struct stretch {
    uint16_t offset;
    uint16_t length;
};

struct defaults {
    const char *bytes; /* what the offsets are into */
    struct stretch *stretches;
    size_t count;
};

/* As large as any struct that a block fills in. */
union any_spec {
    struct process_spec process;
    struct pool_spec pool;
    struct thread_spec thread;
    struct queue_spec queue;
    struct scenario scenario;
};

_Static_assert(sizeof(union any_spec) <= UINT16_MAX, "a stretch has no room for its offset");

/* The part at OFFSET of BLOCK's spec. It has one of its own from the first key on that is given of it. */
static char *own_part(struct loader *loader, const struct block *block, const struct place *place)
{
    char *slot = (char *)block->spec + place->part, *part, *shared = NULL;
    memcpy(&part, slot, sizeof(part));
    if (loader->defaults[block->kind])
        memcpy(&shared, loader->defaults[block->kind]->bytes + place->part, sizeof(shared));
    if (part != shared)
        return part;
    part = arena_alloc(loader->arena, place->size);
    if (shared)
        memcpy(part, shared, place->size);
    memcpy(slot, &part, sizeof(part));
    return part;
}

struct field block_field(struct loader *loader, const struct block *block, const struct schema_row *row)
{
    char *spec = row->place->size ? own_part(loader, block, row->place) : block->spec;
    return (struct field){
        .key = row->key,
        .block = block,
        .member = spec + row->place->member,
        .count = row->place->count ? (size_t *)(void *)(spec + row->place->count) : NULL,
    };
}

static const struct node *fallback_node(struct loader *loader, const struct key *key)
{
    struct node *node = arena_alloc(loader->arena, sizeof(*node));
    *node = tree_word(key->fallback);
    return node;
}

static void bind_fallbacks(struct loader *loader, const struct block *block)
{
    size_t count;
    const struct schema_row *rows = schema_rows(block->kind, &count);
    for (size_t i = 0; i < count; i++)
        block_field(loader, block, &rows[i]); /* has each part, as those of any default may be looked at */
    for (size_t i = 0; i < count; i++) {
        struct field field = block_field(loader, block, &rows[i]);
        if (rows[i].key->fallback)
            rows[i].key->type->bind(loader, &field, fallback_node(loader, rows[i].key));
    }
}

/* Tells which bytes are set: those that are not 0, and all of each pointer to a part. */
static void find_set(enum block_kind kind, const char *bytes, bool *set)
{
    size_t count;
    const struct schema_row *rows = schema_rows(kind, &count);
    for (size_t i = 0; i < sizeof(union any_spec); i++)
        set[i] = bytes[i];
    for (size_t i = 0; i < count; i++)
        if (rows[i].place->size)
            memset(set + rows[i].place->part, true, sizeof(char *));
}

/* The end of the stretch of set bytes that begins at byte AT. */
static size_t stretch_end(const bool *set, size_t at)
{
    while (at < sizeof(union any_spec) && set[at])
        at++;
    return at;
}

static void find_stretches(struct defaults *defaults, enum block_kind kind, struct arena *arena)
{
    bool set[sizeof(union any_spec)];
    size_t capacity = 0;
    find_set(kind, defaults->bytes, set);
    struct stretch *stretches = NULL;
    for (size_t at = 0, end; at < sizeof(union any_spec); at = end + 1) {
        end = stretch_end(set, at);
        if (end == at)
            continue;
        stretches = mem_grow(stretches, &capacity, defaults->count + 1, sizeof(*stretches));
        stretches[defaults->count++] = (struct stretch){(uint16_t)at, (uint16_t)(end - at)};
    }
    defaults->stretches = arena_alloc(arena, defaults->count * sizeof(*stretches));
    if (defaults->count)
        memcpy(defaults->stretches, stretches, defaults->count * sizeof(*stretches));
    free(stretches);
}

/* A block like BLOCK in which nothing is given. */
static const struct defaults *work_out(struct loader *loader, const struct block *block)
{
    struct defaults *defaults = arena_alloc(loader->arena, sizeof(*defaults));
    union any_spec *spec = arena_alloc(loader->arena, sizeof(*spec));
    struct block bare = {.kind = block->kind, .name = block->name, .parent = block->parent, .spec = spec, .mark = block->mark};
    bind_fallbacks(loader, &bare);
    defaults->bytes = (const char *)spec;
    find_stretches(defaults, block->kind, loader->arena);
    return defaults;
}

void defaults_fill(struct loader *loader, const struct block *block)
{
    if (block->kind == BLOCK_SCENARIO)
        return;
    if (!loader->defaults[block->kind])
        loader->defaults[block->kind] = work_out(loader, block);
    const struct defaults *defaults = loader->defaults[block->kind];
    for (size_t i = 0; i < defaults->count; i++) {
        const struct stretch *set = &defaults->stretches[i];
        memcpy((char *)block->spec + set->offset, defaults->bytes + set->offset, set->length);
    }
}

const struct node *default_of_run(struct loader *loader, const struct block *block, const struct key *key)
{
    if (key->type == &type_on && ((const struct pool_spec *)block->spec)->kind == POOL_PROCESS)
        return loader->on;
    return key->fallback && block->kind == BLOCK_SCENARIO ? fallback_node(loader, key) : NULL;
}
