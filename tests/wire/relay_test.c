/* Relays: two sides of them in one process, whose frames go straight to each other. */
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../harness/loop.h"
#include "../harness/unit.h"
#include "loop/loop.h"
#include "wire/relay.h"

struct pair;

/* A side, and the end of its connection that a client or a server has. */
struct side {
    struct relays relays;
    struct buf frames;
    struct side *other;
    struct pair *pair;
    int end;
    size_t sent; /* bytes of CLIENT frames */
    int gone;
};

/* Turns of the loop without a frame after which nothing more comes: within a process what is written can be read at once. */
#define QUIET 20

struct pair {
    struct loop *loop;
    struct side client;
    struct side server;
    int quiet;
};

static bool pass(void *arg, struct frame *frame)
{
    struct side *side = arg;
    uint32_t number = frame_read_u32(frame);
    if ((int)frame->type == FRAME_CLIENT)
        side->sent += frame->left;
    relay_take(&side->other->relays, number, frame);
    return true;
}

static void deliver(void *arg)
{
    struct side *side = arg;
    struct buf frames = side->frames;
    bool wrong;
    side->frames = (struct buf){0};
    frames_take(frames.data, frames.length, pass, side, &wrong);
    buf_release(&frames);
}

static void on_sent(void *arg)
{
    struct side *side = arg;
    side->pair->quiet = 0;
    loop_defer(side->relays.loop, deliver, side);
}

static void on_gone(void *arg)
{
    ((struct side *)arg)->gone++;
}

static void side_init(struct side *side, struct side *other, struct loop *loop, int64_t credit)
{
    int pair[2], ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    ends[0] = pair[0];
    ends[1] = fcntl(pair[0], F_DUPFD_CLOEXEC, 0);
    side->end = pair[1];
    side->other = other;
    side->relays = (struct relays){.loop = loop, .frames = &side->frames, .sent = on_sent, .gone = on_gone, .arg = side};
    relay_add(&side->relays, 7, ends, credit);
}

static void go_on(void *arg)
{
    (void)arg;
}

static void on_turn(void *arg)
{
    struct pair *pair = arg;
    if (++pair->quiet > QUIET)
        loop_stop(pair->loop);
    else
        loop_post(pair->loop, go_on, pair);
}

/* As long as something happens. */
static void turn(struct pair *pair)
{
    pair->quiet = 0;
    loop_run(pair->loop);
}

static void begin(struct pair *pair, int64_t credit)
{
    *pair = (struct pair){.loop = test_loop()};
    loop_before_wait(pair->loop, on_turn, pair);
    pair->client.pair = pair->server.pair = pair;
    side_init(&pair->client, &pair->server, pair->loop, credit);
    side_init(&pair->server, &pair->client, pair->loop, RELAY_WINDOW);
}

static void finish(struct pair *pair)
{
    struct side *sides[] = {&pair->client, &pair->server};
    for (size_t i = 0; i < countof(sides); i++) {
        relays_clear(&sides[i]->relays);
        assert_int_equal(sides[i]->relays.count, 0);
        buf_release(&sides[i]->frames);
        if (sides[i]->end >= 0)
            close(sides[i]->end);
    }
    loop_free(pair->loop);
}

/* Writes until the system takes no more, however often the loop turns; how many bytes that was. */
static size_t fill(struct pair *pair, int end)
{
    static const char zeros[65536];
    size_t done = 0;
    ssize_t length = 1;
    while (length > 0) {
        for (; (length = write(end, zeros, sizeof(zeros))) > 0; done += (size_t)length)
            continue;
        turn(pair);
        length = write(end, zeros, 1);
        done += length > 0;
    }
    return done;
}

/* Who does not read holds up who writes: what is under way has a bound. What is read then lets the rest through. */
static void test_window(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[65536];
    size_t got = 0;
    ssize_t length;
    begin(&pair, RELAY_WINDOW);
    size_t filled = fill(&pair, pair.client.end);
    assert_in_range(pair.client.sent, RELAY_WINDOW, 4 * RELAY_WINDOW); /* what the socket there takes is told to be written */
    assert_true(filled > pair.client.sent);
    shutdown(pair.client.end, SHUT_WR);
    do {
        while ((length = read(pair.server.end, bytes, sizeof(bytes))) > 0)
            got += (size_t)length;
        turn(&pair);
    } while (length < 0 && got < filled);
    assert_int_equal(got, filled);
    finish(&pair);
}

/* Nothing is read before the other side has said that there is room. */
static void test_no_credit(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[8];
    begin(&pair, 0);
    assert_int_equal(write(pair.client.end, "early", 5), 5);
    turn(&pair);
    assert_int_equal(pair.client.sent, 0);
    struct buf room = {0};
    frame_u32(&room, 100);
    slot_frame_bytes(&pair.server.frames, FRAME_CLIENT_ROOM, 7, room.data, room.length);
    on_sent(&pair.server);
    turn(&pair);
    assert_int_equal(read(pair.server.end, bytes, sizeof(bytes)), 5);
    buf_release(&room);
    finish(&pair);
}

/* One direction ends, and the other goes on; the second end is that of both relays. */
static void test_ends(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[8];
    begin(&pair, RELAY_WINDOW);
    assert_int_equal(write(pair.client.end, "ask", 3), 3);
    shutdown(pair.client.end, SHUT_WR);
    turn(&pair);
    assert_int_equal(read(pair.server.end, bytes, sizeof(bytes)), 3);
    assert_int_equal(read(pair.server.end, bytes, sizeof(bytes)), 0);
    assert_int_equal(pair.client.relays.count, 1);
    assert_int_equal(write(pair.server.end, "told", 4), 4);
    close(pair.server.end);
    pair.server.end = -1;
    turn(&pair);
    assert_int_equal(read(pair.client.end, bytes, sizeof(bytes)), 4);
    assert_int_equal(read(pair.client.end, bytes, sizeof(bytes)), 0);
    assert_int_equal(pair.client.relays.count, 0);
    assert_int_equal(pair.client.gone, 1);
    assert_int_equal(pair.server.gone, 1);
    finish(&pair);
}

/* A client that is killed while bytes for it are under way ends the server's connection. */
static void test_broken(void **state)
{
    (void)state;
    struct pair pair;
    char bytes[8];
    begin(&pair, RELAY_WINDOW);
    fill(&pair, pair.server.end);
    close(pair.client.end);
    pair.client.end = -1;
    turn(&pair);
    assert_int_equal(pair.client.gone, 1);
    assert_int_equal(pair.server.gone, 1);
    assert_true(read(pair.server.end, bytes, sizeof(bytes)) <= 0);
    finish(&pair);
}

/* While all is held nothing is read, new connections included. */
static void test_held(void **state)
{
    (void)state;
    struct pair pair;
    begin(&pair, RELAY_WINDOW);
    relays_hold(&pair.client.relays, true);
    assert_int_equal(write(pair.client.end, "x", 1), 1);
    turn(&pair);
    assert_int_equal(pair.client.sent, 0);
    relays_hold(&pair.client.relays, false);
    turn(&pair);
    assert_int_equal(pair.client.sent, 1);
    finish(&pair);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    signal(SIGPIPE, SIG_IGN);
    TEST(&tests, test_window);
    TEST(&tests, test_no_credit);
    TEST(&tests, test_ends);
    TEST(&tests, test_broken);
    TEST(&tests, test_held);
    return tests_run(&tests, "wire_relay");
}
