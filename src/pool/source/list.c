/* Items that stand in the scenario: a number of them, a list, a range. */
#include "pool/source/private.h"
#include "value/value.h"

static int64_t known_count(const struct items *items)
{
    return items->spec->count;
}

static enum items_result next_count(struct items *items, struct buf *encoded, struct error *error)
{
    (void)error;
    if (items->at >= items->spec->count)
        return ITEMS_END;
    value_encode_integer(encoded, items->at);
    return ITEMS_ONE;
}

static enum items_result next_listed(struct items *items, struct buf *encoded, struct error *error)
{
    (void)error;
    if (items->at >= items->spec->count)
        return ITEMS_END;
    value_encode(encoded, &items->spec->items[items->at]);
    return ITEMS_ONE;
}

/* Unsigned, as the way from one end of all numbers to the other is longer than any of them. */
static enum items_result next_in_range(struct items *items, struct buf *encoded,
                                       struct error *error)
{
    const struct source_spec *spec = items->spec;
    bool up = spec->step > 0;
    uint64_t from = (uint64_t)spec->from;
    uint64_t way = up ? (uint64_t)spec->to - from : from - (uint64_t)spec->to;
    uint64_t step = up ? (uint64_t)spec->step : 0 - (uint64_t)spec->step;
    (void)error;
    if ((up ? spec->from > spec->to : spec->from < spec->to) || (uint64_t)items->at > way / step)
        return ITEMS_END;
    value_encode_integer(encoded, (int64_t)(from + (uint64_t)items->at * (uint64_t)spec->step));
    return ITEMS_ONE;
}

const struct items_kind items_of_count = {.next = next_count, .count = known_count};
const struct items_kind items_of_list = {.next = next_listed, .count = known_count};
const struct items_kind items_of_range = {.next = next_in_range, .count = known_count};
