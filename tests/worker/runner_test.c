/* A worker and a runner that vanishes, or sends nonsense; and queues over frames. */
#include <poll.h>

#include "fixture.h"

/* True once nobody holds the writing end of FD any more: its process and all its copies are gone.
 */
static bool is_closed(int fd)
{
    char byte;
    struct pollfd end = {.fd = fd, .events = POLLIN};
    while (poll(&end, 1, 20000) > 0)
        if (read(fd, &byte, 1) <= 0)
            return true;
    return false;
}

static void test_end_of_file_kills_the_command(void **state)
{
    (void)state;
    int alive[2]; /* the command holds its writing end */
    assert_int_equal(pipe(alive), 0);
    struct buf command = {0};
    buf_text(&command, "trap '' TERM; echo on; while :; do sleep 1000; done");
    struct worker_config config = run_config(command.data);
    buf_release(&command);
    struct peer peer = peer_ready(&config);
    peer_task(&peer, 1, 0);
    peer_expect(&peer, FRAME_OUTPUT);
    close(alive[1]);
    close(peer.to);
    peer.to = -1;
    assert_int_equal(peer_end(&peer), 1);
    assert_true(is_closed(alive[0]));
    close(alive[0]);
}

static void test_end_of_file_kills_a_command_of_lua(void **state)
{
    (void)state;
    struct worker_config config =
        lua_config("print('on') parrun.run({'sh', '-c', 'while :; do sleep 1000; done'})");
    struct peer peer = peer_ready(&config);
    peer_task(&peer, 1, 0);
    peer_expect(&peer, FRAME_OUTPUT);
    assert_int_equal(peer_end(&peer), 1);
}

struct garbage_case {
    const char *name;
    const char *bytes;
    size_t length;
};

#define GARBAGE(name, bytes)                                                                       \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1                                                             \
    }

static const struct garbage_case garbages[] = {
    GARBAGE("zero-length", "\0\0\0\0"),
    GARBAGE("text", "hello, world\n"),
    GARBAGE("too-long", "\xFF\xFF\xFF\xFF\x01"),
    GARBAGE("empty-config", "\x01\0\0\0\x01"),
    GARBAGE("short-config", "\x05\0\0\0\x01\x02\0\0\0"),
};

static void test_garbage(void **state)
{
    const struct garbage_case *row = *state;
    struct peer peer = peer_start();
    struct buf bytes = {0};
    struct frame frame;
    buf_append(&bytes, row->bytes, row->length);
    peer_send(&peer, &bytes);
    assert_false(peer_next(&peer, &frame));
    assert_int_equal(peer_end(&peer), 2);
}

static const struct garbage_case later_garbages[] = {
    GARBAGE("zero-length", "\0\0\0\0"),
    GARBAGE("empty-task", "\x01\0\0\0\x02"),
    GARBAGE("short-task", "\x0B\0\0\0\x02\x01\0\0\0\0\0\0\0\x01\0"),
    GARBAGE("short-cancel", "\x03\0\0\0\x04\x01\0"),
    GARBAGE("short-room", "\x02\0\0\0\x07\x01"),
    GARBAGE("empty-answer", "\x01\0\0\0\x06"),
};

static void test_garbage_later(void **state)
{
    const struct garbage_case *row = *state;
    struct worker_config config = run_config(":");
    struct peer peer = peer_ready(&config);
    struct buf bytes = {0};
    struct frame frame;
    buf_append(&bytes, row->bytes, row->length);
    peer_send(&peer, &bytes);
    assert_false(peer_next(&peer, &frame));
    assert_int_equal(peer_end(&peer), 2);
}

/* Frames of a later version are passed over. */
static void test_unknown_frame(void **state)
{
    (void)state;
    struct worker_config config = run_config(":");
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    peer_plain(&peer, (enum frame_type)50);
    peer_task(&peer, 1, 0);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_DONE);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

/* Answers: a number, or a message that is one. */
static void answer(struct peer *peer, enum answer answer, int64_t number)
{
    struct buf frames = {0}, value = {0};
    size_t begin = frame_begin(&frames, FRAME_ANSWER);
    frame_u8(&frames, (uint8_t)answer);
    value_encode_integer(&value, number);
    if (answer == ANSWER_MESSAGE)
        frame_bytes(&frames, value.data, value.length);
    if (answer == ANSWER_NUMBER)
        buf_append(&frames, value.data, value.length);
    frame_end(&frames, begin);
    buf_release(&value);
    peer_send(peer, &frames);
}

/* The next frame but TAKEN asks for QUEUE. */
static void assert_asks(struct peer *peer, enum frame_type type, const char *queue)
{
    struct frame frame;
    do {
        assert_true(peer_next(peer, &frame));
    } while (frame.type == FRAME_TAKEN);
    assert_int_equal(frame.type, type);
    if (type == FRAME_GET) {
        assert_true(frame_read_i64(&frame) == -1);
        assert_true(frame_read_u32(&frame) >= 1);
    }
    if (type == FRAME_PUT) {
        assert_true(frame_read_i64(&frame) == 0);
        assert_int_equal(frame_read_u8(&frame), 0);
    }
    char *name = frame_read_text(&frame);
    assert_string_equal(name, queue);
    assert_false(frame.bad);
    free(name);
}

static void test_get(void **state)
{
    (void)state;
    struct worker_config config =
        lua_config("local q = parrun.queue('q') print(q:get()) print(#q) print(q:get())");
    config_texts_add(&config.queues.consumes, "q");
    struct peer peer = peer_ready(&config);
    peer_task(&peer, 1, 0);
    assert_asks(&peer, FRAME_GET, "q");
    answer(&peer, ANSWER_MESSAGE, 77);
    struct frame frame = peer_expect(&peer, FRAME_OUTPUT);
    assert_memory_equal(frame.at + 8, "77\n", 3);
    assert_asks(&peer, FRAME_LENGTH, "q");
    answer(&peer, ANSWER_NUMBER, 5);
    frame = peer_expect(&peer, FRAME_OUTPUT);
    assert_memory_equal(frame.at + 8, "5\n", 2);
    assert_asks(&peer, FRAME_GET, "q");
    answer(&peer, ANSWER_CLOSED, 0);
    struct buf output = {0};
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_DONE);
    assert_non_null(strstr(buf_string(&output), "nil"));
    buf_release(&output);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

/* A body that is ended while it waits takes its question back. */
static void test_cancelled_get(void **state)
{
    (void)state;
    struct worker_config config = lua_config("parrun.queue('q'):get()");
    config_texts_add(&config.queues.consumes, "q");
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    peer_task(&peer, 1, 0);
    assert_asks(&peer, FRAME_GET, "q");
    peer_cancel(&peer, 1);
    peer_expect(&peer, FRAME_UNGET);
    answer(&peer, ANSWER_TIMEOUT, 0);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_CANCELLED);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

static void test_put_waits_for_room(void **state)
{
    (void)state;
    struct worker_config config =
        lua_config("for i = 1, 5 do parrun.queue('q'):put(i) end parrun.log('done')");
    config_texts_add(&config.queues.produces, "q");
    config.queues.window = 2;
    struct peer peer = peer_ready(&config);
    struct buf room = {0}, output = {0};
    peer_task(&peer, 1, 0);
    for (int i = 1; i <= 5; i++) {
        assert_asks(&peer, FRAME_PUT, "q");
        size_t begin = frame_begin(&room, FRAME_ROOM);
        frame_u32(&room, 1);
        frame_end(&room, begin);
        peer_send(&peer, &room);
    }
    struct frame frame = peer_expect(&peer, FRAME_LOG);
    assert_memory_equal(frame.at, "done", 4);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_DONE);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

/* Puts that follow each other closely come many in a frame, and each one whole and in order. */
static void test_puts_are_gathered(void **state)
{
    (void)state;
    struct worker_config config =
        lua_config("for i = 1, 1000 do parrun.queue('q'):put(i) end");
    config_texts_add(&config.queues.produces, "q");
    config.queues.window = 4000;
    struct peer peer = peer_ready(&config);
    peer_task(&peer, 1, 0);
    int64_t count = 0;
    size_t frames = 0;
    while (count < 1000) {
        struct frame frame = peer_expect(&peer, FRAME_PUT);
        size_t length;
        frame_read_i64(&frame);
        frame_read_u8(&frame);
        frame_read_bytes(&frame, &length);
        for (frames++; frame.left; count++) {
            struct value value;
            const char *at = frame_read_bytes(&frame, &length);
            assert_false(frame.bad);
            assert_int_equal(value_size(at, length), length);
            value_head(&at, &value);
            assert_int_equal(value.integer, count + 1);
        }
    }
    assert_int_equal(count, 1000);
    assert_true(frames < 500);
    struct buf output = {0};
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_DONE);
    buf_release(&ending.text);
    peer_finish(&peer, 0);
}

int main(void)
{
    struct tests tests = {0};
    signal(SIGPIPE, SIG_IGN);
    TEST(&tests, test_end_of_file_kills_the_command);
    TEST(&tests, test_end_of_file_kills_a_command_of_lua);
    TEST(&tests, test_puts_are_gathered);
    TEST_ROWS(&tests, test_garbage, garbages);
    TEST_ROWS(&tests, test_garbage_later, later_garbages);
    TEST(&tests, test_unknown_frame);
    TEST(&tests, test_get);
    TEST(&tests, test_cancelled_get);
    TEST(&tests, test_put_waits_for_room);
    return tests_run(&tests, "runner");
}
