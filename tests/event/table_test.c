/* The table of events: every row is whole, and its sentences can be filled. */
#include <string.h>

#include "../harness/unit.h"
#include "event/event.h"

static const char *const first_words[] = {
    [EVENT_OF_RUN] = "run.",     [EVENT_OF_PROCESS] = "process.", [EVENT_OF_POOL] = "pool.",
    [EVENT_OF_QUEUE] = "queue.", [EVENT_OF_THREAD] = "thread.",
};

/* An event with everything in it that a sentence may ask for. */
static struct event full_event(enum event_kind kind, unsigned flags)
{
    return (struct event){
        .kind = kind,
        .flags = flags,
        .object = "NAME",
        .has_task = true,
        .task = 41,
        .place.worker = 42,
        .place.pid = 43,
        .end.has_code = true,
        .end.code = 44,
        .end.signal = 15,
        .has_duration = true,
        .duration = INT64_C(1500000000),
        .count = 45,
        .reason = "REASON",
        .output.bytes = "TEXT",
        .output.length = 4,
    };
}

static void assert_row(enum event_kind kind)
{
    const struct event_row *row = event_row(kind);
    const char *expected = first_words[row->object];
    assert_non_null(row->name);
    if (row->object == EVENT_OF_POOL && strncmp(row->name, "pool.", 5) != 0)
        expected = strncmp(row->name, "task.", 5) ? "worker." : "task.";
    if (strncmp(row->name, expected, strlen(expected)) != 0)
        fail_msg("%s does not begin with %s", row->name, expected);
    assert_non_null(row->help);
    assert_true(strlen(row->help) > 10);
    assert_int_equal(row->help[strlen(row->help) - 1], '.');
    for (int other = 0; other < (int)kind; other++)
        assert_string_not_equal(row->name, event_row((enum event_kind)other)->name);
}

static void test_rows_are_whole(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        assert_row((enum event_kind)kind);
}

static void test_placeholders_are_known(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        const struct event_row *row = event_row((enum event_kind)kind);
        struct event event = full_event((enum event_kind)kind, 0);
        for (size_t i = 0; i < EVENT_SENTENCES && row->sentences[i].text; i++) {
            struct buf out = {0};
            event_fill(&out, row->sentences[i].text, strlen(row->sentences[i].text), &event);
            if (strpbrk(buf_string(&out), "{}"))
                fail_msg("%s: %s", row->name, out.data);
            buf_release(&out);
        }
    }
}

/* No sentence stands behind one that is always taken before it. */
static void test_every_sentence_is_reached(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        const struct event_row *row = event_row((enum event_kind)kind);
        for (size_t i = 0; i < EVENT_SENTENCES && row->sentences[i].text; i++) {
            struct event event = full_event((enum event_kind)kind, row->sentences[i].flags);
            assert_string_equal(event_sentence(&event), row->sentences[i].text);
        }
    }
}

struct sentence_case {
    const char *name;
    enum event_kind kind;
    unsigned flags;
    const char *told; /* NULL: no sentence */
};

static const struct sentence_case sentences[] = {
    {"run-processes", EVENT_RUN_STARTED, EVENT_PROCESSES, "Parent process 43."},
    {"run-threads", EVENT_RUN_STARTED, EVENT_THREADS, "thread MainThread is running..."},
    {"run-both", EVENT_RUN_STARTED, EVENT_PROCESSES | EVENT_THREADS,
     "Parent process 43.\nthread MainThread is running..."},
    {"run-neither", EVENT_RUN_STARTED, 0, NULL},
    {"run-ended", EVENT_RUN_ENDED, EVENT_PROCESSES, ""},
    {"run-ended-threads", EVENT_RUN_ENDED, EVENT_THREADS | EVENT_WRONG, "thread MainThread ended."},
    {"process", EVENT_PROCESS_STARTED, 0, "Run child process NAME (43)..."},
    {"process-named", EVENT_PROCESS_STARTED, EVENT_NAMED, "Run child process NAME (43)..."},
    {"writer", EVENT_PROCESS_STARTED, EVENT_PRODUCER, "Process to write: 43"},
    {"writers", EVENT_PROCESS_STARTED, EVENT_PRODUCER | EVENT_ALIKE, "Process NAME to write: 43"},
    {"reader", EVENT_PROCESS_STARTED, EVENT_CONSUMER, "Process to read: 43"},
    {"reader-and-writer", EVENT_PROCESS_STARTED, EVENT_CONSUMER | EVENT_PRODUCER | EVENT_ALIKE,
     "Process NAME to read and write: 43"},
    {"exited", EVENT_PROCESS_EXITED, 0, "Process NAME exited with code 44."},
    {"signaled", EVENT_PROCESS_EXITED, EVENT_SIGNALED, "Process NAME was ended by signal TERM."},
    {"failed", EVENT_PROCESS_EXITED, EVENT_REASONED | EVENT_WRONG, "Process NAME failed: REASON."},
    {"told-already", EVENT_PROCESS_ENDED, EVENT_TOLD | EVENT_NAMED, ""},
    {"task", EVENT_TASK_ENDED, 0, "Task 41 runs 1.50 seconds."},
    {"task-named", EVENT_TASK_ENDED, EVENT_NAMED, "Task 41 of pool NAME runs 1.50 seconds."},
    {"task-wrong", EVENT_TASK_ENDED, EVENT_WRONG, "Task 41 failed: REASON."},
    {"task-timeout", EVENT_TASK_TIMEOUT, EVENT_WRONG, "Task 41 timed out after 1s500ms."},
    {"put", EVENT_QUEUE_PUT, 0, "Put TEXT to queue..."},
    {"put-named", EVENT_QUEUE_PUT, EVENT_NAMED, "Put TEXT to queue NAME..."},
    {"get", EVENT_QUEUE_GET, 0, "Get TEXT from queue."},
    {"left-over", EVENT_QUEUE_CLOSED, EVENT_WRONG,
     "Queue NAME ended with 45 messages that nobody took."},
    {"scaled-to-none", EVENT_POOL_SCALED, EVENT_REASONED, "Pool NAME is scaled from 0 to 45 workers: REASON."},
    {"thread", EVENT_THREAD_ENDED, 0, "thread NAME ended."},
    {"worker-lost", EVENT_WORKER_LOST, EVENT_WRONG, "Worker 42 of pool NAME was lost: REASON."},
    {"output", EVENT_PROCESS_OUTPUT, 0, NULL},
};

static void test_sentence(void **state)
{
    const struct sentence_case *row = *state;
    struct event event = full_event(row->kind, row->flags);
    const char *sentence = event_sentence(&event);
    if (!row->told) {
        assert_null(sentence);
        return;
    }
    assert_non_null(sentence);
    struct buf out = {0};
    event_fill(&out, sentence, strlen(sentence), &event);
    assert_buf(&out, row->told);
}

struct fill_case {
    const char *name;
    const char *sentence;
    struct event event;
    const char *filled;
};

#define SEVENTY "1234567890123456789012345678901234567890123456789012345678901234567890"
#define EIGHTY SEVENTY "1234567890"

static const struct fill_case fills[] = {
    {"nothing", "no braces", {0}, "no braces"},
    {"empty", "", {0}, ""},
    {"unknown-stays", "{what} {} {", {0}, "{what} {} {"},
    {"no-object", "<{name}>", {0}, "<>"},
    {"no-reason", "<{reason}>", {0}, "<>"},
    {"braces-in-a-value", "{name}!", {.object = "{pid}"}, "{pid}!"},
    {"nul-in-a-value", "<{text}>", {.output.bytes = "a", .output.length = 1}, "<a>"},
    {"seconds-rounded-up", "{seconds}", {.duration = 5000000}, "0.01"},
    {"seconds-rounded-down", "{seconds}", {.duration = 4999999}, "0.00"},
    {"seconds-carried", "{seconds}", {.duration = INT64_C(1999999999)}, "2.00"},
    {"seconds-long", "{seconds}", {.duration = INT64_C(123456780000000)}, "123456.78"},
    {"limit", "{limit}", {.duration = INT64_C(90000000000)}, "1m30s"},
    {"when", "{when}", {.duration = INT64_C(1500000000)}, "in 1s500ms"},
    {"when-at-once", "{when}", {0}, "at once"},
    {"when-below-a-millisecond", "{when}", {.duration = 999999}, "at once"},
    {"signal-without-a-name", "{signal}", {.end.signal = 33}, "33"},
    {"no-item", "{task}{item}", {.task = 4}, "4"},
    {"item", "{task}{item}", {.task = 4, .work.shown = "a b"}, "4 (a b)"},
    {"item-as-long-as-there-is-room", "{item}", {.work.shown = EIGHTY}, " (" EIGHTY ")"},
    {"item-too-long", "{item}", {.work.shown = EIGHTY "x"}, " (" EIGHTY "...)"},
    {"item-not-cut-in-a-character", "{item}", {.work.shown = SEVENTY "123456789\xC3\xBC"},
     " (" SEVENTY "123456789...)"},
    {"cell-before-item", "{item}", {.work.shown = "{\"a\":1}", .work.cell = "1"}, " (1)"},
    {"negative", "{task} {code}", {.task = -1, .end.code = -2}, "-1 -2"},
};

static void test_fill(void **state)
{
    const struct fill_case *row = *state;
    struct buf out = {0};
    event_fill(&out, row->sentence, strlen(row->sentence), &row->event);
    assert_buf(&out, row->filled);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_rows_are_whole);
    TEST(&tests, test_placeholders_are_known);
    TEST(&tests, test_every_sentence_is_reached);
    TEST_ROWS(&tests, test_sentence, sentences);
    TEST_ROWS(&tests, test_fill, fills);
    return tests_run(&tests, "table");
}
