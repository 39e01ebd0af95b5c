/* A value in a column of a database. */
#include "store/stored_value.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "store/database.h"
#include "store/virtual_table.h"
#include "value/value.h"

static void set_bytes(struct stored_value *stored, enum stored_type type, const char *bytes,
                      size_t length, const char *form)
{
    stored->type = type;
    stored->bytes = bytes;
    stored->length = length;
    stored->form = form;
}

/* True where the JSON text at SCRATCH is read as the very same value. */
static bool comes_back(const struct stored_value *stored, struct arena *arena, const char *encoded,
                       size_t length)
{
    struct value value = {0};
    struct error error = {0};
    struct buf again = {0};
    bool same = utf8_valid(stored->scratch.data, stored->scratch.length) &&
                !value_from_json(arena, stored->scratch.data, stored->scratch.length, &value, &error);
    if (same)
        value_encode(&again, &value);
    same = same && again.length == length && !memcmp(again.data, encoded, length);
    error_release(&error);
    buf_release(&again);
    return same;
}

static void set_json(struct stored_value *stored, struct arena *arena, const struct value *value,
                     const char *encoded, size_t length)
{
    buf_clear(&stored->scratch);
    value_json(&stored->scratch, value);
    if (comes_back(stored, arena, encoded, length))
        set_bytes(stored, STORED_TEXT, stored->scratch.data, stored->scratch.length, STORED_JSON);
    else
        set_bytes(stored, STORED_BLOB, encoded, length, STORED_ENCODED);
}

static void set_string(struct stored_value *stored, const char *bytes, size_t length)
{
    bool text = utf8_valid(bytes, length) && !memchr(bytes, '\0', length);
    set_bytes(stored, text ? STORED_TEXT : STORED_BLOB, bytes, length, STORED_PLAIN);
}

static void set_value(struct stored_value *stored, struct arena *arena, const struct value *value,
                      const char *encoded, size_t length)
{
    switch (value->type) {
    case VALUE_NIL:
        stored->type = STORED_NULL;
        break;
    case VALUE_INTEGER:
        stored->type = STORED_INTEGER;
        stored->integer = value->integer;
        break;
    case VALUE_NUMBER:
        if (value->number != value->number) { /* NaN, which SQLite takes for NULL */
            set_bytes(stored, STORED_BLOB, encoded, length, STORED_ENCODED);
            break;
        }
        stored->type = STORED_NUMBER;
        stored->number = value->number;
        break;
    case VALUE_STRING:
        set_string(stored, value->string.bytes, value->string.length);
        break;
    case VALUE_BOOLEAN:
    case VALUE_TABLE:
        set_json(stored, arena, value, encoded, length);
        break;
    }
}

void stored_value_of(struct stored_value *stored, const char *encoded, size_t length)
{
    struct value value = {.type = VALUE_NIL};
    struct error error = {0};
    const char *at = encoded;
    size_t left = length;
    struct arena *arena = NULL;
    stored->form = STORED_PLAIN;
    if (length && (unsigned char)*encoded == VALUE_STRING) { /* most of them, without an arena */
        value_head(&at, &value);
    } else if (length) {
        arena = arena_new();
        value_decode(arena, &at, &left, &value, &error);
    }
    set_value(stored, arena, &value, encoded, length);
    error_release(&error);
    arena_free(arena);
}

void stored_value_release(struct stored_value *stored)
{
    buf_release(&stored->scratch);
}

void cell_set_stored(struct cell *cell, const struct stored_value *stored)
{
    switch (stored->type) {
    case STORED_NULL:
        break;
    case STORED_INTEGER:
        cell_set_integer(cell, stored->integer);
        break;
    case STORED_NUMBER:
        cell_set_number(cell, stored->number);
        break;
    case STORED_TEXT:
        cell_set_text(cell, stored->bytes, stored->length);
        break;
    case STORED_BLOB:
        cell_set_blob(cell, stored->bytes, stored->length);
        break;
    }
}

void cell_set_form(struct cell *cell, const struct stored_value *stored)
{
    if (stored->form)
        cell_set_text(cell, stored->form, strlen(stored->form));
}

void query_set_stored(struct query *query, int place, const struct stored_value *stored)
{
    switch (stored->type) {
    case STORED_NULL:
        query_set_null(query, place);
        break;
    case STORED_INTEGER:
        query_set_integer(query, place, stored->integer);
        break;
    case STORED_NUMBER:
        query_set_number(query, place, stored->number);
        break;
    case STORED_TEXT:
        query_set_text(query, place, stored->bytes, stored->length);
        break;
    case STORED_BLOB:
        query_set_blob(query, place, stored->bytes, stored->length);
        break;
    }
}

void query_set_form(struct query *query, int place, const struct stored_value *stored)
{
    if (stored->form)
        query_set_text(query, place, stored->form, strlen(stored->form));
    else
        query_set_null(query, place);
}

void query_stored(struct query *query, int place, struct stored_value *stored)
{
    static const enum stored_type types[] = {
        [COLUMN_NULL] = STORED_NULL, [COLUMN_INTEGER] = STORED_INTEGER, [COLUMN_NUMBER] = STORED_NUMBER,
        [COLUMN_TEXT] = STORED_TEXT, [COLUMN_BLOB] = STORED_BLOB,
    };
    *stored = (struct stored_value){.type = types[query_type(query, place)]};
    if (stored->type == STORED_INTEGER)
        query_integer(query, place, &stored->integer);
    else if (stored->type == STORED_NUMBER)
        stored->number = query_number(query, place);
    else if (stored->type != STORED_NULL)
        stored->bytes = query_bytes(query, place, &stored->length);
    if (!query_text(query, place + 1, &stored->form))
        stored->form = STORED_PLAIN;
}

static int add_encoded(const char *bytes, size_t length, struct buf *encoded, struct error *error)
{
    if (!length || value_size(bytes, length) != length)
        return error_set(error, ERROR_FAILED, "its body is no value");
    buf_append(encoded, bytes, length);
    return 0;
}

/* A column that is the value itself. */
static void add_plain(struct query *query, int place, enum column_type type, struct buf *encoded)
{
    int64_t integer;
    size_t length;
    const char *bytes;
    switch (type) {
    case COLUMN_NULL:
        value_encode_nil(encoded);
        break;
    case COLUMN_INTEGER:
        query_integer(query, place, &integer);
        value_encode_integer(encoded, integer);
        break;
    case COLUMN_NUMBER:
        value_encode_number(encoded, query_number(query, place));
        break;
    case COLUMN_TEXT:
    case COLUMN_BLOB:
        bytes = query_bytes(query, place, &length);
        value_encode_string(encoded, bytes, length);
        break;
    }
}

int query_value(struct query *query, int place, struct buf *encoded, struct error *error)
{
    enum column_type type = query_type(query, place);
    size_t length;
    const char *form, *bytes;
    if (!query_text(query, place + 1, &form)) {
        add_plain(query, place, type, encoded);
        return 0;
    }
    bytes = query_bytes(query, place, &length);
    if (!strcmp(form, STORED_JSON))
        return value_encode_json(encoded, bytes, length, error);
    if (!strcmp(form, STORED_ENCODED))
        return add_encoded(bytes, length, encoded, error);
    return error_set(error, ERROR_FAILED, "its form is '%s', which nobody knows", form);
}
