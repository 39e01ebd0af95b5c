/* How a process is started again, and the commands that stop one. */
#include <string.h>

#include "base/nearest.h"
#include "scenario/loader.h"
#include "scenario/hints/values.h"
#include "scenario/types.h"

/* A word alone stands for {on: WORD}. */
static void bind_restart(struct loader *loader, const struct field *field, const struct node *node)
{
    struct restart_spec *restart = field->member;
    const struct node defaults = {.kind = NODE_MAP};
    const char *word;
    if (node->kind != NODE_SCALAR || !node->size) {
        field_block(loader, field, node, restart);
        return;
    }
    field_block(loader, field, &defaults, restart);
    if (!field_text(loader, field, node, &word))
        return;
    struct nearest nearest;
    const struct choice *choice = field_choice(field, word, &nearest);
    const char *other = choice ? NULL : meant_choice(loader->arena, word);
    if (choice)
        restart->on = (enum restart_on)choice->value;
    else if (other)
        field_meant(loader, field, node, other);
    else
        field_expected(loader, field, node, field_wording(loader, field->key), loader_did_you_mean(loader, &nearest, NULL));
}

static void bind_restarts(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *text;
    if (!field_text(loader, field, node, &text))
        return;
    if (!strcmp(text, "unlimited"))
        *(int64_t *)field->member = RESTARTS_UNLIMITED;
    else
        type_integer.bind(loader, field, node);
}

static struct body_spec *stop_body(struct loader *loader, const struct field *field,
                                   const struct node *node)
{
    struct stop_spec *stop = field->block->spec;
    if (stop->has_run)
        diag_error(loader->diags, loader_mark(loader, node), "leave one of them out",
                   "%s: 'run' and 'exec' exclude each other", field_label(loader, field));
    if (field->block->parent && field->block->parent->kind == BLOCK_POOL)
        diag_error(loader->diags, loader_mark(loader, node), "use 'signal'",
                   "%s: a task is ended by a signal alone", field_label(loader, field));
    stop->has_run = true;
    return &stop->run;
}

static void bind_stop_run(struct loader *loader, const struct field *field, const struct node *node)
{
    body_bind_run(loader, field, node, stop_body(loader, field, node));
}

static void bind_stop_exec(struct loader *loader, const struct field *field,
                           const struct node *node)
{
    body_bind_exec(loader, field, node, stop_body(loader, field, node));
}

const struct type type_restart = {
    .name = "restart",
    .wording = "never, failure, always or a mapping of keys",
    .bind = bind_restart,
    .block = BLOCK_RESTART,
    .json = "'anyOf':[{'enum':['never','failure','always']},@template,@block]",
};
const struct type type_restarts = {
    .name = "restarts",
    .wording = "a whole number from 1 to 1000000000, or unlimited",
    .bind = bind_restarts,
    .early = true,
    .json = "'anyOf':[{'type':'integer'@range},{'const':'unlimited'},@template]",
};
const struct type type_stop_run = {
    .name = "stop command",
    .wording = "a command line for the shell",
    .bind = bind_stop_run,
    .json = "@line",
};
const struct type type_stop_exec = {
    .name = "stop arguments",
    .wording = "a list: a program and its arguments",
    .bind = bind_stop_exec,
    .json = "@program",
};
