/* The frames of agents: what is written comes back, and no count or length is believed. */
#include "../harness/unit.h"
#include "wire/agent.h"

/* Of the LENGTH bytes of a whole frame those behind its head, as a frame of its own. */
static struct frame cut(const char *bytes, size_t length)
{
    return (struct frame){.at = bytes, .left = length};
}

static void release(char **held, size_t count)
{
    for (size_t i = 0; i < count + 3; i++)
        free(held[i]);
    free(held);
}

static void test_setup(void **state)
{
    (void)state;
    static const char *const environment[] = {"A=1", "B=", "C=x y"};
    const struct agent_setup setup = {.directory = "/d", .socket = "none: x", .attributes = "nice 1", .grace = 7, .environment = environment, .count = 3};
    struct agent_setup read;
    struct buf out = {0};
    struct frame frame;
    char **held;
    agent_setup_write(&out, &setup);
    assert_int_equal(frame_take(out.data, out.length, &frame), out.length);
    agent_setup_read(&frame, &read, &held);
    assert_false(frame.bad);
    assert_int_equal(frame.left, 0);
    assert_string_equal(read.directory, "/d");
    assert_string_equal(read.socket, "none: x");
    assert_string_equal(read.attributes, "nice 1");
    assert_int_equal(read.grace, 7);
    assert_int_equal(read.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(read.environment[i], environment[i]);
    release(held, read.count);
    buf_release(&out);
}

/* However short it is: none of its texts is read beyond its end, and a count takes no memory that is not there. */
static void test_cut_setups(void **state)
{
    (void)state;
    static const char *const environment[] = {"A=1", "B=2"};
    const struct agent_setup setup = {.socket = "", .attributes = "", .environment = environment, .count = 2};
    struct buf out = {0};
    struct frame whole;
    agent_setup_write(&out, &setup);
    assert_true(frame_take(out.data, out.length, &whole) > 0);
    for (size_t length = 0; length < whole.left; length++) {
        char *copy = malloc(length + !length); /* exactly so much, so that the sanitizer sees a byte more */
        memcpy(copy, whole.at, length);
        struct frame frame = cut(copy, length);
        struct agent_setup read;
        char **held;
        agent_setup_read(&frame, &read, &held);
        assert_true(frame.bad);
        release(held, read.count);
        free(copy);
    }
    buf_release(&out);
}

static void test_counts(void **state)
{
    (void)state;
    struct buf out = {0};
    frame_text(&out, "");
    frame_text(&out, "");
    frame_i64(&out, 0);
    frame_u32(&out, 3);
    frame_text(&out, "A=1");
    struct frame frame = cut(out.data, out.length);
    struct agent_setup read;
    char **held;
    agent_setup_read(&frame, &read, &held);
    assert_true(frame.bad);
    assert_int_equal(read.count, 0);
    release(held, read.count);
    buf_release(&out);
}

static void test_mark(void **state)
{
    (void)state;
    static const char bytes[] = "Welcome!\n" AGENT_MARK "rest";
    size_t greeting, head = strlen("Welcome!\n"), whole = head + AGENT_MARK_LENGTH;
    assert_int_equal(agent_find_mark(bytes, sizeof(bytes) - 1, &greeting), whole);
    assert_int_equal(greeting, head);
    assert_int_equal(agent_find_mark(bytes, whole - 1, &greeting), 0);
    assert_int_equal(greeting, whole - 1);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_setup);
    TEST(&tests, test_cut_setups);
    TEST(&tests, test_counts);
    TEST(&tests, test_mark);
    return tests_run(&tests, "wire_agent");
}
