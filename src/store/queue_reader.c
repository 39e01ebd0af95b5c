/* The messages of a durable queue, in their order. */
#include "store/queue_reader.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/database.h"
#include "store/queue_file.h"

struct queue_reader {
    struct database *database;
    const char *queue;
    int64_t end;
    struct query *urgent; /* those with a priority, which have an index */
    struct query *usual;  /* the others */
    bool is_usual;        /* the urgent ones were read */
    int64_t priority;     /* of the last one */
    int64_t id;
    struct buf encoded;
};

static const char urgent[] =
    "SELECT " QUEUE_FILE_COLUMNS " FROM message WHERE queue = ?1 AND priority > 0 AND id < ?2 "
    "AND (priority < ?3 OR (priority = ?3 AND id > ?4)) ORDER BY priority DESC, id LIMIT ?5";

static const char usual[] =
    "SELECT " QUEUE_FILE_COLUMNS " FROM message WHERE queue = ?1 AND id < ?2 "
    "AND priority = ?3 AND id > ?4 ORDER BY id LIMIT ?5";

struct queue_reader *queue_reader_new(const char *path, const char *queue, int64_t end,
                                      struct error *error)
{
    struct queue_reader *reader = mem_calloc(1, sizeof(*reader));
    reader->database = queue_file_join(path, error);
    reader->queue = queue;
    reader->end = end;
    reader->priority = INT64_MAX;
    if (reader->database)
        reader->urgent = database_query(reader->database, urgent, error);
    if (reader->urgent)
        reader->usual = database_query(reader->database, usual, error);
    if (reader->usual)
        return reader;
    queue_reader_free(reader);
    return NULL;
}

void queue_reader_free(struct queue_reader *reader)
{
    if (!reader)
        return;
    database_close(reader->database);
    buf_release(&reader->encoded);
    free(reader);
}

/* The rows of QUERY. It is ended in any case: an open one would keep the file from shrinking. */
static int64_t read_rows(struct queue_reader *reader, struct query *query, size_t most,
                         queue_take *take, void *arg, struct error *error)
{
    int64_t count = 0;
    bool more = true;
    int step = 0;
    query_set_text(query, 1, reader->queue, strlen(reader->queue));
    query_set_integer(query, 2, reader->end);
    query_set_integer(query, 3, reader->priority);
    query_set_integer(query, 4, reader->id);
    query_set_integer(query, 5, (int64_t)most);
    while (more && (step = query_step(query, error)) == 1) {
        struct stored message;
        buf_clear(&reader->encoded);
        step = queue_file_read(query, &message, &reader->encoded, error);
        if (step < 0)
            break;
        reader->priority = message.priority;
        reader->id = message.id;
        more = take(arg, &message);
        count++;
    }
    query_reset(query);
    return step < 0 ? step : count;
}

int64_t queue_reader_next(struct queue_reader *reader, size_t most, queue_take *take, void *arg,
                          struct error *error)
{
    if (!reader->is_usual) {
        int64_t count = read_rows(reader, reader->urgent, most, take, arg, error);
        if (count)
            return count;
        reader->is_usual = true;
        reader->priority = 0;
        reader->id = 0;
    }
    return read_rows(reader, reader->usual, most, take, arg, error);
}
