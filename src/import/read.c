/* Reading other runners' files so that no key is lost: what nobody takes is told of. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "import/private.h"
#include "scenario/dotenv.h"
#include "scenario/sources.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

#define NUMBER_MOST 1000000000L

extern char **environ;

/* How much of a value was read. */
enum taken {
    TAKEN_KEY = 1, /* that it is there, and what it is where it is a scalar */
    TAKEN_WHOLE,   /* it, and all that is in it */
};

static void mark(struct import *import, const struct node *value, enum taken taken)
{
    const char *address = arena_copy(import->arena, (const char *)&value, sizeof(value));
    *names_slot(&import->taken, address, sizeof(value)) = taken;
}

const struct node *import_take(struct import *import, const struct node *map, const char *key)
{
    const struct node *value = node_find(map, key);
    if (value && names_find(&import->taken, (const char *)&value, sizeof(value)) == NAMES_NONE)
        mark(import, value, TAKEN_KEY);
    return value;
}

void import_whole(struct import *import, const struct node *value)
{
    mark(import, value, TAKEN_WHOLE);
}

bool import_is_word(const struct node *node, const char *word)
{
    return node && node->kind == NODE_SCALAR && !strcmp(node->text, word);
}

bool import_flag(struct import *import, const struct node *map, const char *key)
{
    return import_is_word(import_take(import, map, key), "true");
}

bool import_is_beside(struct import *import, const char *name)
{
    const char *directory = *name == '/' ? "" : import->directory;
    return directory && !access(arena_printf(import->arena, "%s%s", directory, name), R_OK);
}

/* ---- rows ---- */

static const struct key_row *find_row(const struct key_rows *rows, size_t count, const char *path,
                                      bool taken)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < rows[i].count; k++)
            if (!taken == !rows[i].rows[k].take && wildcard_match(rows[i].rows[k].path, path))
                return &rows[i].rows[k];
    return NULL;
}

/* The authors' own notes, and what has nothing behind it. */
static bool says_nothing(const struct node *map, size_t i)
{
    return !strncmp(node_key(map, i)->text, "x-", 2) || node_is_nothing(node_value(map, i));
}

void import_object(struct import *import, void *object, const struct node *map,
                   const struct key_rows *rows, size_t count)
{
    for (size_t i = 0; map->kind == NODE_MAP && i < map->size; i++) {
        const char *key = node_key(map, i)->text;
        const struct key_row *row = find_row(rows, count, key, true);
        if (says_nothing(map, i) || !row)
            continue;
        row->take(object, row, import_take(import, map, key));
    }
}

/* ---- what is left ---- */

void import_dropped(struct import *import, const char *key, const struct node *value,
                    const char *why)
{
    struct buf shown = {0};
    import_show(&shown, value);
    import_note(import, "line %u: %s%s%s: %s", (unsigned)value->line,
                show_text(key, strlen(key)).text, shown.length ? " " : "", buf_string(&shown),
                why ? why : "no equal in parrun's version 1");
    import_whole(import, value);
    buf_release(&shown);
}

static void tell_rest(struct import *import, const struct node *node, const char *path,
                      const struct key_rows *rows, size_t count)
{
    for (size_t i = 0; node->kind == NODE_LIST && i < node->size; i++) {
        const struct node *item = &node->items[i];
        if (item->kind != NODE_SCALAR && names_find(&import->taken, (const char *)&item, sizeof(item)) != TAKEN_WHOLE)
            tell_rest(import, item, path, rows, count);
    }
    for (size_t i = 0; node->kind == NODE_MAP && i < node->size; i++) {
        const struct node *value = node_value(node, i);
        const char *name = node_key(node, i)->text;
        const char *key = *path ? arena_printf(import->arena, "%s.%s", path, name) : name;
        size_t taken = names_find(&import->taken, (const char *)&value, sizeof(value));
        if (says_nothing(node, i) || taken == TAKEN_WHOLE)
            continue;
        if (taken == TAKEN_KEY) {
            tell_rest(import, value, key, rows, count);
            continue;
        }
        const struct key_row *row = find_row(rows, count, key, false);
        import_dropped(import, key, value, row ? row->name : NULL);
    }
}

void import_rest(struct import *import, const struct node *map, const struct key_rows *rows,
                 size_t count)
{
    tell_rest(import, map, "", rows, count);
    names_release(&import->taken);
}

/* ---- values ---- */

void import_expected(struct import *import, const char *key, const struct node *node,
                     const char *expected)
{
    diag_error(import->diags, node_mark(import->source, node), NULL,
               "%s of '%s': expected %s, found %s", show_text(key, strlen(key)).text,
               show_text(import->owner, strlen(import->owner)).text, expected,
               show_node(node).text);
}

const char *import_text(struct import *import, const struct node *map, const char *key)
{
    const struct node *node = import_take(import, map, key);
    if (node && node->kind != NODE_SCALAR)
        import_expected(import, key, node, "a text");
    return node && node->kind == NODE_SCALAR ? import_value(import, node) : NULL;
}

/* The environment, and below it the .env that both kinds of compose read. */
static struct dotenv *variables_now(struct import *import)
{
    if (import->now)
        return import->now;
    struct dotenv *now = arena_alloc(import->arena, sizeof(*now));
    struct diags *diags = diags_new();
    struct error error = {0};
    const char *path =
        arena_printf(import->arena, "%s.env", import->directory ? import->directory : "");
    *now = (struct dotenv){.arena = import->arena, .environment = (const char *const *)environ};
    const struct source *source =
        import_is_beside(import, ".env") ? sources_read(import->held, path, path, &error) : NULL;
    if (source)
        dotenv_read(now, source, diags);
    error_release(&error);
    diags_free(diags);
    return import->now = now;
}

/* True where there is more than "$$" and what a shell may have meant. */
static bool has_variable(const struct import *import, const char *text)
{
    for (; (text = strchr(text, '$')); text += text[1] == '$' ? 2 : 1)
        if (text[1] == '{' || (import->dollar == DOLLAR_COMPOSE &&
                               (isalpha((unsigned char)text[1]) || text[1] == '_')))
            return true;
    return false;
}

const char *import_now(struct import *import, const char *key, const struct node *node)
{
    struct buf text = {0};
    if (node->kind != NODE_SCALAR)
        import_expected(import, key, node, "one value");
    if (node->kind != NODE_SCALAR || import->dollar == DOLLAR_PLAIN)
        return node->kind == NODE_SCALAR ? node->text : NULL;
    if (!has_variable(import, node->text))
        return import_value(import, node);
    const char *now = dotenv_expand(variables_now(import), node->text, &text)
                          ? arena_copy(import->arena, buf_string(&text), text.length)
                          : node->text;
    buf_release(&text);
    import_note(import,
                "line %u: %s %s: taken as '%s', which it is at the import; parrun has to know it",
                (unsigned)node->line, show_text(key, strlen(key)).text,
                arena_strdup(import->arena, show_text(node->text, node->size).text),
                show_text(now, strlen(now)).text);
    return now;
}

long import_number(struct import *import, const char *key, const struct node *node, long fallback,
                   long least)
{
    const char *text = node ? import_now(import, key, node) : NULL;
    if (!node || !text)
        return node ? -1 : fallback;
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (!errno && end != text && !*end && number >= least && number <= NUMBER_MOST)
        return number;
    import_expected(import, key, node,
                    arena_printf(import->arena, "a whole number from %ld on", least));
    return -1;
}

long import_key_number(struct import *import, const struct node *map, const char *key, long fallback, long least)
{
    return import_number(import, key, import_take(import, map, key), fallback, least);
}

const char *import_key_now(struct import *import, const struct node *map, const char *key, const char *label)
{
    const struct node *node = import_take(import, map, key);
    return node ? import_now(import, label, node) : NULL;
}

const char *import_duration(struct import *import, const char *key, const struct node *node, const char *example, int64_t *ns)
{
    struct error error = {0};
    const char *text = import_now(import, key, node);
    bool right = text && !duration_parse(text, ns, &error);
    if (text && !right)
        import_expected(import, key, node, arena_printf(import->arena, "a duration such as %s", example));
    error_release(&error);
    return right ? text : NULL;
}

void import_runs_nothing(struct import *import, const struct node *key, const struct node *map, const char *kind, const char *what,
                         const char *hint)
{
    const struct node *extends = node_find(map, "extends");
    diag_error(import->diags, node_mark(import->source, extends ? extends : key), extends ? import->whole : hint, "%s '%s' %s", kind,
               show_text(key->text, key->size).text, extends ? "extends another, which import does not follow" : what);
}
