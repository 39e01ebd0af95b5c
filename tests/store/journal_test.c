/* What of a journal counts, and that no row is believed that is not as it was written. */
#include <unistd.h>

#include "../harness/unit.h"
#include "store/database.h"
#include "store/journal_file.h"
#include "store/journal_read.h"

struct journal_case {
    const char *name;
    const char *runs;     /* a letter each: 'r' a run, 's' one that goes on, 'o' a run of another scenario */
    const char *tasks;    /* of which run each is, from '1' */
    const char *damage;   /* a statement, NULL: none */
    const char *expected; /* the tasks that count, or a part of the error */
};

static const struct journal_case cases[] = {
    {"one run", "r", "11", NULL, "12"},
    {"two that begin anew", "rr", "112", NULL, "3"},
    {"one that goes on", "rs", "112", NULL, "123"},
    {"one that did nothing", "rr", "11", NULL, "12"},
    {"anew, and on", "rrs", "123", NULL, "23"},
    {"of another scenario", "ror", "1223", NULL, "4"},
    {"another one alone", "o", "11", NULL, ""},
    {"another one since", "ro", "12", NULL, "1"},
    {"a failure becomes a success", "r", "11", "UPDATE task SET state = 'succeeded' WHERE id = 2", "row 2 of the table task"},
    {"a success becomes a failure", "r", "11", "UPDATE task SET state = 'failed' WHERE id = 1", "row 1 of the table task"},
    {"another task", "r", "11", "UPDATE task SET key = zeroblob(16) WHERE id = 1", "row 1 of the table task"},
    {"a short key", "r", "11", "UPDATE task SET key = zeroblob(15) WHERE id = 1", "row 1 of the table task"},
    {"of another run", "rs", "12", "UPDATE task SET run = 1 WHERE id = 2", "row 2 of the table task"},
    {"another number", "r", "11", "UPDATE task SET id = 9 WHERE id = 2", "row 9 of the table task"},
    {"another state", "r", "11", "UPDATE task SET state = 'fine' WHERE id = 1", "row 1 of the table task"},
    {"a run of another name", "ro", "12", "UPDATE run SET scenario = 'mine' WHERE id = 2", "row 2 of the table run"},
    {"a run of another kind", "rr", "12", "UPDATE run SET kind = 'resume' WHERE id = 2", "row 2 of the table run"},
};

static struct hash key_of(int64_t id)
{
    struct hash key = {3, 4};
    return hash_bytes(&key, &id, sizeof(id));
}

static void begin_run(struct database *database, char kind)
{
    struct error error = {0};
    int64_t id;
    const struct journal_run run = {.name = "x", .file = "f", .scenario = kind == 'o' ? "other" : "mine",
                                    .kind = kind == 's' ? "resume" : "run"};
    assert_int_equal(journal_begin(database, &run, &id, &error), 0);
}

/* The task ID; every second one has failed. */
static void put_task(struct database *database, int64_t id, int64_t run)
{
    struct error error = {0};
    struct hash key = key_of(id);
    unsigned char bytes[HASH_SIZE];
    bool succeeded = id % 2;
    struct query *query = database_query(database,
        "INSERT INTO task (id, run, pool, number, attempt, state, seconds, ended, key, sum) VALUES (?, ?, 'p', 0, 1, ?, 0, 0, ?, ?)",
        &error);
    assert_non_null(query);
    hash_write(&key, bytes);
    query_set_integer(query, 1, id);
    query_set_integer(query, 2, run);
    query_set_text(query, 3, succeeded ? "succeeded" : "failed", succeeded ? 9 : 6);
    query_set_blob(query, 4, bytes, sizeof(bytes));
    query_set_integer(query, 5, journal_task_sum(id, run, succeeded, &key));
    assert_int_equal(query_run(query, &error), 0);
}

static void take_task(void *arg, const char *pool, const struct hash *key, bool succeeded)
{
    assert_string_equal(pool, "p");
    for (int64_t id = 1; id < 10; id++) {
        struct hash known = key_of(id);
        if (!hash_equal(&known, key))
            continue;
        assert_int_equal(succeeded, id % 2);
        buf_number(arg, id);
    }
}

static void take_content(void *arg, const char *pool, const struct pool_content *content)
{
    (void)arg;
    (void)pool;
    (void)content;
}

static void test_reading(void **state)
{
    const struct journal_case *row = *state;
    struct error error = {0};
    struct buf found = {0};
    const struct journal_consumer consumer = {take_task, take_content, &found};
    char path[] = "/tmp/journal.XXXXXX";
    close(mkstemp(path));
    struct database *database = journal_open(path, &error);
    assert_non_null(database);
    for (const char *run = row->runs; *run; run++)
        begin_run(database, *run);
    for (size_t i = 0; row->tasks[i]; i++)
        put_task(database, (int64_t)i + 1, row->tasks[i] - '0');
    if (row->damage)
        assert_int_equal(database_run(database, row->damage, &error), 0);
    int result = journal_read(database, path, "mine", false, &consumer, &error);
    if (row->damage)
        assert_error(&error, result, row->expected);
    else
        assert_string_equal(buf_string(&found), row->expected);
    assert_int_equal(result != 0, row->damage != NULL);
    buf_release(&found);
    database_close(database);
    unlink(path);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_reading, cases);
    return tests_run(&tests, "journal");
}
