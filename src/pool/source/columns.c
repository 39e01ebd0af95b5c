/* Lines cut into columns, which a header may name. */
#include <stdlib.h>
#include <string.h>

#include "base/cut.h"
#include "base/error.h"
#include "base/mem.h"
#include "pool/source/private.h"
#include "value/value.h"

struct columns {
    const struct source_spec *spec;
    struct cut cut;
    char **names; /* by the header */
    size_t name_count;
    size_t name_capacity;
    bool named;
};

static int add_name(struct columns *columns, const char *name, size_t length, struct error *error)
{
    columns->names = mem_grow(columns->names, &columns->name_capacity, columns->name_count + 1,
                              sizeof(*columns->names));
    char *copy = columns->names[columns->name_count++] = mem_copy(name, length);
    if (!length)
        return error_set(error, ERROR_FAILED, "the header: column %zu has no name",
                         columns->name_count);
    for (size_t i = 0; i + 1 < columns->name_count; i++)
        if (!strcmp(columns->names[i], copy))
            return error_set(error, ERROR_FAILED, "the header: two columns are called '%s'", copy);
    return 0;
}

int columns_take_header(struct columns *columns, const char *bytes, size_t length,
                        struct error *error)
{
    bool last = false;
    int result = 0;
    columns->named = true;
    if (length && bytes[length - 1] == '\r')
        length--;
    while (!result && !last) {
        const char *name = bytes;
        size_t size = cut_next(&columns->cut, &bytes, &length, &last);
        result = add_name(columns, name, size, error);
    }
    return result;
}

bool columns_want_header(const struct columns *columns)
{
    return columns->spec->header && !columns->named;
}

static size_t count_columns(const struct columns *columns, const char *bytes, size_t length)
{
    bool last = false;
    size_t count = 0;
    for (; !last; count++)
        cut_next(&columns->cut, &bytes, &length, &last);
    return count;
}

int columns_encode(struct columns *columns, const char *bytes, size_t length, struct buf *encoded,
                   struct error *error)
{
    bool last = false;
    size_t count = count_columns(columns, bytes, length);
    if (columns->named && count > columns->name_count)
        return error_set(error, ERROR_FAILED, "a line of %zu columns, and the header names %zu: '%.*s'",
                         count, columns->name_count, length > 60 ? 60 : (int)length, bytes);
    count = columns->named ? columns->name_count : count;
    value_encode_table(encoded, count);
    for (size_t i = 0; i < count; i++) {
        const char *column = bytes;
        size_t size = last ? 0 : cut_next(&columns->cut, &bytes, &length, &last);
        if (columns->named)
            value_encode_string(encoded, columns->names[i], strlen(columns->names[i]));
        else
            value_encode_integer(encoded, (int64_t)i + 1);
        value_encode_string(encoded, column, size);
    }
    return 0;
}

struct columns *columns_new(const struct source_spec *spec, struct error *error)
{
    struct columns *columns = mem_calloc(1, sizeof(*columns));
    columns->spec = spec;
    int result = cut_init(&columns->cut, spec->columns, error);
    if (result)
        error_wrap(error, "columns");
    if (!result && spec->header && spec->header_line)
        result = columns_take_header(columns, spec->header_line, strlen(spec->header_line), error);
    if (!result)
        return columns;
    columns_free(columns);
    return NULL;
}

void columns_free(struct columns *columns)
{
    if (!columns)
        return;
    for (size_t i = 0; i < columns->name_count; i++)
        free(columns->names[i]);
    free(columns->names);
    cut_release(&columns->cut);
    free(columns);
}
