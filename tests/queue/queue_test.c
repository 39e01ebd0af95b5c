/* A queue on the loop's thread: put, take, close, full, abandon, return, balance, waiters. */
#include <endian.h>

#include "../harness/run_fixture.h"
#include "base/unit.h"
#include "queue/queue.h"
#include "queue/consumer.h"
#include "wire/frame.h"

static struct queue_spec spec_of(int64_t capacity)
{
    return (struct queue_spec){.name = "q", .capacity = capacity, .close_auto = true};
}

static const struct put_options usual;

/* Somebody who takes one message, is done with it and leaves. */
static enum take_result take_value(struct queue *queue, struct buf *out)
{
    struct consumer *consumer = consumer_new(queue, "c", CONSUMER_BODY);
    struct delivery_tag mark;
    enum take_result result = consumer_receive(consumer, out, &mark);
    consumer_done(consumer, 1);
    consumer_free(consumer);
    return result;
}

static enum take_result take_stream(struct queue *queue, struct buf *out, struct error *error)
{
    struct consumer *consumer = consumer_new(queue, "c", CONSUMER_STREAM);
    enum take_result result = consumer_receive_stream(consumer, out, 100, true, error);
    consumer_free(consumer);
    return result;
}

static const struct queue_users one_each = {.producers = 1, .consumers = 1};

static bool put(struct queue *queue, int64_t integer)
{
    struct buf encoded = encoded_integer(integer);
    bool done = queue_put_value(queue, encoded.data, encoded.length, &usual);
    buf_release(&encoded);
    return done;
}

static void assert_take(struct queue *queue, int64_t integer)
{
    struct buf out = {0}, expected = encoded_integer(integer);
    assert_int_equal(take_value(queue, &out), TAKE_MESSAGE);
    assert_same_buf(&out, &expected);
}

static void assert_nothing(struct queue *queue, enum take_result result)
{
    struct buf out = {0};
    struct error error = {0};
    assert_int_equal(take_value(queue, &out), result);
    assert_int_equal(take_stream(queue, &out, &error), result);
    assert_int_equal(out.length, 0);
    assert_null(error.text);
}

static void test_order_and_end(void **state)
{
    (void)state;
    struct emitted emitted = {0};
    struct run run = test_run(&emitted);
    struct queue_spec spec = spec_of(100);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    assert_string_equal(queue_name(queue), "q");
    assert_nothing(queue, TAKE_EMPTY);
    for (int i = 0; i < 3; i++)
        assert_true(put(queue, i));
    assert_int_equal(queue_length(queue), 3);
    queue_producer_ended(queue);
    for (int i = 0; i < 3; i++)
        assert_take(queue, i);
    assert_nothing(queue, TAKE_CLOSED);
    assert_true(queue_is_empty(queue));
    assert_true(queue_balance(queue));
    assert_int_equal(emitted.kinds[0], EVENT_QUEUE_OPENED);
    assert_int_equal(emitted.kinds[1], EVENT_QUEUE_CLOSED);
    assert_int_equal(emitted.kinds[2], EVENT_QUEUE_STATS);
    assert_int_equal(emitted.count, 3);
    test_run_end(&run);
    queue_free(queue);
    queue_free(NULL);
}

static void test_close_waits_for_all_producers(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(1);
    struct queue_users users = {.producers = 2, .consumers = 1};
    struct queue *queue = queue_new(&run, &spec, false, &users);
    queue_producer_ended(queue);
    assert_nothing(queue, TAKE_EMPTY);
    queue_producer_joins(queue); /* as one that is started again */
    queue_producer_ended(queue);
    assert_nothing(queue, TAKE_EMPTY);
    queue_producer_ended(queue);
    assert_nothing(queue, TAKE_CLOSED);
    test_run_end(&run);
    queue_free(queue);
}

static void test_close_never(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(1);
    spec.close_auto = false;
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    queue_producer_ended(queue);
    assert_nothing(queue, TAKE_EMPTY);
    test_run_end(&run);
    queue_free(queue);
}

static void test_items_without_producers(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct value items[2] = {{.type = VALUE_INTEGER, .integer = 5},
                             {.type = VALUE_INTEGER, .integer = 6}};
    struct queue_spec spec = spec_of(1); /* more items than it holds */
    struct queue_users users = {.consumers = 1};
    spec.items = items;
    spec.item_count = 2;
    struct queue *queue = queue_new(&run, &spec, false, &users);
    assert_int_equal(queue_length(queue), 2);
    assert_take(queue, 5);
    assert_take(queue, 6);
    assert_nothing(queue, TAKE_CLOSED);
    test_run_end(&run);
    queue_free(queue);
}

static void test_full(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(3);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    struct buf out = {0};
    struct error error = {0};
    assert_true(put(queue, 1));
    assert_int_equal(queue_put_stream(queue, "a\nb\nc\n", 6, NULL), 4);
    assert_int_equal(queue_put_stream(queue, "c\n", 2, NULL), 0);
    assert_false(put(queue, 2));
    assert_int_equal(queue_length(queue), 3);
    assert_take(queue, 1);
    assert_true(put(queue, 2));
    assert_int_equal(take_stream(queue, &out, &error), TAKE_MESSAGE);
    assert_buf(&out, "a\nb\n");
    assert_take(queue, 2);
    test_run_end(&run);
    queue_free(queue);
}

static void test_full_of_bytes(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(INT64_MAX);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    struct buf large = {0};
    memset(buf_reserve(&large, 1 << 20), 'x', 1 << 20);
    large.data[(1 << 20) - 1] = '\n';
    buf_added(&large, 1 << 20);
    size_t puts = 0;
    while (queue_put_stream(queue, large.data, large.length, NULL))
        puts++;
    assert_in_range(puts, 1, 8);
    assert_false(put(queue, 1));
    buf_release(&large);
    test_run_end(&run);
    queue_free(queue);
}

static void test_return(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(10);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    struct consumer *body = consumer_new(queue, "c", CONSUMER_BODY);
    struct consumer *stream = consumer_new(queue, "c", CONSUMER_STREAM);
    struct buf values = {0}, lines = {0};
    struct error error = {0};
    size_t count;
    put(queue, 1);
    put(queue, 2);
    assert_int_equal(consumer_receive_many(body, &values, 1, &count), TAKE_MESSAGE);
    assert_int_equal(count, 1);
    consumer_requeue_many(body, values.data, values.length, 1, false);
    assert_take(queue, 1);
    assert_int_equal(consumer_receive_stream(stream, &lines, 100, true, &error), TAKE_MESSAGE);
    consumer_requeue_stream(stream, lines.data, lines.length);
    consumer_requeue_stream(stream, "", 0);
    assert_int_equal(queue_length(queue), 1);
    queue_producer_ended(queue);
    assert_int_equal(take_value(queue, &lines), TAKE_MESSAGE);
    assert_nothing(queue, TAKE_CLOSED);
    assert_true(queue_balance(queue));
    buf_release(&values);
    buf_release(&lines);
    consumer_free(body);
    consumer_free(stream);
    test_run_end(&run);
    queue_free(queue);
}

static void test_end_waits_for_the_unacknowledged(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(10);
    struct queue_users users = {.producers = 1, .consumers = 2};
    struct queue *queue = queue_new(&run, &spec, false, &users);
    struct consumer *busy = consumer_new(queue, "c", CONSUMER_BODY);
    struct buf values = {0};
    size_t count;
    put(queue, 1);
    queue_producer_ended(queue);
    assert_int_equal(consumer_receive_many(busy, &values, 10, &count), TAKE_MESSAGE);
    assert_nothing(queue, TAKE_EMPTY); /* it may still come back */
    struct buf none = {0};
    assert_int_equal(consumer_receive_many(busy, &none, 10, &count),
                     TAKE_CLOSED); /* but not to itself */
    consumer_requeue_many(busy, values.data, values.length, 1, true);
    assert_take(queue, 1);
    assert_nothing(queue, TAKE_CLOSED);
    buf_release(&values);
    consumer_free(busy);
    test_run_end(&run);
    queue_free(queue);
}

static void test_attempts(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(10);
    spec.max_attempts = 2;
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    struct consumer *consumer = consumer_new(queue, "c", CONSUMER_BODY);
    size_t count;
    put(queue, 1);
    put(queue, 2);
    for (int i = 0; i < 3; i++) { /* untried, then tried twice */
        struct buf out = {0};
        assert_int_equal(consumer_receive_many(consumer, &out, 10, &count), TAKE_MESSAGE);
        assert_int_equal(count, 1); /* one by one, so that is known which one it was */
        consumer_requeue_many(consumer, out.data, out.length, 1, i > 0);
        buf_release(&out);
    }
    assert_take(queue, 2);
    assert_nothing(queue, TAKE_EMPTY);
    assert_false(queue_balance(queue)); /* given up, and no dead messages to keep it */
    consumer_free(consumer);
    test_run_end(&run);
    queue_free(queue);
}

static void test_broadcast(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(2);
    struct queue_users users = {.producers = 1, .consumers = 3};
    spec.delivery = DELIVERY_BROADCAST;
    struct queue *queue = queue_new(&run, &spec, false, &users);
    struct consumer *a = consumer_new(queue, "a", CONSUMER_BODY);
    struct consumer *b = consumer_new(queue, "b", CONSUMER_BODY);
    struct buf out = {0};
    struct delivery_tag mark;
    assert_int_equal(queue_put_stream(queue, "1\n2\n3\n", 6, NULL), 4);
    for (int i = 0; i < 2; i++)
        assert_int_equal(consumer_receive(a, &out, &mark), TAKE_MESSAGE);
    assert_int_equal(consumer_receive(a, &out, &mark), TAKE_EMPTY);
    assert_true(queue_is_full(queue)); /* the slowest counts */
    queue_consumer_ended(queue, "c");
    assert_true(queue_is_full(queue));
    assert_int_equal(consumer_receive(b, &out, &mark), TAKE_MESSAGE);
    assert_int_equal(queue_put_stream(queue, "3\n", 2, NULL), 2);
    queue_consumer_ended(queue, "b"); /* with two that it did not take: nobody misses them */
    assert_int_equal(queue_put_stream(queue, "4\n", 2, NULL), 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(consumer_receive(a, &out, &mark), TAKE_MESSAGE);
    consumer_done(a, 4);
    assert_true(queue_balance(queue));
    buf_release(&out);
    consumer_free(a);
    consumer_free(b);
    test_run_end(&run);
    queue_free(queue);
}

/* Consumers of a broadcast end in an order that chance makes: what one of them has taken was taken. */
static void test_broadcast_ends_in_any_order(void **state)
{
    static const struct {
        int of_first, of_last; /* of three messages: what the one that ends first has taken, and what the other */
        bool returned;         /* the first gives one back when it is not counted any more */
        bool good;
    } rows[] = {
        {3, 0, false, true}, {0, 3, false, true}, {2, 1, false, false}, {0, 0, false, false}, {1, 3, true, true},
    };
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        struct run run = test_run(NULL);
        struct queue_spec spec = spec_of(10);
        struct queue_users users = {.producers = 1, .consumers = 2};
        spec.delivery = DELIVERY_BROADCAST;
        struct queue *queue = queue_new(&run, &spec, false, &users);
        struct consumer *first = consumer_new(queue, "first", CONSUMER_STREAM),
                        *last = consumer_new(queue, "last", CONSUMER_STREAM);
        struct buf out = {0};
        struct error error = {0};
        assert_int_equal(queue_put_stream(queue, "1\n2\n3\n", 6, NULL), 6);
        for (int n = 0; n < rows[i].of_first; n++)
            assert_int_equal(consumer_receive_stream(first, &out, 1, true, &error), TAKE_MESSAGE);
        for (int n = 0; n < rows[i].of_last; n++)
            assert_int_equal(consumer_receive_stream(last, &out, 1, true, &error), TAKE_MESSAGE);
        queue_producer_ended(queue);
        queue_consumer_ended(queue, "first");
        if (rows[i].returned)
            consumer_requeue_stream(first, "1\n", 2);
        queue_consumer_ended(queue, "last");
        assert_int_equal(queue_balance(queue), rows[i].good);
        buf_release(&out);
        consumer_free(first);
        consumer_free(last);
        test_run_end(&run);
        queue_free(queue);
    }
}

static void assert_takes(struct queue *queue, const char *expected)
{
    for (; *expected; expected++)
        assert_take(queue, *expected - '0');
}

static void test_priorities(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(10);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    for (int i = 0; i < 6; i++) {
        struct buf encoded = encoded_integer(i);
        struct put_options options = {.priority = i % 3 * 4};
        assert_true(queue_put_value(queue, encoded.data, encoded.length, &options));
        buf_release(&encoded);
    }
    assert_takes(queue, "251403");
    assert_nothing(queue, TAKE_EMPTY);
    test_run_end(&run);
    queue_free(queue);
}

/* COUNT integers from FIRST on, as a worker sends them. */
static struct buf values(int64_t first, size_t count)
{
    struct buf bytes = {0};
    for (size_t i = 0; i < count; i++) {
        struct buf encoded = encoded_integer(first + (int64_t)i);
        uint32_t size = htole32((uint32_t)encoded.length);
        buf_append(&bytes, &size, sizeof(size));
        buf_append(&bytes, encoded.data, encoded.length);
        buf_release(&encoded);
    }
    return bytes;
}

/* Many messages at once: as many as there is room for, in messages or in bytes. */
static void test_put_many(void **state)
{
    (void)state;
    static const struct {
        int64_t capacity, bytes;
        bool trace;
        size_t taken;
    } rows[] = {{3, 0, false, 3}, {100, 14, false, 2}, {3, 0, true, 3}, {9, 0, false, 5}};
    for (size_t i = 0; i < countof(rows); i++) {
        struct run run = test_run(NULL);
        struct queue_spec spec = spec_of(rows[i].capacity);
        struct buf bytes = values(1, 5);
        size_t each = bytes.length / 5;
        size_t count;
        spec.capacity_bytes = rows[i].bytes;
        spec.trace = rows[i].trace;
        struct queue *queue = queue_new(&run, &spec, false, &one_each);
        assert_int_equal(queue_put_values(queue, bytes.data, bytes.length, &usual, &count),
                         rows[i].taken * each);
        assert_int_equal(count, rows[i].taken);
        assert_int_equal(queue_length(queue), count);
        for (size_t taken = 0; taken < count; taken++)
            assert_take(queue, (int64_t)taken + 1);
        assert_nothing(queue, TAKE_EMPTY);
        assert_true(queue_balance(queue));
        buf_release(&bytes);
        test_run_end(&run);
        queue_free(queue);
    }
}

static void test_balance_tells_of_what_is_left(void **state)
{
    (void)state;
    struct emitted emitted = {0};
    struct run run = test_run(&emitted);
    struct queue_spec spec = spec_of(10);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    queue_put_stream(queue, "a\nb\nc\n", 6, NULL);
    struct buf out = {0};
    take_value(queue, &out);
    buf_release(&out);
    assert_false(queue_balance(queue));
    assert_true(emitted.last_wrong);
    assert_int_equal(emitted.last_count, 2);
    test_run_end(&run);
    queue_free(queue);
}

static void test_abandoned(void **state)
{
    (void)state;
    struct emitted emitted = {0};
    struct run run = test_run(&emitted);
    struct queue_spec spec = spec_of(1);
    struct queue_users users = {.producers = 1, .consumers = 2};
    struct queue *queue = queue_new(&run, &spec, false, &users);
    queue_consumer_ended(queue, "c");
    assert_false(queue_is_abandoned(queue));
    queue_consumer_ended(queue, "c");
    assert_true(queue_is_abandoned(queue));
    for (int i = 0; i < 100; i++)
        assert_true(put(queue, i)); /* nobody waits for room that never comes */
    assert_int_equal(queue_put_stream(queue, "a\nb\n", 4, NULL), 4);
    struct put_options later = {.delay = NS_PER_S};
    struct buf encoded = encoded_integer(1);
    assert_true(queue_put_value(queue, encoded.data, encoded.length, &later));
    buf_release(&encoded);
    assert_int_equal(queue_length(queue), 0);
    assert_false(queue_balance(queue));
    assert_int_equal(emitted.last_count, 103);
    test_run_end(&run);
    queue_free(queue);
}

/* What was put for later counts as lost when it is due and nobody takes from the queue any more. */
static void test_due_when_abandoned(void **state)
{
    (void)state;
    struct emitted emitted = {0};
    struct run run = test_run(&emitted);
    struct queue_spec spec = spec_of(1);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    struct put_options later = {.delay = NS_PER_MS};
    struct buf encoded = encoded_integer(1);
    assert_true(queue_put_value(queue, encoded.data, encoded.length, &later));
    buf_release(&encoded);
    queue_consumer_ended(queue, "c");
    while (queue_length(queue))
        run_turn(&run);
    assert_false(queue_balance(queue));
    assert_int_equal(emitted.last_count, 1);
    queue_stop(queue);
    test_run_end(&run);
    queue_free(queue);
}

static void count_up(void *arg)
{
    ++*(int *)arg;
}

static void test_message_waiter(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(10);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    int called = 0;
    struct waiter waiter = {.function = count_up, .arg = &called};
    struct consumer *consumer = consumer_new(queue, "c", CONSUMER_BODY);
    consumer_wait(consumer, &waiter);
    consumer_wait(consumer, &waiter); /* once on the list is enough */
    run_turn(&run);
    assert_int_equal(called, 0);
    put(queue, 1);
    assert_int_equal(called, 0); /* never from within */
    run_turn(&run);
    assert_int_equal(called, 1);
    put(queue, 2);
    run_turn(&run);
    assert_int_equal(called, 1); /* it was told once */
    consumer_wait(consumer, &waiter);
    run_turn(&run);
    assert_int_equal(called, 2); /* there was one already */
    assert_take(queue, 1);
    assert_take(queue, 2);
    consumer_wait(consumer, &waiter);
    queue_producer_ended(queue);
    run_turn(&run);
    assert_int_equal(called, 3); /* the end counts too */
    consumer_free(consumer);
    test_run_end(&run);
    queue_free(queue);
}

static void test_room_waiter(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(1);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    int first = 0, second = 0;
    struct waiter waiters[2] = {{.function = count_up, .arg = &first},
                                {.function = count_up, .arg = &second}};
    put(queue, 1);
    queue_wait_room(queue, &waiters[0]);
    queue_wait_room(queue, &waiters[1]);
    run_turn(&run);
    assert_int_equal(first + second, 0);
    queue_unwait(queue, &waiters[0]);
    queue_unwait(queue, &waiters[0]);
    assert_take(queue, 1);
    run_turn(&run);
    assert_int_equal(first, 0);
    assert_int_equal(second, 1);
    put(queue, 2);
    queue_wait_room(queue, &waiters[0]);
    queue_consumer_ended(queue, "c");
    run_turn(&run);
    assert_int_equal(first, 1); /* abandoned: there is room for ever */
    test_run_end(&run);
    queue_free(queue);
}

struct caller {
    struct buf *order;
    char name;
};

static void note_caller(void *arg)
{
    struct caller *caller = arg;
    buf_char(caller->order, caller->name);
}

static void test_first_come_first_served(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(1);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    struct buf order = {0};
    struct caller callers[] = {{&order, 'a'}, {&order, 'b'}, {&order, 'c'}};
    struct waiter waiters[countof(callers)] = {0};
    put(queue, 1);
    for (size_t i = 0; i < countof(callers); i++) {
        waiters[i] = (struct waiter){.function = note_caller, .arg = &callers[i]};
        queue_wait_room(queue, &waiters[i]);
    }
    assert_take(queue, 1);
    run_turn(&run);
    assert_buf(&order, "abc");
    test_run_end(&run);
    queue_free(queue);
}

/* What waits for its time is in the queue: it takes room, and the queue is not at its end. */
static void test_delayed_are_in_it(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = spec_of(1);
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    struct put_options later = {.delay = 3600 * NS_PER_S};
    struct buf encoded = encoded_integer(1);
    assert_true(queue_put_value(queue, encoded.data, encoded.length, &later));
    buf_release(&encoded);
    assert_true(queue_is_full(queue));
    assert_false(put(queue, 2));
    queue_producer_ended(queue);
    assert_nothing(queue, TAKE_EMPTY);
    assert_int_equal(queue_length(queue), 1);
    queue_stop(queue);
    test_run_end(&run);
    queue_free(queue);
}

static void test_trace(void **state)
{
    (void)state;
    struct emitted emitted = {0};
    struct run run = test_run(&emitted);
    struct queue_spec spec = spec_of(10);
    spec.trace = true;
    struct queue *queue = queue_new(&run, &spec, false, &one_each);
    put(queue, 1);
    queue_put_stream(queue, "a\nb\n", 4, NULL);
    assert_take(queue, 1);
    run_turn(&run);
    static const enum event_kind order[] = {EVENT_QUEUE_OPENED, EVENT_QUEUE_PUT, EVENT_QUEUE_PUT,
                                            EVENT_QUEUE_PUT, EVENT_QUEUE_GET};
    assert_int_equal(emitted.count, countof(order));
    for (size_t i = 0; i < countof(order); i++)
        assert_int_equal(emitted.kinds[i], order[i]);
    test_run_end(&run);
    queue_free(queue);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST(&tests, test_order_and_end);
    TEST(&tests, test_close_waits_for_all_producers);
    TEST(&tests, test_close_never);
    TEST(&tests, test_items_without_producers);
    TEST(&tests, test_full);
    TEST(&tests, test_full_of_bytes);
    TEST(&tests, test_return);
    TEST(&tests, test_end_waits_for_the_unacknowledged);
    TEST(&tests, test_attempts);
    TEST(&tests, test_broadcast);
    TEST(&tests, test_broadcast_ends_in_any_order);
    TEST(&tests, test_priorities);
    TEST(&tests, test_put_many);
    TEST(&tests, test_balance_tells_of_what_is_left);
    TEST(&tests, test_abandoned);
    TEST(&tests, test_due_when_abandoned);
    TEST(&tests, test_message_waiter);
    TEST(&tests, test_room_waiter);
    TEST(&tests, test_first_come_first_served);
    TEST(&tests, test_delayed_are_in_it);
    TEST(&tests, test_trace);
    return tests_run(&tests, "queue");
}
