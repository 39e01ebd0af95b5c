/* What a queue file of the version before gets, to be one of this version. */
#ifndef STORE_QUEUE_UPGRADE_H
#define STORE_QUEUE_UPGRADE_H

struct database;
struct error;

/* Makes the table of messages that were not as they had been put, as they were found. */
#define QUEUE_DAMAGED_TABLE \
    "CREATE TABLE damaged (id INTEGER PRIMARY KEY, queue, body, form, priority, due, attempts, put, sum);"

/* Gives each message its sum and each queue its counts, in the transaction that is open. 0, or a negative code with
 * ERROR filled. */
int queue_upgrade(struct database *database, struct error *error);

#endif
