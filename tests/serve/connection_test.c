/* Guests of a run: requests, replies, waiting, refusals, and what is undone when one goes. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../harness/run_fixture.h"
#include "queue/consumer.h"
#include "serve/connection.h"

/* A run with one queue, and a connection to it. */
struct world {
    struct run run;
    struct queue_spec spec;
    struct scenario scenario;
    struct queue *queue;
    struct guest *guests;
    int client;
};

static void world_open(struct world *world, int64_t capacity, enum framing framing)
{
    static const struct queue_users users = {.producers = 1, .consumers = 1};
    int ends[2];
    *world = (struct world){.run = test_run(NULL)};
    world->spec = (struct queue_spec){
        .name = "words", .capacity = capacity, .framing = framing, .close_auto = true};
    world->scenario = (struct scenario){.queues = &world->spec, .queue_count = 1};
    world->run.over = false;
    world->run.advancing = true; /* run_poke() has nothing to look at */
    world->run.id = (char *)"run";
    world->run.scenario = &world->scenario;
    world->queue = queue_new(&world->run, &world->spec, false, &users);
    world->run.queues = &world->queue;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    world->client = ends[0];
    fcntl(world->client, F_SETFL, O_NONBLOCK);
    guest_new(&world->run, &world->guests, (int[]){ends[1], dup(ends[1])});
}

static void world_close(struct world *world)
{
    if (world->client >= 0)
        close(world->client);
    while (world->guests)
        guest_free(world->guests);
    queue_stop(world->queue);
    run_turn(&world->run);
    queue_free(world->queue);
    test_run_end(&world->run);
}

static void add_hello(struct buf *out, uint32_t version)
{
    size_t begin = request_begin(out, REQUEST_HELLO);
    frame_u32(out, version);
    frame_text(out, "another run");
    frame_text(out, "words");
    frame_end(out, begin);
}

static void add_put(struct buf *out, const char *queue, const char *text, int64_t timeout)
{
    size_t begin = request_begin(out, REQUEST_PUT);
    frame_i64(out, timeout);
    frame_i64(out, 0);
    frame_u8(out, 0);
    frame_text(out, queue);
    buf_text(out, text);
    frame_end(out, begin);
}

static void add_get(struct buf *out, int64_t timeout, uint32_t most)
{
    size_t begin = request_begin(out, REQUEST_GET);
    frame_i64(out, timeout);
    frame_u32(out, most);
    frame_text(out, "words");
    frame_end(out, begin);
}

static void add_taken(struct buf *out)
{
    frame_end(out, request_begin(out, REQUEST_TAKEN));
}

static void send_out(struct world *world, struct buf *out)
{
    assert_int_equal(write(world->client, out->data, out->length), out->length);
    buf_release(out);
}

/* Turns of the loop in which all that was sent is served and answered. */
static void turns(struct world *world)
{
    for (int i = 0; i < 4; i++)
        run_turn(&world->run);
}

/* The replies that have come, as "done messages=text,text ..."; "end" where the connection is closed. */
static const char *replies(struct world *world)
{
    static const char *const words[] = {"done", "messages", "closed", "timeout", "refused",
                                        "ended"};
    static char text[4096];
    char bytes[4096];
    struct frame frame;
    size_t at = 0;
    long size;
    FILE *out = fmemopen(text, sizeof(text), "w");
    turns(world);
    ssize_t length = read(world->client, bytes, sizeof(bytes));
    while (length > 0 && (size = frame_take(bytes + at, (size_t)length - at, &frame)) > 0) {
        fprintf(out, "%s%s", at ? " " : "", words[request_type(&frame) - REPLY_DONE]);
        for (const char *mark = "="; request_type(&frame) == REPLY_MESSAGES && frame.left; mark = ",") {
            size_t message;
            const char *start = frame_read_bytes(&frame, &message);
            fprintf(out, "%s%.*s", mark, (int)message, start);
        }
        if (frame.left)
            fprintf(out, "=%.*s", (int)frame.left, frame.at);
        at += (size_t)size;
    }
    if (length >= 0 && read(world->client, bytes, sizeof(bytes)) == 0)
        fprintf(out, "%send", at ? " " : "");
    fclose(out);
    return text;
}

static void test_put_and_get(void **state)
{
    (void)state;
    struct world world;
    struct buf out = {0};
    world_open(&world, 10, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", "one", -1);
    add_put(&out, "words", "two", -1);
    add_get(&out, -1, 1);
    send_out(&world, &out);
    assert_string_equal(replies(&world), "done done messages=one");
    add_taken(&out);
    add_get(&out, -1, 1);
    add_taken(&out);
    add_get(&out, -1, 1);
    send_out(&world, &out);
    assert_string_equal(replies(&world), "done messages=two done");
    queue_producer_ended(world.queue);
    assert_string_equal(replies(&world), "closed");
    assert_true(queue_balance(world.queue));
    world_close(&world);
}

/* What is full is waited for, and what stands behind it waits too. */
static void test_put_waits(void **state)
{
    (void)state;
    struct world world;
    struct buf out = {0}, taken = {0};
    world_open(&world, 2, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    for (int i = 0; i < 4; i++)
        add_put(&out, "words", "word", -1);
    send_out(&world, &out);
    assert_string_equal(replies(&world), "done done");
    struct taker *taker = taker_new(world.queue, "c", TAKER_BODY);
    struct mark_taken mark;
    assert_int_equal(taker_take(taker, &taken, &mark), TAKE_MESSAGE);
    assert_string_equal(replies(&world), "done");
    close(world.client); /* the fourth is never put */
    world.client = -1;
    turns(&world);
    assert_null(world.guests);
    assert_int_equal(queue_length(world.queue), 2);
    assert_int_equal(taker_take(taker, &taken, &mark), TAKE_MESSAGE);
    turns(&world);
    assert_int_equal(queue_length(world.queue), 1);
    taker_done(taker, 2);
    taker_free(taker);
    buf_release(&taken);
    world_close(&world);
}

static void test_message_goes_back(void **state)
{
    (void)state;
    struct world world;
    struct buf out = {0};
    world_open(&world, 2, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", "word", -1);
    add_get(&out, -1, 1);
    send_out(&world, &out);
    assert_string_equal(replies(&world), "done messages=word");
    assert_int_equal(queue_length(world.queue), 0);
    close(world.client);
    world.client = -1;
    turns(&world);
    assert_int_equal(queue_length(world.queue), 1);
    assert_null(world.guests);
    world_close(&world);
}

/* As many as are there, and no more than MOST; acknowledged or given back together. */
static void test_many_at_once(void **state)
{
    (void)state;
    struct world world;
    struct buf out = {0};
    world_open(&world, 9, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", "a", -1);
    add_put(&out, "words", "", -1);
    add_put(&out, "words", "c", -1);
    add_put(&out, "words", "d", -1);
    add_get(&out, -1, 2);
    send_out(&world, &out);
    assert_string_equal(replies(&world), "done done done done messages=a,");
    add_taken(&out);
    add_get(&out, -1, 9);
    send_out(&world, &out);
    assert_string_equal(replies(&world), "done messages=c,d");
    assert_int_equal(queue_length(world.queue), 0);
    close(world.client);
    world.client = -1;
    turns(&world);
    assert_int_equal(queue_length(world.queue), 2);
    world_close(&world);
}

static void test_timeouts(void **state)
{
    (void)state;
    struct world world;
    struct buf out = {0};
    world_open(&world, 2, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    add_get(&out, 0, 1);
    add_put(&out, "words", "never", -1);
    send_out(&world, &out);
    const char *found;
    while (!*(found = replies(&world))) /* a timer is due when its time has come */
        ;
    assert_string_equal(found, "timeout end");
    assert_int_equal(queue_length(world.queue), 0);
    world_close(&world);
}

/* A request that is refused: the connection is closed, and what stands behind it is not done. */
static void check_refused(uint32_t version, enum framing framing, const char *queue,
                          const char *text, const char *reply)
{
    struct world world;
    struct buf out = {0};
    world_open(&world, 9, framing);
    add_hello(&out, version);
    add_put(&out, queue, text, -1);
    add_put(&out, "words", "1", -1);
    send_out(&world, &out);
    assert_string_equal(replies(&world), reply);
    assert_int_equal(queue_length(world.queue), 0);
    world_close(&world);
}

static void test_refusals(void **state)
{
    (void)state;
    check_refused(REQUEST_VERSION + 1, FRAMING_LINE, "words", "a",
                  "refused=the run is one of another version of parrun end");
    check_refused(REQUEST_VERSION, FRAMING_LINE, "wrods", "a",
                  "refused=the run has no queue 'wrods', did you mean 'words'? end");
    check_refused(REQUEST_VERSION, FRAMING_LINE, "far from it", "a",
                  "refused=the run has no queue 'far from it' end");
    check_refused(REQUEST_VERSION, FRAMING_JSON, "words", "null",
                  "refused=it takes JSON: null cannot be put into a queue end");
}

static void test_closed_queue(void **state)
{
    (void)state;
    struct world world;
    struct buf out = {0};
    world_open(&world, 9, FRAMING_LINE);
    queue_producer_ended(world.queue);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", "late", -1);
    send_out(&world, &out);
    assert_string_equal(replies(&world),
                        "refused=it is closed: all that produces into it has ended end");
    world_close(&world);
}

static void test_json(void **state)
{
    (void)state;
    struct world world;
    struct buf out = {0};
    world_open(&world, 9, FRAMING_JSON);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", " [1, \"a\"] ", -1);
    add_put(&out, "words", "\"text\"", -1);
    add_get(&out, -1, 1);
    add_taken(&out);
    add_get(&out, -1, 1);
    send_out(&world, &out);
    assert_string_equal(replies(&world), "done done messages=[1,\"a\"] done messages=\"text\"");
    world_close(&world);
}

static void test_what_is_no_request(void **state)
{
    (void)state;
    static const char *const wrong[] = {"GET / HTTP/1.0\r\n\r\n", "\1\1\1\1\1\1\1\1\1"};
    for (size_t i = 0; i < countof(wrong); i++) {
        struct world world;
        struct buf out = {0};
        world_open(&world, 9, FRAMING_LINE);
        buf_text(&out, wrong[i]);
        send_out(&world, &out);
        assert_string_equal(replies(&world), "refused=what came is no request end");
        world_close(&world);
    }
}

/* A request before HELLO, one that is not known, and one whose fields end too soon. */
static void test_requests_that_are_wrong(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world world;
        struct buf out = {0};
        world_open(&world, 9, FRAMING_LINE);
        if (i)
            add_hello(&out, REQUEST_VERSION);
        if (i == 2)
            frame_end(&out, request_begin(&out, REQUEST_PUT));
        else
            frame_end(&out, request_begin(&out, i ? REQUEST_TAKEN + 9 : REQUEST_TAKEN));
        send_out(&world, &out);
        assert_int_equal(strncmp(replies(&world), "refused=the run ", 16), 0);
        world_close(&world);
    }
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST(&tests, test_put_and_get);
    TEST(&tests, test_put_waits);
    TEST(&tests, test_message_goes_back);
    TEST(&tests, test_many_at_once);
    TEST(&tests, test_timeouts);
    TEST(&tests, test_refusals);
    TEST(&tests, test_closed_queue);
    TEST(&tests, test_json);
    TEST(&tests, test_what_is_no_request);
    TEST(&tests, test_requests_that_are_wrong);
    return tests_run(&tests, "guest");
}
