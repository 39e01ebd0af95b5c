/* Types whose value is one word or number, and the blocks made of nothing but such. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/str.h"
#include "base/unit.h"
#include "event/event.h"
#include "scenario/check/missing_files.h"
#include "scenario/hints/values.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "template/template.h"
#include "yaml/quote.h"
#include "yaml/scalar.h"

static const char *integer_hint(const struct node *node, const struct key *key)
{
    if (key->most && key->least == key->most)
        return "leave it out: there is no other yet";
    if (node->style == STYLE_PLAIN && scalar_is_padded(node->text, node->size))
        return "write the number without the leading zero";
    if (node->style == STYLE_PLAIN && scalar_plain(node->text, node->size).type == VALUE_INTEGER && !strcmp(key->name, "attempts"))
        return "write 1 for one try and no other";
    bool quoted = node->style != STYLE_PLAIN && scalar_plain(node->text, node->size).type == VALUE_INTEGER;
    return quoted ? "write the number without quotes" : NULL;
}

static void bind_integer(struct loader *loader, const struct field *field, const struct node *node)
{
    struct value value;
    const struct key *key = field->key;
    if (!field_value(loader, field, node, &value))
        return;
    bool ranged = key->least || key->most;
    if (value.type != VALUE_INTEGER ||
        (ranged && (value.integer < key->least || value.integer > key->most))) {
        field_expected(loader, field, node, field_wording(loader, key), integer_hint(node, key));
        return;
    }
    *(int64_t *)field->member = value.integer;
}

static const char *boolean_hint(struct loader *loader, const struct node *node)
{
    struct nearest nearest = {.wrong = node->text};
    static const struct {
        const char *word;
        const char *hint;
    } words[] = {
        {"yes", "write true"},
        {"on", "write true"},
        {"no", "write false"},
        {"off", "write false"},
        {"true", "write true, in small letters and without quotes"},
        {"false", "write false, in small letters and without quotes"},
    };
    for (size_t i = 0; node->kind == NODE_SCALAR && i < countof(words); i++)
        if (!strcasecmp(words[i].word, node->text))
            return words[i].hint;
    if (node->kind != NODE_SCALAR)
        return NULL;
    nearest_offer(&nearest, "true");
    nearest_offer(&nearest, "false");
    return loader_did_you_mean(loader, &nearest, NULL);
}

static void bind_boolean(struct loader *loader, const struct field *field, const struct node *node)
{
    struct value value;
    if (!field_value(loader, field, node, &value))
        return;
    if (value.type != VALUE_BOOLEAN)
        field_expected(loader, field, node, field->key->type->wording, boolean_hint(loader, node));
    else
        *(bool *)field->member = value.boolean;
}

/* Behind the body of its process. */
static void bind_forking(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct process_spec *process = field->block->spec;
    bind_boolean(loader, field, node);
    if (process->forking && process->object.body.kind == BODY_LUA)
        diag_error(loader->diags, loader_mark(loader, node), "take 'forking' away",
                   "process '%s': a body of Lua cannot put itself into the background", process->object.name);
}

void duration_wrong(struct loader *loader, const struct field *field, const struct node *node,
                    const char *text, const struct error *error)
{
    if (error->code == -ERANGE)
        diag_error(loader->diags, loader_mark(loader, node), NULL, "%s: %s", field_label(loader, field),
                   loader_shown(loader, error->text));
    else
        field_meant(loader, field, node, meant_duration(loader->arena, text));
}

static void bind_duration(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    struct error error = {0};
    if (!field_text(loader, field, node, &text))
        return;
    if (duration_parse(text, field->member, &error)) {
        duration_wrong(loader, field, node, text, &error);
        error_release(&error);
    }
}

static void bind_signal(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    struct error error = {0};
    if (!field_text(loader, field, node, &text))
        return;
    if (signal_parse(text, field->member, &error)) {
        field_meant(loader, field, node, meant_signal(loader->arena, text));
        error_release(&error);
    }
}

static void bind_text(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    if (!field_text(loader, field, node, &text))
        return;
    if (*text)
        *(const char **)field->member = text;
    else
        field_wrong(loader, field, node);
}

static bool find_choice(struct loader *loader, const struct field *field, const struct node *node,
                        int *found)
{
    const char *text;
    if (!field_text(loader, field, node, &text))
        return false;
    struct nearest nearest, ignored;
    const struct choice *choice = field_choice(field, text, &nearest);
    if (choice) {
        *found = choice->value;
        return true;
    }
    const char *other = meant_choice(loader->arena, text);
    const char *hint = other && field_choice(field, other, &ignored) ? arena_printf(loader->arena, "write %s", other)
                                                                     : loader_did_you_mean(loader, &nearest, NULL);
    field_expected(loader, field, node, field_wording(loader, field->key), hint);
    return false;
}

static void bind_choice(struct loader *loader, const struct field *field, const struct node *node)
{
    int found;
    if (find_choice(loader, field, node, &found))
        memcpy(field->member, &found, sizeof(found));
}

static void bind_flag(struct loader *loader, const struct field *field, const struct node *node)
{
    int found;
    if (find_choice(loader, field, node, &found))
        *(bool *)field->member = found;
}

/* Each of TEXT, separated by commas, must be the name of an event, or fit some. */
static void check_events(struct loader *loader, const struct node *node, const char *text)
{
    for (size_t length; *text; text += length + (text[length] != '\0')) {
        length = strcspn(text, ",");
        struct nearest nearest = {.wrong = arena_copy(loader->arena, text, length)};
        bool any = false;
        for (int kind = 0; kind < EVENT_KINDS; kind++) {
            const char *name = event_row((enum event_kind)kind)->name;
            any = any || wildcard_match(nearest.wrong, name);
            nearest_offer(&nearest, name);
        }
        if (!any)
            diag_error(loader->diags, loader_mark(loader, node),
                       loader_did_you_mean(loader, &nearest, "parrun-events(7) has all of them"),
                       "no event is called '%s'", loader_shown(loader, nearest.wrong));
    }
}

static void bind_patterns(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    const char **texts = arena_alloc(loader->arena, count * sizeof(*texts));
    for (size_t i = 0; i < count; i++)
        if (field_text(loader, field, &items[i], &texts[i]) && !*texts[i])
            field_wrong(loader, field, &items[i]);
        else if (texts[i])
            check_events(loader, &items[i], texts[i]);
    *(const char ***)field->member = texts;
    *field->count = count;
}

static void bind_template(struct loader *loader, const struct field *field, const struct node *node)
{
    if (field_template(loader, field, node, TEMPLATE_TEXT, field->member) && !strcmp(field->key->name, "cwd"))
        absent_warn_of(loader, field->block, node, true);
}

static void bind_path(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    if (!field_text(loader, field, node, &text))
        return;
    if (!*text || (node->style == STYLE_PLAIN && scalar_value(node).type == VALUE_BOOLEAN)) {
        field_expected(loader, field, node, field->key->type->wording, *text ? "write the name of a file; one that is called so stands in quotes" : NULL);
        return;
    }
    char *absolute = loader_path(loader, node, text);
    *(const char **)field->member = arena_strdup(loader->arena, absolute);
    free(absolute);
}

static void bind_block(struct loader *loader, const struct field *field, const struct node *node)
{
    field_block(loader, field, node, field->member);
}

const struct type type_integer = {
    .name = "integer",
    .wording = "a whole number",
    .bind = bind_integer,
    .early = true,
    .json = "'anyOf':[{'type':'integer'@range},@template]",
};
const struct type type_boolean = {
    .name = "boolean",
    .wording = "true or false",
    .bind = bind_boolean,
    .early = true,
    .json = "'anyOf':[{'type':'boolean'},@template]",
};
const struct type type_forking = {
    .name = "boolean",
    .wording = "true or false",
    .bind = bind_forking,
    .early = true,
    .json = "'anyOf':[{'type':'boolean'},@template]",
};
const struct type type_duration = {
    .name = "duration",
    .wording = "a duration such as 500ms, 30s, 5m or 1h30m",
    .bind = bind_duration,
    .early = true,
    .json = "@duration",
};
const struct type type_signal = {
    .name = "signal",
    .wording = "a signal such as TERM, INT or 15",
    .bind = bind_signal,
    .early = true,
    .json = "@signal",
};
const struct type type_text = {
    .name = "text",
    .wording = "a text",
    .bind = bind_text,
    .early = true,
    .json = "@text",
};
const struct type type_choice = {
    .name = "choice",
    .wording = "one of the words it may be",
    .bind = bind_choice,
    .early = true,
    .json = "'anyOf':[{'enum':[@choices]},@template]",
};
const struct type type_flag = {
    .name = "flag",
    .wording = "one of the two words it may be",
    .bind = bind_flag,
    .early = true,
    .json = "'anyOf':[{'enum':[@choices]},@template]",
};
const struct type type_patterns = {
    .name = "patterns",
    .wording = "an event name in which '*' may stand, or a list",
    .bind = bind_patterns,
    .early = true,
    .json = "'anyOf':[@text,{'type':'array','items':@text}]",
};
const struct type type_template = {
    .name = "template",
    .wording = "a text",
    .bind = bind_template,
    .json = "@scalar",
};
const struct type type_path = {
    .name = "path",
    .wording = "the path of a file",
    .bind = bind_path,
    .early = true,
    .beside = true,
    .json = "@text",
};
const struct type type_log = {
    .name = "log",
    .wording = "a mapping of keys",
    .bind = bind_block,
    .block = BLOCK_LOG,
    .json = "@block",
};
const struct type type_stop = {
    .name = "stop",
    .wording = "a mapping of keys",
    .bind = bind_block,
    .block = BLOCK_STOP,
    .json = "@block",
};
