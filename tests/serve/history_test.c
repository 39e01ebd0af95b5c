/* The last lines of each object: how many, how much, in which order. */
#include "../harness/run_fixture.h"
#include "serve/history.h"

static struct history *open_history(struct run *run, struct scenario *scenario, int64_t keep)
{
    *run = test_run(NULL);
    *scenario = (struct scenario){.log = {.keep = keep}};
    run->scenario = scenario;
    return history_new(run);
}

static void on_gone(void *arg, const struct kept *kept)
{
    (void)kept;
    ++*(size_t *)arg;
}

static size_t add(struct history *history, const char *object, const char *bytes, size_t length)
{
    size_t gone = 0;
    struct event event = {.kind = EVENT_PROCESS_OUTPUT, .object = object, .output.bytes = bytes, .output.length = length};
    assert_non_null(history_add(history, &event, on_gone, &gone));
    return gone;
}

static size_t count(const struct history *history)
{
    size_t count = 0;
    for (const struct kept *kept = history_first(history); kept; kept = kept->next)
        count++;
    return count;
}

static void test_lines_of_each(void **state)
{
    (void)state;
    struct run run;
    struct scenario scenario;
    struct history *history = open_history(&run, &scenario, 3);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(add(history, "loud", "x", 1), i >= 3);
        assert_int_equal(i ? 0 : add(history, "quiet", "only", 4), 0);
    }
    assert_int_equal(count(history), 4);
    const struct kept *first = history_first(history);
    struct event event = kept_event(first);
    assert_string_equal(event.object, "quiet"); /* what came first of all that is left */
    assert_memory_equal(event.output.bytes, "only", 4);
    assert_int_equal(first->number, 1);
    assert_int_equal(first->next->number, 3);
    assert_int_equal(history_track(history, 0)->number, 5);
    assert_null(history_track(history, 2));
    history_free(history);
    test_run_end(&run);
}

static void test_bytes_of_each(void **state)
{
    (void)state;
    struct run run;
    struct scenario scenario;
    struct history *history = open_history(&run, &scenario, 100);
    char *line = mem_calloc(1, 60000);
    add(history, "p", line, 60000);
    assert_int_equal(add(history, "p", line, 60000), 1); /* 100 KiB in all */
    assert_int_equal(count(history), 1);
    char *longer = mem_calloc(1, 1 << 20);
    assert_int_equal(add(history, "p", longer, 1 << 20), 1); /* one alone is kept whole */
    assert_int_equal(history_first(history)->length, 1 << 20);
    history_free(history);
    test_run_end(&run);
    free(line);
    free(longer);
}

static void test_nothing_kept(void **state)
{
    (void)state;
    struct run run;
    struct scenario scenario;
    struct history *history = open_history(&run, &scenario, 0);
    struct event event = {.kind = EVENT_PROCESS_OUTPUT, .object = "p", .output.bytes = "x", .output.length = 1};
    assert_null(history_add(history, &event, on_gone, NULL));
    history_free(history);
    test_run_end(&run);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST(&tests, test_lines_of_each);
    TEST(&tests, test_bytes_of_each);
    TEST(&tests, test_nothing_kept);
    return tests_run(&tests, "history");
}
