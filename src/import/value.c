/* Values of other runners' files: texts, numbers, and files beside them. */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/unit.h"
#include "import/private.h"
#include "scenario/dotenv.h"
#include "scenario/sources.h"

#define NUMBER_MOST 1000000000L

extern char **environ;

void texts_append(struct texts *texts, const char *const *items, size_t count)
{
    texts->items = mem_grow(texts->items, &texts->capacity, texts->count + count, sizeof(*texts->items));
    for (size_t i = 0; i < count; i++)
        texts->items[texts->count++] = items[i];
}

void texts_release(struct texts *texts)
{
    free(texts->items);
    *texts = (struct texts){0};
}

size_t import_count(const struct node *value)
{
    return value->kind == NODE_LIST ? value->size : 1;
}

const struct node *import_item(const struct node *value, size_t i)
{
    return value->kind == NODE_LIST ? &value->items[i] : value;
}

/* The booleans of YAML 1.1, which both programs still take, as those of today; another word itself. */
static const char *plain_word(const char *text)
{
    static const char *const words[][2] = {{"true", "true"}, {"yes", "true"}, {"on", "true"},  {"y", "true"},
                                           {"false", "false"}, {"no", "false"}, {"off", "false"}, {"n", "false"}};
    for (size_t i = 0; i < countof(words); i++)
        if (!strcasecmp(words[i][0], text))
            return words[i][1];
    return text;
}

bool import_is_word(const struct node *node, const char *word)
{
    return node && node->kind == NODE_SCALAR && !strcmp(plain_word(node->text), word);
}

const char *import_boolean(struct import *import, const char *key, const struct node *node)
{
    const char *text = import_now(import, key, node);
    return text ? plain_word(text) : NULL;
}

bool import_says(struct import *import, const struct node *map, const char *key, const char *word)
{
    return import_is_word(node_find(map, key), word) && import_take(import, map, key);
}

const char *import_word(struct import *import, const char *words, const char *theirs)
{
    size_t length = strlen(theirs);
    for (const char *at = words; *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        if (size > length && at[length] == '=' && !memcmp(at, theirs, length))
            return arena_copy(import->arena, at + length + 1, size - length - 1);
        at += size;
    }
    return NULL;
}

const char *import_beside(struct import *import, const char *name)
{
    const char *directory = *name == '/' ? "" : import->directory;
    const char *path = directory ? arena_printf(import->arena, "%s%s", directory, name) : NULL;
    return path && !access(path, R_OK) ? path : NULL;
}

const struct source *import_source(struct import *import, const char *name)
{
    struct error error = {0};
    const char *path = import_beside(import, name);
    const struct source *source = path ? sources_read(import->held, path, path, &error) : NULL;
    error_release(&error);
    return source;
}

/* ---- templates ---- */

const char *import_value(struct import *import, const struct node *node)
{
    return node->kind == NODE_SCALAR ? import_template(import, node, node->text, TEMPLATE_TEXT) : NULL;
}

const char *import_part(struct import *import, const struct node *map, const char *key, const char *fallback)
{
    const struct node *node = import_take(import, map, key);
    if (node && node->kind != NODE_SCALAR)
        import_expected(import, key, node, "a text");
    const char *text = node ? import_value(import, node) : NULL;
    return text && *text ? text : fallback;
}

bool import_texts(struct import *import, const char *key, const struct node *value, size_t first, struct texts *texts)
{
    for (size_t i = first; i < import_count(value); i++) {
        const struct node *item = import_item(value, i);
        const char *text = import_value(import, item);
        if (item->kind != NODE_SCALAR)
            import_expected(import, key, item, "a text");
        if (!text)
            return false;
        texts_add(texts, text);
    }
    return true;
}

/* ---- as they are now ---- */

struct dotenv *import_variables_now(struct import *import)
{
    const struct source *source = import->now ? NULL : import_source(import, ".env");
    struct diags *diags = diags_new();
    if (!import->now) {
        import->now = arena_alloc(import->arena, sizeof(*import->now));
        *import->now = (struct dotenv){.arena = import->arena, .environment = (const char *const *)environ};
    }
    if (source)
        dotenv_read(import->now, source, diags);
    diags_free(diags);
    return import->now;
}

const char *import_now(struct import *import, const char *key, const struct node *node)
{
    struct buf text = {0};
    if (node->kind != NODE_SCALAR)
        import_expected(import, key, node, "one value");
    if (node->kind != NODE_SCALAR || import->dollar == DOLLAR_PLAIN)
        return node->kind == NODE_SCALAR ? node->text : NULL;
    if (!import_has_variable(import, node->text))
        return import_value(import, node);
    bool right = dotenv_expand(import_variables_now(import), node->text, &text);
    const char *now = right ? arena_strdup(import->arena, buf_string(&text)) : node->text;
    buf_release(&text);
    import_note_at(import, node, "%s %s: taken as '%s', which it is at the import; parrun has to know it", import_shown(import, key),
                   import_shown(import, node->text), import_shown(import, now));
    return now;
}

const char *import_key_now(struct import *import, const struct node *map, const char *key, const char *label)
{
    const struct node *node = import_take(import, map, key);
    return node ? import_now(import, label, node) : NULL;
}

long import_number(struct import *import, const char *key, const struct node *node, long fallback, long least)
{
    const char *text = node ? import_now(import, key, node) : NULL;
    if (!text)
        return node ? -1 : fallback;
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (!errno && end != text && !*end && number >= least && number <= NUMBER_MOST)
        return number;
    import_expected(import, key, node, arena_printf(import->arena, "a whole number from %ld on", least));
    return -1;
}

long import_key_number(struct import *import, const struct node *map, const char *key, long fallback)
{
    return import_number(import, key, import_take(import, map, key), fallback, 0);
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
