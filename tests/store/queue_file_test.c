/* The file of durable queues, and the sums by which it is known to be as it was written. */
#include <unistd.h>

#include "../harness/unit.h"
#include "store/database.h"
#include "store/journal_file.h"
#include "store/queue_file.h"
#include "store/queue_sum.h"
#include "store/stored_value.h"

static char *make_directory(void)
{
    char *directory = mem_strdup("/tmp/store.XXXXXX");
    assert_non_null(mkdtemp(directory));
    return directory;
}

static void remove_files(char *directory)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    char path[64];
    for (size_t i = 0; i < countof(endings); i++) {
        snprintf(path, sizeof(path), "%s/file%s", directory, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(directory), 0);
    free(directory);
}

/* What OPEN makes of a new file, in a directory for remove_files(). */
static struct database *open_new(struct database *(*open)(const char *, struct error *), char **directory)
{
    struct error error = {0};
    char path[64];
    *directory = make_directory();
    snprintf(path, sizeof(path), "%s/file", *directory);
    struct database *database = open(path, &error);
    assert_non_null(database);
    return database;
}

/* What was committed is there after a power cut: that costs an fsync(2) for each commit (2 is FULL). */
static void check_lasts(struct database *(*open)(const char *, struct error *))
{
    struct error error = {0};
    char *directory;
    int64_t synchronous = 0;
    struct database *database = open_new(open, &directory);
    assert_int_equal(database_number(database, "PRAGMA synchronous", &synchronous, &error), 0);
    assert_true(synchronous >= 2);
    database_close(database);
    remove_files(directory);
}

static void test_a_queue_file_lasts(void **state)
{
    (void)state;
    check_lasts(queue_file_open);
}

static void test_a_journal_lasts(void **state)
{
    (void)state;
    check_lasts(journal_open);
}

/* Each part of a row counts. */
static void test_sums(void **state)
{
    (void)state;
    struct stored_value bodies[] = {
        {.type = STORED_TEXT, .bytes = "a", .length = 1},
        {.type = STORED_TEXT, .bytes = "b", .length = 1},
        {.type = STORED_BLOB, .bytes = "a", .length = 1},
        {.type = STORED_TEXT, .bytes = "a", .length = 1, .form = STORED_JSON},
        {.type = STORED_INTEGER, .integer = 1},
        {.type = STORED_INTEGER, .integer = 2},
        {.type = STORED_NUMBER, .number = 1},
        {.type = STORED_NULL},
    };
    struct queue_row rows[countof(bodies) + 5];
    const struct queue_row row = {.id = 1, .queue = "q", .body = &bodies[0], .priority = 1, .due = 1, .put = 1};
    size_t count = 0;
    for (size_t i = 0; i < countof(bodies); i++) {
        rows[count] = row;
        rows[count++].body = &bodies[i];
    }
    for (size_t i = 0; i < 5; i++)
        rows[count + i] = row;
    rows[count++].id = 2;
    rows[count++].queue = "r";
    rows[count++].priority = 2;
    rows[count++].due = 2;
    rows[count++].put = 2;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(queue_sum(&rows[i]) != queue_sum(&rows[j]));
}

/* In any order, and none is missed for another one. */
static void test_tallies(void **state)
{
    (void)state;
    struct queue_tally one = {0}, other = {0};
    for (int64_t id = 1; id <= 3; id++)
        queue_tally_add(&one, id);
    for (int64_t id = 4; id >= 1; id--)
        queue_tally_add(&other, id);
    queue_tally_remove(&other, 4);
    assert_int_equal(one.count, other.count);
    assert_true(one.ids == other.ids);
    queue_tally_remove(&other, 3);
    queue_tally_add(&other, 5);
    assert_int_equal(one.count, other.count);
    assert_true(one.ids != other.ids);
}

/* What was set aside has its number still. */
static void test_numbers(void **state)
{
    (void)state;
    struct error error = {0};
    char *directory;
    int64_t id = 0;
    struct database *database = open_new(queue_file_open, &directory);
    assert_int_equal(queue_file_next_id(database, &id, &error), 0);
    assert_int_equal(id, 1);
    assert_int_equal(database_run(database, "INSERT INTO message (id, queue, priority, attempts, put) VALUES (5, 'q', 0, 0, 0);"
                                            "INSERT INTO damaged (id) VALUES (7)", &error), 0);
    assert_int_equal(queue_file_next_id(database, &id, &error), 0);
    assert_int_equal(id, 8);
    database_close(database);
    remove_files(directory);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_a_queue_file_lasts);
    TEST(&tests, test_a_journal_lasts);
    TEST(&tests, test_sums);
    TEST(&tests, test_tallies);
    TEST(&tests, test_numbers);
    return tests_run(&tests, "queue_file");
}
