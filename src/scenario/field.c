/* What the bind functions share: wording, and the values of scalars. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/nearest.h"
#include "base/str.h"
#include "scenario/loader.h"
#include "yaml/quote.h"
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

const char *loader_did_you_mean(struct loader *loader, const struct nearest *nearest, const char *otherwise)
{
    return nearest->name ? arena_printf(loader->arena, "did you mean '%s'?", nearest->name) : otherwise;
}

const char *loader_identifier(struct loader *loader, const char *text)
{
    char *name = arena_printf(loader->arena, "%s%s", *text >= '0' && *text <= '9' ? "_" : "", text);
    for (char *at = name; *at; at++)
        if (!is_identifier((char[]){'_', *at, '\0'}))
            *at = '_';
    return *name ? arena_printf(loader->arena, "write %s", name) : NULL;
}

const struct choice *field_choice(const struct field *field, const char *text, struct nearest *nearest)
{
    *nearest = (struct nearest){.wrong = text};
    for (const struct choice *choice = field->key->choices; choice->name; choice++) {
        if (!strcmp(choice->name, text))
            return choice;
        nearest_offer(nearest, choice->name);
    }
    return NULL;
}

void field_expected(struct loader *loader, const struct field *field, const struct node *node,
                    const char *expected, const char *hint)
{
    const char *from = "";
    if (node == loader->evaluation.evaluated) {
        struct buf text = {0};
        value_text(&text, &loader->evaluation.value);
        from = arena_printf(loader->arena, ", which is '%s'",
                            show_text(buf_string(&text), text.length).text);
        buf_release(&text);
    }
    diag_error(loader->diags, loader_mark(loader, node), hint, "%s: expected %s, found %s%s",
               field_label(loader, field), expected, show_node(node).text, from);
}

/* So many items of a list are compared with each other. */
#define COMPARED_MOST 1000

void field_warn_twice(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct node *items = node->items;
    for (size_t i = 1; node->kind == NODE_LIST && node->size <= COMPARED_MOST && i < node->size; i++)
        for (size_t j = 0; j < i; j++) {
            if (items[i].kind != NODE_SCALAR || items[j].kind != NODE_SCALAR || strcmp(items[i].text, items[j].text) != 0)
                continue;
            diag_warning(loader->diags, loader_mark(loader, &items[i]), "leave one of them out", "%s names '%s' twice",
                         field_label(loader, field), loader_shown(loader, items[i].text));
            break;
        }
}

void field_wrong(struct loader *loader, const struct field *field, const struct node *node)
{
    field_expected(loader, field, node, field_wording(loader, field->key), NULL);
}

void field_meant(struct loader *loader, const struct field *field, const struct node *node,
                 const char *meant)
{
    field_expected(loader, field, node, field_wording(loader, field->key),
                   meant ? arena_printf(loader->arena, "write %s", meant) : NULL);
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
    loader_warn_of_shell(loader, node);
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
