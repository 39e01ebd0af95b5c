/* Whether the messages of a queue are those that should be in its file. */
#ifndef STORE_QUEUE_STOCK_H
#define STORE_QUEUE_STOCK_H

#include <stdbool.h>
#include <stdint.h>

struct database;
struct error;

/* How many messages of QUEUE are in it, and by how many that differs from what has been put and taken out: LACK
 * is more than 0 where some are missing, and OTHERS says that as many are there as should be, but not the same. It is
 * told once: from then on what is there is what should be. */
struct queue_stock {
    int64_t count;
    int64_t lack;
    bool others;
};
int queue_file_take_stock(struct database *database, const char *queue, struct queue_stock *stock,
                          struct error *error);

#endif
