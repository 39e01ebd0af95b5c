/* The named things of a scenario: queues, processes, pools and threads. */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "scenario/bind/hook.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "yaml/quote.h"
#include "yaml/scalar_mark.h"

#define NAME_MOST 64

static const struct thread_spec thread_without_parts = {.object = {OBJECT_WITHOUT_PARTS}};

static const struct {
    size_t size;
    size_t name; /* offset of the member */
    size_t mark; /* offset of the member */
    const void *without_parts; /* what it is at first; NULL: zeros */
} shapes[BLOCK_COUNT] = {
    [BLOCK_QUEUE] = {sizeof(struct queue_spec), offsetof(struct queue_spec, name),
                     offsetof(struct queue_spec, mark)},
    [BLOCK_PROCESS] = {sizeof(struct process_spec), offsetof(struct object_spec, name),
                       offsetof(struct object_spec, mark), &process_without_parts},
    [BLOCK_POOL] = {sizeof(struct pool_spec), offsetof(struct object_spec, name),
                    offsetof(struct object_spec, mark), &pool_without_parts},
    [BLOCK_THREAD] = {sizeof(struct thread_spec), offsetof(struct object_spec, name),
                      offsetof(struct object_spec, mark), &thread_without_parts},
};

static bool is_name(const struct node *node)
{
    if (!node->size || node->size > NAME_MOST || node->text[0] == '.')
        return false;
    for (size_t i = 0; i < node->size; i++)
        if (!isalnum((unsigned char)node->text[i]) && !strchr("._-", node->text[i]))
            return false;
    return true;
}

/* The number of what was declared among those of its sort. */
static size_t number_of(const struct loader *loader, const struct declared *declared)
{
    const struct scenario *scenario = loader->scenario;
    size_t before = 0;
    if (declared->kind == BLOCK_POOL)
        before = scenario->process_count;
    else if (declared->kind == BLOCK_THREAD)
        before = scenario->process_count + scenario->pool_count;
    return before + declared->index;
}

/* Where it is declared. */
static struct mark mark_of(const struct loader *loader, const struct declared *declared)
{
    size_t number = number_of(loader, declared);
    return declared->kind == BLOCK_QUEUE ? loader->scenario->queues[number].mark : scenario_object(loader->scenario, number)->mark;
}

/* Two objects of one name: the error is at the one that stands further down in the file. */
static void report_taken(struct loader *loader, struct declared *one, const struct declared *other)
{
    struct mark mark = mark_of(loader, one), other_mark = mark_of(loader, other);
    bool ordered = mark.source != other_mark.source || mark.line < other_mark.line ||
                   (mark.line == other_mark.line && mark.column < other_mark.column);
    loader->unsure = true;
    diag_error(loader->diags, ordered ? other_mark : mark, "names are unique over all kinds of object",
               "the name '%s' is taken", other->name);
    if (!ordered)
        *one = *other;
    diag_note(loader->diags, ordered ? mark : other_mark, "by %s here", schema_block(one->kind)->article);
}

static void reserve_declared(struct loader *loader, size_t count)
{
    struct loader_objects *objects = &loader->objects;
    objects->declared = mem_grow(objects->declared, &objects->declared_capacity, objects->declared_count + count, sizeof(*objects->declared));
    names_reserve(&objects->names, count);
}

void loader_declare(struct loader *loader, enum block_kind kind, const struct node *name,
                    size_t index)
{
    struct declared declared = {.name = name->text, .kind = kind, .index = (uint32_t)index};
    if (!is_name(name)) {
        loader->unsure = true;
        diag_error(loader->diags, loader_mark(loader, name), "letters, digits, '.', '_' and '-', 1 to 64 of them",
                   "'%s' cannot be the name of %s", show_text(name->text, name->size).text,
                   schema_block(kind)->article);
        return;
    }
    reserve_declared(loader, 1); /* of a hook alone, which is in no list of objects */
    size_t *number = names_slot(&loader->objects.names, name->text, name->size);
    if (*number != NAMES_NONE) {
        report_taken(loader, &loader->objects.declared[*number], &declared);
        return;
    }
    *number = loader->objects.declared_count;
    loader->objects.declared[loader->objects.declared_count++] = declared;
}

/* Names alone are enough for queues, of which all else may be left out. */
static const char *list_hint(struct loader *loader, enum block_kind kind, const struct node *list)
{
    const struct node *first = list->size ? &list->items[0] : NULL;
    if (kind == BLOCK_QUEUE && first && first->kind == NODE_SCALAR)
        return arena_printf(loader->arena, "write {%s: {}}", show_text(first->text, first->size).text);
    return "write NAME: instead of - name: NAME";
}

static void bind_objects(struct loader *loader, const struct field *field, const struct node *node)
{
    enum block_kind kind = field->key->type->block;
    size_t size = shapes[kind].size;
    if (node->kind != NODE_MAP) {
        if (!node_is_nothing(node))
            field_expected(loader, field, node, field->key->type->wording,
                           node->kind == NODE_LIST ? list_hint(loader, kind, node) : NULL);
        return;
    }
    size_t room = kind == BLOCK_PROCESS ? hooks_count(loader) : 0;
    char *items = arena_alloc(loader->arena, (node->size + room) * size);
    reserve_declared(loader, node->size);
    memcpy(field->member, &items, sizeof(items));
    *field->count = node->size;
    if (kind == BLOCK_PROCESS)
        loader->hook_room = room;
    for (size_t i = 0; i < node->size; i++) {
        const struct node *name = node_key(node, i);
        struct block block = {
            .kind = kind,
            .name = name->text,
            .parent = field->block,
            .spec = items + i * size,
            .mark = loader_mark(loader, name),
        };
        if (shapes[kind].without_parts)
            memcpy(items + i * size, shapes[kind].without_parts, size);
        memcpy(items + i * size + shapes[kind].name, &block.name, sizeof(block.name));
        memcpy(items + i * size + shapes[kind].mark, &block.mark, sizeof(block.mark));
        loader_declare(loader, kind, name, i);
        block_read(loader, &block, node_value(node, i));
    }
}

static void refer_at(struct loader *loader, struct reference reference)
{
    loader->mentions.references = mem_grow(loader->mentions.references, &loader->mentions.reference_capacity,
                                  loader->mentions.reference_count + 1, sizeof(*loader->mentions.references));
    loader->mentions.references[loader->mentions.reference_count++] = reference;
}

void loader_refer(struct loader *loader, const struct node *node, const char *name, size_t *slot)
{
    refer_at(loader, (struct reference){.name = name, .mark = loader_mark(loader, node), .slot = slot});
}

void loader_refer_object(struct loader *loader, const struct node *node, const char *name,
                         size_t *slot)
{
    refer_at(loader, (struct reference){.name = name, .mark = loader_mark(loader, node), .object = true, .slot = slot});
}

/* The length of the name of a queue that stands behind what names one, WORD, at AT; *AT is moved to the name. 0: it is no literal. */
static size_t queue_name_at(const char **at, const char *end, const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    char quote = word[strlen(word) - 1] == ' ' ? '\0' : (*at < end && strchr("'\"", **at)) ? *(*at)++ : '\1';
    size_t length = 0;
    while (quote != '\1' && *at + length < end && (*at)[length] && strchr(letters, (*at)[length]))
        length++;
    const char *behind = *at + length;
    bool whole = quote ? behind < end && *behind == quote : behind == end || strchr(" \t\n;|&<>)", *behind);
    return length && **at != '-' && whole ? length : 0;
}

void loader_note_queues(struct loader *loader, const struct node *node, struct mark mark, const char *text, size_t length)
{
    static const char *const words[] = {"parrun put ", "parrun get ", "parrun.queue("};
    for (size_t i = 0; i < countof(words); i++) {
        const char *at = text, *end = text + length;
        while ((at = memmem(at, (size_t)(end - at), words[i], strlen(words[i])))) {
            at += strlen(words[i]);
            size_t size = queue_name_at(&at, end, words[i]);
            if (!size)
                continue;
            if (node)
                mark = place_in_scalar(loader_source(loader, node), node, (size_t)(at - text), size);
            refer_at(loader, (struct reference){.name = arena_copy(loader->arena, at, size), .mark = mark, .said = true});
        }
    }
}

/* From where the last one was found: they are asked for in the order in which they were made. */
struct mark loader_reference_mark(struct loader *loader, const size_t *slot)
{
    size_t *i = &loader->mentions.reference_found;
    while (loader->mentions.references[*i].slot != slot)
        *i = (*i + 1) % loader->mentions.reference_count;
    return loader->mentions.references[*i].mark;
}

static void bind_queue_names(struct loader *loader, const struct field *field,
                             const struct node *node)
{
    const struct node *items = node->kind == NODE_LIST ? node->items : node;
    size_t count = node->kind == NODE_LIST ? node->size : 1;
    size_t *queues = arena_alloc(loader->arena, count * sizeof(*queues));
    field_warn_twice(loader, field, node);
    for (size_t i = 0; i < count; i++) {
        const char *name;
        if (field_text(loader, field, &items[i], &name))
            loader_refer(loader, &items[i], name, &queues[i]);
    }
    *(const size_t **)field->member = queues;
    *field->count = count;
}

/* Of errors beyond these, far more than are shown, nobody asks what was meant: it costs a look at every name. */
#define HINTS_MOST ((size_t)10 * DIAGS_SHOWN)

/* What is declared and fits is offered as what was meant. */
static const char *nearest_hint(struct loader *loader, const char *wrong, bool object)
{
    struct nearest nearest = {.wrong = wrong};
    size_t count = diags_count(loader->diags) < HINTS_MOST ? loader->objects.declared_count : 0;
    for (size_t i = 0; i < count; i++)
        if ((loader->objects.declared[i].kind == BLOCK_QUEUE) != object)
            nearest_offer(&nearest, loader->objects.declared[i].name);
    return loader_did_you_mean(loader, &nearest, object ? NULL : "declare it under 'queues'");
}

void loader_unknown_object(struct loader *loader, struct mark mark, const char *label,
                           const char *name)
{
    if (!loader->incomplete)
        diag_error(loader->diags, mark, nearest_hint(loader, name, true), "%s: no process, pool or thread is called '%s'", label, loader_shown(loader, name));
}

static void report_reference(struct loader *loader, const struct reference *reference)
{
    size_t number = names_find(&loader->objects.names, reference->name, strlen(reference->name));
    const char *shown = loader_shown(loader, reference->name);
    if (number != NAMES_NONE && !reference->said) {
        const struct declared *other = &loader->objects.declared[number];
        diag_error(loader->diags, reference->mark, NULL, "'%s' is %s, expected a %s", shown,
                   schema_block(other->kind)->article,
                   reference->object ? "process, a pool or a thread" : "queue");
        diag_note(loader->diags, mark_of(loader, other), "'%s' is declared here", shown);
    } else if (reference->object) {
        loader_unknown_object(loader, reference->mark, "'depends_on'", reference->name);
    } else if (reference->said && !loader->incomplete) {
        diag_warning(loader->diags, reference->mark, nearest_hint(loader, reference->name, false), "there is no queue '%s'", shown);
    } else if (!loader->incomplete) {
        diag_error(loader->diags, reference->mark, nearest_hint(loader, reference->name, false),
                   "unknown queue '%s'", shown);
    }
}

bool loader_resolve(struct loader *loader)
{
    bool fine = true;
    for (size_t i = 0; i < loader->mentions.reference_count; i++) {
        const struct reference *reference = &loader->mentions.references[i];
        size_t number = names_find(&loader->objects.names, reference->name, strlen(reference->name));
        if (number != NAMES_NONE &&
            (loader->objects.declared[number].kind == BLOCK_QUEUE) != reference->object) {
            if (!reference->said)
                *reference->slot = number_of(loader, &loader->objects.declared[number]);
        } else {
            report_reference(loader, reference);
            fine = fine && reference->said;
        }
    }
    return fine;
}

/* A mapping of names to blocks. */
#define OBJECTS "'type':['object','null'],'propertyNames':@object,'additionalProperties':@block"

const struct type type_queues = {
    .name = "queues",
    .wording = "a mapping of names to queues",
    .bind = bind_objects,
    .block = BLOCK_QUEUE,
    .json = OBJECTS,
};
const struct type type_processes = {
    .name = "processes",
    .wording = "a mapping of names to processes",
    .bind = bind_objects,
    .block = BLOCK_PROCESS,
    .json = OBJECTS,
};
const struct type type_pools = {
    .name = "pools",
    .wording = "a mapping of names to pools",
    .bind = bind_objects,
    .block = BLOCK_POOL,
    .json = OBJECTS,
};
const struct type type_threads = {
    .name = "threads",
    .wording = "a mapping of names to threads",
    .bind = bind_objects,
    .block = BLOCK_THREAD,
    .json = OBJECTS,
};
const struct type type_queue_names = {
    .name = "queue_names",
    .wording = "the name of a queue, or a list of them",
    .bind = bind_queue_names,
    .queues = true,
    .early = true,
    .json = "'anyOf':[@text,{'type':'array','items':@text}]",
};
