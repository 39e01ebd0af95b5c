/* Which events are shown. */
#include "../harness/unit.h"
#include "log/filter.h"

static enum event_level level_of(int kind)
{
    return event_row((enum event_kind)kind)->level;
}

struct level_case {
    const char *name;
    enum filter_level level;
    bool story;
    bool detail;
};

static const struct level_case levels[] = {
    {"quiet", FILTER_QUIET, false, false},
    {"story", FILTER_STORY, true, false},
    {"all", FILTER_ALL, true, true},
};

static void test_level(void **state)
{
    const struct level_case *row = *state;
    struct filter filter;
    filter_init(&filter, row->level);
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        bool expected = level_of(kind) == EVENT_LEVEL_ALWAYS  ? true
                        : level_of(kind) == EVENT_LEVEL_STORY ? row->story
                        : level_of(kind) == EVENT_LEVEL_SAMPLE ? false
                                                              : row->detail;
        assert_int_equal(filter_shows(&filter, (enum event_kind)kind, 0), expected);
        assert_int_equal(filter_shows(&filter, (enum event_kind)kind, EVENT_NAMED), expected);
        assert_true(filter_shows(&filter, (enum event_kind)kind, EVENT_WRONG | EVENT_NAMED));
    }
}

struct pattern_case {
    const char *name;
    const char *pattern;
    const char *beginning; /* of the names that it is to match; NULL: none */
};

static const struct pattern_case patterns[] = {
    {"exact", "task.ended", "task.ended"}, {"prefix", "queue.*", "queue."},  {"all", "*", ""},
    {"unknown", "task.begun", NULL},       {"part-of-a-name", "task", NULL}, {"empty", "", NULL},
};

static bool matches(const struct pattern_case *row, int kind)
{
    const char *name = event_row((enum event_kind)kind)->name;
    return row->beginning && !strncmp(name, row->beginning, strlen(row->beginning));
}

static void test_pattern(void **state)
{
    const struct pattern_case *row = *state;
    struct filter shown, hidden;
    size_t expected = 0;
    filter_init(&shown, FILTER_QUIET);
    filter_init(&hidden, FILTER_ALL);
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        expected += matches(row, kind);
    assert_int_equal(filter_set(&shown, row->pattern, true), expected);
    assert_int_equal(filter_set(&hidden, row->pattern, false), expected);
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        bool always = level_of(kind) == EVENT_LEVEL_ALWAYS;
        assert_int_equal(filter_shows(&shown, (enum event_kind)kind, 0),
                         always || matches(row, kind));
        assert_int_equal(filter_shows(&hidden, (enum event_kind)kind, 0),
                         level_of(kind) != EVENT_LEVEL_SAMPLE && !matches(row, kind));
        assert_true(filter_shows(&hidden, (enum event_kind)kind, EVENT_WRONG));
    }
}

static void test_later_wins(void **state)
{
    (void)state;
    struct filter filter;
    filter_init(&filter, FILTER_STORY);
    filter_set(&filter, "task.*", false);
    filter_set(&filter, "task.ended", true);
    assert_false(filter_shows(&filter, EVENT_TASK_STARTED, 0));
    assert_true(filter_shows(&filter, EVENT_TASK_ENDED, 0));
}

static void test_output_kinds(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        const char *name = event_row((enum event_kind)kind)->name;
        bool output = !strcmp(strchr(name, '.'), ".output");
        assert_int_equal(event_is_output((enum event_kind)kind), output);
    }
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_level, levels);
    TEST_ROWS(&tests, test_pattern, patterns);
    TEST(&tests, test_later_wins);
    TEST(&tests, test_output_kinds);
    return tests_run(&tests, "filter");
}
