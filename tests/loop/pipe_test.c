/* Readers and writers over a pipe. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "../harness/loop.h"
#include "loop/pipe.h"

struct side {
    struct loop *loop;
    struct buf got;
    size_t stop_at; /* bytes read after which the loop stops */
    int ends;
    int status;
    int drained;
    int failed; /* the status told */
};

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct side *side = arg;
    buf_append(&side->got, bytes, length);
    if (side->stop_at && side->got.length >= side->stop_at)
        loop_stop(side->loop);
}

static void on_end(void *arg, int status)
{
    struct side *side = arg;
    side->ends++;
    side->status = status;
    loop_stop(side->loop);
}

static void on_drained(void *arg)
{
    struct side *side = arg;
    side->drained++;
    loop_stop(side->loop);
}

static void on_failed(void *arg, int status)
{
    struct side *side = arg;
    side->failed = status;
    loop_stop(side->loop);
}

static const struct reader_callbacks reading = {.data = on_data, .end = on_end};
static const struct writer_callbacks writing = {.drained = on_drained, .failed = on_failed};

static void turn(struct loop *loop)
{
    loop_post(loop, stop_loop, loop);
    loop_run(loop);
}

static void open_pipe(int ends[2])
{
    struct error error = {0};
    assert_int_equal(pipe_open(ends, &error), 0);
}

static void test_close_on_exec(void **state)
{
    (void)state;
    int ends[2];
    open_pipe(ends);
    for (int i = 0; i < 2; i++) {
        assert_true(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
        close(ends[i]);
    }
}

static void test_reads_to_the_end(void **state)
{
    (void)state;
    struct side side = {.loop = test_loop()};
    int ends[2];
    open_pipe(ends);
    struct pipe_reader *reader = reader_new(side.loop, ends[0], &reading, &side);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    side.stop_at = 5;
    loop_run(side.loop);
    assert_string_equal(buf_string(&side.got), "hello");
    assert_int_equal(side.ends, 0);
    close(ends[1]);
    loop_run(side.loop);
    assert_int_equal(side.ends, 1);
    assert_int_equal(side.status, 0);
    reader_resume(reader);
    reader_drain(reader);
    turn(side.loop);
    assert_int_equal(side.ends, 1); /* nothing follows the end */
    reader_free(reader);
    reader_free(NULL);
    loop_free(side.loop);
    buf_release(&side.got);
}

static void test_pause_and_resume(void **state)
{
    (void)state;
    struct side side = {.loop = test_loop(), .stop_at = 5};
    int ends[2];
    open_pipe(ends);
    struct pipe_reader *reader = reader_new(side.loop, ends[0], &reading, &side);
    reader_pause(reader);
    reader_pause(reader);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    turn(side.loop);
    turn(side.loop);
    assert_int_equal(side.got.length, 0);
    reader_resume(reader);
    loop_run(side.loop);
    assert_string_equal(buf_string(&side.got), "hello");
    reader_free(reader);
    close(ends[1]);
    loop_free(side.loop);
    buf_release(&side.got);
}

/* What is lent stands between what was put before and behind it, and is written from where it is. */
static void test_lends(void **state)
{
    (void)state;
    enum { LARGE = 300000 };
    struct side side = {.loop = test_loop()};
    char *lent = mem_calloc(LARGE, 1);
    int ends[2];
    open_pipe(ends);
    memset(lent, 'x', LARGE);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    struct pipe_writer *writer = writer_new(side.loop, ends[1], &writing, &side);
    struct pipe_reader *reader = reader_new(side.loop, ends[0], &reading, &side);
    side.stop_at = LARGE + 12;
    writer_put(writer, "before", 6);
    writer_lend(writer, lent, LARGE);
    writer_put(writer, "behind", 6);
    assert_true(writer_pending(writer) >= LARGE - (64 << 10)); /* the pipe has taken what it could, at most */
    while (side.got.length < side.stop_at)
        loop_run(side.loop);
    assert_memory_equal(side.got.data, "before", 6);
    assert_memory_equal(side.got.data + 6, lent, LARGE);
    assert_memory_equal(side.got.data + 6 + LARGE, "behind", 6);
    assert_int_equal(writer_pending(writer), 0);
    buf_clear(&side.got);
    reader_pause(reader);
    writer_lend(writer, lent, LARGE);
    assert_true(writer_forget(writer) > 0);
    memset(lent, 'y', LARGE);
    assert_int_equal(writer_pending(writer), 0);
    reader_free(reader);
    writer_free(writer);
    loop_free(side.loop);
    buf_release(&side.got);
    free(lent);
}

static void test_drain(void **state)
{
    (void)state;
    struct side side = {.loop = test_loop()};
    int ends[2];
    open_pipe(ends);
    struct pipe_reader *reader = reader_new(side.loop, ends[0], &reading, &side);
    reader_pause(reader);
    reader_drain(reader); /* nothing there: does not wait */
    assert_int_equal(write(ends[1], "rest", 4), 4);
    reader_drain(reader);
    assert_string_equal(buf_string(&side.got), "rest");
    assert_int_equal(side.ends, 0);
    close(ends[1]);
    reader_drain(reader);
    assert_int_equal(side.ends, 1);
    reader_free(reader);
    loop_free(side.loop);
    buf_release(&side.got);
}

/* More than a pipe holds, from a writer to a reader of the same loop. */
static void test_through_a_pipe(void **state)
{
    (void)state;
    struct side from = {.loop = test_loop()};
    struct side to = {.loop = from.loop};
    struct buf sent = {0};
    int ends[2];
    open_pipe(ends);
    struct pipe_reader *reader = reader_new(from.loop, ends[0], &reading, &to);
    struct pipe_writer *writer = writer_new(from.loop, ends[1], &writing, &from);
    assert_int_equal(writer_fd(writer), ends[1]);
    for (int i = 0; i < 300000; i++) {
        size_t before = sent.length;
        buf_printf(&sent, "%d,", i);
        writer_put(writer, sent.data + before, sent.length - before);
    }
    assert_int_equal(writer_pending(writer), sent.length);
    writer_finish(writer);
    writer_put(writer, "late", 4); /* after the finish nothing is taken */
    while (!to.ends)
        loop_run(from.loop);
    assert_int_equal(from.drained, 1);
    assert_int_equal(writer_pending(writer), 0);
    assert_int_equal(writer_fd(writer), -1);
    assert_int_equal(to.got.length, sent.length);
    assert_memory_equal(to.got.data, sent.data, sent.length);
    reader_free(reader);
    writer_free(writer);
    loop_free(from.loop);
    buf_release(&to.got);
    buf_release(&sent);
}

static void test_drained_each_time(void **state)
{
    (void)state;
    struct side side = {.loop = test_loop()};
    char bytes[8];
    int ends[2];
    open_pipe(ends);
    struct pipe_writer *writer = writer_new(side.loop, ends[1], &writing, &side);
    for (int i = 1; i <= 3; i++) {
        writer_put(writer, "ab", 2);
        writer_put(writer, "cd", 2);
        loop_run(side.loop);
        assert_int_equal(side.drained, i);
        assert_int_equal(read(ends[0], bytes, sizeof(bytes)), 4);
        assert_memory_equal(bytes, "abcd", 4);
    }
    writer_free(writer);
    close(ends[0]);
    loop_free(side.loop);
}

static void test_reader_gone_keeps_pending(void **state)
{
    (void)state;
    struct side side = {.loop = test_loop()};
    int ends[2];
    open_pipe(ends);
    struct pipe_writer *writer = writer_new(side.loop, ends[1], &writing, &side);
    close(ends[0]);
    writer_put(writer, "lost", 4);
    loop_run(side.loop);
    assert_int_equal(side.failed, -EPIPE);
    assert_int_equal(writer_pending(writer), 4);
    assert_int_equal(writer_fd(writer), ends[1]);
    assert_true(fcntl(ends[1], F_GETFD) >= 0);
    side.failed = 0;
    writer_put(writer, "more", 4);
    writer_finish(writer);
    turn(side.loop);
    assert_int_equal(side.failed, 0); /* told once */
    assert_int_equal(side.drained, 0);
    writer_free(writer);
    loop_free(side.loop);
}

static void test_free_while_pending(void **state)
{
    (void)state;
    struct side side = {.loop = test_loop()};
    char *large = mem_calloc(1, 1 << 20);
    int ends[2];
    open_pipe(ends);
    struct pipe_writer *writer = writer_new(side.loop, ends[1], &writing, &side);
    writer_put(writer, large, 1 << 20);
    turn(side.loop);
    assert_in_range(writer_pending(writer), 1, (1 << 20) - 1);
    writer_free(writer);
    writer_free(NULL);
    turn(side.loop);
    assert_int_equal(side.drained + side.failed, 0);
    close(ends[0]);
    free(large);
    loop_free(side.loop);
}

int main(void)
{
    struct tests tests = {0};
    signal(SIGPIPE, SIG_IGN);
    loop_warm_up();
    TEST(&tests, test_close_on_exec);
    TEST(&tests, test_reads_to_the_end);
    TEST(&tests, test_pause_and_resume);
    TEST(&tests, test_lends);
    TEST(&tests, test_drain);
    TEST(&tests, test_through_a_pipe);
    TEST(&tests, test_drained_each_time);
    TEST(&tests, test_reader_gone_keeps_pending);
    TEST(&tests, test_free_while_pending);
    return tests_run(&tests, "pipe");
}
