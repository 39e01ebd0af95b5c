/* The types of the keys behind 'tasks' that name files, a command, or how items end. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cut.h"
#include "base/error.h"
#include "base/glob_tree.h"
#include "scenario/loader.h"
#include "scenario/types.h"

static void bind_file(struct loader *loader, const struct field *field, const struct node *node)
{
    const char **path = field->member;
    const char *written;
    if (!field_text(loader, field, node, &written))
        return;
    if (!*written) {
        field_wrong(loader, field, node);
    } else if (!strcmp(written, "-")) {
        *path = "-";
    } else {
        char *absolute = scenario_path(loader->scenario, written);
        *path = arena_strdup(loader->arena, absolute);
        free(absolute);
    }
}

/* As JSON Schema: no ** within braces. */
#define PATTERN "{'allOf':[@text,{'not':{'type':'string','pattern':'[{][^}]*[*][*]'}}]}"

static void bind_glob(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    const char **patterns = arena_alloc(loader->arena, count * sizeof(*patterns));
    if (!count)
        field_wrong(loader, field, node);
    for (size_t i = 0; i < count; i++) {
        if (!field_text(loader, field, &items[i], &patterns[i]))
            continue;
        if (!*patterns[i])
            field_wrong(loader, field, &items[i]);
        else if (glob_tree_is_braced(patterns[i]))
            field_expected(loader, field, &items[i], "a pattern without ** within braces",
                           "write a list of patterns, one for each of those in the braces");
    }
    *(const char ***)field->member = patterns;
    *field->count = count;
}

static void bind_output(struct loader *loader, const struct field *field, const struct node *node)
{
    struct template **command = field->member;
    if (node->kind == NODE_LIST)
        field_meant(loader, field, node, "the words in one line, as for the shell");
    else if (field_template(loader, field, node, TEMPLATE_SHELL, command) &&
        template_uses_task(*command))
        field_expected(loader, field, node, "a command without the names of a task",
                       "there is no task yet when it runs");
}

/* What says how lines, or records, are told apart. */
static void check_lines(struct loader *loader, const struct field *field, const struct node *node, bool blocks)
{
    if (!block_given(field->block, "lines") && !block_given(field->block, "output") &&
        !(blocks && block_given(field->block, "blocks")))
        diag_error(loader->diags, loader_mark(loader, node), NULL,
                   "%s needs 'lines' or 'output'%s beside it", field_label(loader, field), blocks ? ", or 'blocks'," : "");
}

static void bind_nul(struct loader *loader, const struct field *field, const struct node *node)
{
    type_boolean.bind(loader, field, node);
    check_lines(loader, field, node, true);
}

/* A text that is not empty. */
static void bind_separator(struct loader *loader, const struct field *field, const struct node *node)
{
    const char **text = field->member;
    if (field_text(loader, field, node, text) && !**text)
        field_wrong(loader, field, node);
}

static void bind_columns(struct loader *loader, const struct field *field, const struct node *node)
{
    struct error error = {0};
    struct cut cut;
    bind_separator(loader, field, node);
    check_lines(loader, field, node, false);
    if (cut_init(&cut, *(const char **)field->member, &error))
        diag_error(loader->diags, loader_mark(loader, node), "one character is itself, more are an expression as in pcre2pattern(3)",
                   "%s: %s", field_label(loader, field), loader_shown(loader, error.text));
    error_release(&error);
    cut_release(&cut);
}

static void bind_item_end(struct loader *loader, const struct field *field, const struct node *node)
{
    bind_separator(loader, field, node);
    check_lines(loader, field, node, true);
    if (block_given(field->block, "nul"))
        diag_error(loader->diags, loader_mark(loader, node), NULL,
                   "%s and 'nul' exclude each other", field_label(loader, field));
}

const struct type type_file = {
    .name = "file",
    .wording = "the path of a file, or - for standard input",
    .bind = bind_file,
    .early = true,
    .json = "@text",
};
const struct type type_glob = {
    .name = "glob",
    .wording = "a pattern such as in/*.jpg, or a list of them",
    .bind = bind_glob,
    .early = true,
    .json = "'anyOf':[" PATTERN ",{'type':'array','minItems':1,'items':" PATTERN "}]",
};
const struct type type_output = {
    .name = "output",
    .wording = "a line for the shell",
    .bind = bind_output,
    .json = "@line",
};
const struct type type_item_end = {
    .name = "item_end",
    .wording = "a text of one character or more",
    .bind = bind_item_end,
    .early = true,
    .json = "@text",
};
const struct type type_record_start = {
    .name = "record_start",
    .wording = "a text of one character or more",
    .bind = bind_separator,
    .early = true,
    .json = "@text",
};
const struct type type_columns = {
    .name = "columns",
    .wording = "what stands between two columns, such as \"\\t\"",
    .bind = bind_columns,
    .early = true,
    .json = "@text",
};
const struct type type_header = {
    .name = "header",
    .wording = "true or false",
    .bind = bind_nul,
    .early = true,
    .json = "'anyOf':[{'type':'boolean'},@template]",
};
const struct type type_nul = {
    .name = "nul",
    .wording = "true or false",
    .bind = bind_nul,
    .early = true,
    .json = "'anyOf':[{'type':'boolean'},@template]",
};
