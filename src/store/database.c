/* A database file over SQLite. */
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "log/file_lock.h"

struct query {
    struct database *database;
    sqlite3_stmt *statement;
    struct query *next;
};

struct database {
    const char *what;
    char *path;
    int fd; /* holds the lock; -1: another connection does */
    sqlite3 *handle;
    int checkpoint; /* SQLite's result of one that failed; SQLITE_OK: none has */
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
    return error_set(error, code_of(result), "%s '%s': %s", database->what, database->path,
                     sqlite3_errmsg(database->handle));
}

/*
 * Pages of the write-ahead log after which it is moved into the file. Fewer are more to sync, more are left
 * for the end, when nobody else has anything to do.
 */
#define CHECKPOINT 500

/* As SQLite does itself, but that a failure is not passed over: the run would end as if nothing had happened. */
static int on_commit(void *arg, sqlite3 *handle, const char *name, int pages)
{
    struct database *database = arg;
    if (pages < CHECKPOINT)
        return SQLITE_OK;
    int result = sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (result != SQLITE_OK && result != SQLITE_BUSY && result != SQLITE_LOCKED)
        database->checkpoint = result;
    return SQLITE_OK;
}

/* A regular file: nothing that somebody has planted is followed or waited for. */
static int open_file(const char *path, const char *what, struct error *error)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0 && errno == ELOOP)
        return error_set(error, ERROR_FAILED,
                         "%s '%s': it is a symbolic link; name the file itself", what, path);
    if (fd < 0)
        return error_system(error, errno, "%s '%s'", what, path);
    if (!fstat(fd, &status) && S_ISREG(status.st_mode))
        return fd;
    close(fd);
    return error_set(error, ERROR_FAILED, "%s '%s': it is no regular file", what, path);
}

/* FD is the database's from now on. */
static struct database *connect_file(const char *path, const char *what, int fd,
                                     struct error *error)
{
    struct database *database = mem_calloc(1, sizeof(*database));
    database->what = what;
    database->path = mem_strdup(path);
    database->fd = fd;
    char *absolute = realpath(path, NULL); /* what begins with "file:" or ":" is a name too */
    int result = sqlite3_open_v2(absolute ? absolute : path, &database->handle,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    free(absolute);
    if (result == SQLITE_OK) {
        sqlite3_extended_result_codes(database->handle, 1);
        sqlite3_busy_timeout(database->handle, 10000); /* somebody looks into it */
        sqlite3_wal_hook(database->handle, on_commit, database);
        return database;
    }
    fail(database, result, error);
    database_close(database);
    return NULL;
}

static int wrong_version(const struct database *database, const struct database_kind *kind, int64_t version,
                         struct error *error)
{
    bool next = kind->upgrade && version == kind->version - 1;
    return error_set(error, ERROR_FAILED, "%s '%s': it is of version %lld, this program writes version %d%s",
                     kind->what, database->path, (long long)version, kind->version,
                     next ? ", to which the next run that has it brings it" : "");
}

/* What is in the file: nothing yet, tables of the version before, or those that are wanted. */
struct found {
    bool empty;
    bool before;
};

static int check_kind(struct database *database, const struct database_kind *kind, struct found *found,
                      struct error *error)
{
    int64_t tables = 0, application = 0, version = 0;
    int result = database_number(database, "SELECT count(*) FROM sqlite_schema", &tables, error);
    if (!result)
        result = database_number(database, "PRAGMA application_id", &application, error);
    if (!result)
        result = database_number(database, "PRAGMA user_version", &version, error);
    *found = (struct found){.empty = !tables && !application};
    if (result || found->empty)
        return result;
    if (application != kind->application)
        return error_set(error, ERROR_FAILED,
                         "%s '%s': it is another program's database, not a %s", kind->what,
                         database->path, kind->what);
    found->before = kind->upgrade && version == kind->version - 1 && database->fd >= 0;
    if (version != kind->version && !found->before)
        return wrong_version(database, kind, version, error);
    return 0;
}

/* Within a transaction that nobody else can be in. */
static int make_tables(struct database *database, const struct database_kind *kind,
                       struct error *error)
{
    struct found found;
    struct buf version = {0};
    int result = check_kind(database, kind, &found, error);
    buf_printf(&version, "PRAGMA application_id = %d; PRAGMA user_version = %d;", kind->application,
               kind->version);
    if (!result && found.empty) /* nobody has made them in the meantime */
        result = database_run(database, kind->schema, error);
    else if (!result && found.before)
        result = kind->upgrade(database, error);
    if (!result && (found.empty || found.before))
        result = database_run(database, version.data, error);
    buf_release(&version);
    return result;
}

/* Makes the tables in an empty file, or those of the version before what they are now: all of them or none. */
static int fill(struct database *database, const struct database_kind *kind,
                      struct error *error)
{
    int result = database_run(database, "BEGIN IMMEDIATE", error);
    if (!result)
        result = make_tables(database, kind, error);
    return result ? result : database_run(database, "COMMIT", error);
}

/* DATABASE ready for use, or NULL. */
static struct database *prepare(struct database *database, const struct database_kind *kind,
                                struct error *error)
{
    struct found found;
    if (!database)
        return NULL;
    int result = check_kind(database, kind, &found, error);
    if (!result)
        result = database_run(database, kind->setup, error);
    if (!result && (found.empty || found.before))
        result = fill(database, kind, error);
    if (!result)
        return database;
    database_close(database);
    return NULL;
}

typedef int lock_function(int fd, const char *what, const char *path, struct error *error);

static struct database *open_locked(const char *path, const struct database_kind *kind,
                                    lock_function *lock, struct error *error)
{
    int fd = open_file(path, kind->what, error);
    if (fd < 0)
        return NULL;
    if (lock(fd, kind->what, path, error)) {
        close(fd);
        return NULL;
    }
    return prepare(connect_file(path, kind->what, fd, error), kind, error);
}

struct database *database_open(const char *path, const struct database_kind *kind,
                               struct error *error)
{
    return open_locked(path, kind, file_lock, error);
}

struct database *database_open_shortly(const char *path, const struct database_kind *kind,
                                       struct error *error)
{
    return open_locked(path, kind, file_lock_shortly, error);
}

struct database *database_join(const char *path, const struct database_kind *kind,
                               struct error *error)
{
    return prepare(connect_file(path, kind->what, -1, error), kind, error);
}

static bool is_in_place(const struct database *database)
{
    struct stat ours, there;
    if (database->fd < 0 || fstat(database->fd, &ours))
        return true;
    return !stat(database->path, &there) && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int database_check(struct database *database, struct error *error)
{
    if (!is_in_place(database))
        return error_set(error, ERROR_FAILED, "%s '%s': somebody has removed or replaced it",
                         database->what, database->path);
    if (database->checkpoint != SQLITE_OK)
        return error_set(error, code_of(database->checkpoint), "%s '%s': %s", database->what, database->path,
                         sqlite3_errstr(database->checkpoint));
    return 0;
}

int database_settle(struct database *database, struct error *error)
{
    int result = sqlite3_wal_checkpoint_v2(database->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (result != SQLITE_OK && result != SQLITE_BUSY && result != SQLITE_LOCKED)
        return fail(database, result, error);
    return database_check(database, error);
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
    if (database->fd >= 0)
        close(database->fd); /* behind SQLite's own: closing drops its locks too */
    free(database->path);
    free(database);
}

struct sqlite3 *database_handle(const struct database *database)
{
    return database->handle;
}

int64_t database_changes(const struct database *database)
{
    return sqlite3_changes64(database->handle);
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
        query_reset(query);
    return step < 0 ? step : 0;
}

static struct query *find_query(const struct database *database, const char *statement)
{
    struct query *query = database->queries;
    while (query && (strcmp(sqlite3_sql(query->statement), statement) || sqlite3_stmt_busy(query->statement)))
        query = query->next;
    return query;
}

struct query *database_query(struct database *database, const char *statement, struct error *error)
{
    sqlite3_stmt *prepared;
    struct query *known = find_query(database, statement);
    if (known)
        return known;
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

void query_set_blob(struct query *query, int place, const void *bytes, size_t length)
{
    sqlite3_bind_blob64(query->statement, place, bytes, length, SQLITE_STATIC);
}

void query_set_null(struct query *query, int place)
{
    sqlite3_bind_null(query->statement, place);
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

void query_reset(struct query *query)
{
    sqlite3_reset(query->statement);
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

enum column_type query_type(struct query *query, int place)
{
    static const enum column_type types[] = {
        [SQLITE_NULL] = COLUMN_NULL,   [SQLITE_INTEGER] = COLUMN_INTEGER,
        [SQLITE_FLOAT] = COLUMN_NUMBER, [SQLITE_TEXT] = COLUMN_TEXT,
        [SQLITE_BLOB] = COLUMN_BLOB,
    };
    return types[sqlite3_column_type(query->statement, place)];
}

double query_number(struct query *query, int place)
{
    return sqlite3_column_double(query->statement, place);
}

const char *query_bytes(struct query *query, int place, size_t *length)
{
    const char *bytes = sqlite3_column_blob(query->statement, place);
    *length = (size_t)sqlite3_column_bytes(query->statement, place);
    return bytes ? bytes : "";
}
