/* What the bind functions share: wording, and the values of scalars. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "scenario/loader.h"
#include "scenario/show.h"
#include "scenario/wording.h"

/* A message or a name is cut behind so many. */
#define SHOWN_CHARACTERS 200

const char *loader_shown(struct loader *loader, const char *text)
{
    struct buf out = {0};
    show_append(&out, text, strcspn(text, "\n"), SHOWN_CHARACTERS);
    char *shown = arena_strdup(loader->arena, buf_string(&out));
    buf_release(&out);
    return shown;
}

const char *field_wording(struct loader *loader, const struct key *key)
{
    struct buf text = {0};
    wording_append(&text, key);
    char *wording = arena_strdup(loader->arena, buf_string(&text));
    buf_release(&text);
    return wording;
}

void field_expected(struct loader *loader, const struct field *field, const struct node *node,
                    const char *expected, const char *hint)
{
    const char *from = "";
    if (node == loader->evaluated) {
        struct buf text = {0};
        value_text(&text, &loader->value);
        from = arena_printf(loader->arena, ", which is '%s'",
                            show_text(buf_string(&text), text.length).text);
        buf_release(&text);
    }
    diag_error(loader->diags, loader_mark(loader, node), hint, "%s: expected %s, found %s%s",
               field_label(loader, field), expected, show_node(node).text, from);
}

void field_wrong(struct loader *loader, const struct field *field, const struct node *node)
{
    field_expected(loader, field, node, field_wording(loader, field->key), NULL);
}

/* "5minutes" becomes "5m": the unit at the end of TEXT, in a word that people write for it. */
static void shorten_unit(struct buf *text)
{
    static const struct {
        const char *word;
        const char *unit;
    } units[] = {
        {"milliseconds", "ms"}, {"millisecond", "ms"}, {"msec", "ms"}, {"millis", "ms"},
        {"seconds", "s"},       {"second", "s"},       {"secs", "s"},  {"sec", "s"},
        {"minutes", "m"},       {"minute", "m"},       {"mins", "m"},  {"min", "m"},
        {"hours", "h"},         {"hour", "h"},         {"hrs", "h"},   {"hr", "h"},
    };
    size_t digits = strspn(buf_string(text), "0123456789.");
    for (size_t i = 0; i < countof(units); i++) {
        if (strcasecmp(buf_string(text) + digits, units[i].word))
            continue;
        buf_truncate(text, digits);
        buf_text(text, units[i].unit);
        return;
    }
}

void field_no_duration(struct loader *loader, const struct field *field, const struct node *node,
                       const char *text)
{
    struct buf whole = {0};
    struct error error = {0};
    const char *hint = NULL;
    int64_t ns;
    for (const char *at = text; *at; at++)
        if (*at != ' ')
            buf_char(&whole, *at);
    if (strspn(buf_string(&whole), "0123456789.") == whole.length)
        buf_char(&whole, 's');
    shorten_unit(&whole);
    if (strcmp(buf_string(&whole), text) && !duration_parse(buf_string(&whole), &ns, &error))
        hint = arena_printf(loader->arena, "write %s", buf_string(&whole));
    field_expected(loader, field, node, field_wording(loader, field->key), hint);
    error_release(&error);
    buf_release(&whole);
}

bool field_value(struct loader *loader, const struct field *field, const struct node *node,
                 struct value *value)
{
    if (node->kind == NODE_BROKEN)
        return false;
    if (node->kind != NODE_SCALAR) {
        field_wrong(loader, field, node);
        return false;
    }
    return loader_scalar(loader, node, block_object_name(loader, field->block), value);
}

bool field_text(struct loader *loader, const struct field *field, const struct node *node,
                const char **text)
{
    struct value value;
    if (!field_value(loader, field, node, &value))
        return false;
    if (value.type == VALUE_NIL || value.type == VALUE_TABLE) {
        field_wrong(loader, field, node);
        return false;
    }
    if (!node_has_template(node)) {
        *text = node->text;
        return true;
    }
    struct buf out = {0};
    value_text(&out, &value);
    *text = arena_copy(loader->arena, buf_string(&out), out.length);
    bool whole = strlen(*text) == out.length;
    buf_release(&out);
    if (!whole)
        diag_error(loader->diags, loader_mark(loader, node), NULL,
                   "%s: the template gives a text with a NUL character in it",
                   field_label(loader, field));
    return whole;
}
