/* A row of the journal. */
#include "store/journal_row.h"

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
#include "store/database.h"
#include "store/journal_file.h"
#include "store/virtual_table.h"
#include "value/value.h"

/* What an event leaves; the bytes of pool, item and reason follow. */
struct journal_row {
    int64_t number;
    int64_t attempt;
    int64_t wall;
    int64_t duration;
    int64_t memory;
    struct hash key;
    size_t item;
    uint32_t pool;
    uint32_t reason;
    int code;
    uint8_t signal;
    bool has_code;
    bool wrong;
    bool stopped; /* a run alone */
    bool is_end; /* of the run */
};

struct journal_writer {
    struct database *database;
    int64_t run;
    struct query *begin;
    struct query *last;
    struct query *commit;
    struct query *rollback;
    struct query *tasks[2]; /* [true]: those of whom nothing is to be said but that they succeeded */
    struct query *end;
    struct virtual_table feed;

    /* What the feed reads: */
    const struct buf *rows;
    const struct journal_filter *filter; /* NULL: none */
    size_t at;
    bool plain; /* the tasks that it gives now: those for tasks[plain] */
    int64_t id; /* of the task below in the table */
    struct journal_row task;
    const char *bytes; /* pool, item and reason of it */
    struct journal_row ended; /* of the run: is_end where it is among the rows */
    unsigned char key[HASH_SIZE];
    struct arena *arena; /* of items that are tables */
    struct buf text;     /* an item as JSON */
};

/* BYTES may be NULL where there are none. */
static char *put_bytes(char *room, const void *bytes, size_t size)
{
    return size ? mempcpy(room, bytes, size) : room;
}

void journal_row_put(struct buf *rows, const struct event *event)
{
    struct journal_row row = {
        .number = event->task,
        .attempt = event->attempt,
        .wall = event->wall,
        .duration = event->duration,
        .memory = event->usage.memory,
        .key = event->work.key,
        .item = event->work.item_length,
        .pool = event->object ? (uint32_t)strlen(event->object) : 0,
        .reason = event->reason ? (uint32_t)strlen(event->reason) : 0,
        .code = event->end.code,
        .signal = (uint8_t)event->end.signal,
        .has_code = event->end.has_code,
        .wrong = event->flags & EVENT_WRONG,
        .stopped = event->flags & EVENT_SIGNALED,
        .is_end = event->kind == EVENT_RUN_ENDED,
    };
    char *room = buf_reserve(rows, sizeof(row) + row.pool + row.item + row.reason);
    memcpy(room, &row, sizeof(row));
    room = put_bytes(room + sizeof(row), event->object, row.pool);
    room = put_bytes(room, event->work.item, row.item);
    put_bytes(room, event->reason, row.reason);
    buf_added(rows, sizeof(row) + row.pool + row.item + row.reason);
}

static void put_pool(struct journal_writer *writer, struct cell *cell)
{
    cell_set_text(cell, writer->bytes, writer->task.pool);
}

static void put_number(struct journal_writer *writer, struct cell *cell)
{
    cell_set_integer(cell, writer->task.number);
}

static void put_string(struct cell *cell, const char *bytes, size_t length)
{
    if (utf8_valid(bytes, length) && !memchr(bytes, '\0', length))
        cell_set_text(cell, bytes, length);
    else
        cell_set_blob(cell, bytes, length);
}

static void put_json(struct journal_writer *writer, struct cell *cell, const struct value *value)
{
    buf_clear(&writer->text);
    value_json(&writer->text, value);
    cell_set_text(cell, writer->text.data, writer->text.length);
}

static void put_item(struct journal_writer *writer, struct cell *cell)
{
    struct value value = {.type = VALUE_NIL};
    struct error error = {0};
    const char *encoded = writer->bytes + writer->task.pool;
    size_t length = writer->task.item;
    if (length)
        value_decode(writer->arena, &encoded, &length, &value, &error);
    error_release(&error);
    switch (value.type) {
    case VALUE_INTEGER:
        cell_set_integer(cell, value.integer);
        break;
    case VALUE_NUMBER:
        cell_set_number(cell, value.number);
        break;
    case VALUE_STRING:
        put_string(cell, value.string.bytes, value.string.length);
        break;
    case VALUE_NIL:
        break;
    case VALUE_BOOLEAN:
    case VALUE_TABLE:
        put_json(writer, cell, &value);
        break;
    }
}

static void put_attempt(struct journal_writer *writer, struct cell *cell)
{
    cell_set_integer(cell, writer->task.attempt);
}

static const char *state_of(const struct journal_row *row)
{
    return row->wrong ? "failed" : "succeeded";
}

static void put_state(struct journal_writer *writer, struct cell *cell)
{
    const char *state = state_of(&writer->task);
    cell_set_text(cell, state, strlen(state));
}

static void put_code(struct journal_writer *writer, struct cell *cell)
{
    if (writer->task.has_code)
        cell_set_integer(cell, writer->task.code);
}

static void put_signal(struct journal_writer *writer, struct cell *cell)
{
    const char *name = signal_name(writer->task.signal);
    if (name)
        cell_set_text(cell, name, strlen(name));
}

static void put_reason(struct journal_writer *writer, struct cell *cell)
{
    if (writer->task.reason)
        put_string(cell, writer->bytes + writer->task.pool + writer->task.item,
                   writer->task.reason);
}

static double seconds_of(int64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

static void put_seconds(struct journal_writer *writer, struct cell *cell)
{
    cell_set_number(cell, seconds_of(writer->task.duration));
}

static void put_memory(struct journal_writer *writer, struct cell *cell)
{
    if (writer->task.memory)
        cell_set_integer(cell, writer->task.memory);
}

static void put_ended(struct journal_writer *writer, struct cell *cell)
{
    cell_set_number(cell, seconds_of(writer->task.wall));
}

static void put_key(struct journal_writer *writer, struct cell *cell)
{
    hash_write(&writer->task.key, writer->key);
    cell_set_blob(cell, writer->key, sizeof(writer->key));
}

static void put_sum(struct journal_writer *writer, struct cell *cell)
{
    cell_set_integer(
        cell, journal_task_sum(writer->id, writer->run, !writer->task.wrong, &writer->task.key));
}

/*
 * The columns of a task that its row gives, in the table's order: SQLite then takes the values from
 * where the feed has put them. The id is last there, as it is left out: a number that is given is
 * looked up in the table first, the one behind the last is not.
 */
#define COLUMNS(end) "pool, number, item, attempt, " end ", seconds, memory, ended, key, sum"
#define END "state, code, signal, reason"

/*
 * Most tasks have only succeeded: of those, three columns are the same for all, and are not asked
 * for. Without ROLLBACK SQLite would note for each statement how to undo it alone.
 */
#define INSERT(end)                                                                                \
    "INSERT OR ROLLBACK INTO task (run, " COLUMNS(END) ") SELECT ?, " COLUMNS(end) " FROM ended"

static void (*const puts_column[])(struct journal_writer *, struct cell *) = {
    put_pool,   put_number,  put_item,   put_attempt, put_state, put_code, put_signal,
    put_reason, put_seconds, put_memory, put_ended,   put_key,   put_sum,
};

static void put_column(void *arg, int place, struct cell *cell)
{
    puts_column[place](arg, cell);
}

/* The row at *AT, with the bytes that follow it; moves *AT behind them. */
static const char *read_row(const struct buf *rows, size_t *at, struct journal_row *row)
{
    memcpy(row, rows->data + *at, sizeof(*row));
    const char *bytes = rows->data + *at + sizeof(*row);
    *at += sizeof(*row) + row->pool + row->item + row->reason;
    return bytes;
}

static bool is_plain(const struct journal_row *task)
{
    return !task->wrong && !task->signal && !task->reason;
}

static bool is_left_out(const struct journal_writer *writer)
{
    const struct journal_filter *filter = writer->filter;
    return filter && !writer->task.is_end &&
           !filter->takes(filter->arg, writer->bytes, writer->task.pool);
}

/* The next task, unless it is of the other kind; that the run has ended is put aside. */
static bool next_task(void *arg)
{
    struct journal_writer *writer = arg;
    while (writer->at < writer->rows->length) {
        size_t next = writer->at;
        writer->bytes = read_row(writer->rows, &next, &writer->task);
        if (is_left_out(writer)) {
            writer->at = next;
            continue;
        }
        if (!writer->task.is_end && is_plain(&writer->task) != writer->plain)
            return false;
        writer->at = next;
        if (!writer->task.is_end) {
            writer->id++;
            return true;
        }
        writer->ended = writer->task;
    }
    return false;
}

struct journal_writer *journal_writer_new(struct database *database, int64_t run,
                                          struct error *error)
{
    struct journal_writer *writer = mem_calloc(1, sizeof(*writer));
    *writer = (struct journal_writer){.database = database, .run = run, .arena = arena_new()};
    writer->feed = (struct virtual_table){next_task, put_column, writer};
    feed_add(database, "ended", COLUMNS(END), &writer->feed);
    const struct {
        struct query **query;
        const char *statement;
    } queries[] = {
        {&writer->begin, "BEGIN IMMEDIATE"},
        {&writer->last, "SELECT ifnull(max(id), 0) FROM task"},
        {&writer->commit, "COMMIT"},
        {&writer->rollback, "ROLLBACK"},
        {&writer->tasks[false], INSERT(END)},
        {&writer->tasks[true], INSERT("'succeeded', code, NULL, NULL")},
        {&writer->end, "UPDATE run SET ended = ?, state = ? WHERE id = ?"},
    };
    int result = 0;
    for (size_t i = 0; !result && i < countof(queries); i++) {
        *queries[i].query = database_query(database, queries[i].statement, error);
        result = *queries[i].query ? 0 : error->code;
    }
    if (result) {
        journal_writer_free(writer);
        return NULL;
    }
    query_set_integer(writer->tasks[false], 1, run);
    query_set_integer(writer->tasks[true], 1, run);
    return writer;
}

void journal_writer_free(struct journal_writer *writer)
{
    if (!writer)
        return;
    arena_free(writer->arena);
    buf_release(&writer->text);
    free(writer);
}

static int write_end(struct journal_writer *writer, struct error *error)
{
    const char *state = writer->ended.stopped ? "stopped" : state_of(&writer->ended);
    query_set_number(writer->end, 1, seconds_of(writer->ended.wall));
    query_set_text(writer->end, 2, state, strlen(state));
    query_set_integer(writer->end, 3, writer->run);
    return query_run(writer->end, error);
}

/* Within the transaction, so that the numbers are those that SQLite will give. */
static int find_last(struct journal_writer *writer, struct error *error)
{
    int step = query_step(writer->last, error);
    if (step != 1)
        return step;
    query_integer(writer->last, 0, &writer->id);
    return query_run(writer->last, error);
}

/* A statement for as many in a row as are of one kind. */
static int write_tasks(struct journal_writer *writer, struct error *error)
{
    int result = 0;
    while (!result && writer->at < writer->rows->length) {
        result = query_run(writer->tasks[writer->plain], error);
        writer->plain = !writer->plain;
    }
    return result;
}

static int write_rows(struct journal_writer *writer, const struct buf *rows, struct error *error)
{
    writer->rows = rows;
    writer->at = 0;
    writer->plain = true;
    writer->ended.is_end = false;
    int result = query_run(writer->begin, error);
    if (!result)
        result = find_last(writer, error);
    if (!result)
        result = write_tasks(writer, error);
    if (!result && writer->ended.is_end)
        result = write_end(writer, error);
    arena_free(writer->arena);
    writer->arena = arena_new();
    if (!result)
        result = query_run(writer->commit, error);
    return result ? result : database_check(writer->database, error);
}

static size_t count_rows(const struct buf *rows)
{
    struct journal_row row;
    size_t count = 0;
    for (size_t at = 0; at < rows->length; count++)
        read_row(rows, &at, &row);
    return count;
}

size_t journal_write(struct journal_writer *writer, const struct buf *rows,
                     const struct journal_filter *filter, struct error *error)
{
    writer->filter = filter;
    if (!write_rows(writer, rows, error))
        return 0;
    struct error ignored = {0}; /* SQLite may have rolled back itself */
    query_run(writer->rollback, &ignored);
    error_release(&ignored);
    return count_rows(rows);
}
