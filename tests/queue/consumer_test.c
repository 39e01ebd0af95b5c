/* Several who take from one queue: how much each gets, who goes first, and who sees the end. */
#include <string.h>

#include "../harness/run_fixture.h"
#include "base/unit.h"
#include "queue/consumer.h"
#include "queue/queue.h"

static struct queue *shared_queue(struct run *run, size_t consumers, const char *lines)
{
    static struct queue_spec spec;
    const struct queue_users users = {.producers = 1, .consumers = consumers};
    spec = (struct queue_spec){.name = "q", .capacity = 1000, .close_auto = true};
    struct queue *queue = queue_new(run, &spec, false, &users);
    assert_int_equal(queue_put_stream(queue, lines, strlen(lines), NULL), strlen(lines));
    return queue;
}

static enum take_result take(struct consumer *consumer, bool fair, struct buf *out)
{
    struct error error = {0};
    buf_clear(out);
    return consumer_receive_stream(consumer, out, 1000, fair, &error);
}

/* Half of an equal part; all where one reads as fast as it comes, or is alone. */
static void test_a_stream_gets_its_part(void **state)
{
    static const struct {
        size_t consumers;
        bool fair;
        const char *first, *second;
    } rows[] = {
        {1, true, "1\n2\n3\n4\n5\n6\n7\n8\n", ""},
        {2, false, "1\n2\n3\n4\n5\n6\n7\n8\n", ""},
        {2, true, "1\n2\n", "3\n4\n"},
        {4, true, "1\n", "2\n"},
        {100, true, "1\n", "2\n"},
    };
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        struct run run = test_run(NULL);
        struct queue *queue = shared_queue(&run, rows[i].consumers, "1\n2\n3\n4\n5\n6\n7\n8\n");
        struct consumer *consumer = consumer_new(queue, "c", CONSUMER_STREAM);
        struct buf out = {0};
        take(consumer, rows[i].fair, &out);
        assert_string_equal(buf_string(&out), rows[i].first);
        take(consumer, rows[i].fair, &out);
        assert_string_equal(buf_string(&out), rows[i].second);
        buf_release(&out);
        consumer_free(consumer);
        test_run_end(&run);
        queue_free(queue);
    }
}

struct caller {
    struct buf *order;
    char name;
};

static void note_caller(void *arg)
{
    const struct caller *caller = arg;
    buf_append(caller->order, &caller->name, 1);
}

/* One that yields waited first and gets a message last, and is nobody for whom others give theirs back. */
static void test_one_that_yields_goes_last(void **state)
{
    struct run run = test_run(NULL);
    struct queue *queue = shared_queue(&run, 2, "");
    struct consumer *slow = consumer_new(queue, "slow", CONSUMER_STREAM),
                    *quick = consumer_new(queue, "quick", CONSUMER_STREAM);
    struct buf order = {0};
    struct caller callers[] = {{&order, 's'}, {&order, 'q'}, {&order, 'n'}};
    struct waiter slow_waits = {.function = note_caller, .arg = &callers[0]},
                  quick_waits = {.function = note_caller, .arg = &callers[1]},
                  need = {.function = note_caller, .arg = &callers[2]};
    (void)state;
    consumer_yield(slow, true);
    consumer_wait(slow, &slow_waits);
    consumer_wait_awaited(quick, &need);
    assert_false(consumer_is_awaited(quick));
    run_turn(&run);
    assert_buf(&order, "");
    queue_unwait(queue, &need);
    consumer_yield(slow, false);
    assert_true(consumer_is_awaited(quick));
    consumer_wait_awaited(quick, &need);
    run_turn(&run);
    assert_buf(&order, "n");
    consumer_yield(slow, true);
    consumer_wait(quick, &quick_waits);
    assert_int_equal(queue_put_stream(queue, "1\n", 2, NULL), 2);
    run_turn(&run);
    assert_buf(&order, "qs");
    consumer_free(slow);
    consumer_free(quick);
    test_run_end(&run);
    queue_free(queue);
}

/* Who is done with its messages when it has seen the end sees it although others rest likewise, but not while one works. */
static void test_those_who_rest_see_the_end(void **state)
{
    struct run run = test_run(NULL);
    struct queue *queue = shared_queue(&run, 3, "1\n2\n3\n");
    struct consumer *consumers[3];
    struct buf out = {0};
    (void)state;
    for (size_t i = 0; i < countof(consumers); i++) {
        consumers[i] = consumer_new(queue, "c", CONSUMER_STREAM);
        assert_int_equal(take(consumers[i], true, &out), TAKE_MESSAGE);
        consumer_set_unread(consumers[i], true);
    }
    queue_producer_ended(queue);
    consumer_rest(consumers[0], true);
    consumer_rest(consumers[1], true);
    assert_int_equal(take(consumers[0], true, &out), TAKE_EMPTY);
    consumer_rest(consumers[2], true);
    for (size_t i = 0; i < countof(consumers); i++)
        assert_int_equal(take(consumers[i], true, &out), TAKE_CLOSED);
    consumer_rest(consumers[2], false);
    assert_int_equal(take(consumers[0], true, &out), TAKE_EMPTY);
    consumer_set_unread(consumers[2], false);
    assert_int_equal(take(consumers[0], true, &out), TAKE_CLOSED);
    assert_int_equal(take(consumers[2], true, &out), TAKE_EMPTY); /* others hold what may come back, and it holds nothing */
    consumer_set_unread(consumers[0], false);
    consumer_free(consumers[1]);
    assert_int_equal(take(consumers[2], true, &out), TAKE_CLOSED);
    consumer_free(consumers[0]);
    consumer_free(consumers[2]);
    buf_release(&out);
    test_run_end(&run);
    queue_free(queue);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST(&tests, test_a_stream_gets_its_part);
    TEST(&tests, test_one_that_yields_goes_last);
    TEST(&tests, test_those_who_rest_see_the_end);
    return tests_run(&tests, "consumer");
}
