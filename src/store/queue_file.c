/* The file of durable queues. */
#include "store/queue_file.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "store/database.h"
#include "store/queue_sum.h"
#include "store/queue_upgrade.h"
#include "store/stored_value.h"

/* "PRUQ", by which file(1) and others know it. */
#define APPLICATION 0x50525551
#define VERSION 2

/* Fewer pages without use are not worth giving back; more that are in use are not written anew for that. */
#define SHRINK_LEAST 64
#define SHRINK_MOST 256

/* As in the journal's: what was committed is there after a power cut. */
static const char setup[] = "PRAGMA page_size = 16384;"
                            "PRAGMA cache_size = -16000;"
                            "PRAGMA cell_size_check = ON;"
                            "PRAGMA trusted_schema = OFF;"
                            "PRAGMA journal_mode = WAL;"
                            "PRAGMA synchronous = FULL;";

static const char schema[] =
    "CREATE TABLE queue (\n"
    "  name TEXT PRIMARY KEY,\n"
    "  made REAL NOT NULL,     -- seconds since 1970\n"
    "  framing TEXT,           -- as the last run had it; NULL: none has had it\n"
    "  messages INTEGER NOT NULL DEFAULT 0,\n"
    "  ids INTEGER NOT NULL DEFAULT 0 -- theirs, folded\n"
    ") WITHOUT ROWID;"
    "CREATE TABLE message (\n"
    "  id INTEGER PRIMARY KEY,    -- in the order in which they were put\n"
    "  queue TEXT NOT NULL,\n"
    "  body,                      -- bytes that are no text as BLOB\n"
    "  form TEXT,                 -- json: the body is JSON; lua: what JSON would change\n"
    "  priority INTEGER NOT NULL, -- 0 to 9; 9 goes first\n"
    "  due REAL,                  -- seconds since 1970 before which nobody gets it\n"
    "  attempts INTEGER NOT NULL, -- to be done with it, so far\n"
    "  put REAL NOT NULL,         -- seconds since 1970\n"
    "  sum INTEGER                -- of all the row but attempts\n"
    ");" QUEUE_DAMAGED_TABLE
    "CREATE TABLE holder (socket TEXT NOT NULL); -- of the run that has the file\n"
    "CREATE INDEX urgent ON message (queue, priority DESC, id) WHERE priority > 0;"
    "CREATE VIEW depth AS\n"
    "  SELECT queue.name AS queue, count(message.id) AS messages,\n"
    "    total(message.attempts > 0) AS tried, min(message.put) AS oldest\n"
    "  FROM queue LEFT JOIN message ON message.queue = queue.name GROUP BY queue.name;";

static const struct database_kind kind = {"queue file", APPLICATION, VERSION, setup, schema, queue_upgrade};

struct database *queue_file_open(const char *path, struct error *error)
{
    return database_open(path, &kind, error);
}

struct database *queue_file_open_shortly(const char *path, struct error *error)
{
    return database_open_shortly(path, &kind, error);
}

struct database *queue_file_join(const char *path, struct error *error)
{
    return database_join(path, &kind, error);
}

/* No ids of so many runs come near it: it is damaged, and must not be counted on from. */
#define ID_MOST (INT64_MAX / 2)

int queue_file_next_id(struct database *database, int64_t *id, struct error *error)
{
    int result = database_number(database, "SELECT max(ifnull((SELECT max(id) FROM message), 0), "
                                           "ifnull((SELECT max(id) FROM damaged), 0))", id, error);
    if (!result && *id > ID_MOST)
        return error_set(error, ERROR_FAILED, "it is damaged: no message has the number %lld", (long long)*id);
    ++*id;
    return result;
}

double queue_file_seconds(int64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

static void set_due(struct query *query, int place, int64_t due)
{
    if (due)
        query_set_number(query, place, queue_file_seconds(due));
    else
        query_set_null(query, place);
}

int64_t queue_file_sum(const char *queue, const struct stored *message, const struct stored_value *body)
{
    return queue_sum(&(struct queue_row){.id = message->id, .queue = queue, .body = body,
                                         .priority = message->priority,
                                         .due = message->due ? queue_file_seconds(message->due) : 0,
                                         .put = queue_file_seconds(message->put)});
}

static int insert(struct query *query, const char *queue, const struct stored *message,
                  struct stored_value *body, struct error *error)
{
    stored_value_of(body, message->encoded, message->length);
    query_set_integer(query, 1, message->id);
    query_set_text(query, 2, queue, strlen(queue));
    query_set_stored(query, 3, body);
    query_set_form(query, 4, body);
    query_set_integer(query, 5, message->priority);
    set_due(query, 6, message->due);
    query_set_integer(query, 7, message->attempts);
    query_set_number(query, 8, queue_file_seconds(message->put));
    query_set_integer(query, 9, queue_file_sum(queue, message, body));
    return query_run(query, error);
}

int queue_file_count(struct database *database, const char *queue, const struct queue_tally *more,
                     struct error *error)
{
    struct query *query = database_query( /* SQLite has no exclusive or */
        database, "UPDATE queue SET messages = messages + ?1, ids = (ids | ?2) - (ids & ?2) WHERE name = ?3", error);
    if (!query)
        return error->code;
    query_set_integer(query, 1, more->count);
    query_set_integer(query, 2, (int64_t)more->ids);
    query_set_text(query, 3, queue, strlen(queue));
    return query_run(query, error);
}

int queue_file_insert(struct database *database, const char *queue, const struct stored *messages,
                      size_t count, struct error *error)
{
    struct stored_value body = {0};
    struct queue_tally tally = {0};
    struct query *query =
        database_query(database, "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", error);
    int result = query ? 0 : error->code;
    for (size_t i = 0; !result && i < count; i++) {
        result = insert(query, queue, &messages[i], &body, error);
        queue_tally_add(&tally, messages[i].id);
    }
    stored_value_release(&body);
    return result ? result : queue_file_count(database, queue, &tally, error);
}

int queue_file_framing(struct database *database, const char *queue, struct buf *framing,
                       struct error *error)
{
    struct query *query =
        database_query(database, "SELECT framing FROM queue WHERE name = ?", error);
    const char *text;
    if (!query)
        return error->code;
    query_set_text(query, 1, queue, strlen(queue));
    int step = query_step(query, error);
    if (step == 1 && query_text(query, 0, &text))
        buf_text(framing, text);
    query_reset(query);
    return step < 0 ? step : 0;
}

int queue_file_has(struct database *database, const char *queue, struct error *error)
{
    struct query *query =
        database_query(database, "SELECT count(*) FROM queue WHERE name = ?", error);
    int64_t count = 0;
    if (!query)
        return error->code;
    query_set_text(query, 1, queue, strlen(queue));
    int step = query_step(query, error);
    if (step == 1)
        query_integer(query, 0, &count);
    query_reset(query);
    return step < 0 ? step : count > 0;
}

int queue_file_set_socket(struct database *database, const char *socket, struct error *error)
{
    struct query *query;
    int result = database_run(database, "DELETE FROM holder", error);
    if (result || !(query = database_query(database, "INSERT INTO holder VALUES (?)", error)))
        return error->code;
    query_set_text(query, 1, socket, strlen(socket));
    return query_run(query, error);
}

int queue_file_socket(struct database *database, struct buf *socket, struct error *error)
{
    struct query *query = database_query(database, "SELECT socket FROM holder", error);
    const char *text;
    int step = query ? query_step(query, error) : error->code;
    if (step == 1 && query_text(query, 0, &text))
        buf_text(socket, text);
    if (query)
        query_reset(query);
    return step < 0 ? step : 0;
}

static int move_row(struct database *database, const char *to, const struct stored *message,
                    struct error *error)
{
    struct stored_value body = {0};
    struct stored moved = *message;
    struct query *query = database_query(
        database, "UPDATE message SET queue = ?, body = ?, form = ?, attempts = 0, due = NULL, put = ?, sum = ? WHERE id = ?",
        error);
    if (!query)
        return error->code;
    moved.due = 0;
    stored_value_of(&body, message->encoded, message->length);
    query_set_text(query, 1, to, strlen(to));
    query_set_stored(query, 2, &body);
    query_set_form(query, 3, &body);
    query_set_number(query, 4, queue_file_seconds(message->put));
    query_set_integer(query, 5, queue_file_sum(to, &moved, &body));
    query_set_integer(query, 6, message->id);
    int result = query_run(query, error);
    stored_value_release(&body);
    return result;
}

int queue_file_move(struct database *database, const char *from, const char *to, const struct stored *message,
                    struct error *error)
{
    struct queue_tally left = {0}, come = {0};
    int result = move_row(database, to, message, error);
    queue_tally_remove(&left, message->id);
    queue_tally_add(&come, message->id);
    if (!result)
        result = queue_file_count(database, from, &left, error);
    return result ? result : queue_file_count(database, to, &come, error);
}

int queue_file_purge(struct database *database, const char *queue, int64_t *count, struct error *error)
{
    static const char *const statements[] = {"UPDATE queue SET messages = 0, ids = 0 WHERE name = ?",
                                             "DELETE FROM message WHERE queue = ?"};
    int result = database_run(database, "BEGIN IMMEDIATE", error);
    if (result)
        return result;
    for (size_t i = 0; !result && i < countof(statements); i++) {
        struct query *query = database_query(database, statements[i], error);
        if (query)
            query_set_text(query, 1, queue, strlen(queue));
        result = query ? query_run(query, error) : error->code;
    }
    *count = database_changes(database);
    return queue_file_end(database, result, error);
}

/* Within a transaction, where it is not there. */
static int add_queue(struct database *database, const char *queue, int64_t now, struct error *error)
{
    struct query *query =
        database_query(database, "INSERT OR IGNORE INTO queue (name, made) VALUES (?, ?)", error);
    if (!query)
        return error->code;
    query_set_text(query, 1, queue, strlen(queue));
    query_set_number(query, 2, queue_file_seconds(now));
    return query_run(query, error);
}

/* Within the same transaction. */
static int set_framing(struct database *database, const char *queue, const char *framing,
                       struct error *error)
{
    struct query *query =
        framing ? database_query(database, "UPDATE queue SET framing = ? WHERE name = ?", error)
                : NULL;
    if (!query)
        return error->code;
    query_set_text(query, 1, framing, strlen(framing));
    query_set_text(query, 2, queue, strlen(queue));
    return query_run(query, error);
}

int queue_file_end(struct database *database, int result, struct error *error)
{
    struct error ignored = {0}; /* SQLite may have rolled back itself */
    if (!result)
        result = database_run(database, "COMMIT", error);
    if (result)
        database_run(database, "ROLLBACK", &ignored);
    error_release(&ignored);
    return result;
}

int queue_file_shrink(struct database *database, struct error *error)
{
    int64_t pages = 0, unused = 0;
    int result = database_number(database, "PRAGMA page_count", &pages, error);
    if (!result)
        result = database_number(database, "PRAGMA freelist_count", &unused, error);
    if (result || unused < SHRINK_LEAST || pages - unused > SHRINK_MOST)
        return result;
    return database_run(database, "PRAGMA temp_store = MEMORY; VACUUM", error);
}

int queue_file_make(struct database *database, const char *queue, const char *framing,
                    const struct stored *messages, size_t count, int64_t now,
                    struct error *error)
{
    struct buf had = {0};
    int result = database_run(database, "BEGIN IMMEDIATE", error);
    if (result)
        return result;
    result = add_queue(database, queue, now, error);
    if (!result)
        result = queue_file_framing(database, queue, &had, error);
    bool first = framing && !had.length;
    buf_release(&had);
    if (!result)
        result = set_framing(database, queue, framing, error);
    if (!result && framing) /* what the run before has left there; this one cannot be asked yet */
        result = database_run(database, "DELETE FROM holder", error);
    if (!result && first)
        result = queue_file_insert(database, queue, messages, count, error);
    result = queue_file_end(database, result, error);
    return result ? result : first;
}

/* True where the row is what was written. */
static bool fits(struct query *query, const struct stored *message)
{
    const char *queue;
    struct stored_value body;
    int64_t sum;
    bool whole = query_text(query, 7, &queue);
    query_stored(query, 1, &body);
    whole = query_integer(query, 8, &sum) && whole;
    return whole && message->attempts >= 0 &&
           sum == queue_sum(&(struct queue_row){.id = message->id, .queue = queue, .body = &body,
                                                .priority = message->priority, .due = query_number(query, 4),
                                                .put = query_number(query, 6)});
}

int queue_file_read(struct query *query, struct stored *message, struct buf *encoded,
                    struct error *error)
{
    size_t start = encoded->length;
    query_integer(query, 0, &message->id);
    query_integer(query, 3, &message->priority);
    message->due = (int64_t)(query_number(query, 4) * (double)NS_PER_S);
    query_integer(query, 5, &message->attempts);
    message->put = (int64_t)(query_number(query, 6) * (double)NS_PER_S);
    message->damaged = !fits(query, message);
    int result = message->damaged ? 0 : query_value(query, 1, encoded, error);
    if (result)
        return error_wrap(error, "message %lld", (long long)message->id);
    message->encoded = encoded->data + start;
    message->length = encoded->length - start;
    return 0;
}
