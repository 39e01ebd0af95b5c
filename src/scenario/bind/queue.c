/* What queues hold, and who else they concern. */
#include <ctype.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/unit.h"
#include "scenario/loader.h"
#include "scenario/hints/values.h"
#include "scenario/types.h"
#include "template/template.h"

/* "1000" messages, or "64M" of bytes. */
static void bind_capacity(struct loader *loader, const struct field *field,
                          const struct node *node)
{
    struct queue_spec *queue = field->block->spec;
    struct value value;
    struct error error = {0};
    const char *text;
    uint64_t bytes;
    if (!field_value(loader, field, node, &value))
        return;
    if (value.type != VALUE_STRING || !value.string.length ||
        !isalpha((unsigned char)value.string.bytes[value.string.length - 1])) {
        type_integer.bind(loader, field, node); /* without a unit they are messages */
        return;
    }
    if (!field_text(loader, field, node, &text))
        return;
    if (size_parse(text, &bytes, &error)) {
        field_meant(loader, field, node, meant_size(loader->arena, text));
    } else if (!bytes || bytes > INT64_MAX) {
        field_wrong(loader, field, node);
    } else {
        queue->capacity = INT64_MAX;
        queue->capacity_bytes = (int64_t)bytes;
    }
    error_release(&error);
}

static void bind_key(struct loader *loader, const struct field *field, const struct node *node)
{
    struct queue_spec *queue = field->block->spec;
    if (field_message_template(loader, field, node, &queue->ordered) &&
        template_is_constant(queue->ordered))
        field_expected(loader, field, node, "a template such as ${{ message.user }}",
                       "a text without an expression would be the key of every message");
}

static void bind_queue(struct loader *loader, const struct field *field, const struct node *node)
{
    size_t *slot = arena_alloc(loader->arena, sizeof(*slot));
    const char *name;
    if (!field_text(loader, field, node, &name))
        return;
    loader_refer(loader, node, name, slot);
    *(const size_t **)field->member = slot;
}

static void bind_tasks_queue(struct loader *loader, const struct field *field,
                             const struct node *node)
{
    const char *name;
    if (field_text(loader, field, node, &name))
        loader_refer(loader, node, name, field->member);
}

static void bind_results_queue(struct loader *loader, const struct field *field,
                               const struct node *node)
{
    struct results_spec *results = field->block->spec;
    results->kind = RESULTS_QUEUE;
    bind_tasks_queue(loader, field, node);
}

const struct type type_capacity = {
    .name = "capacity",
    .wording = "a whole number from 1 to 1000000000, or a size such as 64M",
    .bind = bind_capacity,
    .early = true,
    .json = "'anyOf':[{'type':'integer'@range},{'type':'string','pattern':'^(?=.*[1-9])" SIZE_PATTERN "$','not':"
            "{'pattern':'[0-9.]$'}},@template]",
};
const struct type type_key = {
    .name = "key",
    .wording = "a template such as ${{ message.user }}",
    .bind = bind_key,
    .json = "@template",
};
const struct type type_queue = {
    .name = "queue_name",
    .wording = "the name of a queue",
    .bind = bind_queue,
    .queues = true,
    .early = true,
    .json = "@text",
};
const struct type type_tasks_queue = {
    .name = "tasks_queue",
    .wording = "the name of a queue",
    .bind = bind_tasks_queue,
    .queues = true,
    .early = true,
    .json = "@text",
};
const struct type type_results_queue = {
    .name = "results_queue",
    .wording = "the name of a queue",
    .bind = bind_results_queue,
    .queues = true,
    .early = true,
    .json = "@text",
};
