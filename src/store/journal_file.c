/* The journal as a file. */
#include "store/journal_file.h"

#include <endian.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/unit.h"
#include "store/database.h"

/* "PRUN", by which file(1) and others know it. */
#define APPLICATION 0x5052554e
#define VERSION 4

/* Big pages, so that there are fewer. The cache is small: pages are added and not read again, and one that has just been used is
 * nearer to the processor than a fresh one, which costs page faults too. */
static const char setup[] = "PRAGMA page_size = 16384;"
                            "PRAGMA cache_size = -2000;"
                            "PRAGMA cell_size_check = ON;"
                            "PRAGMA trusted_schema = OFF;"
                            "PRAGMA journal_mode = WAL;"
                            "PRAGMA synchronous = FULL;";

static const char schema[] =
    "CREATE TABLE run (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  name TEXT NOT NULL,       -- as PARRUN_RUN and in the JSON log\n"
    "  scenario TEXT NOT NULL,   -- the scenario's name\n"
    "  file TEXT NOT NULL,\n"
    "  kind TEXT NOT NULL,       -- run, part, resume, resume-previous or retry-failed\n"
    "  started REAL NOT NULL,    -- seconds since 1970\n"
    "  ended REAL,               -- NULL: goes on, or was cut off\n"
    "  state TEXT,               -- succeeded, failed or stopped\n"
    "  sum INTEGER NOT NULL      -- guards id, scenario and kind\n"
    ");"
    "CREATE TABLE task (\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  pool TEXT NOT NULL,\n"
    "  number INTEGER NOT NULL,  -- in its pool, from 0\n"
    "  item,                     -- a table as JSON, bytes that are no text as BLOB\n"
    "  attempt INTEGER NOT NULL, -- the one that decided, from 1\n"
    "  state TEXT NOT NULL,      -- succeeded or failed\n"
    "  code INTEGER,             -- exit code\n"
    "  signal TEXT,              -- that ended it, such as KILL\n"
    "  reason TEXT,              -- why it failed\n"
    "  seconds REAL NOT NULL,\n"
    "  memory INTEGER,           -- bytes that its command held at most\n"
    "  ended REAL NOT NULL,      -- seconds since 1970\n"
    "  key BLOB NOT NULL,        -- the hash of its content\n"
    "  sum INTEGER NOT NULL,     -- guards id, run, state and key\n"
    "  id INTEGER PRIMARY KEY\n"
    ");" POOL_CONTENT_TABLES
    "CREATE VIEW history AS\n"
    "  SELECT run.name AS run, run.scenario, task.pool, task.number, task.item, task.attempt,\n"
    "    task.state, task.code, task.signal, task.reason, task.seconds, task.memory,\n"
    "    strftime('%Y-%m-%dT%H:%M:%fZ', task.ended - task.seconds, 'unixepoch') AS started,\n"
    "    strftime('%Y-%m-%dT%H:%M:%fZ', task.ended, 'unixepoch') AS ended,\n"
    "    lower(hex(task.key)) AS key, task.id\n"
    "  FROM task JOIN run ON run.id = task.run;"
    "CREATE VIEW failure AS\n" /* a content that has ended again since has not failed any more */
    "  SELECT * FROM history WHERE id IN\n"
    "    (SELECT max(id) FROM task GROUP BY key) AND state = 'failed';";

static const struct hash sum_key = {UINT64_C(0x206e757272617020), UINT64_C(0x6c616e72756f6a20)};

static void put_number(struct buf *bytes, int64_t number)
{
    for (unsigned i = 0; i < 8; i++)
        buf_char(bytes, (char)((uint64_t)number >> (8 * i)));
}

int64_t journal_run_sum(int64_t id, const char *scenario, const char *kind)
{
    struct buf bytes = {0};
    put_number(&bytes, id);
    buf_append(&bytes, scenario, strlen(scenario) + 1);
    buf_text(&bytes, kind);
    uint64_t sum = hash_low(&sum_key, bytes.data, bytes.length);
    buf_release(&bytes);
    return (int64_t)sum;
}

/* The task's key is the sum's: each bit of it counts, and less is to be hashed. */
int64_t journal_task_sum(int64_t id, int64_t run, bool succeeded, const struct hash *key)
{
    uint64_t numbers[] = {htole64((uint64_t)id), htole64((uint64_t)run << 1 | succeeded)};
    struct hash mixed = {key->low ^ sum_key.low, key->high ^ sum_key.high};
    return (int64_t)hash_low(&mixed, numbers, sizeof(numbers));
}

/* In version 3 nobody could tell what had changed. */
static int upgrade(struct database *database, struct error *error)
{
    return database_run(database, POOL_CONTENT_TABLES, error);
}

struct database *journal_open(const char *path, struct error *error)
{
    static const struct database_kind kind = {"journal", APPLICATION, VERSION, setup, schema, upgrade};
    return database_open(path, &kind, error);
}

static int put_run(struct database *database, const struct journal_run *run, int64_t *id, struct error *error)
{
    int result = database_number(database, "SELECT ifnull(max(id), 0) + 1 FROM run", id, error);
    struct query *query =
        result ? NULL
               : database_query(database,
                                "INSERT INTO run (id, name, scenario, file, kind, started, sum) "
                                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                                error);
    if (!query)
        return error->code;
    query_set_integer(query, 1, *id);
    query_set_text(query, 2, run->name, strlen(run->name));
    query_set_text(query, 3, run->scenario, strlen(run->scenario));
    query_set_text(query, 4, run->file, strlen(run->file));
    query_set_text(query, 5, run->kind, strlen(run->kind));
    query_set_number(query, 6, (double)clock_wall() / (double)NS_PER_S);
    query_set_integer(query, 7, journal_run_sum(*id, run->scenario, run->kind));
    return query_run(query, error);
}

int journal_begin(struct database *database, const struct journal_run *run, int64_t *id, struct error *error)
{
    int result = database_run(database, "BEGIN IMMEDIATE", error);
    if (!result)
        result = put_run(database, run, id, error);
    for (size_t i = 0; !result && i < run->pool_count; i++)
        result = pool_content_write(database, *id, run->pools[i].name, &run->pools[i].content, error);
    return result ? result : database_run(database, "COMMIT", error);
}
