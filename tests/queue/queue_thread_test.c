/* A queue between many threads (pthread): every message arrives once, and nobody waits in vain. */
#include <pthread.h>
#include <stdatomic.h>

#include "../harness/run_fixture.h"
#include "base/clock.h"
#include "base/unit.h"
#include "queue/consumer.h"
#include "queue/queue.h"

#define MOST_THREADS 8
#define EACH 2000

struct crowd {
    struct run run;
    struct queue *queue;
    size_t producers;
    size_t consumers;
    atomic_size_t producing;
    atomic_uint_fast64_t sum;
    atomic_size_t taken;
    atomic_int stop; /* what CHECK returns */
    atomic_int checks;
};

static int check(void *arg, struct error *error)
{
    struct crowd *crowd = arg;
    (void)error;
    atomic_fetch_add(&crowd->checks, 1);
    return atomic_load(&crowd->stop);
}

static const struct put_options usual;

/* As somebody who is there for one message. */
static int take_waiting(struct queue *queue, struct buf *out, const struct queue_wait *wait,
                        struct error *error)
{
    struct consumer *consumer = consumer_new(queue, "c", CONSUMER_BODY);
    int result = consumer_receive_waiting(consumer, out, false, wait, error);
    consumer_free(consumer);
    return result;
}

static void producer_ended(void *arg)
{
    queue_producer_ended(((struct crowd *)arg)->queue);
}

static void *produce(void *arg)
{
    struct crowd *crowd = arg;
    struct queue_wait wait = {.check = check, .arg = crowd};
    struct error error = {0};
    for (int64_t i = 1; i <= EACH; i++) {
        struct buf encoded = encoded_integer(i);
        int result = queue_put_waiting(crowd->queue, encoded.data, encoded.length, &usual, &wait, &error);
        buf_release(&encoded);
        if (result != 1)
            return crowd;
    }
    loop_post(crowd->run.loop, producer_ended, crowd);
    return NULL;
}

static void *consume(void *arg)
{
    struct crowd *crowd = arg;
    struct queue_wait wait = {.check = check, .arg = crowd};
    struct error error = {0};
    for (;;) {
        struct buf out = {0};
        struct value value = {0};
        int result = take_waiting(crowd->queue, &out, &wait, &error);
        const char *at = out.data;
        if (result == 1)
            value_head(&at, &value);
        buf_release(&out);
        if (result != 1)
            return result == 2 ? NULL : crowd;
        atomic_fetch_add(&crowd->sum, (uint64_t)value.integer);
        if (atomic_fetch_add(&crowd->taken, 1) + 1 == crowd->producers * EACH)
            loop_post(crowd->run.loop, stop_loop, crowd->run.loop);
    }
}

struct crowd_case {
    const char *name;
    size_t producers;
    size_t consumers;
    int64_t capacity;
    bool fickle;
};

static const struct crowd_case crowds[] = {
    {"1-to-1", 1, 1, 1, false}, {"1-to-8", 1, 8, 1, false},   {"8-to-1", 8, 1, 1, false},
    {"4-to-4", 4, 4, 3, false}, {"8-to-8", 8, 8, 100, false}, {"8-to-8-wide", 8, 8, 1000000, false},
    {"2-to-2-fickle", 2, 2, 1, true},
};

/* Somebody on the loop who waits for room, and thinks better of it, all the time that the threads are at work. */
struct fickle {
    struct crowd *crowd;
    struct waiter waiter;
};

static void nothing(void *arg)
{
    (void)arg;
}

static void wait_anew(void *arg)
{
    struct fickle *fickle = arg;
    struct crowd *crowd = fickle->crowd;
    queue_unwait(crowd->queue, &fickle->waiter);
    if (atomic_load(&crowd->taken) == crowd->producers * EACH)
        return;
    queue_wait_room(crowd->queue, &fickle->waiter);
    loop_post(crowd->run.loop, wait_anew, fickle);
}

static void test_crowd(void **state)
{
    const struct crowd_case *row = *state;
    struct crowd crowd = {
        .run = test_run(NULL), .producers = row->producers, .consumers = row->consumers};
    struct fickle fickle = {.crowd = &crowd, .waiter.function = nothing};
    struct queue_spec spec = {.name = "q", .capacity = row->capacity, .close_auto = true};
    struct queue_users users = {.producers = row->producers, .consumers = row->consumers};
    pthread_t threads[2 * MOST_THREADS];
    size_t count = 0;
    crowd.queue = queue_new(&crowd.run, &spec, false, &users);
    for (size_t i = 0; i < row->consumers; i++)
        assert_int_equal(pthread_create(&threads[count++], NULL, consume, &crowd), 0);
    for (size_t i = 0; i < row->producers; i++)
        assert_int_equal(pthread_create(&threads[count++], NULL, produce, &crowd), 0);
    if (row->fickle)
        loop_post(crowd.run.loop, wait_anew, &fickle);
    loop_run(crowd.run.loop);
    run_turn(&crowd.run);
    for (size_t i = row->consumers; i < count; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    run_turn(&crowd.run); /* every producer's end is known now: the queue closes */
    for (size_t i = 0; i < row->consumers; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(atomic_load(&crowd.taken), row->producers * EACH);
    assert_int_equal(atomic_load(&crowd.sum), row->producers * ((uint64_t)EACH * (EACH + 1) / 2));
    assert_true(queue_balance(crowd.queue));
    test_run_end(&crowd.run);
    queue_free(crowd.queue);
}

/* One who stays, as a body does. */
static void *consume_as_body(void *arg)
{
    struct crowd *crowd = arg;
    struct queue_wait wait = {.check = check, .arg = crowd};
    struct consumer *consumer = consumer_new(crowd->queue, "c", CONSUMER_BODY);
    struct error error = {0};
    struct buf out = {0};
    int result;
    for (bool keep = false;
         (result = consumer_receive_waiting(consumer, &out, keep, &wait, &error)) == 1;
         keep = !keep) {
        struct value value = {0};
        const char *at = out.data;
        value_head(&at, &value);
        buf_clear(&out);
        atomic_fetch_add(&crowd->sum, (uint64_t)value.integer);
        atomic_fetch_add(&crowd->taken, 1);
    }
    consumer_settle(consumer, true);
    consumer_free(consumer);
    buf_release(&out);
    loop_post(crowd->run.loop, stop_loop, crowd->run.loop);
    return result == 2 ? NULL : crowd;
}

static const struct crowd_case bodies[] = {
    {"1", 4, 1, 1, false}, {"20", 4, 1, 20, false}, {"1000", 1, 1, 1000, false}, {"100000", 4, 1, 100000, false}};

static void test_one_body(void **state)
{
    const struct crowd_case *row = *state;
    struct crowd crowd = {.run = test_run(NULL), .producers = row->producers, .consumers = 1};
    struct queue_spec spec = {.name = "q", .capacity = row->capacity, .close_auto = true};
    struct queue_users users = {.producers = row->producers, .consumers = 1};
    pthread_t threads[1 + MOST_THREADS];
    void *wrong;
    crowd.queue = queue_new(&crowd.run, &spec, false, &users);
    assert_int_equal(pthread_create(&threads[0], NULL, consume_as_body, &crowd), 0);
    for (size_t i = 1; i <= row->producers; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &crowd), 0);
    loop_run(crowd.run.loop);
    for (size_t i = 0; i <= row->producers; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(atomic_load(&crowd.taken), row->producers * EACH);
    assert_int_equal(atomic_load(&crowd.sum), row->producers * ((uint64_t)EACH * (EACH + 1) / 2));
    assert_true(queue_balance(crowd.queue));
    test_run_end(&crowd.run);
    queue_free(crowd.queue);
}

static struct crowd lone(int64_t capacity, struct queue_spec *spec)
{
    struct crowd crowd = {.run = test_run(NULL)};
    *spec = (struct queue_spec){.name = "q", .capacity = capacity, .close_auto = true};
    return crowd;
}

static void test_deadlines(void **state)
{
    (void)state;
    struct queue_spec spec;
    struct crowd crowd = lone(1, &spec);
    struct queue_users users = {.producers = 1, .consumers = 1};
    struct buf out = {0}, encoded = encoded_integer(1);
    struct error error = {0};
    crowd.queue = queue_new(&crowd.run, &spec, false, &users);
    struct queue_wait wait = {.check = check, .arg = &crowd};
    wait.deadline = clock_monotonic() + 5 * NS_PER_MS;
    assert_int_equal(take_waiting(crowd.queue, &out, &wait, &error), 0);
    assert_true(clock_monotonic() >= wait.deadline);
    assert_int_equal(queue_put_waiting(crowd.queue, encoded.data, encoded.length, &usual, &wait, &error),
                     1); /* there is room: no deadline counts */
    assert_int_equal(queue_put_waiting(crowd.queue, encoded.data, encoded.length, &usual, &wait, &error),
                     0);
    assert_int_equal(queue_length(crowd.queue), 1);
    assert_int_equal(take_waiting(crowd.queue, &out, &wait, &error), 1);
    queue_producer_ended(crowd.queue);
    assert_int_equal(take_waiting(crowd.queue, &out, &wait, &error), 2);
    buf_release(&out);
    buf_release(&encoded);
    test_run_end(&crowd.run);
    queue_free(crowd.queue);
}

static void *take_one(void *arg)
{
    struct crowd *crowd = arg;
    struct queue_wait wait = {.check = check, .arg = crowd};
    struct error error = {0};
    struct buf out = {0};
    int result = take_waiting(crowd->queue, &out, &wait, &error);
    buf_release(&out);
    return (void *)(intptr_t)result;
}

static void *put_one(void *arg)
{
    struct crowd *crowd = arg;
    struct queue_wait wait = {.check = check, .arg = crowd};
    struct error error = {0};
    struct buf encoded = encoded_integer(9);
    int result = queue_put_waiting(crowd->queue, encoded.data, encoded.length, &usual, &wait, &error);
    buf_release(&encoded);
    return (void *)(intptr_t)result;
}

struct interrupt_case {
    const char *name;
    void *(*body)(void *arg);
    bool full;
};

static const struct interrupt_case interrupts[] = {
    {"take", take_one, false},
    {"put", put_one, true},
};

/* Whoever waits is ended by its check as soon as it is told to look. */
static void test_interrupt(void **state)
{
    const struct interrupt_case *row = *state;
    struct queue_spec spec;
    struct crowd crowd = lone(1, &spec);
    struct queue_users users = {.producers = 1, .consumers = 1};
    struct buf encoded = encoded_integer(1);
    pthread_t thread;
    void *result;
    crowd.queue = queue_new(&crowd.run, &spec, false, &users);
    if (row->full)
        assert_true(queue_put_value(crowd.queue, encoded.data, encoded.length, &usual));
    assert_int_equal(pthread_create(&thread, NULL, row->body, &crowd), 0);
    while (!atomic_load(&crowd.checks))
        sched_yield();
    atomic_store(&crowd.stop, ERROR_STOPPED);
    queue_interrupt(crowd.queue);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, ERROR_STOPPED);
    buf_release(&encoded);
    test_run_end(&crowd.run);
    queue_free(crowd.queue);
}

/* A producer that waits for room goes on when nobody is left to take anything. */
static void test_abandoned_while_waiting(void **state)
{
    (void)state;
    struct queue_spec spec;
    struct crowd crowd = lone(1, &spec);
    struct queue_users users = {.producers = 1, .consumers = 1};
    struct buf encoded = encoded_integer(1);
    pthread_t thread;
    void *result;
    crowd.queue = queue_new(&crowd.run, &spec, false, &users);
    assert_true(queue_put_value(crowd.queue, encoded.data, encoded.length, &usual));
    assert_int_equal(pthread_create(&thread, NULL, put_one, &crowd), 0);
    while (!atomic_load(&crowd.checks))
        sched_yield();
    queue_consumer_ended(crowd.queue, "c");
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, 1);
    assert_false(queue_balance(crowd.queue));
    buf_release(&encoded);
    test_run_end(&crowd.run);
    queue_free(crowd.queue);
}

static int64_t take_kept(struct consumer *consumer, struct crowd *crowd)
{
    struct queue_wait wait = {.check = check, .arg = crowd};
    struct error error = {0};
    struct buf out = {0};
    struct value value = {0};
    assert_int_equal(consumer_receive_waiting(consumer, &out, true, &wait, &error), 1);
    const char *at = out.data;
    value_head(&at, &value);
    buf_release(&out);
    return value.integer;
}

/*
 * A body that is quick is given many at once. All of them count as being in the queue, and those that
 * it was not done with when it ended are there again in their order.
 */
static void test_taken_ahead(void **state)
{
    (void)state;
    struct queue_spec spec;
    struct crowd crowd = lone(1000, &spec);
    struct queue_users users = {.producers = 1, .consumers = 1};
    crowd.queue = queue_new(&crowd.run, &spec, false, &users);
    for (int64_t i = 1; i <= 500; i++) {
        struct buf encoded = encoded_integer(i);
        assert_true(queue_put_value(crowd.queue, encoded.data, encoded.length, &usual));
        buf_release(&encoded);
    }
    struct consumer *consumer = consumer_new(crowd.queue, "c", CONSUMER_BODY);
    for (int64_t i = 1; i <= 300; i++) {
        assert_int_equal(take_kept(consumer, &crowd), i);
        assert_int_equal(queue_length(crowd.queue), 500 - i);
        assert_true(consumer_keeps(consumer));
    }
    consumer_settle(consumer, false);
    assert_false(consumer_keeps(consumer));
    assert_int_equal(queue_length(crowd.queue), 201);
    for (int64_t i = 300; i <= 400; i++)
        assert_int_equal(take_kept(consumer, &crowd), i);
    consumer_settle(consumer, true);
    consumer_free(consumer);
    assert_int_equal(queue_length(crowd.queue), 100);
    consumer = consumer_new(crowd.queue, "c", CONSUMER_BODY);
    for (int64_t i = 401; i <= 500; i++)
        assert_int_equal(take_kept(consumer, &crowd), i);
    consumer_settle(consumer, true);
    consumer_free(consumer);
    assert_true(queue_balance(crowd.queue));
    test_run_end(&crowd.run);
    queue_free(crowd.queue);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST_ROWS(&tests, test_crowd, crowds);
    TEST(&tests, test_deadlines);
    TEST_ROWS(&tests, test_interrupt, interrupts);
    TEST(&tests, test_abandoned_while_waiting);
    TEST_ROWS(&tests, test_one_body, bodies);
    TEST(&tests, test_taken_ahead);
    return tests_run(&tests, "queue-threads");
}
