/* Messages that are not due yet: the order in which they come, and their bytes. */
#include "../harness/unit.h"
#include "queue/delayed_messages.h"
#include "queue/message.h"

static void put(struct delayed_messages *delay, const char *text, int64_t due)
{
    delayed_messages_put(delay, message_new(text, strlen(text), false, 0), 7, due);
}

static void assert_taken(struct delayed_messages *delay, const char *text, int64_t due)
{
    assert_int_equal(delayed_messages_first(delay)->due, due);
    struct delayed taken = delayed_messages_take(delay);
    assert_int_equal(taken.due, due);
    assert_int_equal(taken.priority, 7);
    assert_int_equal(taken.message->length, strlen(text));
    assert_memory_equal(taken.message->bytes, text, strlen(text));
    free(taken.message);
}

/* What is due first comes first; of those due together the first put does. */
static void test_order(void **state)
{
    (void)state;
    struct delayed_messages delay = {0};
    put(&delay, "late", 30);
    put(&delay, "a", 20);
    put(&delay, "b", 20);
    put(&delay, "c", 20);
    put(&delay, "early", 10);
    assert_taken(&delay, "early", 10);
    put(&delay, "d", 20);
    static const char *const together[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++)
        assert_taken(&delay, together[i], 20);
    assert_taken(&delay, "late", 30);
    assert_int_equal(delay.count, 0);
    delayed_messages_release(&delay);
}

static void test_bytes(void **state)
{
    (void)state;
    struct delayed_messages delay = {0};
    put(&delay, "three", 3);
    put(&delay, "seven..", 1);
    assert_int_equal(delay.bytes, 12);
    assert_taken(&delay, "seven..", 1);
    assert_int_equal(delay.bytes, 5);
    delayed_messages_release(&delay);
    assert_int_equal(delay.bytes, 0);
    assert_int_equal(delay.count, 0);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_order);
    TEST(&tests, test_bytes);
    return tests_run(&tests, "delayed_messages");
}
