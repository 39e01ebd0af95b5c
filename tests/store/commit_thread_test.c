/* The thread that commits: who waits hears when it is done, whatever was lost is counted. */
#include <semaphore.h>

#include "../harness/loop.h"
#include "store/commit_thread.h"

/* What the thread writes, and how it is told to. */
struct rows {
    struct loop *loop;
    sem_t turns; /* a commit takes one; it waits for it */
    struct buf written;
    size_t commits;
    size_t lose;
    bool closed;
};

static size_t write_rows(void *arg, const struct buf *bytes, struct error *error)
{
    struct rows *rows = arg;
    while (sem_wait(&rows->turns))
        ;
    buf_append(&rows->written, bytes->data, bytes->length);
    rows->commits++;
    if (rows->lose)
        error_set(error, ERROR_FAILED, "commit %zu is lost", rows->commits);
    return rows->lose;
}

static void close_rows(void *arg, struct error *error)
{
    struct rows *rows = arg;
    (void)error;
    rows->closed = true;
}

static void on_finished(void *arg)
{
    loop_stop(((struct rows *)arg)->loop);
}

static struct committer *begin(struct rows *rows, unsigned turns)
{
    static const struct committer_callbacks callbacks = {.write = write_rows, .close = close_rows, .finished = on_finished};
    struct error error = {0};
    *rows = (struct rows){.loop = test_loop()};
    sem_init(&rows->turns, 0, turns);
    struct committer *committer = committer_new(rows->loop, &callbacks, rows, &error);
    assert_non_null(committer);
    return committer;
}

static void release(struct rows *rows, struct committer *committer)
{
    assert_true(rows->closed && committer_is_finished(committer));
    assert_true(committer_free(committer));
    buf_release(&rows->written);
    sem_destroy(&rows->turns);
    loop_free(rows->loop);
}

static void end(struct rows *rows, struct committer *committer)
{
    committer_finish(committer);
    loop_run(rows->loop);
    release(rows, committer);
}

/* Behind the wait it is written, each time anew. */
static void test_wait(void **state)
{
    (void)state;
    struct rows rows;
    struct committer *committer = begin(&rows, 100);
    for (size_t i = 1; i <= 100; i++) {
        committer_put(committer, "row", 3);
        committer_wait(committer);
        assert_int_equal(rows.written.length, 3 * i);
        assert_int_equal(committer_done(committer), 3 * i);
        assert_int_equal(committer_held(committer), 0);
    }
    end(&rows, committer);
}

/* What comes last is written before the end is told, and all in its order. */
static void test_end(void **state)
{
    (void)state;
    struct rows rows;
    struct committer *committer = begin(&rows, 0);
    committer_put(committer, "a", 1);
    committer_put(committer, "b", 1);
    assert_int_equal(committer_held(committer), 2);
    committer_put(committer, "c", 1);
    committer_finish(committer);
    for (int i = 0; i < 3; i++)
        sem_post(&rows.turns);
    loop_run(rows.loop);
    assert_buf(&rows.written, "abc");
    assert_int_equal(committer_total(committer), 3);
    release(&rows, committer);
}

static void test_loss(void **state)
{
    (void)state;
    struct rows rows;
    const char *reason;
    struct committer *committer = begin(&rows, 2);
    rows.lose = 2;
    for (int i = 0; i < 2; i++) {
        committer_put(committer, "row", 3);
        committer_wait(committer);
    }
    assert_int_equal(committer_lost(committer, &reason), 4);
    assert_string_equal(reason, "commit 1 is lost");
    assert_int_equal(committer_held(committer), 0); /* nobody waits for what is lost */
    end(&rows, committer);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST(&tests, test_wait);
    TEST(&tests, test_end);
    TEST(&tests, test_loss);
    return tests_run(&tests, "commit_thread");
}
