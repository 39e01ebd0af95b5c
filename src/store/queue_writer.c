/* Notes about messages, written into a file. */
#include "store/queue_writer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "store/database.h"
#include "store/queue_file.h"
#include "store/queue_sum.h"
#include "store/stored_value.h"
#include "store/virtual_table.h"

enum verb {
    PUT,
    TRIED,
    DONE,
    DAMAGED,
};

/* A note; the encoded message follows a PUT. */
struct note {
    enum verb verb;
    uint32_t slot;
    struct stored message;
};

struct gone {
    int64_t id;
    uint32_t slot;
};

struct queue_writer {
    struct database *database;
    size_t file;
    const struct queue_slot *const *slots;
    struct query *begin;
    struct query *commit;
    struct query *rollback;
    struct query *insert;
    struct query *update;
    struct query *delete;
    struct query *set_aside;
    struct virtual_table feed;

    /* Of the notes that are being written: */
    const struct buf *notes;
    size_t at;
    struct note note;
    struct stored_value body;
    struct gone *done; /* messages that were acknowledged or set aside, sorted */
    size_t done_count;
    size_t done_capacity;
    struct queue_tally *tallies; /* one a slot: what the transaction changes */
    size_t tally_capacity;
    size_t tally_count;
};

static void add_note(struct buf *notes, enum verb verb, size_t slot, const struct stored *message)
{
    struct note note = {.verb = verb, .slot = (uint32_t)slot, .message = *message};
    note.message.encoded = NULL;
    buf_append(notes, &note, sizeof(note));
    buf_append(notes, message->encoded, message->length);
}

void queue_note_put(struct buf *notes, size_t slot, const struct stored *message)
{
    add_note(notes, PUT, slot, message);
}

void queue_note_tried(struct buf *notes, size_t slot, int64_t id, int64_t attempts)
{
    add_note(notes, TRIED, slot, &(struct stored){.id = id, .attempts = attempts});
}

void queue_note_done(struct buf *notes, size_t slot, int64_t id)
{
    add_note(notes, DONE, slot, &(struct stored){.id = id});
}

void queue_note_damaged(struct buf *notes, size_t slot, int64_t id)
{
    add_note(notes, DAMAGED, slot, &(struct stored){.id = id});
}

/* The note at *AT, which moves behind it. */
static void read_note(const struct buf *notes, size_t *at, struct note *note)
{
    memcpy(note, notes->data + *at, sizeof(*note));
    note->message.encoded = notes->data + *at + sizeof(*note);
    *at += sizeof(*note) + note->message.length;
}

/* The next note about a queue of this file. */
static bool next_note(struct queue_writer *writer)
{
    while (writer->at < writer->notes->length) {
        read_note(writer->notes, &writer->at, &writer->note);
        if ((*writer->slots)[writer->note.slot].file == writer->file)
            return true;
    }
    return false;
}

static void rewind_notes(struct queue_writer *writer)
{
    writer->at = 0;
}

static int compare(const void *a, const void *b)
{
    int64_t first = ((const struct gone *)a)->id, second = ((const struct gone *)b)->id;
    return (first > second) - (first < second);
}

static bool is_done(const struct queue_writer *writer, int64_t id)
{
    const struct gone gone = {.id = id};
    return writer->done_count &&
           bsearch(&gone, writer->done, writer->done_count, sizeof(gone), compare);
}

static void find_done(struct queue_writer *writer)
{
    bool sorted = true;
    rewind_notes(writer);
    while (next_note(writer)) {
        size_t count = writer->done_count;
        if (writer->note.verb != DONE && writer->note.verb != DAMAGED)
            continue;
        writer->done = mem_grow(writer->done, &writer->done_capacity, count + 1, sizeof(*writer->done));
        writer->done[count] = (struct gone){writer->note.message.id, writer->note.slot};
        sorted = sorted && (!count || writer->done[count - 1].id <= writer->done[count].id);
        writer->done_count++;
    }
    if (!sorted)
        qsort(writer->done, writer->done_count, sizeof(*writer->done), compare);
}

static struct queue_tally *tally_of(struct queue_writer *writer, uint32_t slot)
{
    size_t count = writer->tally_count;
    if (slot >= count) {
        writer->tallies = mem_grow(writer->tallies, &writer->tally_capacity, slot + 1, sizeof(*writer->tallies));
        memset(writer->tallies + count, 0, (slot + 1 - count) * sizeof(*writer->tallies));
        writer->tally_count = slot + 1;
    }
    return &writer->tallies[slot];
}

/* The next message that gets a row: one that is done with needs none, where it is told in the same commit. */
static bool next_put(void *arg)
{
    struct queue_writer *writer = arg;
    while (next_note(writer)) {
        const struct stored *message = &writer->note.message;
        if (writer->note.verb != PUT || is_done(writer, message->id))
            continue;
        stored_value_of(&writer->body, message->encoded, message->length);
        queue_tally_add(tally_of(writer, writer->note.slot), message->id);
        return true;
    }
    return false;
}

static void put_id(struct queue_writer *writer, struct cell *cell)
{
    cell_set_integer(cell, writer->note.message.id);
}

static void put_queue(struct queue_writer *writer, struct cell *cell)
{
    const char *name = (*writer->slots)[writer->note.slot].name;
    cell_set_text(cell, name, strlen(name));
}

static void put_body(struct queue_writer *writer, struct cell *cell)
{
    cell_set_stored(cell, &writer->body);
}

static void put_form(struct queue_writer *writer, struct cell *cell)
{
    cell_set_form(cell, &writer->body);
}

static void put_priority(struct queue_writer *writer, struct cell *cell)
{
    cell_set_integer(cell, writer->note.message.priority);
}

static void put_due(struct queue_writer *writer, struct cell *cell)
{
    if (writer->note.message.due)
        cell_set_number(cell, queue_file_seconds(writer->note.message.due));
}

static void put_attempts(struct queue_writer *writer, struct cell *cell)
{
    cell_set_integer(cell, writer->note.message.attempts);
}

static void put_time(struct queue_writer *writer, struct cell *cell)
{
    cell_set_number(cell, queue_file_seconds(writer->note.message.put));
}

static void put_sum(struct queue_writer *writer, struct cell *cell)
{
    const struct stored *message = &writer->note.message;
    cell_set_integer(cell, queue_file_sum((*writer->slots)[writer->note.slot].name, message, &writer->body));
}

#define COLUMNS "id, queue, body, form, priority, due, attempts, put, sum"

static void (*const puts_column[])(struct queue_writer *, struct cell *) = {
    put_id, put_queue, put_body, put_form, put_priority, put_due, put_attempts, put_time, put_sum,
};

static void put_column(void *arg, int place, struct cell *cell)
{
    puts_column[place](arg, cell);
}

struct queue_writer *queue_writer_new(struct database *database, size_t file,
                                      const struct queue_slot *const *slots, struct error *error)
{
    struct queue_writer *writer = mem_calloc(1, sizeof(*writer));
    *writer = (struct queue_writer){.database = database, .file = file, .slots = slots};
    writer->feed = (struct virtual_table){next_put, put_column, writer};
    feed_add(database, "noted", COLUMNS, &writer->feed);
    const struct {
        struct query **query;
        const char *statement;
    } queries[] = {
        {&writer->begin, "BEGIN IMMEDIATE"},
        {&writer->commit, "COMMIT"},
        {&writer->rollback, "ROLLBACK"},
        /* Without ROLLBACK SQLite would note for each statement how to undo it alone. */
        {&writer->insert,
         "INSERT OR ROLLBACK INTO message (" COLUMNS ") SELECT " COLUMNS " FROM noted"},
        {&writer->update, "UPDATE message SET attempts = ? WHERE id = ?"},
        {&writer->delete, "DELETE FROM message WHERE id = ?"},
        {&writer->set_aside,
         "INSERT OR REPLACE INTO damaged (" COLUMNS ") SELECT " COLUMNS " FROM message WHERE id = ?"},
    };
    for (size_t i = 0; i < countof(queries); i++) {
        *queries[i].query = database_query(database, queries[i].statement, error);
        if (!*queries[i].query) {
            queue_writer_free(writer);
            return NULL;
        }
    }
    return writer;
}

void queue_writer_free(struct queue_writer *writer)
{
    if (!writer)
        return;
    stored_value_release(&writer->body);
    free(writer->done);
    free(writer->tallies);
    free(writer);
}

static int write_tries(struct queue_writer *writer, struct error *error)
{
    int result = 0;
    rewind_notes(writer);
    while (!result && next_note(writer)) {
        if (writer->note.verb != TRIED || is_done(writer, writer->note.message.id))
            continue;
        query_set_integer(writer->update, 1, writer->note.message.attempts);
        query_set_integer(writer->update, 2, writer->note.message.id);
        result = query_run(writer->update, error);
    }
    return result;
}

/* Before they are taken out. */
static int write_damaged(struct queue_writer *writer, struct error *error)
{
    int result = 0;
    rewind_notes(writer);
    while (!result && next_note(writer)) {
        if (writer->note.verb != DAMAGED)
            continue;
        query_set_integer(writer->set_aside, 1, writer->note.message.id);
        result = query_run(writer->set_aside, error);
    }
    return result;
}

static int write_puts(struct queue_writer *writer, struct error *error)
{
    rewind_notes(writer);
    int result = query_run(writer->insert, error);
    return result ? result : write_tries(writer, error);
}

static int write_done(struct queue_writer *writer, struct error *error)
{
    int result = write_damaged(writer, error);
    for (size_t i = 0; !result && i < writer->done_count; i++) {
        const struct gone *gone = &writer->done[i];
        query_set_integer(writer->delete, 1, gone->id);
        result = query_run(writer->delete, error);
        if (database_changes(writer->database))
            queue_tally_remove(tally_of(writer, gone->slot), gone->id);
    }
    return result;
}

static int write_tallies(struct queue_writer *writer, struct error *error)
{
    int result = 0;
    for (size_t i = 0; !result && i < writer->tally_count; i++) {
        const struct queue_tally *tally = &writer->tallies[i];
        if (tally->count || tally->ids)
            result = queue_file_count(writer->database, (*writer->slots)[i].name, tally, error);
    }
    return result;
}

static int write_part(struct queue_writer *writer, enum queue_part part, struct error *error)
{
    writer->tally_count = 0;
    int result = query_run(writer->begin, error);
    if (!result && part != QUEUE_PART_DONE)
        result = write_puts(writer, error);
    if (!result && part != QUEUE_PART_PUTS)
        result = write_done(writer, error);
    if (!result)
        result = write_tallies(writer, error);
    if (!result)
        result = query_run(writer->commit, error);
    return result ? result : database_check(writer->database, error);
}

size_t queue_notes_count(const struct buf *notes)
{
    struct note note;
    size_t count = 0;
    for (size_t at = 0; at < notes->length; count++)
        read_note(notes, &at, &note);
    return count;
}

size_t queue_writer_write(struct queue_writer *writer, const struct buf *notes,
                          enum queue_part part, struct error *error)
{
    writer->notes = notes;
    writer->done_count = 0;
    if (part != QUEUE_PART_PUTS)
        find_done(writer);
    if (!write_part(writer, part, error))
        return 0;
    struct error ignored = {0}; /* SQLite may have rolled back itself */
    query_run(writer->rollback, &ignored);
    error_release(&ignored);
    return queue_notes_count(notes);
}
