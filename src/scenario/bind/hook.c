/* finally and on_failure: each makes a process behind those that the file declares. */
#include "scenario/bind/hook.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "scenario/types.h"

static const char *const words[] = {"finally", "on_failure"};

static size_t count_in(const struct node *block)
{
    size_t count = 0;
    for (size_t i = 0; i < countof(words); i++)
        count += node_find(block, words[i]) != NULL;
    return count;
}

size_t hooks_count(const struct loader *loader)
{
    static const char *const lists[] = {"processes", "pools", "threads"};
    size_t count = count_in(loader->scenario->source.root);
    for (size_t i = 0; i < countof(lists); i++) {
        const struct node *list = node_find(loader->scenario->source.root, lists[i]);
        for (size_t j = 0; list && list->kind == NODE_MAP && j < list->size; j++)
            count += count_in(node_value(list, j));
    }
    return count;
}

/* A line for the shell as the mapping that it stands for. */
static struct node as_map(struct loader *loader, const struct node *line)
{
    struct node *items = arena_alloc(loader->arena, 2 * sizeof(*items));
    struct node map = *line;
    items[0] = items[1] = *line;
    items[0].text = "run";
    items[0].size = 3;
    map.kind = NODE_MAP;
    map.size = 1;
    map.items = items;
    return map;
}

/* All but what stands in its block. */
static struct process_spec *new_hook(struct loader *loader, const struct field *field, const struct node *node)
{
    struct scenario *scenario = loader->scenario;
    size_t number = scenario->process_count++;
    struct process_spec *process = &scenario->processes[number];
    struct node name = *node;
    bool of_run = field->block->kind == BLOCK_SCENARIO;
    name.kind = NODE_SCALAR;
    name.text = of_run ? field->key->name
                       : arena_printf(loader->arena, "%s.%s", field->block->name, field->key->name);
    name.size = (uint32_t)strlen(name.text);
    loader->hook_room--;
    *process = process_without_parts;
    process->replicas = 1;
    process->object.name = name.text;
    process->object.mark = loader_mark(loader, node);
    loader_declare(loader, BLOCK_PROCESS, &name, number);
    process->object.when = true;
    process->object.decides = true;
    process->object.hook = (struct hook_spec){.when = strcmp(field->key->name, words[0]) ? HOOK_FAILURE : HOOK_FINALLY, .of = HOOK_OF_RUN};
    if (!of_run)
        loader_refer_object(loader, node, field->block->name, &process->object.hook.of);
    ((size_t *)field->member)[(*field->count)++] = number;
    return process;
}

static void bind_hook(struct loader *loader, const struct field *field, const struct node *node)
{
    bool line = node->kind == NODE_SCALAR && node->size;
    struct node map = line ? as_map(loader, node) : *node;
    if (node_is_nothing(node))
        return;
    if (!line && node->kind != NODE_MAP)
        field_wrong(loader, field, node);
    else if (loader->hook_room) /* else 'processes' is wrong, which is told */
        field_block(loader, field, &map, new_hook(loader, field, node));
}

const struct type type_hook = {
    .name = "hook",
    .wording = "a command line, or a mapping of keys",
    .bind = bind_hook,
    .block = BLOCK_HOOK,
    .json = "'anyOf':[@text,@block]",
};
