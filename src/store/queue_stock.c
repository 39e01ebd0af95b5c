/* Taking stock of a queue in its file. */
#include "store/queue_stock.h"

#include <string.h>

#include "base/error.h"
#include "store/database.h"
#include "store/queue_file.h"
#include "store/queue_sum.h"

/* What is there. */
static int tally_rows(struct database *database, const char *queue, struct queue_tally *tally,
                      struct error *error)
{
    struct query *query = database_query(database, "SELECT id FROM message WHERE queue = ?", error);
    int64_t id;
    int step = query ? 1 : error->code;
    if (query)
        query_set_text(query, 1, queue, strlen(queue));
    while (query && (step = query_step(query, error)) == 1) {
        query_integer(query, 0, &id);
        queue_tally_add(tally, id);
    }
    return step;
}

/* What should be. */
static int read_tally(struct database *database, const char *queue, struct queue_tally *tally,
                      struct error *error)
{
    struct query *query = database_query(database, "SELECT messages, ids FROM queue WHERE name = ?", error);
    int64_t ids = 0;
    int step = query ? 1 : error->code;
    if (query) {
        query_set_text(query, 1, queue, strlen(queue));
        step = query_step(query, error);
    }
    if (step == 1) {
        query_integer(query, 0, &tally->count);
        query_integer(query, 1, &ids);
        query_reset(query);
    }
    tally->ids = (uint64_t)ids;
    return step < 0 ? step : 0;
}

int queue_file_take_stock(struct database *database, const char *queue, struct queue_stock *stock,
                          struct error *error)
{
    struct queue_tally there = {0}, noted = {0};
    int result = tally_rows(database, queue, &there, error);
    if (!result)
        result = read_tally(database, queue, &noted, error);
    if (result)
        return result;
    *stock = (struct queue_stock){.count = there.count, .lack = noted.count - there.count,
                                  .others = noted.count == there.count && noted.ids != there.ids};
    if (!stock->lack && !stock->others)
        return 0;
    const struct queue_tally change = {there.count - noted.count, there.ids ^ noted.ids};
    return queue_file_count(database, queue, &change, error);
}
