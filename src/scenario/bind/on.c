/* Where the workers of a pool run. */
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "scenario/types.h"

static void bind_on(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->member;
    on->mark = loader_mark(loader, node);
    const struct node *workers = block_given(field->block, "workers");
    on->as_many = !workers || (workers->kind == NODE_SCALAR && !strcmp(workers->text, "auto"));
    if (node->kind == NODE_MAP)
        field_block(loader, field, node, on);
    else
        field_expected(loader, field, node, field->key->type->wording, "for example: on: {ssh: [host1]}");
}

/* The texts of a list of at least one; NULL where it is none, which was told with HINT. */
static const char **bind_words(struct loader *loader, const struct field *field, const struct node *node, const char *hint)
{
    if (node->kind != NODE_LIST || !node->size) {
        field_expected(loader, field, node, field->key->type->wording, hint);
        return NULL;
    }
    const char **words = arena_alloc(loader->arena, node->size * sizeof(*words));
    for (size_t i = 0; i < node->size; i++)
        if (!field_text(loader, field, &node->items[i], &words[i]))
            return NULL;
    return words;
}

static void bind_launcher(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->block->spec;
    const char **words = bind_words(loader, field, node,
                                    node->kind == NODE_SCALAR ? "each word is an item of a list: [PROGRAM, ARGUMENT]" : NULL);
    if (words && !*words[0]) {
        field_expected(loader, field, &node->items[0], "a program", NULL);
        return;
    }
    on->command = words;
    on->command_count = words ? node->size : 0;
}

/* Nothing of ssh(1) may ask, or be shared with what the user does; what stands behind is no option. */
static const char *const ssh_command[] = {"ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o",
                                          "ControlMaster=no", "-o", "ControlPath=none", "--"};

static void bind_hosts(struct loader *loader, const struct field *field, const struct node *node)
{
    struct on_spec *on = field->block->spec;
    const char **hosts = bind_words(loader, field, node, "for example: ssh: [host1, alice@host2]");
    if (!hosts)
        return;
    for (size_t i = 0; i < node->size; i++) {
        if (!*hosts[i] || *hosts[i] == '-') {
            field_expected(loader, field, &node->items[i], "a host as ssh takes it", NULL);
            return;
        }
    }
    const char **words = arena_alloc(loader->arena, sizeof(ssh_command));
    memcpy(words, ssh_command, sizeof(ssh_command));
    on->command = words;
    on->command_count = countof(ssh_command);
    on->hosts = hosts;
    on->host_count = node->size;
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
const struct type type_hosts = {
    .name = "hosts",
    .wording = "a list of hosts",
    .bind = bind_hosts,
    .early = true,
    .json = "'type':'array','minItems':1,'items':@text",
};
