/* Events as JSON Lines: well-formed, keys in order. */
#include "base/str.h"
#include "fixture.h"
#include "log/jsonl.h"

/* Moves over one JSON value (RFC 8259); NULL where there is none. */
static const char *skip_value(const char *at);

static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        at++;
        if (*at == 'u') {
            for (int i = 0; i < 4; i++)
                if (!isxdigit((unsigned char)*++at))
                    return NULL;
        } else if (!*at || !strchr("\"\\/bfnrt", *at)) {
            return NULL;
        }
    }
    return at + 1;
}

static const char *skip_object(const char *at)
{
    do {
        at = at[1] == '"' ? skip_string(at + 1) : NULL;
        at = at && *at == ':' ? skip_value(at + 1) : NULL;
    } while (at && *at == ',');
    return at && *at == '}' ? at + 1 : NULL;
}

static const char *skip_list(const char *at)
{
    do
        at = skip_value(at + 1);
    while (at && *at == ',');
    return at && *at == ']' ? at + 1 : NULL;
}

static const char *skip_value(const char *at)
{
    if (*at == '"')
        return skip_string(at);
    if (*at == '{')
        return skip_object(at);
    if (*at == '[')
        return skip_list(at);
    if (!strncmp(at, "true", 4))
        return at + 4;
    char *end;
    if (*at != '-' && !isdigit((unsigned char)*at))
        return NULL;
    strtod(at, &end);
    return end == at ? NULL : end;
}

static void assert_json_line(const char *line)
{
    assert_true(utf8_valid(line, strlen(line)));
    assert_int_equal(*line, '{');
    const char *end = skip_value(line);
    if (!end || strcmp(end, "\n") != 0)
        fail_msg("no JSON line: %s", line);
}

struct jsonl_case {
    const char *name;
    struct event event;
    const char *line; /* behind "seq":1, */
};

#define BYTES(text) .output.bytes = text, .output.length = sizeof(text) - 1

static const struct jsonl_case cases[] = {
    {"least", {.kind = EVENT_RUN_ENDED}, "\"event\":\"run.ended\",\"run\":\"r\"}\n"},
    {"everything",
     {.kind = EVENT_TASK_ENDED,
      .object = "p",
      .has_task = true,
      .task = 0,
      .place.worker = 2,
      .place.pid = 3,
      .end.has_code = true,
      .end.code = 0,
      .end.signal = 15,
      .has_duration = true,
      .duration = INT64_C(1002003999),
      .span.known = true,
      .span.began = 5,
      .span.finished = INT64_C(2000000000),
      .span.all = INT64_C(3000000007),
      .attempt = 5,
      .count = 6,
      .total = 7,
      .reason = "why",
      .output.stream = "stderr",
      BYTES("m"),
      .output.unfinished = true},
     "\"event\":\"task.ended\",\"run\":\"r\",\"pool\":\"p\",\"task\":0,\"worker\":2,\"pid\":3,"
     "\"code\":0,\"signal\":\"TERM\",\"seconds\":1.002003999,\"began\":0.000000005,\"finished\":2.000000000,"
     "\"all_seconds\":3.000000007,\"attempt\":5,\"count\":6,\"total\":7,"
     "\"reason\":\"why\",\"stream\":\"stderr\",\"message\":\"m\",\"unfinished\":true}\n"},
    {"flags",
     {.kind = EVENT_TASK_STARTED, .flags = EVENT_WRONG | EVENT_NAMED | EVENT_TOLD, .object = "p"},
     "\"event\":\"task.started\",\"run\":\"r\",\"wrong\":true,\"flags\":[\"named\",\"told\"],\"pool\":\"p\"}\n"},
    {"reason-that-is-no-utf-8",
     {.kind = EVENT_THREAD_ENDED, .object = "t", .reason = "a\xFF"},
     "\"event\":\"thread.ended\",\"run\":\"r\",\"thread\":\"t\",\"reason\":\"a\\ufffd\",\"reason_base64\":\"Yf8=\"}\n"},
    {"members",
     {.kind = EVENT_POOL_DECLARED, .object = "p", .record.members = "\"workers\":2"},
     "\"event\":\"pool.declared\",\"run\":\"r\",\"pool\":\"p\",\"workers\":2}\n"},
    {"unrecorded",
     {.kind = EVENT_POOL_ENDED, .object = "p", .record.unrecorded = 7, .record.omitted = 2},
     "\"event\":\"pool.ended\",\"run\":\"r\",\"pool\":\"p\",\"unrecorded\":7,\"omitted\":2}\n"},
    {"process",
     {.kind = EVENT_PROCESS_STARTING, .object = "a\"b"},
     "\"event\":\"process.starting\",\"run\":\"r\",\"process\":\"a\\\"b\"}\n"},
    {"queue",
     {.kind = EVENT_QUEUE_PUT, .object = "q", BYTES("A")},
     "\"event\":\"queue.put\",\"run\":\"r\",\"queue\":\"q\",\"message\":\"A\"}\n"},
    {"thread-line",
     {.kind = EVENT_THREAD_OUTPUT, .object = "t", BYTES("hi\t")},
     "\"event\":\"thread.output\",\"run\":\"r\",\"thread\":\"t\",\"line\":\"hi\\t\"}\n"},
    {"task-output",
     {.kind = EVENT_TASK_OUTPUT, .object = "p", BYTES("a\nb")},
     "\"event\":\"task.output\",\"run\":\"r\",\"pool\":\"p\",\"output\":\"a\\nb\"}\n"},
    {"invalid-utf8",
     {.kind = EVENT_PROCESS_OUTPUT, .object = "p", BYTES("a\xFF")},
     "\"event\":\"process.output\",\"run\":\"r\",\"process\":\"p\",\"line\":\"a\\ufffd\","
     "\"line_base64\":\"Yf8=\"}\n"},
    {"invalid-task-output",
     {.kind = EVENT_TASK_OUTPUT, .object = "p", BYTES("\x80")},
     "\"event\":\"task.output\",\"run\":\"r\",\"pool\":\"p\",\"output\":\"\\ufffd\","
     "\"output_base64\":\"gA==\"}\n"},
    {"empty-line",
     {.kind = EVENT_PROCESS_OUTPUT, .object = "p", BYTES("")},
     "\"event\":\"process.output\",\"run\":\"r\",\"process\":\"p\",\"line\":\"\"}\n"},
    {"nul",
     {.kind = EVENT_PROCESS_OUTPUT, .object = "p", BYTES("a\0b")},
     "\"event\":\"process.output\",\"run\":\"r\",\"process\":\"p\",\"line\":\"a\\u0000b\"}\n"},
    {"signal-without-a-name",
     {.kind = EVENT_PROCESS_EXITED, .object = "p", .end.signal = 33},
     "\"event\":\"process.exited\",\"run\":\"r\",\"process\":\"p\",\"signal\":\"33\"}\n"},
};

static char *write_events(const struct event *events, size_t count, unsigned parts)
{
    struct told told = {0};
    struct buf text = {0};
    struct story_options options = {.parts = parts};
    filter_init(&options.filter, FILTER_ALL);
    int fd = open_scratch();
    struct output *output = told_output(&told, fd);
    struct jsonl *jsonl = jsonl_new(&options, "r", output);
    struct bus_reader reader = jsonl_reader(jsonl);
    for (size_t i = 0; i < count; i++) {
        struct event event = events[i];
        event.sequence = i + 1;
        event.wall = INT64_C(951782399123456000);
        event.at = 17;
        if (reader.wants(reader.arg, event.kind, event.flags))
            reader.take(reader.arg, &event);
    }
    told_end(&told, output);
    jsonl_free(jsonl);
    read_scratch(fd, &text);
    return buf_take(&text);
}

static void test_line(void **state)
{
    const struct jsonl_case *row = *state;
    char *line = write_events(&row->event, 1, STORY_ALL);
    assert_json_line(line);
    static const char head[] = "{\"time\":\"2000-02-28T23:59:59.123456Z\",\"at\":0.000000017,\"seq\":1,";
    assert_int_equal(strncmp(line, head, sizeof(head) - 1), 0);
    assert_string_equal(line + sizeof(head) - 1, row->line);
    free(line);
}

static void test_every_byte_makes_json(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        char byte = (char)i;
        struct event event = {
            .kind = EVENT_PROCESS_OUTPUT, .object = "p", .output.bytes = &byte, .output.length = 1};
        char *line = write_events(&event, 1, STORY_ALL);
        assert_json_line(line);
        assert_int_equal(strstr(line, "base64") != NULL, i >= 0x80);
        free(line);
    }
}

static void test_parts(void **state)
{
    (void)state;
    static const struct event events[] = {
        {.kind = EVENT_TASK_OUTPUT, .object = "p", BYTES("x")},
        {.kind = EVENT_TASK_ENDED, .object = "p"},
    };
    char *output = write_events(events, 2, STORY_OUTPUT);
    char *sentences = write_events(events, 2, STORY_SENTENCES);
    assert_non_null(strstr(output, "task.output"));
    assert_null(strstr(output, "task.ended"));
    assert_null(strstr(sentences, "task.output"));
    assert_non_null(strstr(sentences, "task.ended"));
    free(output);
    free(sentences);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST_ROWS(&tests, test_line, cases);
    TEST(&tests, test_every_byte_makes_json);
    TEST(&tests, test_parts);
    return tests_run(&tests, "jsonl");
}
