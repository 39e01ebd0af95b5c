/* Items that are the combinations of some values: tables with a value of each list. */
#include "pool/source/private.h"
#include "scenario/bind/matrix.h"
#include "value/value.h"

/*
 * The combinations are numbered, the last list turning fastest; so ITEMS->PLACE is all that must be
 * kept. What is left out was counted when the scenario was loaded.
 */
static enum items_result next_included(const struct items *items, struct buf *encoded)
{
    const struct matrix_spec *matrix = &items->spec->matrix;
    int64_t number = items->at - (items->spec->count - (int64_t)matrix->include_count);
    if (number >= (int64_t)matrix->include_count)
        return ITEMS_END;
    value_encode(encoded, &matrix->include[number]);
    return ITEMS_ONE;
}

static enum items_result matrix_next(struct items *items, struct buf *encoded, struct error *error)
{
    const struct matrix_spec *matrix = &items->spec->matrix;
    int64_t combinations = matrix_combinations(matrix);
    (void)error;
    while (items->place < combinations && matrix_excludes(matrix, items->place))
        items->place++;
    if (items->place >= combinations)
        return next_included(items, encoded);
    value_encode_table(encoded, matrix->axis_count);
    for (size_t i = 0; i < matrix->axis_count; i++) {
        struct value name = value_of_string(matrix->axes[i].name);
        value_encode(encoded, &name);
        value_encode(encoded, matrix_value(matrix, items->place, i));
    }
    items->place++;
    return ITEMS_ONE;
}

static int64_t count_items(const struct items *items)
{
    return items->spec->count;
}

const struct items_kind items_of_matrix = {.next = matrix_next, .count = count_items};
