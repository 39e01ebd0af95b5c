/* Where the workers of a pool run. */
#include "base/arena.h"
#include "scenario/loader.h"
#include "scenario/types.h"

static void bind_on(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->member;
    on->mark = loader_mark(loader, node);
    if (node->kind == NODE_MAP)
        field_block(loader, field, node, on);
    else
        field_expected(loader, field, node, field->key->type->wording, "for example: on: {command: [ssh, host1]}");
}

static void bind_launcher(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->block->spec;
    if (node->kind != NODE_LIST || !node->size) {
        field_expected(loader, field, node, field->key->type->wording,
                       node->kind == NODE_SCALAR ? "each word is an item of a list: [PROGRAM, ARGUMENT]" : NULL);
        return;
    }
    const char **words = arena_alloc(loader->arena, node->size * sizeof(*words));
    for (size_t i = 0; i < node->size; i++)
        if (!field_text(loader, field, &node->items[i], &words[i]))
            return;
    if (!*words[0]) {
        field_expected(loader, field, &node->items[0], "a program", NULL);
        return;
    }
    on->command = words;
    on->command_count = node->size;
}

const struct type type_on = {
    .name = "on",
    .wording = "a mapping of keys",
    .bind = bind_on,
    .block = BLOCK_ON,
    .json = "@block",
};
const struct type type_launcher = {
    .name = "launcher",
    .wording = "a list of a program and its arguments",
    .bind = bind_launcher,
    .early = true,
    .json = "'type':'array','minItems':1,'items':@text",
};
