/* The story, line for line. */
#include "fixture.h"
#include "log/story.h"

#define EVENTS 5

struct story_case {
    const char *name;
    enum filter_level level;
    enum story_part part;
    bool prefix;
    struct event events[EVENTS]; /* the run's start, which is kind 0, only as the first */
    size_t count;
    const char *told;
};

#define LINE(kind_, object_, text)                                                                 \
    {                                                                                              \
        .kind = kind_, .object = object_, .output.bytes = text, .output.length = sizeof(text) - 1,               \
        .output.stream = "stdout"                                                                         \
    }
#define TASK_OUTPUT(text) LINE(EVENT_TASK_OUTPUT, "p", text)
#define TASK_ENDED                                                                                 \
    {                                                                                              \
        .kind = EVENT_TASK_ENDED, .object = "p", .task = 3, .duration = 0                          \
    }

static const struct story_case cases[] = {
    {"sentence", FILTER_STORY, STORY_ALL, true, {TASK_ENDED}, 1, "Task 3 runs 0.00 seconds.\n"},
    {"two-lines",
     FILTER_STORY,
     STORY_ALL,
     true,
     {{.kind = EVENT_RUN_STARTED, .flags = EVENT_PROCESSES | EVENT_THREADS, .place.pid = 7}},
     1,
     "Parent process 7.\nthread MainThread is running...\n"},
    {"no-line",
     FILTER_STORY,
     STORY_ALL,
     true,
     {{.kind = EVENT_TASK_ENDED, .flags = EVENT_TOLD}, {.kind = EVENT_RUN_ENDED}},
     2,
     ""},
    {"detail-hidden",
     FILTER_STORY,
     STORY_ALL,
     true,
     {{.kind = EVENT_QUEUE_OPENED, .object = "q"}},
     1,
     ""},
    {"detail-shown",
     FILTER_ALL,
     STORY_ALL,
     true,
     {{.kind = EVENT_QUEUE_OPENED, .object = "q"}},
     1,
     "Queue q opened.\n"},
    {"quiet", FILTER_QUIET, STORY_ALL, true, {TASK_ENDED}, 1, ""},
    {"process-line",
     FILTER_STORY,
     STORY_ALL,
     true,
     {LINE(EVENT_PROCESS_OUTPUT, "a", "hi")},
     1,
     "a | hi\n"},
    {"no-prefix",
     FILTER_STORY,
     STORY_ALL,
     false,
     {LINE(EVENT_PROCESS_OUTPUT, "a", "hi")},
     1,
     "hi\n"},
    {"empty-line",
     FILTER_STORY,
     STORY_ALL,
     true,
     {LINE(EVENT_PROCESS_OUTPUT, "a", "")},
     1,
     "a | \n"},
    {"thread-line",
     FILTER_STORY,
     STORY_ALL,
     true,
     {LINE(EVENT_THREAD_OUTPUT, "t", "1")},
     1,
     "thread t >>> 1\n"},
    {"worker-line",
     FILTER_STORY,
     STORY_ALL,
     true,
     {{.kind = EVENT_WORKER_OUTPUT, .object = "p", .place.worker = 2, .output.bytes = "x", .output.length = 1}},
     1,
     "p.2 | x\n"},
    {"task-output",
     FILTER_STORY,
     STORY_ALL,
     true,
     {TASK_OUTPUT("a\nb\n"), TASK_ENDED},
     2,
     "a\nb\nTask 3 runs 0.00 seconds.\n"},
    {"no-newline-then-sentence",
     FILTER_STORY,
     STORY_ALL,
     true,
     {TASK_OUTPUT("a"), TASK_ENDED},
     2,
     "a\nTask 3 runs 0.00 seconds.\n"},
    {"no-newline-then-more",
     FILTER_STORY,
     STORY_ALL,
     true,
     {TASK_OUTPUT("a"), TASK_OUTPUT("b\n"), TASK_ENDED},
     3,
     "ab\nTask 3 runs 0.00 seconds.\n"},
    {"no-newline-then-line",
     FILTER_STORY,
     STORY_ALL,
     true,
     {TASK_OUTPUT("a"), LINE(EVENT_PROCESS_OUTPUT, "b", "c")},
     2,
     "a\nb | c\n"},
    {"no-newline-then-untold",
     FILTER_STORY,
     STORY_ALL,
     true,
     {TASK_OUTPUT("a"), {.kind = EVENT_TASK_ENDED, .flags = EVENT_TOLD}, TASK_OUTPUT("b")},
     3,
     "ab"},
    {"empty-task-output",
     FILTER_STORY,
     STORY_ALL,
     true,
     {TASK_OUTPUT("a"), TASK_OUTPUT(""), TASK_ENDED},
     3,
     "a\nTask 3 runs 0.00 seconds.\n"},
    {"sentences-alone",
     FILTER_STORY,
     STORY_SENTENCES,
     true,
     {TASK_OUTPUT("a"), TASK_ENDED},
     2,
     "Task 3 runs 0.00 seconds.\n"},
    {"output-alone", FILTER_STORY, STORY_OUTPUT, true, {TASK_OUTPUT("a"), TASK_ENDED}, 2, "a"},
};

static char *tell(const struct story_options *options, const struct event *events, size_t count)
{
    struct told told = {0};
    struct buf text = {0};
    int fd = open_scratch();
    struct output *output = told_output(&told, fd);
    struct story *story = story_new(options, output);
    struct bus_reader reader = story_reader(story);
    show_events(&reader, events, count);
    told_end(&told, output);
    story_free(story);
    read_scratch(fd, &text);
    return buf_take(&text);
}

static void test_story(void **state)
{
    const struct story_case *row = *state;
    struct story_options options = {.parts = row->part, .prefix = row->prefix};
    filter_init(&options.filter, row->level);
    char *text = tell(&options, row->events, row->count);
    assert_string_equal(text, row->told);
    free(text);
}

/* "2026-01-02T03:04:05.678901Z " in front of TEXT's line. */
static const char *skip_timestamp(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00.000000Z ";
    for (size_t i = 0; form[i]; i++) {
        if (form[i] == '0')
            assert_true(isdigit((unsigned char)text[i]));
        else
            assert_int_equal(text[i], form[i]);
    }
    return text + sizeof(form) - 1;
}

static void test_timestamps(void **state)
{
    (void)state;
    static const struct event events[] = {
        {.kind = EVENT_RUN_STARTED, .flags = EVENT_PROCESSES | EVENT_THREADS, .place.pid = 7},
        LINE(EVENT_PROCESS_OUTPUT, "a", "hi"),
    };
    struct story_options options = {
        .parts = STORY_ALL, .prefix = true, .timestamps = true};
    filter_init(&options.filter, FILTER_STORY);
    char *text = tell(&options, events, countof(events));
    static const char *const lines[] = {"Parent process 7.\n", "thread MainThread is running...\n",
                                        "a | hi\n"};
    const char *at = text;
    for (size_t i = 0; i < countof(lines); i++) {
        at = skip_timestamp(at);
        assert_int_equal(strncmp(at, lines[i], strlen(lines[i])), 0);
        at += strlen(lines[i]);
    }
    assert_int_equal(*at, '\0');
    free(text);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST_ROWS(&tests, test_story, cases);
    TEST(&tests, test_timestamps);
    return tests_run(&tests, "story");
}
