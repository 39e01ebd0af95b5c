/* A queue file of version 1, which had no sums. */
#include "store/queue_upgrade.h"

#include "base/error.h"
#include "store/database.h"
#include "store/queue_file.h"
#include "store/queue_stock.h"
#include "store/queue_sum.h"
#include "store/stored_value.h"

/* The sum of the row at which READ stands. */
static int64_t sum_row(struct query *read)
{
    struct stored_value body;
    struct queue_row row = {.body = &body, .due = query_number(read, 4), .put = query_number(read, 6)};
    query_integer(read, 0, &row.id);
    query_integer(read, 3, &row.priority);
    query_text(read, 7, &row.queue);
    query_stored(read, 1, &body);
    return queue_sum(&row);
}

static int sum_rows(struct database *database, struct error *error)
{
    struct query *read = database_query(
        database, "SELECT " QUEUE_FILE_COLUMNS " FROM message WHERE id > ? ORDER BY id LIMIT 1", error);
    struct query *write =
        read ? database_query(database, "UPDATE message SET sum = ? WHERE id = ?", error) : NULL;
    int64_t id = INT64_MIN;
    int step = write ? 1 : error->code;
    while (step == 1) {
        query_set_integer(read, 1, id);
        step = query_step(read, error);
        if (step != 1)
            break;
        query_integer(read, 0, &id);
        query_set_integer(write, 1, sum_row(read));
        query_set_integer(write, 2, id);
        query_reset(read);
        step = query_run(write, error) ? error->code : 1;
    }
    return step;
}

static int count_queues(struct database *database, struct error *error)
{
    struct query *query = database_query(database, "SELECT name FROM queue ORDER BY name", error);
    struct queue_stock stock;
    const char *name;
    int result = 0;
    int step = query ? 1 : error->code;
    while (!result && query && (step = query_step(query, error)) == 1) {
        query_text(query, 0, &name);
        result = queue_file_take_stock(database, name, &stock, error);
    }
    if (query)
        query_reset(query);
    return step < 0 ? step : result;
}

int queue_upgrade(struct database *database, struct error *error)
{
    int result = database_run(database, "ALTER TABLE queue ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;"
                                        "ALTER TABLE queue ADD COLUMN ids INTEGER NOT NULL DEFAULT 0;"
                                        "ALTER TABLE message ADD COLUMN sum INTEGER;" QUEUE_DAMAGED_TABLE, error);
    if (!result)
        result = sum_rows(database, error);
    return result ? result : count_queues(database, error);
}
