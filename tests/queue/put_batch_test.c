/* What a thread's body puts in a row: the first goes at once, the others together, and those that come behind again. */
#include "../harness/run_fixture.h"
#include "queue/consumer.h"
#include "queue/put_batch.h"
#include "queue/queue.h"

#define MOST 128

/* How many are gathered until one is not: the first may be one that goes at once. */
static size_t gather(struct put_batch *batch, struct queue *queue)
{
    struct buf encoded = encoded_integer(1);
    size_t count = put_batch_add(batch, queue, encoded.data, encoded.length);
    while (put_batch_add(batch, queue, encoded.data, encoded.length))
        count++;
    buf_release(&encoded);
    return count;
}

static void test_each_batch_has_its_room(void **state)
{
    (void)state;
    struct run run = test_run(NULL);
    struct queue_spec spec = {.name = "q", .capacity = 100 * MOST, .close_auto = true};
    struct queue_users users = {.producers = 1, .consumers = 1};
    struct queue *queue = queue_new(&run, &spec, false, &users);
    struct consumer *consumer = consumer_new(queue, "c", CONSUMER_BODY);
    struct put_batch *batch = put_batch_new(&run);
    struct waiter waiter = {.function = stop_loop, .arg = run.loop};
    for (size_t i = 1; i <= 3; i++) {
        struct buf out = {0};
        size_t count = 0, taken = 0;
        assert_int_equal(gather(batch, queue), MOST);
        consumer_wait(consumer, &waiter);
        loop_run(run.loop);
        while (consumer_receive_many(consumer, &out, MOST, &count) == TAKE_MESSAGE)
            taken += count;
        assert_int_equal(taken, MOST);
        consumer_settle(consumer, true);
        buf_release(&out);
    }
    put_batch_free(batch);
    consumer_free(consumer);
    queue_producer_ended(queue);
    test_run_end(&run);
    queue_free(queue);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST(&tests, test_each_batch_has_its_room);
    return tests_run(&tests, "put_batch");
}
