/*
 * A database file: what the journal needs of SQLite, and with feed.h the only place that
 * knows of it.
 *
 * A database is used by one thread at a time. Errors carry the path and SQLite's own words; their
 * code is -ENOSPC where the disk is full, -EIO where it fails, else ERROR_FAILED.
 */
#ifndef SINK_DATABASE_H
#define SINK_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;
struct query;
struct sqlite3;

/*
 * Opens the file at PATH, made where it is missing, and keeps all other runs from it as long as it
 * is open. NULL with ERROR filled: no regular file, no permission, or another run has it.
 */
struct database *database_open(const char *path, struct error *error);

/* Ends all queries and closes it. NULL is accepted. */
void database_close(struct database *database);

/* What SQLite knows it by. */
struct sqlite3 *database_handle(const struct database *database);

/* Runs statements that answer nothing. */
int database_run(struct database *database, const char *statements, struct error *error);

/* The number that a statement such as "PRAGMA user_version" answers. */
int database_number(struct database *database, const char *statement, int64_t *number,
                    struct error *error);

/* A statement with a ? for each value; it lives until the database is closed. */
struct query *database_query(struct database *database, const char *statement, struct error *error);

/* Values by their place, from 1. Bytes must stay until query_step() or query_run(). */
void query_set_integer(struct query *query, int place, int64_t number);
void query_set_number(struct query *query, int place, double number);
void query_set_text(struct query *query, int place, const char *text, size_t length);

/* Runs it to its end and makes it ready for other values. */
int query_run(struct query *query, struct error *error);

/* The next row: 1, 0 behind the last one, or a negative code. */
int query_step(struct query *query, struct error *error);

/* Columns of the row by their place, from 0; false where they are of another type. The bytes are
 * valid until the next step. */
bool query_integer(struct query *query, int place, int64_t *number);
bool query_text(struct query *query, int place, const char **text);
bool query_blob(struct query *query, int place, size_t length, const void **bytes);

#endif
