/* Records of tasks as the rows of a table. */
#include "pool/results_table.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "scenario/spec.h"
#include "value/value.h"

/* A first row that is longer is none of ours. */
#define HEADER_MOST (64u << 20)

struct table_column {
    char *name;
    size_t length;
    struct buf cell; /* of the row that is made */
    bool filled;
};

struct results_table {
    const struct pool_spec *pool;
    char separator;
    bool whole;  /* there is a column "item": items are not taken apart */
    struct table_column *columns;
    size_t count, capacity;
    size_t next;      /* the column behind the one that was filled last */
    struct buf other; /* the members of its object */
};

/* "item" and "other" apart, what stands before the item's columns and behind them. */
static const char *const before[] = {"index"};
static const char *const behind[] = {"exit", "seconds", "output", "errors", "result", "attempt", "signal", "reason", "memory", "state", "other"};

static bool is_used(const struct results_table *table, const char *name)
{
    const struct pool_spec *pool = table->pool;
    if (!strcmp(name, "errors"))
        return pool->separate;
    if (!strcmp(name, "result"))
        return pool->object.body.kind == BODY_LUA || pool->object.body.kind == BODY_COPROCESS;
    return true;
}

static bool is_ours(const char *name, size_t length)
{
    bool ours = length == 4 && !memcmp(name, "item", 4);
    for (size_t i = 0; i < countof(before) + countof(behind) && !ours; i++) {
        const char *other = i < countof(before) ? before[i] : behind[i - countof(before)];
        ours = strlen(other) == length && !memcmp(other, name, length);
    }
    return ours;
}

struct results_table *results_table_new(const struct pool_spec *pool)
{
    struct results_table *table = mem_calloc(1, sizeof(*table));
    table->pool = pool;
    table->separator = pool->results->separator;
    return table;
}

/* NULL: there is none of this name. */
static struct table_column *find_column(struct results_table *table, const char *name, size_t length)
{
    for (size_t i = 0; i < table->count; i++) {
        struct table_column *column = &table->columns[(table->next + i) % table->count];
        if (column->length == length && !memcmp(column->name, name, length)) {
            table->next = (size_t)(column - table->columns) + 1;
            return column;
        }
    }
    return NULL;
}

/* One that is there already stays the only one. */
static void add_column(struct results_table *table, const char *name, size_t length)
{
    if (find_column(table, name, length))
        return;
    table->columns = mem_grow(table->columns, &table->capacity, table->count + 1, sizeof(*table->columns));
    table->columns[table->count++] = (struct table_column){.name = mem_copy(name, length), .length = length};
}

/* The name of the column for a part of an item. */
static void name_part(const struct value *key, struct buf *name)
{
    bool text = key->type == VALUE_STRING;
    buf_clear(name);
    if (!text || is_ours(key->string.bytes, key->string.length))
        buf_text(name, "item.");
    value_text(name, key);
}

static bool has_parts(const struct results_table *table, const struct value *item)
{
    return item && item->type == VALUE_TABLE && item->table.count && !(table->pool->batches.items && value_is_list(item));
}

static void make_columns(struct results_table *table, const struct value *item)
{
    struct buf name = {0};
    for (size_t i = 0; i < countof(before); i++)
        add_column(table, before[i], strlen(before[i]));
    table->whole = !has_parts(table, item);
    if (table->whole)
        add_column(table, "item", strlen("item"));
    for (size_t i = 0; !table->whole && i < item->table.count; i++) {
        name_part(&item->table.pairs[i].key, &name);
        add_column(table, buf_string(&name), name.length);
    }
    for (size_t i = 0; i < countof(behind); i++)
        if (is_used(table, behind[i]))
            add_column(table, behind[i], strlen(behind[i]));
    buf_release(&name);
}

static void put_header(const struct results_table *table, struct buf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        if (i)
            buf_char(out, table->separator);
        csv_put(out, table->columns[i].name, table->columns[i].length, table->separator, true);
    }
    buf_char(out, '\n');
}

/* A text that is empty is "", nothing is what is not there. */
static void put_cell(struct results_table *table, const char *name, size_t length, const struct value *value)
{
    struct buf text = {0};
    struct table_column *column = find_column(table, name, length);
    if (column && !column->filled) {
        value_text(&text, value);
        csv_put(&column->cell, buf_string(&text), text.length, table->separator, value->type == VALUE_STRING);
        column->filled = true;
    } else {
        if (table->other.length)
            buf_char(&table->other, ',');
        json_quote(&table->other, name, length);
        buf_char(&table->other, ':');
        value_json(&table->other, value);
    }
    buf_release(&text);
}

static void put_item(struct results_table *table, const struct value *item)
{
    struct buf name = {0};
    if (table->whole || !has_parts(table, item)) {
        put_cell(table, "item", strlen("item"), item);
        return;
    }
    for (size_t i = 0; i < item->table.count; i++) {
        name_part(&item->table.pairs[i].key, &name);
        put_cell(table, buf_string(&name), name.length, &item->table.pairs[i].value);
    }
    buf_release(&name);
}

static void put_other(struct results_table *table)
{
    struct table_column *column = find_column(table, "other", strlen("other"));
    struct buf object = {0};
    if (!table->other.length)
        return; /* each table has the column */
    buf_char(&object, '{');
    buf_append(&object, table->other.data, table->other.length);
    buf_char(&object, '}');
    csv_put(&column->cell, object.data, object.length, table->separator, false);
    buf_release(&object);
    buf_clear(&table->other);
}

static void put_row(struct results_table *table, struct buf *out)
{
    for (size_t i = 0; i < table->count; i++) {
        struct table_column *column = &table->columns[i];
        if (i)
            buf_char(out, table->separator);
        buf_append(out, column->cell.data, column->cell.length);
        buf_clear(&column->cell);
        column->filled = false;
    }
    buf_char(out, '\n');
}

static void put_field(struct results_table *table, const struct value_pair *field)
{
    if (!strcmp(field->key.string.bytes, "item"))
        put_item(table, &field->value);
    else if (strcmp(field->key.string.bytes, "pool") != 0) /* it is the same in all rows */
        put_cell(table, field->key.string.bytes, field->key.string.length, &field->value);
}

void results_table_put(struct results_table *table, const char *record, size_t length, struct buf *out)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    struct error error = {0};
    bool too_deep = value_from_json(arena, record, length, &value, &error) != 0;
    if (!table->count) {
        make_columns(table, too_deep ? NULL : value_member(&value, "item"));
        put_header(table, out);
    }
    for (size_t i = 0; !too_deep && i < value.table.count; i++)
        put_field(table, &value.table.pairs[i]);
    if (too_deep)
        buf_append(&table->other, record + 1, length - 2);
    put_other(table);
    put_row(table, out);
    error_release(&error);
    arena_free(arena);
}

static void take_header(struct results_table *table, const struct csv *csv)
{
    for (size_t i = 0; i < csv->count; i++) {
        size_t length;
        const char *name = csv_field(csv, i, &length);
        add_column(table, name, length);
    }
    table->whole = find_column(table, "item", strlen("item"));
}

/* The first column that each table has and this one has not; NULL: it has all. */
static const char *find_missing(struct results_table *table)
{
    for (size_t i = 0; i < countof(before); i++)
        if (!find_column(table, before[i], strlen(before[i])))
            return before[i];
    for (size_t i = 0; i < countof(behind); i++)
        if (is_used(table, behind[i]) && !find_column(table, behind[i], strlen(behind[i])))
            return behind[i];
    return NULL;
}

/* True where a row was read, or the beginning of one of ours, which goes away. */
static bool read_header(FILE *file, struct csv *csv, struct error *error)
{
    char piece[4096];
    size_t size, taken, total = 0;
    bool ours = false;
    enum csv_result row = CSV_MORE;
    while (row == CSV_MORE && total < HEADER_MOST && (size = fread(piece, 1, sizeof(piece), file)) > 0) {
        size_t begun = size < strlen(before[0]) ? size : strlen(before[0]);
        ours = total ? ours : !memcmp(piece, before[0], begun);
        row = csv_take(csv, piece, size, &taken, error);
        total += size;
    }
    if (row == CSV_ROW)
        return true;
    csv->count = 0;
    return ours;
}

int results_table_continue(struct results_table *table, const char *path, struct error *error)
{
    struct csv csv = {.separator = table->separator};
    struct error wrong = {0};
    struct stat status;
    int result = 0;
    FILE *file = !stat(path, &status) && S_ISREG(status.st_mode) && status.st_size ? fopen(path, "re") : NULL;
    if (!file)
        return 0; /* opening it to be written says what is wrong with it */
    bool begun = read_header(file, &csv, &wrong);
    take_header(table, &csv);
    const char *missing = begun && !table->count ? NULL : find_missing(table);
    if (missing)
        result = error_set(error, ERROR_FAILED, "cannot add results to '%s': its first row has no column '%s', as those of this "
                           "pool have; name another file", path, missing);
    error_release(&wrong);
    csv_release(&csv);
    fclose(file);
    return result;
}

void results_table_free(struct results_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->count; i++) {
        free(table->columns[i].name);
        buf_release(&table->columns[i].cell);
    }
    free(table->columns);
    buf_release(&table->other);
    free(table);
}
