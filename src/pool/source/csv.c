/* Items that are the rows of a CSV file: tables by the names in its first row. */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/mem.h"
#include "pool/source/private.h"
#include "value/value.h"

struct csv_state {
    struct csv csv;
    bool marked;       /* the byte order mark, if any, was passed over */
    struct buf *names; /* of the columns; NULL: the header is still to come */
    size_t count;
};

static int csv_open(struct items *items, struct error *error)
{
    items->state = mem_calloc(1, sizeof(struct csv_state));
    return items_open_file(items, error);
}

/* Takes what was read so far; then what the end of the file means where it has ENDED. */
static enum csv_result take_bytes(struct items *items, bool ended, struct error *error)
{
    struct csv_state *state = items->state;
    size_t length, taken;
    const char *bytes = input_bytes(items->task_input, &length);
    enum csv_result row = csv_take(&state->csv, bytes, length, &taken, error);
    input_take(items->task_input, taken);
    if (row == CSV_MORE && ended)
        row = csv_end(&state->csv, error);
    if (row == CSV_MORE && state->csv.bytes.length > INTAKE_MOST) {
        error_set(error, ERROR_FAILED, "a row of more than %zu MiB", INTAKE_MOST >> 20);
        row = CSV_WRONG;
    }
    if (row == CSV_WRONG)
        error_wrap(error, "%s:%lld", items->spec->path, (long long)state->csv.row);
    return row;
}

/* Reads until a row is whole; ITEMS_ONE when it is. */
static enum items_result read_row(struct items *items, struct error *error)
{
    static const enum items_result results[] = {
        [CSV_ROW] = ITEMS_ONE,
        [CSV_MORE] = ITEMS_END,
        [CSV_WRONG] = ITEMS_FAILED,
    };
    enum csv_result row = take_bytes(items, false, error);
    while (row == CSV_MORE) {
        enum input_result result = input_read(items->task_input, error);
        if (result != INTAKE_ONE && result != INTAKE_END)
            return items_after(result);
        row = take_bytes(items, result == INTAKE_END, error);
        if (result == INTAKE_END)
            break;
    }
    return results[row];
}

/* Keeps the names of the columns, which must differ. */
static int take_header(struct items *items, struct error *error)
{
    struct csv_state *state = items->state;
    state->count = state->csv.count;
    state->names = mem_calloc(state->count, sizeof(*state->names));
    for (size_t i = 0; i < state->count; i++) {
        size_t length;
        const char *name = csv_field(&state->csv, i, &length);
        buf_append(&state->names[i], name, length);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(buf_string(&state->names[i]), buf_string(&state->names[j])))
                return error_set(error, ERROR_FAILED, "%s:%lld: two columns are called '%s'",
                                 items->spec->path, (long long)state->csv.row,
                                 buf_string(&state->names[i]));
    }
    return 0;
}

static enum items_result put_row(struct items *items, struct buf *encoded, struct error *error)
{
    const struct csv_state *state = items->state;
    items->line = items->pool->batches.items ? 0 : state->csv.row;
    if (state->csv.count != state->count) {
        error_set(error, ERROR_FAILED, "%s:%lld: a row of %zu field%s, and the header has %zu",
                  items->spec->path, (long long)state->csv.row, state->csv.count,
                  state->csv.count == 1 ? "" : "s", state->count);
        return ITEMS_FAILED;
    }
    value_encode_table(encoded, state->count);
    for (size_t i = 0; i < state->count; i++) {
        size_t length;
        const char *field = csv_field(&state->csv, i, &length);
        value_encode_string(encoded, buf_string(&state->names[i]), state->names[i].length);
        value_encode_string(encoded, field, length);
    }
    return ITEMS_ONE;
}

static enum items_result csv_next(struct items *items, struct buf *encoded, struct error *error)
{
    struct csv_state *state = items->state;
    if (!state->marked) {
        enum input_result result = items_skip_mark(items, error);
        if (result != INTAKE_ONE)
            return items_after(result);
        state->marked = true;
    }
    enum items_result result = read_row(items, error);
    if (result == ITEMS_ONE && !state->names) {
        if (take_header(items, error))
            return ITEMS_FAILED;
        result = read_row(items, error);
    }
    if (result == ITEMS_END && !state->names) {
        error_set(error, ERROR_FAILED, "%s:1: no header: a first row that names the columns",
                  items->spec->path);
        return ITEMS_FAILED;
    }
    return result == ITEMS_ONE ? put_row(items, encoded, error) : result;
}

static void csv_close(struct items *items)
{
    struct csv_state *state = items->state;
    for (size_t i = 0; state->names && i < state->count; i++)
        buf_release(&state->names[i]);
    free(state->names);
    csv_release(&state->csv);
    free(state);
}

const struct items_kind items_of_csv = {.open = csv_open, .next = csv_next, .close = csv_close};
