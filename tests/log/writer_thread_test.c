/* Destinations with a thread of their own (pthread). */
#include <pthread.h>
#include <signal.h>

#include "fixture.h"

#define LINES 20000

static void test_order(void **state)
{
    (void)state;
    struct told told = {0};
    struct buf expected = {0}, text = {0};
    int fd = open_scratch();
    struct output *output = told_output(&told, fd);
    for (int i = 0; i < LINES; i++) {
        size_t before = expected.length;
        buf_printf(&expected, "line %d\n", i);
        output_put(output, expected.data + before, expected.length - before);
    }
    told_end(&told, output);
    read_scratch(fd, &text);
    assert_int_equal(text.length, expected.length);
    assert_memory_equal(text.data, expected.data, text.length);
    assert_int_equal(told.failures, 0);
    buf_release(&expected);
    buf_release(&text);
}

/* Turns of the loop until SIZE bytes are in the file of FD, and then until TEXT is all of it. */
static void await_text(struct told *told, int fd, const char *text)
{
    char got[256];
    ssize_t length = 0;
    while (length != (ssize_t)strlen(text)) {
        loop_defer(told->loop, stop_loop, told->loop);
        loop_run(told->loop);
        length = pread(fd, got, sizeof(got), 0);
    }
    assert_memory_equal(got, text, strlen(text));
}

/* What is put stands above it, and never behind it; it waits for the end of a line. */
static void test_status(void **state)
{
    (void)state;
    struct told told = {0};
    int fd = open_scratch();
    struct output *output = told_output(&told, fd);
    output_put(output, "a\n", 2);
    output_status(output, "1 done");
    await_text(&told, fd, "a\n1 done");
    output_put(output, "b", 1);
    await_text(&told, fd, "a\n1 done\r\033[Kb");
    output_status(output, "2 done");
    output_put(output, "c\n", 2);
    await_text(&told, fd, "a\n1 done\r\033[Kbc\n2 done");
    output_status(output, "3 done");
    await_text(&told, fd, "a\n1 done\r\033[Kbc\n2 done\r\033[K3 done");
    output_status(output, "");
    await_text(&told, fd, "a\n1 done\r\033[Kbc\n2 done\r\033[K3 done\r\033[K");
    output_put(output, "d\n", 2);
    output_status(output, "4 done");
    await_text(&told, fd, "a\n1 done\r\033[Kbc\n2 done\r\033[K3 done\r\033[Kd\n4 done");
    struct buf text = {0};
    told_end(&told, output);
    read_scratch(fd, &text);
    assert_string_equal(text.data,
                        "a\n1 done\r\033[Kbc\n2 done\r\033[K3 done\r\033[Kd\n4 done\r\033[K");
    buf_release(&text);
}

static void test_nothing_put(void **state)
{
    (void)state;
    struct told told = {0};
    int fd = open_scratch();
    struct output *output = told_output(&told, fd);
    assert_int_equal(output_lost(output), 0);
    told_end(&told, output);
    close(fd);
    assert_int_equal(told.full + told.room + told.failures, 0);
    output_free(NULL);
}

/* A reader in a thread that begins when it is told to. */
struct slow_reader {
    int fd;
    struct buf got;
    pthread_t thread;
};

static void *read_all(void *arg)
{
    struct slow_reader *reader = arg;
    ssize_t length;
    while ((length = read(reader->fd, buf_reserve(&reader->got, 65536), 65536)) > 0)
        buf_added(&reader->got, (size_t)length);
    return NULL;
}

/* There is room again: the feeder may go on, here to its end. */
static void room_then_stop(void *arg)
{
    told_room(arg);
    loop_stop(((struct told *)arg)->loop);
}

static void test_slow_reader(void **state)
{
    (void)state;
    struct told told = {0};
    struct error error = {0};
    struct output_callbacks callbacks = told_callbacks;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    told.loop = loop_new(&error);
    callbacks.room = room_then_stop;
    struct output *output = output_new(told.loop, target_new(ends[1]), &callbacks, &told);
    char piece[1000];
    size_t put = 0;
    while (!told.full) {
        memset(piece, 'a' + (int)(put / sizeof(piece) % 26), sizeof(piece));
        output_put(output, piece, sizeof(piece));
        output_push(output); /* what the thread has got already counts too */
        put += sizeof(piece);
        assert_true(put < 100 << 20);
    }
    assert_int_equal(told.room, 0);
    output_put(output, "end", 3); /* what comes in spite of it is kept, and FULL is said once */
    assert_int_equal(told.full, 1);
    struct slow_reader reader = {.fd = ends[0]};
    assert_int_equal(pthread_create(&reader.thread, NULL, read_all, &reader), 0);
    loop_run(told.loop);
    assert_int_equal(told.room, 1);
    told_end(&told, output);
    close(ends[1]);
    pthread_join(reader.thread, NULL);
    close(ends[0]);
    assert_int_equal(reader.got.length, put + 3);
    for (size_t i = 0; i < put; i++)
        assert_int_equal(reader.got.data[i], 'a' + (int)(i / sizeof(piece) % 26));
    buf_release(&reader.got);
}

static void test_device_is_full(void **state)
{
    (void)state;
    struct told told = {0};
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct output *output = told_output(&told, fd);
    output_put(output, "12345", 5);
    output_put(output, "678", 3);
    output_finish(output);
    loop_run(told.loop);
    assert_int_equal(told.failed, ENOSPC);
    assert_int_equal(told.failures, 1);
    assert_int_equal(output_lost(output), 8);
    output_free(output);
    loop_free(told.loop);
    close(fd);
}

/* A thread that waits until all is written. */
struct settling {
    struct output *output;
    pthread_t thread;
    pthread_barrier_t began;
    bool whole;
};

static void *settle(void *arg)
{
    struct settling *settling = arg;
    pthread_barrier_wait(&settling->began);
    settling->whole = output_settle(settling->output);
    return NULL;
}

static void settle_start(struct settling *settling)
{
    pthread_barrier_init(&settling->began, NULL, 2);
    assert_int_equal(pthread_create(&settling->thread, NULL, settle, settling), 0);
    pthread_barrier_wait(&settling->began);
}

static bool settle_end(struct settling *settling)
{
    pthread_join(settling->thread, NULL);
    pthread_barrier_destroy(&settling->began);
    return settling->whole;
}

/* The pipe is full: what is put is written when somebody reads. */
static void test_settle_waits_for_what_is_put(void **state)
{
    (void)state;
    struct told told = {0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    size_t size = (size_t)fcntl(ends[1], F_GETPIPE_SZ);
    char *full = mem_calloc(1, size);
    assert_int_equal(write(ends[1], full, size), size);
    struct settling settling = {.output = told_output(&told, ends[1])};
    struct slow_reader reader = {.fd = ends[0]};
    output_put(settling.output, "last\n", 5);
    output_push(settling.output);
    settle_start(&settling);
    assert_int_equal(pthread_create(&reader.thread, NULL, read_all, &reader), 0);
    assert_true(settle_end(&settling));
    told_end(&told, settling.output);
    close(ends[1]);
    pthread_join(reader.thread, NULL);
    close(ends[0]);
    assert_int_equal(reader.got.length, size + 5);
    buf_release(&reader.got);
    free(full);
}

static void test_settle_tells_what_is_lost(void **state)
{
    (void)state;
    struct told told = {0};
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct settling settling = {.output = told_output(&told, fd)};
    output_put(settling.output, "12345", 5);
    output_push(settling.output);
    settle_start(&settling);
    assert_false(settle_end(&settling));
    told_end(&told, settling.output);
    close(fd);
}

static void failed_then_stop(void *arg, int number)
{
    told_failed(arg, number);
    loop_stop(((struct told *)arg)->loop);
}

static void test_after_a_failure_all_is_lost(void **state)
{
    (void)state;
    struct told told = {0};
    struct error error = {0};
    struct output_callbacks callbacks = told_callbacks;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    told.loop = loop_new(&error);
    callbacks.failed = failed_then_stop;
    struct output *output = output_new(told.loop, target_new(fd), &callbacks, &told);
    output_put(output, "12345", 5);
    loop_run(told.loop);
    output_put(output, "678", 3);
    output_finish(output);
    loop_run(told.loop);
    assert_int_equal(told.failures, 1);
    assert_int_equal(output_lost(output), 8);
    output_free(output);
    loop_free(told.loop);
    close(fd);
}

static void test_reader_is_gone(void **state)
{
    (void)state;
    struct told told = {0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    struct output *output = told_output(&told, ends[1]);
    output_put(output, "x", 1);
    told_end(&told, output);
    assert_int_equal(told.failed, EPIPE);
    close(ends[1]);
}

/* Somebody else made the descriptor non-blocking: nothing is lost by that. */
static void test_non_blocking(void **state)
{
    (void)state;
    struct told told = {0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    struct output *output = told_output(&told, ends[1]);
    struct slow_reader reader = {.fd = ends[0]};
    assert_int_equal(pthread_create(&reader.thread, NULL, read_all, &reader), 0);
    for (int i = 0; i < LINES; i++)
        output_put(output, "0123456789\n", 11);
    told_end(&told, output);
    close(ends[1]);
    pthread_join(reader.thread, NULL);
    close(ends[0]);
    assert_int_equal(reader.got.length, LINES * 11);
    assert_int_equal(told.failures, 0);
    buf_release(&reader.got);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    signal(SIGPIPE, SIG_IGN);
    TEST(&tests, test_order);
    TEST(&tests, test_status);
    TEST(&tests, test_nothing_put);
    TEST(&tests, test_slow_reader);
    TEST(&tests, test_device_is_full);
    TEST(&tests, test_settle_waits_for_what_is_put);
    TEST(&tests, test_settle_tells_what_is_lost);
    TEST(&tests, test_after_a_failure_all_is_lost);
    TEST(&tests, test_reader_is_gone);
    TEST(&tests, test_non_blocking);
    return tests_run(&tests, "output");
}
