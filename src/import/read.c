/* Reading other runners' files by tables of their keys, so that no key is lost: what nobody takes is told of. */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "import/private.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

/* How much of a value was read. */
enum taken {
    TAKEN_KEY = 1, /* that it is there, and what it is where it is a scalar */
    TAKEN_WHOLE,   /* it, and all that is in it */
};

static size_t taken_of(const struct import *import, const struct node *value)
{
    return names_find(&import->taken, (const char *)&value, sizeof(value));
}

static void mark(struct import *import, const struct node *value, enum taken taken)
{
    const char *address = arena_copy(import->arena, (const char *)&value, sizeof(value));
    *names_slot(&import->taken, address, sizeof(value)) = taken;
}

const struct node *import_take(struct import *import, const struct node *map, const char *key)
{
    const struct node *value = node_find(map, key);
    if (value && taken_of(import, value) == NAMES_NONE)
        mark(import, value, TAKEN_KEY);
    return value;
}

void import_whole(struct import *import, const struct node *value)
{
    mark(import, value, TAKEN_WHOLE);
}

/* ---- what is taken ---- */

void import_later(struct import *import, const struct key_row *row, const struct node *value)
{
    (void)import;
    (void)row;
    (void)value;
}

static bool takes(const struct key_row *row, const struct node *value)
{
    return row->take && (!row->only || import_is_word(value, row->only));
}

static void take(struct import *import, const struct key_row *row, const struct node *value)
{
    if (row->list && value->kind != NODE_LIST)
        import_expected(import, row->path, value, row->list);
    else if (row->map && value->kind != NODE_MAP)
        import_expected(import, row->path, value, row->map);
    else
        row->take(import, row, value);
}

/* Takes what is at PATH below MAP for ROW, and the mappings on the way to it. */
static void take_path(struct import *import, const struct key_row *row, const struct node *map, const char *path)
{
    size_t length = strcspn(path, ".");
    const char *key = arena_copy(import->arena, path, length);
    const struct node *value = node_find(map, key);
    if (!value || (path[length] ? value->kind != NODE_MAP : !takes(row, value)))
        return;
    import_take(import, map, key);
    if (path[length])
        take_path(import, row, value, path + length + 1);
    else
        take(import, row, value);
}

/* What rows name at KEY, of VALUE, and below it, in their order. */
static void take_rows(struct import *import, const char *key, const struct node *value)
{
    size_t length = strlen(key);
    for (size_t i = 0; import->rows[i]; i++) {
        for (const struct key_row *row = import->rows[i]; row->path; row++) {
            bool whole = taken_of(import, value) == TAKEN_WHOLE;
            if (!strcmp(row->path, key) && takes(row, value)) {
                import_take(import, import->draft->map, key);
                take(import, row, value);
            } else if (row->take && !whole && !strncmp(row->path, key, length) && row->path[length] == '.') {
                take_path(import, row, value, row->path + length + 1);
            }
        }
    }
}

/* The authors' own notes, and what has nothing behind it. */
static bool says_nothing(const struct node *map, size_t i)
{
    return !strncmp(node_key(map, i)->text, "x-", 2) || node_is_nothing(node_value(map, i));
}

void import_read(struct import *import)
{
    const struct node *map = import->draft->map;
    for (size_t i = 0; map->kind == NODE_MAP && i < map->size; i++)
        if (!says_nothing(map, i))
            take_rows(import, node_key(map, i)->text, node_value(map, i));
}

/* ---- what is left ---- */

static const char *why_not(const struct import *import, const char *path)
{
    for (size_t i = 0; import->rows[i]; i++)
        for (const struct key_row *row = import->rows[i]; row->path; row++)
            if (row->why && wildcard_match(row->path, path))
                return row->why;
    return NULL;
}

static void tell_rest(struct import *import, const struct node *node, const char *path)
{
    bool map = node->kind == NODE_MAP;
    for (size_t i = 0; node->kind != NODE_SCALAR && i < node->size; i++) {
        const struct node *value = map ? node_value(node, i) : &node->items[i];
        const char *key = !map ? path : arena_printf(import->arena, "%s%s%s", path, *path ? "." : "", node_key(node, i)->text);
        size_t taken = taken_of(import, value);
        if (taken == TAKEN_WHOLE || (map && says_nothing(node, i)))
            continue;
        if (!map || taken == TAKEN_KEY)
            tell_rest(import, value, key);
        else
            import_dropped(import, key, value, why_not(import, key));
    }
}

void import_rest(struct import *import)
{
    tell_rest(import, import->draft->map, "");
    names_release(&import->taken);
}

/* ---- messages ---- */

const char *import_shown(struct import *import, const char *text)
{
    return arena_strdup(import->arena, show_text(text, strlen(text)).text);
}

void import_expected(struct import *import, const char *key, const struct node *node, const char *expected)
{
    diag_error(import->diags, node_mark(import->source, node), NULL, "%s of '%s': expected %s, found %s",
               import_shown(import, key), import_shown(import, import->draft->owner), expected, show_node(node).text);
}

void import_dropped(struct import *import, const char *key, const struct node *value, const char *why)
{
    struct buf shown = {0};
    import_show(&shown, value);
    import_note(import, "line %u: %s%s%s: %s", (unsigned)value->line, import_shown(import, key), shown.length ? " " : "",
                buf_string(&shown), why ? why : "no equal in parrun's version 1");
    import_whole(import, value);
    buf_release(&shown);
}

void import_runs_nothing(struct import *import, const struct node *key, const char *kind, const char *what, const char *hint)
{
    const struct node *extends = node_find(import->draft->map, "extends");
    diag_error(import->diags, node_mark(import->source, extends ? extends : key), extends ? import->kind->whole : hint, "%s '%s' %s",
               kind, import_shown(import, key->text), extends ? "extends another, which import does not follow" : what);
}

void import_unread(struct import *import, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (import_is_beside(import, names[i]))
            import_note(import, "%s is not read here: %s.", names[i], import->kind->whole);
}
