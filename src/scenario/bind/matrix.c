/* The matrix of a pool's tasks: reading it, and its combinations. */
#include "scenario/bind/matrix.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "scenario/loader.h"
#include "scenario/types.h"

int64_t matrix_combinations(const struct matrix_spec *matrix)
{
    int64_t combinations = matrix->axis_count ? 1 : 0;
    for (size_t i = 0; i < matrix->axis_count; i++) {
        int64_t count = (int64_t)matrix->axes[i].count;
        if (__builtin_mul_overflow(combinations, count, &combinations))
            combinations = INT64_MAX;
        if (!combinations)
            return 0;
    }
    return combinations > MATRIX_MOST ? MATRIX_MOST + 1 : combinations;
}

const struct value *matrix_value(const struct matrix_spec *matrix, int64_t number, size_t axis)
{
    for (size_t i = matrix->axis_count; --i > axis;)
        number /= (int64_t)matrix->axes[i].count;
    const struct axis_spec *spec = &matrix->axes[axis];
    return &spec->values[number % (int64_t)spec->count].value;
}

static bool is_number(const struct value *value)
{
    return value->type == VALUE_INTEGER || value->type == VALUE_NUMBER;
}

static double number_of(const struct value *value)
{
    return value->type == VALUE_INTEGER ? (double)value->integer : value->number;
}

/* True where both mean the same; 1 and 1.0 do, 1 and "1" do not. */
static bool is_same(const struct value *one, const struct value *other)
{
    struct buf texts[2] = {0};
    if (one->type == VALUE_INTEGER && other->type == VALUE_INTEGER)
        return one->integer == other->integer;
    if (is_number(one) && is_number(other))
        return number_of(one) >= number_of(other) && number_of(one) <= number_of(other);
    value_json(&texts[0], one);
    value_json(&texts[1], other);
    bool same = !strcmp(buf_string(&texts[0]), buf_string(&texts[1]));
    buf_release(&texts[0]);
    buf_release(&texts[1]);
    return same;
}

/* The list that KEY names; AXIS_COUNT where there is none. */
static size_t find_axis(const struct matrix_spec *matrix, const char *key)
{
    size_t i = 0;
    while (i < matrix->axis_count && strcmp(matrix->axes[i].name, key))
        i++;
    return i;
}

static bool holds_all(const struct matrix_spec *matrix, int64_t number, const struct value *wanted)
{
    for (size_t i = 0; i < wanted->table.count; i++) {
        const struct value_pair *pair = &wanted->table.pairs[i];
        size_t axis = find_axis(matrix, pair->key.string.bytes);
        if (!is_same(matrix_value(matrix, number, axis), &pair->value))
            return false;
    }
    return true;
}

bool matrix_excludes(const struct matrix_spec *matrix, int64_t number)
{
    for (size_t i = 0; i < matrix->exclude_count; i++)
        if (holds_all(matrix, number, &matrix->exclude[i]))
            return true;
    return false;
}

int64_t matrix_count(const struct matrix_spec *matrix)
{
    int64_t combinations = matrix_combinations(matrix);
    int64_t count = combinations;
    for (int64_t i = 0; matrix->exclude_count && i < combinations; i++)
        count -= matrix_excludes(matrix, i);
    return count + (int64_t)matrix->include_count;
}

static bool is_list(const struct value *value)
{
    if (value->type != VALUE_TABLE)
        return false;
    for (size_t i = 0; i < value->table.count; i++)
        if (value->table.pairs[i].key.type != VALUE_INTEGER)
            return false;
    return true;
}

static void bind_axis(struct loader *loader, const struct field *field, const struct node *name,
                      const struct node *node)
{
    struct matrix_spec *matrix = field->member;
    struct value value;
    if (!loader_value(loader, node, block_object_name(loader, field->block), &value))
        return;
    if (!is_list(&value)) {
        field_expected(loader, field, node, "a list of values",
                       node->kind == NODE_MAP || strstr(node->text, "..") ? "write each of them: [1, 2, 3]" : "write [ ] round it");
        return;
    }
    matrix->axes[matrix->axis_count++] =
        (struct axis_spec){name->text, value.table.pairs, value.table.count};
}

/* WANTED at NODE must be in the list, or no combination is left out. */
static void check_excluded(struct loader *loader, const struct axis_spec *axis,
                           const struct node *node, const struct value *wanted)
{
    struct buf text = {0}, list = {0};
    bool found = false;
    value_json(&text, wanted);
    for (size_t i = 0; i < axis->count; i++) {
        found = found || is_same(&axis->values[i].value, wanted);
        buf_text(&list, i ? ", " : "");
        value_json(&list, &axis->values[i].value);
    }
    if (!found)
        diag_warning(loader->diags, loader_mark(loader, node),
                     arena_printf(loader->arena, "'%s' is one of %s", axis->name,
                                  loader_shown(loader, buf_string(&list))),
                     "nothing is left out: no '%s' is %s", axis->name,
                     loader_shown(loader, buf_string(&text)));
    buf_release(&text);
    buf_release(&list);
}

/* What an exclusion says must be about the lists: a slip there would leave nothing out. */
static void check_exclusion(struct loader *loader, const struct field *field,
                            const struct node *node, const struct value *wanted)
{
    const struct matrix_spec *matrix = field->member;
    if (!node->size)
        field_expected(loader, field, node, "what to leave out", NULL);
    for (size_t i = 0; i < node->size; i++) {
        size_t axis = find_axis(matrix, node_key(node, i)->text);
        if (axis == matrix->axis_count)
            field_expected(loader, field, node_key(node, i), "the name of one of its lists", NULL);
        else
            check_excluded(loader, &matrix->axes[axis], node_value(node, i), &wanted->table.pairs[i].value);
    }
}

/* The mappings of `exclude` or `include`. */
static struct value *bind_tables(struct loader *loader, const struct field *field,
                                 const struct node *list, bool exclude, size_t *count)
{
    const char *name = block_object_name(loader, field->block);
    struct value *tables = arena_alloc(loader->arena, list->size * sizeof(*tables));
    if (list->kind != NODE_LIST) {
        field_expected(loader, field, list,
                       exclude ? "a list of mappings to exclude" : "a list of mappings to include",
                       list->kind == NODE_MAP ? "write [ ] round it" : NULL);
        return NULL;
    }
    for (size_t i = 0; i < list->size; i++) {
        const struct node *node = &list->items[i];
        if (node->kind != NODE_MAP)
            field_expected(loader, field, node, "a mapping such as {a: 1}", NULL);
        else if (loader_value(loader, node, name, &tables[i]) && exclude)
            check_exclusion(loader, field, node, &tables[i]);
    }
    *count = list->size;
    return tables;
}

/* A list with nothing in it leaves no combination, and so no task. */
static void warn_of_empty(struct loader *loader, const struct matrix_spec *matrix, const struct node *node)
{
    for (size_t i = 0; i < node->size && !matrix->include_count; i++) {
        size_t axis = find_axis(matrix, node_key(node, i)->text);
        if (axis < matrix->axis_count && !matrix->axes[axis].count)
            diag_warning(loader->diags, loader_mark(loader, node_value(node, i)), NULL, "there is no task, as '%s' has no value",
                         matrix->axes[axis].name);
    }
}

static void bind_matrix(struct loader *loader, const struct field *field, const struct node *node)
{
    struct source_spec *source = field->block->spec;
    struct matrix_spec *matrix = field->member;
    const struct node *exclude = NULL;
    size_t before = diags_count(loader->diags);
    if (node->kind != NODE_MAP || !node->size) {
        field_wrong(loader, field, node);
        return;
    }
    matrix->axes = arena_alloc(loader->arena, node->size * sizeof(*matrix->axes));
    for (size_t i = 0; i < node->size; i++) {
        const struct node *name = node_key(node, i);
        const struct node *value = node_value(node, i);
        if (!strcmp(name->text, "exclude"))
            exclude = value;
        else if (!strcmp(name->text, "include"))
            matrix->include = bind_tables(loader, field, value, false, &matrix->include_count);
        else if (!schema_is_own(name->text))
            bind_axis(loader, field, name, value);
    }
    if (exclude && diags_count(loader->diags) == before)
        matrix->exclude = bind_tables(loader, field, exclude, true, &matrix->exclude_count);
    if (diags_count(loader->diags) > before)
        return;
    warn_of_empty(loader, matrix, node);
    if (matrix_combinations(matrix) > MATRIX_MOST)
        field_expected(loader, field, node, "a matrix of at most 100,000,000 combinations", NULL);
    else
        source->count = matrix_count(matrix);
}

const struct type type_matrix = {
    .name = "matrix",
    .wording = "lists by their names, such as {a: [1, 2], b: [x, y]}",
    .bind = bind_matrix,
    .early = true,
    .json = "'type':'object','minProperties':1,'properties':{'exclude':{'type':'array',"
            "'items':{'type':'object','minProperties':1}},'include':{'type':'array',"
            "'items':{'type':'object'}}},'patternProperties':{'^x-':{}},"
            "'additionalProperties':{'anyOf':[{'type':'array','items':@value},@template]}",
};
