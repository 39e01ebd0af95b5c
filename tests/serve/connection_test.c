/* Guests of a run: requests, replies, waiting, refusals, and what is undone when one goes. */
#include <fcntl.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../harness/run_fixture.h"
#include "queue/consumer.h"
#include "serve/connection.h"
#include "store/queue_file.h"
#include "store/queue_store.h"

/* A run with one queue, and a connection to it. */
struct exec_context {
    struct run run;
    struct queue_spec spec;
    struct scenario scenario;
    struct queue *queue;
    struct connection *connections;
    int session;
};

static void exec_context_open(struct exec_context *context, int64_t capacity, enum framing framing)
{
    static const struct queue_users users = {.producers = 1, .consumers = 1};
    int ends[2];
    *context = (struct exec_context){.run = test_run(NULL)};
    context->spec = (struct queue_spec){
        .name = "words", .capacity = capacity, .framing = framing, .close_auto = true};
    context->scenario = (struct scenario){.queues = &context->spec, .queue_count = 1};
    context->run.over = false;
    context->run.turn.advancing = true; /* run_poke() has nothing to look at */
    context->run.identity.id = (char *)"run";
    context->run.scenario = &context->scenario;
    context->queue = queue_new(&context->run, &context->spec, false, &users);
    context->run.queue_set.list = &context->queue;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    context->session = ends[0];
    fcntl(context->session, F_SETFL, O_NONBLOCK);
    connection_new(&context->run, &context->connections, (int[]){ends[1], dup(ends[1])});
}

static void exec_context_close(struct exec_context *context)
{
    if (context->session >= 0)
        close(context->session);
    while (context->connections)
        connection_free(context->connections);
    queue_stop(context->queue);
    run_turn(&context->run);
    queue_free(context->queue);
    test_run_end(&context->run);
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

static void send_out(struct exec_context *context, struct buf *out)
{
    assert_int_equal(write(context->session, out->data, out->length), out->length);
    buf_release(out);
}

/* Turns of the loop in which all that was sent is served and answered. */
static void turns(struct exec_context *context)
{
    for (int i = 0; i < 4; i++)
        run_turn(&context->run);
}

/* The replies that have come, as "done messages=text,text ..."; "end" where the connection is closed. */
static const char *replies(struct exec_context *context)
{
    static const char *const words[] = {"done", "messages", "closed", "timeout", "refused",
                                        "ended"};
    static char text[4096];
    char bytes[4096];
    struct frame frame;
    size_t at = 0;
    long size;
    text[0] = '\0';
    FILE *out = fmemopen(text, sizeof(text), "w");
    turns(context);
    ssize_t length = read(context->session, bytes, sizeof(bytes));
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
    if (length >= 0 && read(context->session, bytes, sizeof(bytes)) == 0)
        fprintf(out, "%send", at ? " " : "");
    fclose(out);
    return text;
}

static void test_put_and_get(void **state)
{
    (void)state;
    struct exec_context context;
    struct buf out = {0};
    exec_context_open(&context, 10, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", "one", -1);
    add_put(&out, "words", "two", -1);
    add_get(&out, -1, 1);
    send_out(&context, &out);
    assert_string_equal(replies(&context), "done done messages=one");
    add_taken(&out);
    add_get(&out, -1, 1);
    add_taken(&out);
    add_get(&out, -1, 1);
    send_out(&context, &out);
    assert_string_equal(replies(&context), "done messages=two done");
    queue_producer_ended(context.queue);
    assert_string_equal(replies(&context), "closed");
    assert_true(queue_balance(context.queue));
    exec_context_close(&context);
}

/* What is full is waited for, and what stands behind it waits too. */
static void test_put_waits(void **state)
{
    (void)state;
    struct exec_context context;
    struct buf out = {0}, taken = {0};
    exec_context_open(&context, 2, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    for (int i = 0; i < 4; i++)
        add_put(&out, "words", "word", -1);
    send_out(&context, &out);
    assert_string_equal(replies(&context), "done done");
    struct consumer *consumer = consumer_new(context.queue, "c", CONSUMER_BODY);
    struct delivery_tag mark;
    assert_int_equal(consumer_receive(consumer, &taken, &mark), TAKE_MESSAGE);
    assert_string_equal(replies(&context), "done");
    close(context.session); /* the fourth is never put */
    context.session = -1;
    turns(&context);
    assert_null(context.connections);
    assert_int_equal(queue_length(context.queue), 2);
    assert_int_equal(consumer_receive(consumer, &taken, &mark), TAKE_MESSAGE);
    turns(&context);
    assert_int_equal(queue_length(context.queue), 1);
    consumer_done(consumer, 2);
    consumer_free(consumer);
    buf_release(&taken);
    exec_context_close(&context);
}

static void test_message_goes_back(void **state)
{
    (void)state;
    struct exec_context context;
    struct buf out = {0};
    exec_context_open(&context, 2, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", "word", -1);
    add_get(&out, -1, 1);
    send_out(&context, &out);
    assert_string_equal(replies(&context), "done messages=word");
    assert_int_equal(queue_length(context.queue), 0);
    close(context.session);
    context.session = -1;
    turns(&context);
    assert_int_equal(queue_length(context.queue), 1);
    assert_null(context.connections);
    exec_context_close(&context);
}

/* As many as are there, and no more than MOST; acknowledged or given back together. */
static void test_many_at_once(void **state)
{
    (void)state;
    struct exec_context context;
    struct buf out = {0};
    exec_context_open(&context, 9, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", "a", -1);
    add_put(&out, "words", "", -1);
    add_put(&out, "words", "c", -1);
    add_put(&out, "words", "d", -1);
    add_get(&out, -1, 2);
    send_out(&context, &out);
    assert_string_equal(replies(&context), "done done done done messages=a,");
    add_taken(&out);
    add_get(&out, -1, 9);
    send_out(&context, &out);
    assert_string_equal(replies(&context), "done messages=c,d");
    assert_int_equal(queue_length(context.queue), 0);
    close(context.session);
    context.session = -1;
    turns(&context);
    assert_int_equal(queue_length(context.queue), 2);
    exec_context_close(&context);
}

static void test_timeouts(void **state)
{
    (void)state;
    struct exec_context context;
    struct buf out = {0};
    exec_context_open(&context, 2, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    add_get(&out, 0, 1);
    add_put(&out, "words", "never", -1);
    send_out(&context, &out);
    const char *found;
    while (!*(found = replies(&context))) /* a timer is due when its time has come */
        ;
    assert_string_equal(found, "timeout end");
    assert_int_equal(queue_length(context.queue), 0);
    exec_context_close(&context);
}

/* A request that is refused: the connection is closed, and what stands behind it is not done. */
static void check_refused(uint32_t version, enum framing framing, const char *queue,
                          const char *text, const char *reply)
{
    struct exec_context context;
    struct buf out = {0};
    exec_context_open(&context, 9, framing);
    add_hello(&out, version);
    add_put(&out, queue, text, -1);
    add_put(&out, "words", "1", -1);
    send_out(&context, &out);
    assert_string_equal(replies(&context), reply);
    assert_int_equal(queue_length(context.queue), 0);
    exec_context_close(&context);
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
    struct exec_context context;
    struct buf out = {0};
    exec_context_open(&context, 9, FRAMING_LINE);
    queue_producer_ended(context.queue);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", "late", -1);
    send_out(&context, &out);
    assert_string_equal(replies(&context),
                        "refused=it is closed: all that produces into it has ended end");
    exec_context_close(&context);
}

static void test_json(void **state)
{
    (void)state;
    struct exec_context context;
    struct buf out = {0};
    exec_context_open(&context, 9, FRAMING_JSON);
    add_hello(&out, REQUEST_VERSION);
    add_put(&out, "words", " [1, \"a\"] ", -1);
    add_put(&out, "words", "\"text\"", -1);
    add_get(&out, -1, 1);
    add_taken(&out);
    add_get(&out, -1, 1);
    send_out(&context, &out);
    assert_string_equal(replies(&context), "done done messages=[1,\"a\"] done messages=\"text\"");
    exec_context_close(&context);
}

static void test_what_is_no_request(void **state)
{
    (void)state;
    static const char *const wrong[] = {"GET / HTTP/1.0\r\n\r\n", "\377\377\377\377\1", "\1\1\1\1\377"};
    for (size_t i = 0; i < countof(wrong); i++) {
        struct exec_context context;
        struct buf out = {0};
        exec_context_open(&context, 9, FRAMING_LINE);
        buf_text(&out, wrong[i]);
        send_out(&context, &out);
        assert_string_equal(replies(&context), "refused=what came is no request end");
        exec_context_close(&context);
    }
}

/* A request before HELLO, one that is not known, and one whose fields end too soon. */
static void test_requests_that_are_wrong(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct exec_context context;
        struct buf out = {0};
        exec_context_open(&context, 9, FRAMING_LINE);
        if (i)
            add_hello(&out, REQUEST_VERSION);
        if (i == 2)
            frame_end(&out, request_begin(&out, REQUEST_PUT));
        else
            frame_end(&out, request_begin(&out, i ? REQUEST_TAKEN + 9 : REQUEST_TAKEN));
        send_out(&context, &out);
        assert_int_equal(strncmp(replies(&context), "refused=the run ", 16), 0);
        exec_context_close(&context);
    }
}

/* What is announced is refused before it comes, or would take memory. */
static void test_longest(void **state)
{
    (void)state;
    for (uint32_t more = 0; more < 2; more++) {
        struct exec_context context;
        struct buf out = {0};
        exec_context_open(&context, 9, FRAMING_LINE);
        add_hello(&out, REQUEST_VERSION);
        frame_u32(&out, REQUEST_LONGEST + more);
        frame_u8(&out, (uint8_t)REQUEST_PUT);
        send_out(&context, &out);
        const char *found = replies(&context);
        assert_int_equal(!strncmp(found, "refused=a message put from outside has at most ", 47), more);
        exec_context_close(&context);
    }
}

/* A body of the run says which it is: what it does not declare is refused, and everything once it has ended. */
static void test_bodies(void **state)
{
    (void)state;
    static const struct {
        size_t produces;
        enum object_state state;
        const char *reply;
    } rows[] = {
        {1, OBJECT_RUNNING, "done"},
        {1, OBJECT_STOPPING, "done"},
        {0, OBJECT_RUNNING, "refused=process 'web' does not declare it: add 'produces: words' to it end"},
        {1, OBJECT_ENDED, "refused=process 'web' has ended, and with it its use of the queue end"},
        {1, OBJECT_STOPPED, "refused=process 'web' has ended, and with it its use of the queue end"},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        static const struct object_kind kind = {.word = "process"};
        static const size_t queues[] = {0};
        struct object_spec spec = {.name = "web", .queues.produces = queues, .queues.produces_count = rows[i].produces};
        struct object object = {.kind = &kind, .spec = &spec, .name = "web", .state = rows[i].state};
        struct object *objects[] = {&object};
        struct exec_context context;
        struct buf out = {0};
        exec_context_open(&context, 9, FRAMING_LINE);
        context.run.all.objects = objects;
        context.run.all.object_count = 1;
        size_t begin = request_begin(&out, REQUEST_HELLO);
        frame_u32(&out, REQUEST_VERSION);
        frame_text(&out, "run");
        frame_text(&out, "web");
        frame_end(&out, begin);
        add_put(&out, "words", "a", -1);
        send_out(&context, &out);
        assert_string_equal(replies(&context), rows[i].reply);
        context.run.all.object_count = 0;
        exec_context_close(&context);
    }
}

/* The file of a durable queue, whose commits wait for TURNS. */
struct kept {
    struct exec_context *context;
    sem_t turns;
    bool finished;
};

static bool wait_for_turn(void *arg)
{
    struct kept *kept = arg;
    while (sem_wait(&kept->turns))
        ;
    return true;
}

static void tell_committed(void *arg)
{
    struct kept *kept = arg;
    for (struct connection *one = kept->context->connections; one; one = one->next)
        connection_committed(one);
}

static void tell_finished(void *arg)
{
    ((struct kept *)arg)->finished = true;
}

static void put_kept(struct exec_context *context, size_t slot)
{
    struct buf encoded = encoded_string("a");
    queue_store_put(context->run.queue_set.store, slot, (struct stored){.encoded = encoded.data, .length = encoded.length});
    connection_reply_kept(context->connections, "", 0);
    buf_release(&encoded);
}

/* A put into a durable queue is answered when it is in its file, and refused where it never will be. */
static void test_kept(void **state)
{
    (void)state;
    static const struct queue_store_callbacks callbacks = {wait_for_turn, tell_committed, tell_finished};
    struct error error = {0};
    struct exec_context context;
    struct kept kept = {.context = &context};
    struct buf out = {0};
    char path[] = "/tmp/kept.XXXXXX", beside[32];
    const char *found;
    close(mkstemp(path));
    exec_context_open(&context, 9, FRAMING_LINE);
    add_hello(&out, REQUEST_VERSION);
    send_out(&context, &out);
    turns(&context);
    sem_init(&kept.turns, 0, 0);
    context.run.queue_set.store = queue_store_new();
    int64_t slot = queue_store_add(context.run.queue_set.store, path, "words", "line", NULL, 0, &error);
    assert_int_equal(slot, 0);
    assert_int_equal(queue_store_start(context.run.queue_set.store, context.run.loop, &callbacks, &kept, &error), 0);
    put_kept(&context, (size_t)slot);
    tell_committed(&kept); /* of another commit */
    assert_string_equal(replies(&context), "");
    sem_post(&kept.turns);
    while (!*(found = replies(&context)))
        ;
    assert_string_equal(found, "done");
    unlink(path);
    put_kept(&context, (size_t)slot);
    sem_post(&kept.turns);
    while (!*(found = replies(&context)))
        ;
    assert_string_equal(found, "refused=it cannot be written to its file end");
    queue_store_finish(context.run.queue_set.store);
    while (!kept.finished)
        run_turn(&context.run);
    queue_store_free(context.run.queue_set.store);
    context.run.queue_set.store = NULL;
    exec_context_close(&context);
    sem_destroy(&kept.turns);
    for (size_t i = 0; i < 2; i++) {
        snprintf(beside, sizeof(beside), "%s%s", path, i ? "-wal" : "-shm");
        unlink(beside);
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
    TEST(&tests, test_longest);
    TEST(&tests, test_bodies);
    TEST(&tests, test_kept);
    return tests_run(&tests, "guest");
}
