/* Where a block lies, as an item. */
#include "wire/block.h"

#include <string.h>

#include "base/buf.h"
#include "value/value.h"

/* No page is larger where parrun runs. */
#define GAP INT64_C(65536)

static void put(struct buf *out, const char *name, int64_t number)
{
    value_encode_string(out, name, strlen(name));
    value_encode_integer(out, number);
}

void block_encode(struct buf *out, const struct input_block *block)
{
    value_encode_table(out, (block->header ? 3u : 2u) + (block->begin ? 1u : 0u));
    put(out, "offset", block->offset);
    put(out, "size", block->size);
    if (block->header)
        put(out, "header", block->header);
    if (block->begin)
        put(out, "begin", block->begin);
}

static int64_t member(const struct value *item, const char *name)
{
    const struct value *found = item->type == VALUE_TABLE ? value_member(item, name) : NULL;
    return found && found->type == VALUE_INTEGER ? found->integer : 0;
}

struct input_block block_of(const struct value *item)
{
    return (struct input_block){
        .offset = member(item, "offset"),
        .size = member(item, "size"),
        .header = member(item, "header"),
        .begin = member(item, "begin"),
    };
}

int64_t block_place(int64_t offset, int64_t index)
{
    return offset + (index + 1) * GAP;
}
