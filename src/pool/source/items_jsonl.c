/* Items that are the lines of a file, each a JSON value. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "pool/source/private.h"
#include "value/value.h"

struct jsonl_items {
    int64_t line; /* the one taken last, from 1 */
};

static int jsonl_open(struct items *items, struct error *error)
{
    items->state = mem_calloc(1, sizeof(struct jsonl_items));
    return items_open_file(items, error);
}

static bool is_blank(const char *bytes, size_t length)
{
    while (length && strchr(" \t\r", bytes[length - 1]))
        length--;
    return !length;
}

static enum items_result take_value(struct items *items, const char *bytes, size_t length,
                                    struct buf *encoded, struct error *error)
{
    const struct jsonl_items *jsonl = items->state;
    struct arena *arena = arena_new();
    struct value value;
    int result = value_from_json(arena, bytes, length, &value, error);
    if (result)
        error_wrap(error, "%s:%lld", items->spec->path, (long long)jsonl->line);
    else
        value_encode(encoded, &value);
    arena_free(arena);
    return result ? ITEMS_FAILED : ITEMS_ONE;
}

static enum items_result jsonl_next(struct items *items, struct buf *encoded, struct error *error)
{
    struct jsonl_items *jsonl = items->state;
    static const struct input_end newline = {"\n", 1};
    const char *bytes;
    size_t length;
    enum input_result result = jsonl->line ? INTAKE_ONE : items_skip_mark(items, error);
    while (result == INTAKE_ONE) {
        result = input_piece(items->task_input, &newline, &bytes, &length, error);
        jsonl->line += result == INTAKE_ONE;
        if (result == INTAKE_ONE && !is_blank(bytes, length))
            return take_value(items, bytes, length, encoded, error);
    }
    return items_after(result);
}

static void jsonl_close(struct items *items)
{
    free(items->state);
}

const struct items_kind items_of_jsonl = {
    .open = jsonl_open, .next = jsonl_next, .close = jsonl_close};
