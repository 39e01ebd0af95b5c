/* What jsonl writes is read back as the event that it was. */
#include <unistd.h>

#include "../log/fixture.h"
#include "record/event_reader.h"
#include "value/value.h"
#include "log/jsonl.h"

/* The line that EVENT is. */
static char *written(const struct event *event)
{
    struct told told = {0};
    struct buf text = {0};
    struct story_options options = {.parts = STORY_ALL};
    filter_init(&options.filter, FILTER_ALL);
    int fd = open_scratch();
    struct output *output = told_output(&told, fd);
    struct jsonl *jsonl = jsonl_new(&options, "20260102T030405Z-9", output);
    struct bus_reader reader = jsonl_reader(jsonl);
    reader.take(reader.arg, event);
    told_end(&told, output);
    jsonl_free(jsonl);
    read_scratch(fd, &text);
    buf_truncate(&text, text.length - 1);
    return buf_take(&text);
}

#define BYTES(text) .output.bytes = text, .output.length = sizeof(text) - 1

static const struct event_case {
    const char *name;
    struct event event;
} cases[] = {
    {"numbers",
     {.kind = EVENT_TASK_ENDED, .flags = EVENT_WRONG | EVENT_NAMED, .object = "p", .has_task = true, .task = 7,
      .place.worker = 2, .place.pid = 3, .end.has_code = true, .end.code = 4, .has_duration = true, .duration = INT64_C(1002003999),
      .span.known = true, .span.began = 15, .span.finished = INT64_C(3456000000000001), .span.all = INT64_C(3000000007), .attempt = 6,
      .output.received = 9, .usage.memory = INT64_C(1) << 40, .usage.has_cpu = true, .usage.cpu = INT64_C(5000000001), .tally.left = -1}},
    {"no-limit", {.kind = EVENT_PROCESS_RESTARTING, .object = "p", .total = EVENT_UNLIMITED, .attempt = 1, .tally.left = -1}},
    {"limit", {.kind = EVENT_PROCESS_RESTARTING, .object = "p", .total = 3, .attempt = 1, .tally.left = -1}},
    {"tally", {.kind = EVENT_POOL_ENDED, .object = "p", .tally.known = true, .tally.succeeded = 0, .tally.skipped = 1, .tally.left = 0}},
    {"tally-of-an-unknown-end", {.kind = EVENT_POOL_ENDED, .object = "p", .tally.known = true, .tally.succeeded = 2, .tally.left = -1}},
    {"books", {.kind = EVENT_QUEUE_STATS, .object = "q", .books.known = true, .books.put = 0, .books.taken = 0, .tally.left = -1}},
    {"leaked", {.kind = EVENT_RUN_ENDED, .leak.known = true, .leak.count = 0, .tally.left = -1}},
    {"signal", {.kind = EVENT_PROCESS_EXITED, .object = "p", .end.signal = 15, .tally.left = -1}},
    {"signal-of-real-time", {.kind = EVENT_PROCESS_EXITED, .object = "p", .end.signal = 40, .tally.left = -1}},
    {"allowed", {.kind = EVENT_PROCESS_ENDED, .flags = EVENT_WRONG | EVENT_ALLOWED, .object = "p", .tally.left = -1}},
    {"empty-texts", {.kind = EVENT_THREAD_OUTPUT, .object = "", BYTES(""), .output.unfinished = true, .tally.left = -1}},
    {"bytes", {.kind = EVENT_PROCESS_OUTPUT, .object = "p", .output.stream = "stderr", BYTES("\0\xFF\x80 \xC2\x9B \xF0\x9F\x98\x80\t\"\\"), .tally.left = -1}},
    {"bytes-of-three", {.kind = EVENT_PROCESS_OUTPUT, .object = "p", .output.stream = "stderr", BYTES("\xFF\xFE\xFD"), .tally.left = -1}},
    {"reason", {.kind = EVENT_THREAD_ENDED, .object = "t", .reason = "no \xFFUTF-8\n\ttraceback", .tally.left = -1}},
    {"command", {.kind = EVENT_TASK_ENDED, .object = "p", .work.command = "printf '\xE9'", .tally.left = -1}},
    {"shown", {.kind = EVENT_POOL_FAILURE, .object = "p", .work.shown = "an item", BYTES("a\nb\n"), .tally.left = -1}},
    {"message", {.kind = EVENT_QUEUE_PUT, .flags = EVENT_NAMED, .object = "q", BYTES("{\"a\": 1}"), .tally.left = -1}},
    {"sample", {.kind = EVENT_PROCESS_SAMPLE, .object = "p", .place.pid = 3, .usage.has_cpu = true, .usage.cpu = 0, .usage.memory = 4096, .tally.left = -1}},
    {"put", {.kind = EVENT_QUEUE_PUT, .object = "q", .message.number = 3, .message.party = "src", BYTES("x"), .tally.left = -1}},
    {"get", {.kind = EVENT_QUEUE_GET, .object = "q", .has_task = true, .task = 0, .place.worker = 2, .message.number = 3, .message.party = "work", BYTES("x"), .tally.left = -1}},
    {"members", {.kind = EVENT_POOL_DECLARED, .object = "p", .record.members = "\"depends_on\":[{\"name\":\"a\",\"until\":\"ready\"}],\"workers\":2", .tally.left = -1}},
    {"unrecorded", {.kind = EVENT_PROCESS_ENDED, .object = "p", .record.unrecorded = 12, .record.omitted = 3, .tally.left = -1}},
};

static void assert_text(const char *got, const char *wanted)
{
    if (wanted)
        assert_string_equal(got, wanted);
    else
        assert_null(got);
}

static void assert_same(const struct event *got, const struct event *wanted)
{
    struct event plain = *got, other = *wanted;
    assert_text(got->object, wanted->object);
    assert_text(got->reason, wanted->reason);
    assert_text(got->output.stream, wanted->output.stream);
    assert_text(got->work.command, wanted->work.command);
    assert_text(got->work.shown, wanted->work.shown);
    assert_text(got->record.members, wanted->record.members);
    assert_text(got->message.party, wanted->message.party);
    assert_int_equal(got->output.bytes != NULL, wanted->output.bytes != NULL);
    assert_int_equal(got->output.length, wanted->output.length);
    if (got->output.length)
        assert_memory_equal(got->output.bytes, wanted->output.bytes, got->output.length);
    plain.object = plain.reason = plain.output.stream = plain.work.command = plain.work.shown = plain.record.members = plain.message.party = plain.output.bytes = NULL;
    other.object = other.reason = other.output.stream = other.work.command = other.work.shown = other.record.members = other.message.party = other.output.bytes = NULL;
    plain.work.item = other.work.item = NULL;
    plain.work.item_length = other.work.item_length = 0;
    assert_memory_equal(&plain, &other, sizeof(plain));
}

/* The whole struct is compared: a member that is added and not written makes this fail once a row has it. */
static void test_event(void **state)
{
    const struct event_case *row = *state;
    struct event event = row->event, read;
    struct error error = {0};
    struct event_reader *reader = event_reader_new();
    event.wall = INT64_C(951782399123456000);
    event.at = 17;
    event.sequence = 3;
    char *line = written(&event);
    assert_int_equal(event_reader_take(reader, line, strlen(line), &read, &error), 1);
    assert_same(&read, &event);
    assert_string_equal(event_reader_run(reader), "20260102T030405Z-9");
    assert_int_equal(event_reader_unknown(reader), 0);
    event_reader_free(reader);
    free(line);
}

/* Of a task that has none, it is its number. */
static void test_item(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"{\"event\":\"task.ended\",\"pool\":\"p\",\"task\":7,\"item\":\"{\\\"x\\\":1}\"}", "{\"x\":1}"},
        {"{\"event\":\"task.ended\",\"pool\":\"p\",\"task\":7}", "7"},
    };
    for (size_t i = 0; i < countof(lines); i++) {
        struct event_reader *reader = event_reader_new();
        struct error error = {0};
        struct event read;
        struct buf text = {0};
        assert_int_equal(event_reader_take(reader, lines[i][0], strlen(lines[i][0]), &read, &error), 1);
        value_text_of(&text, read.work.item, read.work.item_length);
        assert_buf(&text, lines[i][1]);
        event_reader_free(reader);
    }
}

static void test_names_are_one_text_each(void **state)
{
    (void)state;
    struct event_reader *reader = event_reader_new();
    struct error error = {0};
    struct event read;
    const char *names[200];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 200; i++) {
            char line[100];
            snprintf(line, sizeof(line), "{\"event\":\"process.starting\",\"process\":\"p%d\"}", i);
            assert_int_equal(event_reader_take(reader, line, strlen(line), &read, &error), 1);
            if (round)
                assert_ptr_equal(read.object, names[i]);
            names[i] = read.object;
        }
    event_reader_free(reader);
}

static void test_a_later_version(void **state)
{
    (void)state;
    struct event_reader *reader = event_reader_new();
    struct error error = {0};
    struct event read;
    static const char event[] = "{\"event\":\"task.teleported\",\"pool\":\"p\"}";
    static const char field[] = "{\"event\":\"task.started\",\"pool\":\"p\",\"where\":{\"a\":[1]}}";
    assert_int_equal(event_reader_take(reader, event, strlen(event), &read, &error), 0);
    assert_int_equal(event_reader_take(reader, field, strlen(field), &read, &error), 1);
    assert_int_equal(event_reader_unknown(reader), 1);
    event_reader_free(reader);
}

static void test_what_is_no_event(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "x", "[]", "{}", "{\"event\":", "null", "{\"event\":\"task.started\"} x"};
    for (size_t i = 0; i < countof(lines); i++) {
        struct event_reader *reader = event_reader_new();
        struct error error = {0};
        struct event read;
        assert_true(event_reader_take(reader, lines[i], strlen(lines[i]), &read, &error) < 0);
        assert_non_null(error.text);
        error_release(&error);
        event_reader_free(reader);
    }
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST_ROWS(&tests, test_event, cases);
    TEST(&tests, test_item);
    TEST(&tests, test_names_are_one_text_each);
    TEST(&tests, test_a_later_version);
    TEST(&tests, test_what_is_no_event);
    return tests_run(&tests, "event_reader");
}
