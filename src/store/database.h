/*
 * A database file: what the journal and durable queues need of SQLite, and with virtual_table.h the
 * only place that knows of it.
 *
 * A database is used by one thread at a time. Errors carry the path and SQLite's own words; their
 * code is -ENOSPC where the disk is full, -EIO where it fails, else ERROR_FAILED.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;
struct query;
struct sqlite3;

/* What a file is for. */
struct database_kind {
    const char *what;   /* "journal" */
    int application;    /* by which file(1) and others know it */
    int version;        /* of its tables */
    const char *setup;  /* statements for each connection */
    const char *schema; /* statements that make its tables, within a transaction */
    /* Changes the tables of the version before, within a transaction; NULL: such a file is refused. */
    int (*upgrade)(struct database *database, struct error *error);
};

/*
 * Opens the file at PATH, made with its tables where it is missing or empty, and keeps all other runs
 * from it as long as it is open. A file of the version before is upgraded, where the kind knows
 * how. NULL with ERROR filled: no regular file, no permission, another run
 * has it, or it is another program's or of another version.
 */
struct database *database_open(const char *path, const struct database_kind *kind,
                               struct error *error);

/* The same for a command that has it for some milliseconds: see file_lock.h for who waits for whom. */
struct database *database_open_shortly(const char *path, const struct database_kind *kind,
                                       struct error *error);

/* Opens one more connection to a file that is there, whoever has it. NULL with ERROR filled. */
struct database *database_join(const char *path, const struct database_kind *kind,
                               struct error *error);

/*
 * Fails where the file of database_open() is no longer what stands at its path, so that what is written is in no file that
 * anybody will find; and where what was committed could not be moved from the write-ahead log into the file. For
 * whoever writes, before and after.
 */
int database_check(struct database *database, struct error *error);

/* Moves what is committed into the file, before it is closed. A negative code with ERROR filled where that failed: it then is in the log beside it. */
int database_settle(struct database *database, struct error *error);

/* Ends all queries and closes it. NULL is accepted. */
void database_close(struct database *database);

/* What SQLite knows it by. */
struct sqlite3 *database_handle(const struct database *database);

/* Changes that the last statement made: rows put in, changed or taken out. */
int64_t database_changes(const struct database *database);

/* Runs statements that answer nothing. */
int database_run(struct database *database, const char *statements, struct error *error);

/* The number that a statement such as "PRAGMA user_version" answers. */
int database_number(struct database *database, const char *statement, int64_t *number,
                    struct error *error);

/* A statement with a ? for each value; it lives until the database is closed, and is the same one for the same text. */
struct query *database_query(struct database *database, const char *statement, struct error *error);

/* Values by their place, from 1. Bytes must stay until query_step() or query_run(). */
void query_set_integer(struct query *query, int place, int64_t number);
void query_set_number(struct query *query, int place, double number);
void query_set_text(struct query *query, int place, const char *text, size_t length);
void query_set_blob(struct query *query, int place, const void *bytes, size_t length);
void query_set_null(struct query *query, int place);

/* Runs it to its end and makes it ready for other values. */
int query_run(struct query *query, struct error *error);

/* The next row: 1, 0 behind the last one, or a negative code. */
int query_step(struct query *query, struct error *error);

/* Ends it where it stands, and makes it ready for other values. */
void query_reset(struct query *query);

/* Columns of the row by their place, from 0; false where they are of another type. The bytes are
 * valid until the next step. */
bool query_integer(struct query *query, int place, int64_t *number);
bool query_text(struct query *query, int place, const char **text);
bool query_blob(struct query *query, int place, size_t length, const void **bytes);

/* What the column holds, whatever it is. */
enum column_type {
    COLUMN_NULL,
    COLUMN_INTEGER,
    COLUMN_NUMBER,
    COLUMN_TEXT,
    COLUMN_BLOB,
};
enum column_type query_type(struct query *query, int place);
double query_number(struct query *query, int place);

/* Text or blob, and its length. */
const char *query_bytes(struct query *query, int place, size_t *length);

#endif
