/* What a pool works on, with how many workers; and what a queue holds at first. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "os/cores.h"
#include "scenario/check/item_fields.h"
#include "scenario/check/missing_files.h"
#include "scenario/hints/values.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "yaml/scalar.h"

/* "50%" -> 50 hundredths of the processors; false where TEXT is no percentage above 0. */
static bool read_percentage(const char *text, double *percentage)
{
    char *end;
    if (!strchr("0123456789", *text))
        return false;
    *percentage = strtod(text, &end);
    return end != text && !strcmp(end, "%") && *percentage > 0;
}

static int64_t within(int64_t number, int64_t least, int64_t most)
{
    return number < least ? least : number > most ? most : number;
}

static void workers_wrong(struct loader *loader, const struct field *field, const struct node *node, const char *text)
{
    if (scalar_is_padded(text, strlen(text)))
        field_expected(loader, field, node, field->key->type->wording, "write the number without the leading zero");
    else
        field_meant(loader, field, node, meant_count(loader->arena, text));
}

static void bind_most_workers(struct loader *loader, const struct field *field, const struct node *node)
{
    const struct key *key = field->key;
    struct value value;
    const char *text;
    double percentage;
    int64_t *workers = field->member;
    if (!field_value(loader, field, node, &value))
        return;
    if (value.type == VALUE_INTEGER && value.integer >= key->least && value.integer <= key->most)
        *workers = value.integer;
    else if (value.type == VALUE_INTEGER && !value.integer)
        field_meant(loader, field, node, "auto for one a core");
    else if (value.type != VALUE_STRING || !field_text(loader, field, node, &text))
        field_wrong(loader, field, node);
    else if (!strcmp(text, "auto"))
        *workers = within(cores_usable(), key->least, POOL_WORKERS_MOST);
    else if (read_percentage(text, &percentage))
        *workers = within((int64_t)fmin(floor((double)cores_usable() * percentage / 100), 1e6),
                          key->least, POOL_WORKERS_MOST);
    else
        workers_wrong(loader, field, node, text);
}

static void bind_workers(struct loader *loader, const struct field *field, const struct node *node)
{
    struct pool_spec *pool = field->block->spec;
    pool->staff.mark = loader_mark(loader, node);
    if (node->kind != NODE_MAP) {
        bind_most_workers(loader, field, node);
        return;
    }
    field_block(loader, field, node, pool);
    const struct node *least = node_find(node, "least"), *idle = node_find(node, "idle");
    if (idle && !pool->staff.idle_time)
        field_expected(loader, field, idle, "some time to be idle", "write 1s at least: to start a worker takes time, too");
    if (!node_find(node, "most") && pool->staff.workers < pool->staff.least)
        pool->staff.workers = pool->staff.least;
    else if (pool->staff.workers < pool->staff.least && least)
        diag_error(loader->diags, loader_mark(loader, least), "let 'most' be as many, or more",
                   "%s: at least %lld, and at most %lld", field_label(loader, field), (long long)pool->staff.least,
                   (long long)pool->staff.workers);
}

static struct value *bind_list(struct loader *loader, const struct field *field,
                               const struct node *list)
{
    const char *name = block_object_name(loader, field->block);
    struct value *items = arena_alloc(loader->arena, list->size * sizeof(*items));
    for (size_t i = 0; i < list->size; i++) {
        const struct node *node = &list->items[i];
        if (loader_value(loader, node, name, &items[i]) && items[i].type == VALUE_NIL)
            field_expected(loader, field, node, "a value", "write \"\" for an empty text");
    }
    return items;
}

/* A list that an expression gives, as 'tasks: ${{ vars.names }}'; false where VALUE is none. */
static bool take_list(struct loader *loader, struct source_spec *source, const struct value *value)
{
    if (!value_is_list(value))
        return false;
    size_t count = value->table.count;
    struct value *items = arena_alloc(loader->arena, count * sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = value->table.pairs[i].value;
    source->kind = SOURCE_LIST;
    source->items = items;
    source->count = (int64_t)count;
    return true;
}

static void bind_items(struct loader *loader, const struct field *field, const struct node *node)
{
    if (node->kind != NODE_LIST) {
        field_wrong(loader, field, node);
        return;
    }
    *(struct value **)field->member = bind_list(loader, field, node);
    *field->count = node->size;
}

/* The key that says where the tasks come from. */
static const struct {
    const char *key;
    enum source_kind kind;
} sources[] = {
    {"range", SOURCE_RANGE}, {"matrix", SOURCE_MATRIX}, {"lines", SOURCE_LINES},
    {"jsonl", SOURCE_JSONL}, {"csv", SOURCE_CSV},       {"glob", SOURCE_GLOB},
    {"lua", SOURCE_LUA},     {"output", SOURCE_OUTPUT}, {"queue", SOURCE_QUEUE},
    {"blocks", SOURCE_BLOCKS},
};

static enum source_kind find_kind(const struct node *map)
{
    for (size_t i = 0; i < map->size; i++)
        for (size_t j = 0; j < countof(sources); j++)
            if (!strcmp(node_key(map, i)->text, sources[j].key))
                return sources[j].kind;
    return SOURCE_COUNT;
}

/* [1..10] is one item, which hardly anybody wants. */
static void warn_of_range(struct loader *loader, const struct node *list)
{
    const struct node *item = list->items;
    if (list->size != 1 || item->kind != NODE_SCALAR || !strstr(item->text, ".."))
        return;
    const char *range = meant_range(loader->arena, item->text);
    if (range)
        diag_warning(loader->diags, loader_mark(loader, item),
                     arena_printf(loader->arena, "write tasks: {range: %s}", range),
                     "'%s' is one item, a text", item->text);
}

static void bind_tasks(struct loader *loader, const struct field *field, const struct node *node)
{
    struct source_spec *source = field->member;
    struct value value;
    size_t before = diags_count(loader->diags);
    source->mark = loader_mark(loader, node);
    if (node->kind == NODE_LIST) {
        warn_of_range(loader, node);
        source->kind = SOURCE_LIST;
        source->items = bind_list(loader, field, node);
        source->count = (int64_t)node->size;
    } else if (node->kind == NODE_MAP) {
        source->kind = find_kind(node);
        field_block(loader, field, node, source);
    } else if (field_value(loader, field, node, &value) && !take_list(loader, source, &value)) {
        source->kind = SOURCE_COUNT;
        source->count = value.integer;
        if (value.type != VALUE_INTEGER || value.integer < 0)
            field_meant(loader, field, node, meant_tasks(loader->arena, node->text));
    }
    if (diags_count(loader->diags) > before)
        return;
    source->names = item_names(loader, field->block, source);
    if (node->kind == NODE_MAP)
        absent_warn(loader, field->block, source, node);
}

/* How many numbers a range has; false where they are more than can be counted. */
static bool count_range(const struct source_spec *source, int64_t *count)
{
    bool up = source->step > 0;
    if (up ? source->from > source->to : source->from < source->to) {
        *count = 0;
        return true;
    }
    uint64_t low = (uint64_t)(up ? source->from : source->to);
    uint64_t high = (uint64_t)(up ? source->to : source->from);
    uint64_t step = up ? (uint64_t)source->step : 0 - (uint64_t)source->step;
    uint64_t steps = (high - low) / step;
    *count = (int64_t)(steps + 1);
    return steps < INT64_MAX;
}

static bool has_template(const struct node *list)
{
    for (size_t i = 0; i < list->size; i++)
        if (node_has_template(&list->items[i]))
            return true;
    return false;
}

static void bind_range(struct loader *loader, const struct field *field, const struct node *node)
{
    struct source_spec *source = field->block->spec;
    int64_t numbers[3] = {0, 0, 1};
    if (node->kind != NODE_LIST || node->size < 2 || node->size > 3) {
        bool one = node->kind == NODE_LIST && node->size == 1 && node->items->kind == NODE_SCALAR;
        field_meant(loader, field, node,
                    one                         ? arena_printf(loader->arena, "[0, %s], or [%s, TO]", node->items->text, node->items->text)
                    : node->kind == NODE_SCALAR ? meant_range(loader->arena, node->text)
                                                : NULL);
        return;
    }
    for (size_t i = 0; i < node->size; i++) {
        struct value value;
        if (!field_value(loader, field, &node->items[i], &value))
            return;
        if (value.type != VALUE_INTEGER || (i == 2 && value.integer == 0)) {
            field_expected(loader, field, &node->items[i],
                           i == 2 ? "a whole number other than 0 as step" : "a whole number", NULL);
            return;
        }
        numbers[i] = value.integer;
    }
    source->from = numbers[0];
    source->to = numbers[1];
    source->step = numbers[2];
    if (!count_range(source, &source->count))
        field_expected(loader, field, node, "a range that can be counted", NULL);
    else if (!source->count && !has_template(node))
        diag_warning(loader->diags, loader_mark(loader, node),
                     arena_printf(loader->arena, "write [%lld, %lld, %lld]", (long long)source->from,
                                  (long long)source->to, (long long)-source->step),
                     "%s: there is no number in this range", field_label(loader, field));
}

#define WORKERS_WORDING "a number from 1 to 16384, auto, or a percentage of the cores such as 50%"
#define WORKERS_JSON                                                                                                       \
    "{'type':'integer'@range},{'enum':['auto']},{'type':'string','pattern':'^(?=.*[1-9])[0-9.]+%$'},@template]"

const struct type type_workers = {
    .name = "workers",
    .wording = WORKERS_WORDING ", or a mapping such as {least: 2, most: 16}",
    .bind = bind_workers,
    .block = BLOCK_WORKERS,
    .early = true,
    .json = "'anyOf':[@block," WORKERS_JSON,
};
const struct type type_most_workers = {
    .name = "most workers",
    .wording = WORKERS_WORDING,
    .bind = bind_most_workers,
    .early = true,
    .json = "'anyOf':[" WORKERS_JSON,
};
const struct type type_tasks = {
    .name = "tasks",
    .wording = "a number of tasks, a list of items, or a source such as {range: [1, 100]}",
    .bind = bind_tasks,
    .block = BLOCK_TASKS,
    .early = true,
    .json = "'anyOf':[{'type':'integer','minimum':0},{'type':'array','items':@value},@block,"
            "@template]",
};
const struct type type_range = {
    .name = "range",
    .wording = "a list [FROM, TO] or [FROM, TO, STEP] of whole numbers",
    .bind = bind_range,
    .early = true,
    .json = "'type':'array','minItems':2,'maxItems':3,'items':{'anyOf':[{'type':'integer'},"
            "@template]}",
};
const struct type type_items = {
    .name = "items",
    .wording = "a list of values",
    .bind = bind_items,
    .queues = true,
    .early = true,
    .json = "'type':'array','items':@value",
};
