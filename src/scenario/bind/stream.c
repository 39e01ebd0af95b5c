/* Where a process's streams lead. */
#include <string.h>

#include "base/arena.h"
#include "base/nearest.h"
#include "scenario/check/missing_files.h"
#include "scenario/loader.h"
#include "yaml/scalar.h"
#include "yaml/quote.h"
#include "scenario/types.h"
#include "template/template.h"

#define FD_LEAST 3
#define FD_MOST 1023

/* The standard input of each task of a pool. */
static bool is_of_task(const struct key *key)
{
    return key->choices[0].value == STREAM_NULL;
}

/* What the tasks of a pool write. */
static bool is_of_tasks(const struct key *key)
{
    return key->choices[0].value == STREAM_LOG && !key->choices[1].name;
}

/* "inherit, null, log or a mapping such as {file: PATH}": what the stream of this key may be. */
static const char *stream_wording(struct loader *loader, const struct key *key)
{
    const char *list = "";
    if (is_of_task(key))
        return "null, {text: TEXT} or {file: PATH}";
    if (is_of_tasks(key))
        return "log, {file: PATH} or a list of them";
    for (size_t i = 0; key->choices[i].name; i++)
        list = arena_printf(loader->arena, "%s%s, ", list, key->choices[i].name);
    return arena_printf(loader->arena, "%s%s", list, "{file: PATH} or {queue: NAME}");
}

static void bind_word(struct loader *loader, const struct field *field, const struct node *node,
                      struct stream_spec *stream)
{
    const char *text = node->text;
    struct value value;
    if (!field_value(loader, field, node, &value))
        return;
    if (value.type == VALUE_NIL)
        text = "null";
    else if (!field_text(loader, field, node, &text))
        return;
    struct nearest nearest;
    const struct choice *choice = field_choice(field, text, &nearest);
    if (choice) {
        stream->kind = (enum stream_kind)choice->value;
        return;
    }
    const char *hint = nearest.name ? loader_did_you_mean(loader, &nearest, NULL)
                       : strchr(text, '/') || strchr(text, '.') || is_of_task(field->key) || is_of_tasks(field->key)
                           ? arena_printf(loader->arena, "a file is written {file: %s}",
                                          show_text(text, strlen(text)).text)
                           : arena_printf(loader->arena, "a queue is written {queue: %s}, a file {file: %s}",
                                          show_text(text, strlen(text)).text,
                                          show_text(text, strlen(text)).text);
    field_expected(loader, field, node, stream_wording(loader, field->key), hint);
}

const struct stream_spec *stream_ends(const struct stream_spec *stream, size_t *count)
{
    *count = stream->kind == STREAM_SEVERAL ? stream->end_count : 1;
    return stream->kind == STREAM_SEVERAL ? stream->ends : stream;
}

static void bind_one(struct loader *loader, const struct field *field, const struct node *node,
                     struct stream_spec *stream)
{
    if (node->kind == NODE_MAP)
        field_block(loader, field, node, stream);
    else if (node->kind == NODE_LIST)
        field_expected(loader, field, node, stream_wording(loader, field->key), NULL);
    else
        bind_word(loader, field, node, stream);
}

/* Queues are compared once they are known. */
static bool is_same_end(const struct stream_spec *one, const struct stream_spec *other)
{
    size_t length, other_length;
    if (one->kind != other->kind || (one->kind != STREAM_LOG && one->kind != STREAM_FILE))
        return false;
    if (one->kind == STREAM_LOG)
        return true;
    const char *path = template_source(one->path, &length);
    const char *other_path = template_source(other->path, &other_length);
    return length == other_length && !memcmp(path, other_path, length);
}

/* An end of what the tasks of a pool write. */
static void check_tasks(struct loader *loader, const struct field *field, const struct node *node, const struct stream_spec *stream)
{
    if (stream->kind == STREAM_QUEUE)
        diag_error(loader->diags, loader_mark(loader, node), "write results: {queue: NAME} for a message a task",
                   "%s: the output of tasks is no message", field_label(loader, field));
    if (stream->kind == STREAM_TEXT)
        diag_error(loader->diags, loader_mark(loader, node), "use {file: PATH} for output",
                   "%s: a text can only be given to an input", field_label(loader, field));
    if (stream->kind == STREAM_FILE && !template_is_constant(stream->path))
        diag_error(loader->diags, loader_mark(loader, node), "write results: {dir: DIRECTORY} for a file a task",
                   "%s: all tasks write to one file, so its path cannot depend on a task", field_label(loader, field));
}

/* An end beside others, of which COUNT stand before it. */
static void check_end(struct loader *loader, const struct field *field, const struct node *node, const struct stream_spec *ends,
                      size_t count)
{
    const struct stream_spec *end = &ends[count];
    bool again = false;
    for (size_t i = 0; i < count; i++)
        again = again || is_same_end(end, &ends[i]);
    if (is_of_tasks(field->key) && !again) {
        check_tasks(loader, field, node, end);
        return;
    }
    if (again)
        diag_error(loader->diags, loader_mark(loader, node), "take one of them away", "%s: it is one of its ends already",
                   field_label(loader, field));
    if (end->kind != STREAM_LOG && end->kind != STREAM_FILE && end->kind != STREAM_QUEUE)
        diag_error(loader->diags, loader_mark(loader, node), "the ends of a stream that has several are log, {file: PATH} and {queue: NAME}",
                   "%s: %s cannot be one of several ends", field_label(loader, field), show_node(node).text);
    if (end->kind == STREAM_TEXT || !end->ack)
        return;
    diag_error(loader->diags, loader_mark(loader, node), "take it away, or write it at stdin",
               "%s: 'ack' is for what the process reads", field_label(loader, field));
}

/* Output that goes to several ends. */
static void bind_ends(struct loader *loader, const struct field *field, const struct node *node, struct stream_spec *stream)
{
    struct stream_spec *ends = arena_alloc(loader->arena, (node->size + 1) * sizeof(*ends));
    if (!node->size)
        field_expected(loader, field, node, stream_wording(loader, field->key), "leave it out, or name an end of it");
    for (size_t i = 0; i < node->size; i++) {
        size_t before = diags_count(loader->diags);
        bind_one(loader, field, &node->items[i], &ends[i]);
        if (diags_count(loader->diags) == before)
            check_end(loader, field, &node->items[i], ends, i);
    }
    stream->kind = STREAM_SEVERAL;
    stream->ends = ends;
    stream->end_count = node->size;
}

static void bind_stream(struct loader *loader, const struct field *field, const struct node *node)
{
    struct stream_spec *stream = field->member;
    if (node->kind == NODE_LIST && field->key->type == &type_outputs) {
        bind_ends(loader, field, node, stream);
        return;
    }
    stream->input = !strcmp(field->key->name, "stdin");
    bind_one(loader, field, node, stream);
    if (is_of_tasks(field->key))
        check_tasks(loader, field, node, stream);
    else if (stream->kind == STREAM_TEXT && !stream->input)
        diag_error(loader->diags, loader_mark(loader, node), "use {file: PATH} for output",
                   "%s: a text can only be given to an input", field_label(loader, field));
    if (stream->kind == STREAM_FILE && stream->input && (stream->append || stream->rotate.size))
        diag_error(loader->diags, loader_mark(loader, node), NULL,
                   "%s: '%s' is for output, an input is only read", field_label(loader, field),
                   stream->append ? "append" : "rotate");
    if (stream->kind == STREAM_QUEUE && is_of_task(field->key))
        diag_error(loader->diags, loader_mark(loader, node),
                   "write tasks: {queue: NAME} for a task a message, and stdin: {text: \"${{ item }}\"}",
                   "%s: a queue is read by one program, and not by each task", field_label(loader, field));
    if (stream->ack && !stream->input)
        diag_error(loader->diags, loader_mark(loader, node), "take it away, or write it at stdin",
                   "%s: 'ack' is for what the process reads", field_label(loader, field));
}

static void bind_fds(struct loader *loader, const struct field *field, const struct node *node)
{
    size_t count = node->kind == NODE_MAP ? node->size : 0;
    if (node->kind != NODE_MAP && !node_is_nothing(node))
        field_wrong(loader, field, node);
    struct fd_spec *fds = arena_alloc(loader->arena, count * sizeof(*fds));
    for (size_t i = 0; i < count; i++) {
        const struct node *key = node_key(node, i);
        struct value number = scalar_plain(key->text, key->size); /* JSON has no other keys than texts */
        if (number.type != VALUE_INTEGER || number.integer < FD_LEAST || number.integer > FD_MOST)
            diag_error(loader->diags, loader_mark(loader, key),
                       "0, 1 and 2 are written stdin, stdout and stderr",
                       "%s: expected the number of a file descriptor from %d to %d, found %s",
                       field_label(loader, field), FD_LEAST, FD_MOST, show_node(key).text);
        else
            fds[i].fd = (int)number.integer;
        if (node_value(node, i)->kind != NODE_BROKEN)
            bind_one(loader, field, node_value(node, i), &fds[i].stream);
        fds[i].stream.input = fds[i].stream.kind == STREAM_TEXT;
        if (fds[i].stream.ack)
            diag_error(loader->diags, loader_mark(loader, node_value(node, i)),
                       "take it away, or let stdin be the queue", "%s: 'ack' is for stdin",
                       field_label(loader, field));
    }
    *(struct fd_spec **)field->member = fds;
    *field->count = count;
}

static void bind_stream_file(struct loader *loader, const struct field *field,
                             const struct node *node)
{
    struct stream_spec *stream = field->block->spec;
    stream->kind = STREAM_FILE;
    if (node->kind == NODE_SCALAR && !node->size)
        field_wrong(loader, field, node);
    else if (field_template(loader, field, node, TEMPLATE_TEXT, &stream->path) && !strcmp(field->block->name, "stdin"))
        absent_warn_of(loader, field->block->parent, node, false);
}

static void bind_stream_text(struct loader *loader, const struct field *field,
                             const struct node *node)
{
    struct stream_spec *stream = field->block->spec;
    stream->kind = STREAM_TEXT;
    field_template(loader, field, node, TEMPLATE_TEXT, &stream->text);
}

static void bind_stream_queue(struct loader *loader, const struct field *field,
                              const struct node *node)
{
    struct stream_spec *stream = field->block->spec;
    const char *name;
    stream->kind = STREAM_QUEUE;
    if (field_text(loader, field, node, &name))
        loader_refer(loader, node, name, &stream->queue);
}

static void bind_rotate(struct loader *loader, const struct field *field, const struct node *node)
{
    field_block(loader, field, node, field->member);
}

const struct type type_stream = {
    .name = "stream",
    .wording = "a word such as inherit, or a mapping",
    .bind = bind_stream,
    .block = BLOCK_STREAM,
    .queues = true,
    .early = true,
    .json = "'anyOf':[{'enum':[@choices,null]},@block,@template]",
};
const struct type type_outputs = {
    .name = "outputs",
    .wording = "a word such as inherit, a mapping, or a list of such",
    .bind = bind_stream,
    .block = BLOCK_STREAM,
    .queues = true,
    .early = true,
    .json = "'anyOf':[{'enum':[@choices,null]},@block,@template,"
            "{'type':'array','minItems':1,'items':{'anyOf':[{'const':'log'},@block]}}]",
};
const struct type type_fds = {
    .name = "fds",
    .wording = "a mapping of numbers to streams",
    .bind = bind_fds,
    .block = BLOCK_STREAM,
    .queues = true,
    .early = true,
    .json = "'type':['object','null'],'propertyNames':@descriptor,"
            "'additionalProperties':{'anyOf':[{'enum':[@choices,null]},@block,@template]}",
};
const struct type type_stream_file = {
    .name = "file",
    .wording = "the path of a file",
    .bind = bind_stream_file,
    .json = "@text",
};
const struct type type_stream_text = {
    .name = "stream_text",
    .wording = "a text",
    .bind = bind_stream_text,
    .json = "@scalar",
};
const struct type type_stream_queue = {
    .name = "queue",
    .wording = "the name of a queue",
    .bind = bind_stream_queue,
    .queues = true,
    .early = true,
    .json = "@text",
};
const struct type type_rotate = {
    .name = "rotate",
    .wording = "a mapping of keys",
    .bind = bind_rotate,
    .block = BLOCK_ROTATE,
    .json = "@block",
};
