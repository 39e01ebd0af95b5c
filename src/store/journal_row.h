/* A row of the journal: from an event to bytes on the loop's thread, from those to the database. */
#ifndef STORE_JOURNAL_ROW_H
#define STORE_JOURNAL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct database;
struct error;
struct event;
struct journal_writer;

/* Appends what the row of EVENT (task.ended or run.ended) needs: it borrows nothing of it. */
void journal_row_put(struct buf *rows, const struct event *event);

/* Writes the rows of the run with this number. NULL with ERROR filled. */
struct journal_writer *journal_writer_new(struct database *database, int64_t run,
                                          struct error *error);

/* NULL is accepted; before the database is closed. */
void journal_writer_free(struct journal_writer *writer);

/* Which tasks count: those of a pool of which TAKES says so. */
struct journal_filter {
    bool (*takes)(void *arg, const char *pool, size_t length);
    void *arg;
};

/* Commits all ROWS, of tasks those that FILTER takes (NULL: all), or none. Returns how many were lost,
 * with ERROR telling why. */
size_t journal_write(struct journal_writer *writer, const struct buf *rows,
                     const struct journal_filter *filter, struct error *error);

#endif
