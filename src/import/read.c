/* Reading other runners' files by tables of their keys, so that no key is lost: what nobody takes is told of. */
#include <stdarg.h>

#include "base/str.h"
#include "import/private.h"
#include "yaml/quote.h"

/* Characters of a value that a comment shows. */
#define SHOWN_MOST 160

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

const struct node *import_take_map(struct import *import, const struct node *map, const char *key)
{
    const struct node *value = import_take(import, map, key);
    bool wrong = value && value->kind != NODE_MAP;
    if (wrong)
        import_expected(import, key, value, "a mapping");
    return wrong ? NULL : value;
}

void import_whole(struct import *import, const struct node *value)
{
    mark(import, value, TAKEN_WHOLE);
}

/* ---- what is taken ---- */

/* A way through the paths of all rows of the tables that are in use. */
struct row_cursor {
    size_t table;
    const struct key_row *row;
    const char *rest; /* the row's paths that are still to come */
    const char *path; /* of LENGTH */
    size_t length;
    const char *word; /* behind it; NULL: none */
    size_t word_length;
};

/* Moves to the next path; false behind the last. */
static bool next_path(const struct import *import, struct row_cursor *at)
{
    while (!at->row || !*at->rest) {
        at->row = at->row ? at->row + 1 : import->rows[at->table];
        if (!at->row)
            return false;
        at->rest = at->row->path;
        if (!at->rest) {
            at->table++;
            at->row = NULL;
        }
    }
    at->path = at->rest;
    at->length = strcspn(at->path, " =");
    at->word = at->path[at->length] == '=' ? at->path + at->length + 1 : NULL;
    at->word_length = at->word ? strcspn(at->word, " ") : 0;
    at->rest = at->word ? at->word + at->word_length : at->path + at->length;
    at->rest += strspn(at->rest, " ");
    return true;
}

/* What the last key of PATH, or what stands behind it in the row, becomes. */
static const char *word_of(struct import *import, const struct row_cursor *at, const char *path)
{
    const char *dot = strrchr(path, '.');
    char *option = arena_strdup(import->arena, dot ? dot + 1 : path);
    for (char *c = option; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return at->word ? arena_copy(import->arena, at->word, at->word_length) : option;
}

/* Tells of what was taken of VALUE, and came to nothing. */
static void tell_idle(struct import *import, const char *path, const struct node *value)
{
    bool map = value->kind == NODE_MAP && value->size && taken_of(import, value) == TAKEN_KEY;
    if (!map)
        import_dropped(import, path, value, NOTHING);
    for (size_t i = 0; map && i < value->size; i++)
        if (taken_of(import, node_value(value, i)) != NAMES_NONE)
            tell_idle(import, arena_printf(import->arena, "%s.%s", path, node_key(value, i)->text), node_value(value, i));
}

/* Whatever the row takes without a trace in the draft is told of. */
static void take(struct import *import, const struct row_cursor *at, const char *path, const struct node *value)
{
    struct draft before;
    const struct key_row *row = at->row;
    const char *word = word_of(import, at, path);
    const char *wrong = row->list && value->kind != NODE_LIST ? row->list : row->map && value->kind != NODE_MAP ? row->map : NULL;
    memcpy(&before, import->draft, sizeof(before));
    import->key = path;
    if (wrong)
        import_expected(import, path, value, wrong);
    for (size_t i = 0; row->take && !wrong && i < (row->each ? import_count(value) : 1); i++) {
        import->word = word;
        row->take(import, row->each ? import_item(value, i) : value);
    }
    if ((row->take || (value->kind == NODE_MAP && !value->size)) && !memcmp(&before, import->draft, sizeof(before)))
        tell_idle(import, path, value);
}

/* Takes what is at REST of PATH, that of a row, below MAP, and the mappings on the way to it. */
static void take_path(struct import *import, const struct row_cursor *at, const char *path, const struct node *map, const char *rest)
{
    size_t length = strcspn(rest, ".");
    const char *key = arena_copy(import->arena, rest, length);
    const struct node *value = node_find(map, key);
    bool below = rest[length];
    bool passed = below ? !value || value->kind != NODE_MAP || taken_of(import, value) == TAKEN_WHOLE
                        : at->row->only && !import_is_word(value, at->row->only);
    if (!value || passed)
        return;
    import_take(import, map, key);
    if (below)
        take_path(import, at, path, value, rest + length + 1);
    else
        take(import, at, path, value);
}

/* What rows name at KEY of the draft's mapping and below it, in their order. */
static void take_rows(struct import *import, const char *key)
{
    size_t length = strlen(key);
    for (struct row_cursor at = {0}; next_path(import, &at);) {
        bool matches = at.length >= length && !strncmp(at.path, key, length) && (at.length == length || at.path[length] == '.');
        const char *path = matches && !at.row->why ? arena_copy(import->arena, at.path, at.length) : NULL;
        if (path)
            take_path(import, &at, path, import->draft->map, path);
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
            take_rows(import, node_key(map, i)->text);
}

/* ---- what is left ---- */

static const char *why_not(struct import *import, const char *key, const struct node *value)
{
    for (struct row_cursor at = {0}; next_path(import, &at);)
        if (at.row->why && wildcard_match(arena_copy(import->arena, at.path, at.length), key) &&
            (!at.row->only || import_is_word(value, at.row->only)))
            return at.row->why;
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
            import_dropped(import, key, value, why_not(import, key, value));
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

bool import_expected(struct import *import, const char *key, const struct node *node, const char *expected)
{
    diag_error(import->diags, node_mark(import->source, node), NULL, "%s of '%s': expected %s, found %s", import_shown(import, key),
               import_shown(import, import->draft->owner), expected, show_node(node).text);
    return false;
}

void import_note_at(struct import *import, const struct node *node, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    import_note(import, "line %u: %s", (unsigned)node->line, buf_string(&text));
    buf_release(&text);
}

/* What is too long for one comment is told item by item. */
void import_dropped(struct import *import, const char *key, const struct node *value, const char *why)
{
    struct buf shown = {0};
    bool map = value->kind == NODE_MAP;
    bool apart = !show_tree(&shown, value, SHOWN_MOST) && value->kind != NODE_SCALAR;
    for (size_t i = 0; apart && i < value->size; i++)
        import_dropped(import, map ? arena_printf(import->arena, "%s.%s", key, node_key(value, i)->text) : key,
                       map ? node_value(value, i) : &value->items[i], why);
    if (!apart)
        import_note_at(import, value, "%s%s%s: %s", import_shown(import, key), shown.length ? " " : "", buf_string(&shown),
                       why ? why : "no equal in parrun's version 1");
    import_whole(import, value);
    buf_release(&shown);
}

void import_runs_nothing(struct import *import, const struct node *key, const char *kind, const char *what, const char *hint)
{
    const struct node *extends = node_find(import->draft->map, "extends");
    diag_error(import->diags, node_mark(import->source, extends ? extends : key), extends ? import->kind->whole : hint, "%s '%s' %s", kind,
               import_shown(import, key->text), extends ? "extends another, which import does not follow" : what);
}
