/* What is taken out of the files of durable queues where a write of theirs fails: nothing that rests on what was lost. */
#include <semaphore.h>
#include <unistd.h>

#include "../harness/loop.h"
#include "store/database.h"
#include "store/queue_file.h"
#include "store/queue_store.h"

/* A store whose queues 0 and 1 are in a file each, with a message in the first one. */
struct pair {
    struct loop *loop;
    struct queue_store *store;
    char directory[32];
    char paths[2][40];
    bool settles; /* what is answered before a commit */
    sem_t begun;  /* a commit has */
    sem_t go;     /* and takes what was told by now */
};

static const struct stored message = {.encoded = "\1\1", .length = 2};

static bool settle(void *arg)
{
    struct pair *pair = arg;
    sem_post(&pair->begun);
    while (sem_wait(&pair->go))
        ;
    return pair->settles;
}

static void on_committed(void *arg)
{
    (void)arg;
}

static void on_finished(void *arg)
{
    loop_stop(((struct pair *)arg)->loop);
}

static struct database *join(struct pair *pair, size_t file)
{
    struct error error = {0};
    struct database *database = queue_file_join(pair->paths[file], &error);
    assert_non_null(database);
    return database;
}

/* From now on nothing can be put into the second file. */
static void refuse_puts(struct pair *pair)
{
    struct error error = {0};
    struct database *database = join(pair, 1);
    assert_int_equal(database_run(database, "CREATE TRIGGER refuse BEFORE INSERT ON message BEGIN SELECT raise(FAIL, 'refused'); END",
                                  &error), 0);
    database_close(database);
}

static void assert_messages(struct pair *pair, size_t file, int64_t expected)
{
    struct error error = {0};
    int64_t count = -1;
    struct database *database = join(pair, file);
    assert_int_equal(database_number(database, "SELECT count(*) FROM message", &count, &error), 0);
    database_close(database);
    assert_int_equal(count, expected);
}

/* COMMITS may be made at once. */
static void begin(struct pair *pair, bool settles, unsigned commits)
{
    static const struct queue_store_callbacks callbacks = {settle, on_committed, on_finished};
    struct error error = {0};
    *pair = (struct pair){.loop = test_loop(), .store = queue_store_new(), .directory = "/tmp/store.XXXXXX", .settles = settles};
    sem_init(&pair->begun, 0, 0);
    sem_init(&pair->go, 0, commits);
    assert_non_null(mkdtemp(pair->directory));
    for (size_t i = 0; i < 2; i++)
        snprintf(pair->paths[i], sizeof(pair->paths[i]), "%s/%zu", pair->directory, i);
    assert_int_equal(queue_store_add(pair->store, pair->paths[0], "a", "line", &message, 1, &error), 0);
    assert_int_equal(queue_store_add(pair->store, pair->paths[1], "b", "line", NULL, 0, &error), 1);
    assert_int_equal(queue_store_start(pair->store, pair->loop, &callbacks, pair, &error), 0);
}

/* PART stands in what is reported; NULL: nothing is. */
static void end(struct pair *pair, const char *part)
{
    struct buf report = {0};
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    char path[64];
    queue_store_finish(pair->store);
    sem_post(&pair->go);
    loop_run(pair->loop);
    queue_store_report(pair->store, &report);
    assert_int_equal(report.length > 0, part != NULL);
    assert_true(!part || strstr(buf_string(&report), part));
    buf_release(&report);
    queue_store_free(pair->store);
    loop_free(pair->loop);
    for (size_t i = 0; i < 2 * countof(endings); i++) {
        snprintf(path, sizeof(path), "%s%s", pair->paths[i % 2], endings[i / 2]);
        unlink(path);
    }
    assert_int_equal(rmdir(pair->directory), 0);
    sem_destroy(&pair->begun);
    sem_destroy(&pair->go);
}

static void test_done(void **state)
{
    (void)state;
    struct pair pair;
    begin(&pair, true, 100);
    queue_store_put(pair.store, 1, message);
    queue_store_done(pair.store, 0, 1);
    queue_store_wait(pair.store);
    assert_false(queue_store_has_failed(pair.store));
    assert_messages(&pair, 0, 0);
    assert_messages(&pair, 1, 1);
    end(&pair, NULL);
}

/* What was put and what it came from are told of in one commit: a first one has begun, and waits until both are told. */
static void test_a_put_is_lost(void **state)
{
    (void)state;
    struct pair pair;
    begin(&pair, true, 0);
    refuse_puts(&pair);
    queue_store_tried(pair.store, 0, 1, 1);
    while (sem_wait(&pair.begun))
        ;
    queue_store_put(pair.store, 1, message);
    queue_store_done(pair.store, 0, 1);
    for (int i = 0; i < 2; i++)
        sem_post(&pair.go);
    queue_store_wait(pair.store);
    assert_true(queue_store_has_failed(pair.store));
    assert_messages(&pair, 0, 1);
    end(&pair, "refused; 2 notes");
}

/* The same in two commits. */
static void test_nothing_is_written_after_a_loss(void **state)
{
    (void)state;
    struct pair pair;
    begin(&pair, true, 100);
    refuse_puts(&pair);
    queue_store_put(pair.store, 1, message);
    queue_store_wait(pair.store);
    queue_store_done(pair.store, 0, 1);
    queue_store_wait(pair.store);
    assert_true(queue_store_has_failed(pair.store));
    assert_messages(&pair, 0, 1);
    end(&pair, "refused; 2 notes");
}

/* What was put lasts all the same. */
static void test_a_record_is_lost(void **state)
{
    (void)state;
    struct pair pair;
    begin(&pair, false, 100);
    queue_store_put(pair.store, 1, message);
    queue_store_done(pair.store, 0, 1);
    queue_store_wait(pair.store);
    assert_messages(&pair, 0, 1);
    assert_messages(&pair, 1, 1);
    end(&pair, NULL);
}

/* It is known at once, not at the end alone. */
static void test_a_file_is_removed(void **state)
{
    (void)state;
    struct pair pair;
    begin(&pair, true, 100);
    unlink(pair.paths[1]);
    queue_store_put(pair.store, 1, message);
    queue_store_wait(pair.store);
    assert_true(queue_store_has_failed(pair.store));
    end(&pair, "somebody has removed or replaced it");
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST(&tests, test_done);
    TEST(&tests, test_a_put_is_lost);
    TEST(&tests, test_nothing_is_written_after_a_loss);
    TEST(&tests, test_a_record_is_lost);
    TEST(&tests, test_a_file_is_removed);
    return tests_run(&tests, "queue_store");
}
