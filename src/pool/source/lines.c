/* Items that are the lines of a file. */
#include <string.h>

#include "base/error.h"
#include "engine/run.h"
#include "event/bus.h"
#include "pool/source/private.h"
#include "value/value.h"

int items_open_file(struct items *items, struct error *error)
{
    struct input_options options = {
        .loop = items->run->loop,
        .name = items->spec->path,
        .more = items->more,
        .arg = items->arg,
    };
    items->task_input = input_open(&options, items->spec->path, error);
    return items->task_input ? 0 : error->code;
}

enum items_result items_after(enum input_result result)
{
    static const enum items_result results[] = {
        [INTAKE_ONE] = ITEMS_ONE,
        [INTAKE_WAIT] = ITEMS_WAIT,
        [INTAKE_END] = ITEMS_END,
        [INTAKE_FAILED] = ITEMS_FAILED,
    };
    return results[result];
}

/* Nothing is taken away from what was given, but no command finds a file of that name. */
static void tell_carriage_return(struct items *items)
{
    struct event event = {
        .kind = EVENT_POOL_CARRIAGE_RETURN,
        .object = items->pool->object.name,
        .reason = "the lines of its tasks end in CR LF, and the CR is a part of each item; "
                  "sed 's/\\r$//' takes it out",
    };
    bus_emit(items->run->bus, &event);
}

static struct input_end end_of(const struct source_spec *spec)
{
    if (spec->end)
        return (struct input_end){spec->end, strlen(spec->end)};
    return (struct input_end){spec->nul ? "" : "\n", 1};
}

enum items_result items_next_line(struct items *items, struct buf *encoded, struct error *error)
{
    const struct input_end end = end_of(items->spec);
    struct columns *columns = items->columns;
    const char *bytes;
    size_t length;
    enum input_result result = INTAKE_ONE;
    if (!items->at && *end.text == '\n')
        result = items_skip_mark(items, error);
    if (result == INTAKE_ONE)
        result = input_piece(items->task_input, &end, &bytes, &length, error);
    if (result == INTAKE_ONE && columns && columns_want_header(columns)) {
        if (columns_take_header(columns, bytes, length, error))
            return ITEMS_FAILED;
        result = input_piece(items->task_input, &end, &bytes, &length, error);
    }
    if (result != INTAKE_ONE)
        return items_after(result);
    if (!items->at && *end.text == '\n' && length && bytes[length - 1] == '\r')
        tell_carriage_return(items);
    if (columns)
        return columns_encode(columns, bytes, length, encoded, error) ? ITEMS_FAILED : ITEMS_ONE;
    value_encode_string(encoded, bytes, length);
    return ITEMS_ONE;
}

enum input_result items_skip_mark(struct items *items, struct error *error)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    size_t length;
    const char *bytes = input_bytes(items->task_input, &length);
    while (length < sizeof(mark) && !memcmp(bytes, mark, length)) {
        enum input_result result = input_read(items->task_input, error);
        bytes = input_bytes(items->task_input, &length);
        if (result == INTAKE_END)
            break;
        if (result != INTAKE_ONE)
            return result;
    }
    if (length >= sizeof(mark) && !memcmp(bytes, mark, sizeof(mark)))
        input_take(items->task_input, sizeof(mark));
    return INTAKE_ONE;
}

const struct items_kind items_of_lines = {.open = items_open_file, .next = items_next_line};
