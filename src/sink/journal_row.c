/* A row of the journal. */
#include "sink/journal_row.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "event/event.h"
#include "script/value.h"
#include "sink/database.h"
#include "sink/journal_file.h"

/* What an event leaves; the bytes of pool, item and reason follow. */
struct row {
    bool is_end; /* of the run */
    bool wrong;
    bool has_code;
    int code;
    int signal;
    int64_t number;
    int64_t attempt;
    int64_t wall;
    int64_t duration;
    int64_t memory;
    struct hash key;
    size_t pool;
    size_t item;
    size_t reason;
};

struct journal_writer {
    struct database *database;
    int64_t run;
    int64_t next; /* number of the next row of a task */
    struct query *begin;
    struct query *commit;
    struct query *rollback;
    struct query *task;
    struct query *end;
    struct arena *arena; /* of items that are tables */
    struct buf text;     /* an item as JSON */
};

void journal_row_put(struct buf *rows, const struct event *event)
{
    struct row row = {
        .is_end = event->kind == EVENT_RUN_ENDED,
        .wrong = event->flags & EVENT_WRONG,
        .has_code = event->has_code,
        .code = event->code,
        .signal = event->signal,
        .number = event->task,
        .attempt = event->attempt,
        .wall = event->wall,
        .duration = event->duration,
        .memory = event->memory,
        .key = event->key,
        .pool = event->object ? strlen(event->object) : 0,
        .item = event->item_length,
        .reason = event->reason ? strlen(event->reason) : 0,
    };
    buf_append(rows, &row, sizeof(row));
    buf_append(rows, event->object, row.pool);
    buf_append(rows, event->item, row.item);
    buf_append(rows, event->reason, row.reason);
}

struct journal_writer *journal_writer_new(struct database *database, int64_t run,
                                          struct error *error)
{
    struct journal_writer *writer = mem_calloc(1, sizeof(*writer));
    *writer = (struct journal_writer){.database = database, .run = run, .arena = arena_new()};
    const struct {
        struct query **query;
        const char *statement;
    } queries[] = {
        {&writer->begin, "BEGIN IMMEDIATE"},
        {&writer->commit, "COMMIT"},
        {&writer->rollback, "ROLLBACK"},
        {&writer->task, "INSERT INTO task (id, run, pool, number, item, attempt, state, code, "
                        "signal, reason, seconds, memory, ended, key, sum) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&writer->end, "UPDATE run SET ended = ?, state = ? WHERE id = ?"},
    };
    int result =
        database_number(database, "SELECT ifnull(max(id), 0) + 1 FROM task", &writer->next, error);
    for (size_t i = 0; !result && i < countof(queries); i++) {
        *queries[i].query = database_query(database, queries[i].statement, error);
        result = *queries[i].query ? 0 : error->code;
    }
    if (!result)
        return writer;
    journal_writer_free(writer);
    return NULL;
}

void journal_writer_free(struct journal_writer *writer)
{
    if (!writer)
        return;
    arena_free(writer->arena);
    buf_release(&writer->text);
    free(writer);
}

static void set_string(struct query *query, int place, const char *bytes, size_t length)
{
    if (utf8_valid(bytes, length) && !memchr(bytes, '\0', length))
        query_set_text(query, place, bytes, length);
    else
        query_set_blob(query, place, bytes, length);
}

static void set_json(struct journal_writer *writer, int place, const struct value *value)
{
    buf_clear(&writer->text);
    value_json(&writer->text, value);
    query_set_text(writer->task, place, writer->text.data, writer->text.length);
}

static void set_item(struct journal_writer *writer, int place, const char *encoded, size_t length)
{
    struct value value = {.type = VALUE_NIL};
    struct error error = {0};
    if (length)
        value_decode(writer->arena, &encoded, &length, &value, &error);
    error_release(&error);
    switch (value.type) {
    case VALUE_INTEGER:
        query_set_integer(writer->task, place, value.integer);
        break;
    case VALUE_NUMBER:
        query_set_number(writer->task, place, value.number);
        break;
    case VALUE_STRING:
        set_string(writer->task, place, value.string.bytes, value.string.length);
        break;
    case VALUE_NIL:
        query_set_null(writer->task, place);
        break;
    case VALUE_BOOLEAN:
    case VALUE_TABLE:
        set_json(writer, place, &value);
        break;
    }
}

static void set_state(struct query *query, int place, bool wrong)
{
    if (wrong)
        query_set_text(query, place, "failed", 6);
    else
        query_set_text(query, place, "succeeded", 9);
}

static double seconds_of(int64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

static void set_outcome(struct query *query, const struct row *row, const char *reason)
{
    const char *name = row->signal ? signal_name(row->signal) : NULL;
    set_state(query, 7, row->wrong);
    if (row->has_code)
        query_set_integer(query, 8, row->code);
    else
        query_set_null(query, 8);
    if (name)
        query_set_text(query, 9, name, strlen(name));
    else if (row->signal)
        query_set_integer(query, 9, row->signal);
    else
        query_set_null(query, 9);
    if (row->reason)
        set_string(query, 10, reason, row->reason);
    else
        query_set_null(query, 10);
}

static int write_task(struct journal_writer *writer, const struct row *row, const char *bytes,
                      struct error *error)
{
    struct query *query = writer->task;
    unsigned char key[HASH_SIZE];
    int64_t id = writer->next++;
    hash_write(&row->key, key);
    query_set_integer(query, 1, id);
    query_set_integer(query, 2, writer->run);
    query_set_text(query, 3, bytes, row->pool);
    query_set_integer(query, 4, row->number);
    set_item(writer, 5, bytes + row->pool, row->item);
    query_set_integer(query, 6, row->attempt);
    set_outcome(query, row, bytes + row->pool + row->item);
    query_set_number(query, 11, seconds_of(row->duration));
    if (row->memory)
        query_set_integer(query, 12, row->memory);
    else
        query_set_null(query, 12);
    query_set_number(query, 13, seconds_of(row->wall));
    query_set_blob(query, 14, key, sizeof(key));
    query_set_integer(query, 15, journal_task_sum(id, writer->run, !row->wrong, &row->key));
    return query_run(query, error);
}

static int write_end(struct journal_writer *writer, const struct row *row, struct error *error)
{
    query_set_number(writer->end, 1, seconds_of(row->wall));
    set_state(writer->end, 2, row->wrong);
    query_set_integer(writer->end, 3, writer->run);
    return query_run(writer->end, error);
}

size_t journal_write(struct journal_writer *writer, const struct buf *rows, struct error *error)
{
    size_t count = 0;
    int result = query_run(writer->begin, error);
    for (size_t at = 0; at < rows->length; count++) {
        struct row row;
        memcpy(&row, rows->data + at, sizeof(row));
        const char *bytes = rows->data + at + sizeof(row);
        at += sizeof(row) + row.pool + row.item + row.reason;
        if (!result)
            result = row.is_end ? write_end(writer, &row, error)
                                : write_task(writer, &row, bytes, error);
    }
    arena_free(writer->arena);
    writer->arena = arena_new();
    if (!result)
        result = query_run(writer->commit, error);
    if (!result)
        return 0;
    struct error ignored = {0}; /* SQLite may have rolled back itself */
    query_run(writer->rollback, &ignored);
    error_release(&ignored);
    return count;
}
