/* A worker whose body is a program that is kept running: a line to it, a line back. */
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "fixture.h"

static struct worker_config shell_config(const char *script)
{
    struct worker_config config = config_of(WORKER_COPROCESS);
    config_texts_add(&config.command, "sh");
    config_texts_add(&config.command, "-c");
    config_texts_add(&config.command, script);
    if (strstr(script, "trap '' TERM"))
        config.stop.grace = 200 * NS_PER_MS; /* it is waited out; whoever ends by itself has time for that */
    return config;
}

static void send_text(struct peer *peer, uint64_t id, const char *text, size_t length)
{
    struct buf frames = {0};
    struct buf value = {0};
    value_encode_string(&value, text, length);
    frame_write_task(&frames, id, (int64_t)id, 1, peer->timeout, &(struct buf){0}, &(struct buf){0}, "", &value);
    buf_release(&value);
    peer_send(peer, &frames);
}

/* The result is the answer, as a value; the output the answer as a line. */
static void check_answer(const struct ending *ending, const struct buf *output, const char *answer)
{
    struct buf line = {0}, value = {0};
    buf_printf(&line, "%s\n", answer);
    value_encode_string(&value, answer, strlen(answer));
    assert_int_equal(ending->outcome, OUTCOME_DONE);
    assert_string_equal(buf_string(output), line.data);
    assert_int_equal(ending->text.length, value.length);
    assert_memory_equal(ending->text.data, value.data, value.length);
    buf_release(&line);
    buf_release(&value);
}

/* EXPECTED is an answer, or behind '!' the reason of a failure. */
static void check_task(struct peer *peer, uint64_t id, const char *item, const char *expected)
{
    struct buf output = {0};
    send_text(peer, id, item, strlen(item));
    struct ending ending = peer_ending(peer, id, &output);
    if (*expected == '!') {
        assert_int_equal(ending.outcome, OUTCOME_FAILED);
        assert_string_equal(buf_string(&ending.text), expected + 1);
        assert_int_equal(output.length, 0);
    } else {
        check_answer(&ending, &output, expected);
    }
    buf_release(&output);
    buf_release(&ending.text);
}

struct program_case {
    const char *name;
    const char *script;
    const char *expected[3]; /* for the items a, b and c */
    const char *log;         /* NULL: nothing */
};

#define LOOP(on_b) "while read -r x; do [ $x = b ] && " on_b "; echo \"<$x>\"; done"
#define WELCOME "!its program wrote before it was asked: 'welcome'"
#define ENDED(how) "its program ended: " how "\n"

static const struct program_case programs[] = {
    {"answers", "while read -r x; do echo \"<$x>\"; done", {"<a>", "<b>", "<c>"}, NULL},
    {"answers-nothing", "while read -r x; do echo; done", {"", "", ""}, NULL},
    {"dies-in-mid-task", LOOP("exit 3"), {"<a>", "!its program ended: exit code 3", "<c>"}, NULL},
    {"is-killed", LOOP("kill -KILL $$"), {"<a>", "!its program ended: signal KILL", "<c>"}, NULL},
    {"dies-after-each",
     "read -r x; echo \"<$x>\"; exit 3",
     {"<a>", "<b>", "<c>"},
     ENDED("exit code 3") ENDED("exit code 3") ENDED("exit code 3")},
    {"ends-after-each", "read -r x; echo \"<$x>\"", {"<a>", "<b>", "<c>"}, NULL},
    {"answers-and-dies",
     LOOP("{ echo last; kill -KILL $$; }"),
     {"<a>", "last", "<c>"},
     ENDED("signal KILL")},
    {"fails-at-the-end",
     "while read -r x; do echo \"<$x>\"; done; exit 4",
     {"<a>", "<b>", "<c>"},
     ENDED("exit code 4")},
    {"always-dies",
     "read -r x; exit 3",
     {"!its program ended: exit code 3", "!its program ended: exit code 3",
      "!its program ended: exit code 3"},
     NULL},
    {"copies-as-it-reads", "exec cat", {"a", "b", "c"}, NULL},
    {"several-lines",
     LOOP("printf '1\\n2\\n'"),
     {"<a>", "!its program answered with more than one line: '1'", "<c>"},
     NULL},
    {"welcome",
     "echo welcome; while read -r x; do echo \"<$x>\"; done",
     {WELCOME, WELCOME, WELCOME},
     NULL},
    {"half-a-line",
     LOOP("{ printf half; exit 4; }"),
     {"<a>", "!its program ended in the middle of its answer: exit code 4", "<c>"},
     NULL},
    {"closes-its-output",
     LOOP("{ exec >&-; sleep 1000; }"),
     {"<a>", "!its program closed its input or its output", "<c>"},
     NULL},
    {"overlong",
     LOOP("{ yes 0123456789012345678901234567890123456789012345678901234567890123456789 | "
          "tr -d '\\n' | head -c 70000000; }"),
     {"<a>",
      "!its program answered with more than 64 MiB: "
      "'012345678901234567890123456789012345678901234567890123456789...'",
      "<c>"},
     NULL},
};

static void test_program(void **state)
{
    const struct program_case *row = *state;
    struct worker_config config = shell_config(row->script);
    struct peer peer = peer_ready(&config);
    struct buf log = {0};
    peer.log = row->log ? &log : NULL;
    check_task(&peer, 1, "a", row->expected[0]);
    check_task(&peer, 2, "b", row->expected[1]);
    check_task(&peer, 3, "c", row->expected[2]);
    peer_finish(&peer, 0);
    if (row->log)
        assert_string_equal(buf_string(&log), row->log);
    buf_release(&log);
}

/* A second line that comes when the first was taken for the answer belongs to no later question. */
static void test_late_line(void **state)
{
    (void)state;
    char directory[] = "/tmp/parrun.XXXXXX";
    struct buf gate = {0}, script = {0};
    assert_non_null(mkdtemp(directory));
    buf_printf(&gate, "%s/gate", directory);
    assert_int_equal(mkfifo(gate.data, 0600), 0);
    buf_printf(
        &script,
        "while read -r x; do echo \"<$x>\"; if [ $x = a ]; then read -r y <%s; echo late; fi; done",
        gate.data);
    struct worker_config config = shell_config(script.data);
    struct peer peer = peer_ready(&config);
    check_task(&peer, 1, "a", "<a>");
    int opener = open(gate.data, O_WRONLY | O_CLOEXEC);
    close(opener);
    check_task(&peer, 2, "b", "!its program wrote before it was asked: 'late'");
    check_task(&peer, 3, "c", "<c>");
    peer_finish(&peer, 0);
    unlink(gate.data);
    rmdir(directory);
    buf_release(&gate);
    buf_release(&script);
}

struct json_case {
    const char *name;
    const char *line;   /* the answer to the second item, as a word of the shell */
    const char *result; /* the answer's value as JSON, or behind '!' the reason of a failure */
    const char *third;  /* the third answer: how many lines that program has read */
};

/* A failure that the program tells of leaves it running; one that it is found in does not. */
static const struct json_case json_cases[] = {
    {"item", "\"$x\"", "{\"b\":[1,\"x\\ny\",true]}", "3"},
    {"text", "'\"ü\"'", "\"ü\"", "3"},
    {"spaces", "' [ 1 , 2.5 ] '", "[1,2.5]", "3"},
    {"null", "null", "null", "3"},
    {"error", "'{\"error\": \"no such word\", \"code\": 7}'", "!no such word", "3"},
    {"error-number", "'{\"error\": 7}'", "!7", "3"},
    {"error-null", "'{\"error\": null}'", "{\"error\":null}", "3"},
    {"error-inside", "'{\"a\": {\"error\": 1}}'", "{\"a\":{\"error\":1}}", "3"},
    {"garbage", "'[1,'",
     "!its program answered with '[1,': no JSON: it ends where a value was expected", "1"},
    {"empty", "''",
     "!its program answered with '': no JSON: it ends where a value was expected", "1"},
};

/* {"b": [1, "x\ny", true]} */
static void send_table(struct peer *peer, uint64_t id)
{
    struct buf frames = {0}, value = {0};
    value_encode_table(&value, 1);
    value_encode_string(&value, "b", 1);
    value_encode_table(&value, 3);
    value_encode_integer(&value, 1);
    value_encode_integer(&value, 1);
    value_encode_integer(&value, 2);
    value_encode_string(&value, "x\ny", 3);
    value_encode_integer(&value, 3);
    value_encode_boolean(&value, true);
    frame_write_task(&frames, id, 0, 1, 0, &(struct buf){0}, &(struct buf){0}, "", &value);
    buf_release(&value);
    peer_send(peer, &frames);
}

static void check_json(struct peer *peer, uint64_t id, const char *expected)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    struct buf output = {0}, json = {0};
    struct error error = {0};
    send_table(peer, id);
    struct ending ending = peer_ending(peer, id, &output);
    const char *at = ending.text.data;
    size_t left = ending.text.length;
    if (*expected == '!') {
        assert_int_equal(ending.outcome, OUTCOME_FAILED);
        assert_string_equal(buf_string(&ending.text), expected + 1);
    } else {
        assert_int_equal(ending.outcome, OUTCOME_DONE);
        assert_int_equal(value_decode(arena, &at, &left, &value, &error), 0);
        value_json(&json, &value);
        assert_string_equal(buf_string(&json), expected);
    }
    assert_int_equal(output.length > 0, *expected != '!');
    buf_release(&ending.text);
    buf_release(&output);
    buf_release(&json);
    arena_free(arena);
}

static void test_json(void **state)
{
    const struct json_case *row = *state;
    struct buf script = {0};
    buf_printf(&script,
               "n=0; while read -r x; do n=$((n + 1)); if [ $n = 2 ]; then printf '%%s\\n' %s; "
               "else echo $n; "
               "fi; done",
               row->line);
    struct worker_config config = shell_config(script.data);
    config.json = true;
    struct peer peer = peer_ready(&config);
    check_json(&peer, 1, "1");
    check_json(&peer, 2, row->result);
    check_json(&peer, 3, row->third);
    peer_finish(&peer, 0);
    buf_release(&script);
}

static void test_newline_in_an_item(void **state)
{
    (void)state;
    struct worker_config config = shell_config("while read -r x; do echo \"<$x>\"; done");
    struct peer peer = peer_ready(&config);
    check_task(&peer, 1, "a\nb",
               "!its item has a newline and so is no line; 'format: json' can pass it");
    check_task(&peer, 2, "", "<>");
    check_task(&peer, 3, "a b", "<a b>");
    peer_finish(&peer, 0);
}

static void test_long_item(void **state)
{
    (void)state;
    struct worker_config config = shell_config("while read -r x; do echo ${#x}; done");
    struct peer peer = peer_ready(&config);
    char item[30001];
    memset(item, 'x', sizeof(item) - 1);
    item[sizeof(item) - 1] = '\0';
    check_task(&peer, 1, item, "30000");
    check_task(&peer, 2, "xy", "2");
    peer_finish(&peer, 0);
}

static void expect_refusal(struct peer *peer, const char *text)
{
    struct frame frame = peer_expect(peer, FRAME_REFUSED);
    char *reason = frame_read_text(&frame);
    assert_string_equal(reason, text);
    free(reason);
}

/* A task that comes after the refusal is not begun. */
static void check_given_up(struct peer *peer, uint64_t id)
{
    struct buf output = {0};
    send_text(peer, id, "a", 1);
    struct ending ending = peer_ending(peer, id, &output);
    assert_int_equal(ending.outcome, OUTCOME_CANCELLED);
    buf_release(&ending.text);
}

static void test_never_reads(void **state)
{
    (void)state;
    struct worker_config config = shell_config("exit 3");
    struct peer peer = peer_ready(&config);
    struct buf output = {0}, log = {0};
    peer.log = &log;
    send_text(&peer, 1, "a", 1);
    expect_refusal(&peer,
                   "worker 1: its program ended: exit code 3; 5 starts in a row have read no task");
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, OUTCOME_FAILED);
    buf_release(&ending.text);
    check_given_up(&peer, 2);
    assert_string_equal(log.data, ENDED("exit code 3") ENDED("exit code 3") ENDED("exit code 3")
                                      ENDED("exit code 3"));
    buf_release(&log);
    peer_finish(&peer, 0);
}

static void test_missing_program(void **state)
{
    (void)state;
    struct worker_config config = config_of(WORKER_COPROCESS);
    struct buf frames = {0};
    config_texts_add(&config.command, "/no/such/program");
    struct peer peer = peer_start();
    config_write(&frames, &config);
    config_release(&config);
    peer_send(&peer, &frames);
    expect_refusal(&peer, "program '/no/such/program' does not exist");
    assert_int_equal(peer_end(&peer), 1);
}

struct stop_case {
    const char *name;
    const char *script; /* a task "on" is never answered, another is */
    bool cancel;
    enum outcome outcome;
};

#define SILENT "while read -r x; do [ $x = on ] && sleep 1000; echo \"<$x>\"; done"
#define DEAF                                                                                       \
    "trap '' TERM; while read -r x; do while [ $x = on ]; do sleep 1000; done; echo \"<$x>\"; "    \
    "done"
#define DEAD_ASLEEP "sleep 1000" /* it does not even read */

static const struct stop_case stops[] = {
    {"timeout", SILENT, false, OUTCOME_TIMEOUT},
    {"cancel", SILENT, true, OUTCOME_CANCELLED},
    {"deaf-timeout", DEAF, false, OUTCOME_TIMEOUT},
    {"deaf-cancel", DEAF, true, OUTCOME_CANCELLED},
    {"asleep-timeout", DEAD_ASLEEP, false, OUTCOME_TIMEOUT},
    {"asleep-cancel", DEAD_ASLEEP, true, OUTCOME_CANCELLED},
};

static void test_stop(void **state)
{
    const struct stop_case *row = *state;
    struct worker_config config = shell_config(row->script);
    struct peer peer = peer_ready(&config);
    struct buf output = {0};
    peer.timeout = row->cancel ? 0 : 200 * NS_PER_MS;
    send_text(&peer, 1, "on", 2);
    struct pollfd from = {.fd = peer.from, .events = POLLIN};
    while (row->cancel && !poll(&from, 1, 20)) /* ignored until the task has begun */
        peer_cancel(&peer, 1);
    struct ending ending = peer_ending(&peer, 1, &output);
    assert_int_equal(ending.outcome, row->outcome);
    assert_int_equal(output.length, 0);
    buf_release(&ending.text);
    peer.timeout = 0;
    if (strcmp(row->script, DEAD_ASLEEP))
        check_task(&peer, 2, "off", "<off>");
    peer_finish(&peer, 0);
}

struct end_case {
    const char *name;
    const char *script;
    const char *log;
};

static const struct end_case ends[] = {
    /* What is written after the last answer is no answer but a line for the log. */
    {"last-words", "while read -r x; do echo \"<$x>\"; done; echo 1 task; echo bye",
     "1 task\nbye\n"},
    /* The end of its input and TERM are ignored: SIGKILL ends it. */
    {"deaf", "trap '' TERM; read -r x; echo \"<$x>\"; while :; do sleep 1000; done",
     ENDED("signal KILL")},
};

static void test_end(void **state)
{
    const struct end_case *row = *state;
    struct worker_config config = shell_config(row->script);
    struct peer peer = peer_ready(&config);
    struct buf log = {0};
    peer.log = &log;
    check_task(&peer, 1, "a", "<a>");
    peer_finish(&peer, 0);
    assert_string_equal(buf_string(&log), row->log);
    buf_release(&log);
}

int main(void)
{
    struct tests tests = {0};
    signal(SIGPIPE, SIG_IGN);
    TEST_ROWS(&tests, test_program, programs);
    TEST(&tests, test_late_line);
    TEST_ROWS(&tests, test_json, json_cases);
    TEST(&tests, test_newline_in_an_item);
    TEST(&tests, test_long_item);
    TEST(&tests, test_never_reads);
    TEST(&tests, test_missing_program);
    TEST_ROWS(&tests, test_stop, stops);
    TEST_ROWS(&tests, test_end, ends);
    return tests_run(&tests, "coprocess");
}
