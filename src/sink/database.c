/* A database file over SQLite. */
#include "sink/database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "sink/file_lock.h"

struct query {
    struct database *database;
    sqlite3_stmt *statement;
    struct query *next;
};

struct database {
    char *path;
    int fd; /* holds the lock */
    sqlite3 *handle;
    struct query *queries;
};

/* What SQLite's result means for the exit status. */
static int code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
        return -EIO;
    default:
        return ERROR_FAILED;
    }
}

static int fail(struct database *database, int result, struct error *error)
{
    if ((result & 0xff) == SQLITE_NOMEM)
        mem_exhausted();
    return error_set(error, code_of(result), "journal '%s': %s", database->path,
                     sqlite3_errmsg(database->handle));
}

/* A regular file: nothing that somebody has planted is followed or waited for. */
static int open_file(const char *path, struct error *error)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0 && errno == ELOOP)
        return error_set(error, ERROR_FAILED,
                         "journal '%s': it is a symbolic link; name the file itself", path);
    if (fd < 0)
        return error_system(error, errno, "journal '%s'", path);
    if (!fstat(fd, &status) && S_ISREG(status.st_mode))
        return fd;
    close(fd);
    return error_set(error, ERROR_FAILED, "journal '%s': it is no regular file", path);
}

struct database *database_open(const char *path, struct error *error)
{
    int fd = open_file(path, error);
    if (fd < 0)
        return NULL;
    if (file_lock(fd, "journal", path, error)) {
        close(fd);
        return NULL;
    }
    struct database *database = mem_calloc(1, sizeof(*database));
    database->path = mem_strdup(path);
    database->fd = fd;
    char *absolute = realpath(path, NULL); /* what begins with "file:" or ":" is a name too */
    int result = sqlite3_open_v2(absolute ? absolute : path, &database->handle,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    free(absolute);
    if (result == SQLITE_OK) {
        sqlite3_extended_result_codes(database->handle, 1);
        sqlite3_busy_timeout(database->handle, 10000); /* somebody looks into it */
        return database;
    }
    fail(database, result, error);
    database_close(database);
    return NULL;
}

void database_close(struct database *database)
{
    if (!database)
        return;
    while (database->queries) {
        struct query *query = database->queries;
        database->queries = query->next;
        sqlite3_finalize(query->statement);
        free(query);
    }
    sqlite3_close(database->handle);
    close(database->fd); /* behind SQLite's own: closing drops its locks too */
    free(database->path);
    free(database);
}

struct sqlite3 *database_handle(const struct database *database)
{
    return database->handle;
}

int database_run(struct database *database, const char *statements, struct error *error)
{
    int result = sqlite3_exec(database->handle, statements, NULL, NULL, NULL);
    return result == SQLITE_OK ? 0 : fail(database, result, error);
}

int database_number(struct database *database, const char *statement, int64_t *number,
                    struct error *error)
{
    struct query *query = database_query(database, statement, error);
    int step = query ? query_step(query, error) : error->code;
    *number = 0;
    if (step == 1)
        query_integer(query, 0, number);
    if (query)
        sqlite3_reset(query->statement);
    return step < 0 ? step : 0;
}

struct query *database_query(struct database *database, const char *statement, struct error *error)
{
    sqlite3_stmt *prepared;
    int result = sqlite3_prepare_v3(database->handle, statement, -1, SQLITE_PREPARE_PERSISTENT,
                                    &prepared, NULL);
    if (result != SQLITE_OK) {
        fail(database, result, error);
        return NULL;
    }
    struct query *query = mem_calloc(1, sizeof(*query));
    *query = (struct query){database, prepared, database->queries};
    database->queries = query;
    return query;
}

void query_set_integer(struct query *query, int place, int64_t number)
{
    sqlite3_bind_int64(query->statement, place, number);
}

void query_set_number(struct query *query, int place, double number)
{
    sqlite3_bind_double(query->statement, place, number);
}

void query_set_text(struct query *query, int place, const char *text, size_t length)
{
    sqlite3_bind_text64(query->statement, place, text, length, SQLITE_STATIC, SQLITE_UTF8);
}

int query_run(struct query *query, struct error *error)
{
    int result = sqlite3_step(query->statement);
    int failed =
        result == SQLITE_DONE || result == SQLITE_ROW ? 0 : fail(query->database, result, error);
    sqlite3_reset(query->statement);
    return failed;
}

int query_step(struct query *query, struct error *error)
{
    int result = sqlite3_step(query->statement);
    if (result == SQLITE_ROW)
        return 1;
    int failed = result == SQLITE_DONE ? 0 : fail(query->database, result, error);
    sqlite3_reset(query->statement);
    return failed;
}

bool query_integer(struct query *query, int place, int64_t *number)
{
    *number = sqlite3_column_int64(query->statement, place);
    return sqlite3_column_type(query->statement, place) == SQLITE_INTEGER;
}

bool query_text(struct query *query, int place, const char **text)
{
    bool fits = sqlite3_column_type(query->statement, place) == SQLITE_TEXT;
    *text = fits ? (const char *)sqlite3_column_text(query->statement, place) : "";
    return fits;
}

bool query_blob(struct query *query, int place, size_t length, const void **bytes)
{
    if (sqlite3_column_type(query->statement, place) != SQLITE_BLOB ||
        (size_t)sqlite3_column_bytes(query->statement, place) != length)
        return false;
    *bytes = sqlite3_column_blob(query->statement, place);
    return true;
}
