/*
 * Every kind of source: the items it gives, how many it says there are, and what it says is wrong.
 * Chunks run beside the loop, in a pthread each.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/loop.h"
#include "base/arena.h"
#include "base/diag.h"
#include "engine/run.h"
#include "event/bus.h"
#include "pool/source/source.h"
#include "scenario/spec.h"
#include "value/value.h"

#define TASKS(tasks) "pools: {p: {run: x, tasks: " tasks "}}\n"
#define BATCH(size, tasks) "pools: {p: {run: x, batch: " size ", tasks: " tasks "}}\n"

/* The file `in` holds BYTES; the items are told as JSON, one behind the other. */
static const struct source_case {
    const char *name;
    const char *scenario;
    const char *items;
    int64_t count;
    const char *wrong; /* behind the items; NULL: nothing */
    const char *bytes;
    size_t length;
} cases[] = {
#define BYTES(text) text, sizeof(text) - 1
    {"count", TASKS("3"), "0 1 2 ", 3, NULL, BYTES("")},
    {"list", TASKS("[a, 1, [b], {c: d}]"), "\"a\" 1 [\"b\"] {\"c\":\"d\"} ", 4, NULL, BYTES("")},
    {"range", TASKS("{range: [5, -2, -3]}"), "5 2 -1 ", 3, NULL, BYTES("")},
    {"range to the ends",
     TASKS("{range: [-9223372036854775808, 9223372036854775807, "
           "9223372036854775807]}"),
     "-9223372036854775808 -1 9223372036854775806 ", 3, NULL, BYTES("")},
    {"matrix", TASKS("{matrix: {a: [1, 2], b: [x, y]}}"),
     "{\"a\":1,\"b\":\"x\"} {\"a\":1,\"b\":\"y\"} {\"a\":2,\"b\":\"x\"} {\"a\":2,\"b\":\"y\"} ", 4,
     NULL, BYTES("")},
    {"matrix exclude", TASKS("{matrix: {exclude: [{a: 1, b: x}, {a: 2.0}], a: [1, 2], b: [x, y]}}"),
     "{\"a\":1,\"b\":\"y\"} ", 1, NULL, BYTES("")},
    {"matrix include", TASKS("{matrix: {a: [1], include: [{a: 7, z: 8}], x-note: 1}}"),
     "{\"a\":1} {\"a\":7,\"z\":8} ", 2, NULL, BYTES("")},
    {"matrix of an empty list", TASKS("{matrix: {a: [1], b: []}}"), "", 0, NULL, BYTES("")},
    {"lines", TASKS("{lines: in}"), "\"a\" \"\" \"b c\" ", -1, NULL, BYTES("a\n\nb c")},
    {"lines of nothing", TASKS("{lines: in}"), "", -1, NULL, BYTES("")},
    {"lines with nul", TASKS("{lines: in, nul: true}"), "\"a\\n\" \"b\" ", -1, NULL,
     BYTES("a\n\0b\0")},
    {"csv", TASKS("{csv: in}"),
     "{\"a\":\"1\",\"b\":\"x, \\\"y\\\"\"} {\"a\":\"\",\"b\":\"l\\nm\"} ", -1, NULL,
     BYTES("\xef\xbb\xbf"
           "a,b\r\n1,\"x, \"\"y\"\"\"\r\n\r\n,\"l\nm\"")},
    {"csv of a header", TASKS("{csv: in}"), "", -1, NULL, BYTES("a,b\n")},
    {"csv of nothing", TASKS("{csv: in}"), "", -1, "/in:1: no header", BYTES("")},
    {"csv with a short row", TASKS("{csv: in}"), "{\"a\":\"l\\nm\",\"b\":\"2\"} ", -1,
     "/in:4: a row of 1 field, and the header has 2", BYTES("a,b\n\"l\nm\",2\n3\n")},
    {"csv with a long row", TASKS("{csv: in}"), "", -1,
     "/in:2: a row of 3 fields, and the header has 1", BYTES("a\n1,2,3\n")},
    {"csv with a column twice", TASKS("{csv: in}"), "", -1, "/in:1: two columns are called 'a'",
     BYTES("a,b,a\n")},
    {"csv with a wrong quote", TASKS("{csv: in}"), "{\"a\":\"1\"} ", -1,
     "/in:3: a quote stands inside", BYTES("a\n1\nx\"\n")},
    {"jsonl", TASKS("{jsonl: in}"), "{\"a\":[1,2.5,true]} \"s\\u0000\" null [] -7 ", -1, NULL,
     BYTES("\xef\xbb\xbf{\"a\": [1, 2.5, true]}\r\n\n\"s\\u0000\"\nnull\n \t\n[]\n-7")},
    {"jsonl with a bad line", TASKS("{jsonl: in}"), "1 ", -1,
     "/in:3: no JSON: ", BYTES("1\n\n{\"a\":}\n2\n")},
    {"jsonl with two values", TASKS("{jsonl: in}"), "", -1, "/in:1: no JSON: ", BYTES("1 2\n")},
    {"glob", TASKS("{glob: [\"*.g\", \"sub/*\", \"{b,a}.g\"]}"), "\"a.g\" \"b.g\" \"sub/c\" ", 3,
     NULL, BYTES("")},
    {"glob of nothing", TASKS("{glob: [\"*.g\", \"*.${{ 'nothing' }}\"]}"), "", -1,
     "no file matches '*.nothing'", BYTES("")},
    {"glob that may match nothing", TASKS("{glob: \"*.nothing\", optional: true}"), "", 0, NULL,
     BYTES("")},
    {"output", "vars: {v: \"x  y\"}\n" TASKS("{output: \"cat in; printf %s ${{ vars.v }}\"}"),
     "\"a\" \"b\" \"x  y\" ", -1, NULL, BYTES("a\nb\n")},
    {"output with nul", TASKS("{output: cat in, nul: true}"), "\"a\\nb\" \"c\" ", -1, NULL,
     BYTES("a\nb\0c")},
    {"output that fails", TASKS("{output: cat in; exit 3}"), "\"a\" ", -1, "exited with code 3; the half of a line that it wrote last is no task",
     BYTES("a\nhalf")},
    {"output that is killed", TASKS("{output: kill -9 $$}"), "", -1, "ended by signal KILL",
     BYTES("")},
    {"lua", TASKS("{lua: 'for n = 1, 3 do emit(n) end emit({x = \"y\"})'}"), "1 2 3 {\"x\":\"y\"} ",
     -1, NULL, BYTES("")},
    {"lua that fails", TASKS("{lua: 'emit(1) error(\"oh\")'}"), "1 ", -1, "scenario.yaml:1: oh",
     BYTES("")},
    {"lua that emits a function", TASKS("{lua: 'emit(print)'}"), "", -1,
     "a function cannot be a task's item", BYTES("")},
    {"batch", BATCH("2", "[a, b, c]"), "[\"a\",\"b\"] [\"c\"] ", 2, NULL, BYTES("")},
    {"batch of lines", BATCH("3", "{lines: in}"), "[\"a\",\"b\",\"c\"] ", -1, NULL,
     BYTES("a\nb\nc\n")},
    {"batch of nothing", BATCH("3", "0"), "", 0, NULL, BYTES("")},
    {"batch of output", BATCH("2", "{output: printf '1\\n2\\n3'}"), "[\"1\",\"2\"] [\"3\"] ", -1,
     NULL, BYTES("")},
};

/* A source that is read to its end. */
struct reading {
    struct loop *loop;
    struct items *items;
    struct buf told;
    struct error error;
    size_t most; /* items that are wanted; 0: all */
    size_t seen;
    bool over;
};

static void tell(struct reading *reading, const struct buf *encoded)
{
    struct arena *arena = arena_new();
    struct value value;
    const char *at = encoded->data;
    size_t left = encoded->length;
    assert_int_equal(value_decode(arena, &at, &left, &value, &reading->error), 0);
    assert_int_equal(left, 0);
    value_json(&reading->told, &value);
    buf_char(&reading->told, ' ');
    arena_free(arena);
}

static void read_on(void *arg)
{
    struct reading *reading = arg;
    enum items_result result = ITEMS_ONE;
    while (!reading->over && result == ITEMS_ONE) {
        struct buf encoded = {0};
        result = items_next(reading->items, &encoded, &reading->error);
        if (result == ITEMS_ONE && !reading->most)
            tell(reading, &encoded);
        else if (result != ITEMS_ONE)
            assert_int_equal(encoded.length, 0);
        buf_release(&encoded);
        if (result == ITEMS_WAIT)
            return;
        reading->over = result != ITEMS_ONE || ++reading->seen == reading->most;
    }
    if (items_finish(reading->items, false))
        loop_stop(reading->loop);
}

static void more(void *arg)
{
    struct reading *reading = arg;
    loop_defer(reading->loop, read_on, reading);
}

static void put_file(const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static const char *const files[] = {"b.g", "a.g", "sub/c", "in", "scenario.yaml"};

/* A directory with what the cases need, and the scenario in it. */
static struct scenario *make(char *directory, const char *text, const char *bytes, size_t length,
                             struct scenario_sources **held)
{
    struct diags *diags = diags_new();
    struct buf said = {0};
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(mkdir("sub", 0777), 0);
    for (size_t i = 0; i < 3; i++)
        put_file(files[i], "", 0);
    put_file("in", bytes, length);
    put_file("scenario.yaml", text, strlen(text));
    struct scenario *scenario = scenario_load("scenario.yaml", NULL, diags, held);
    diags_print(diags, &said);
    assert_null(strstr(buf_string(&said), ": error: ")); /* a source without a task draws a warning */
    buf_release(&said);
    diags_free(diags);
    assert_non_null(scenario);
    return scenario;
}

static void clear(const char *directory)
{
    for (size_t i = 0; i < countof(files); i++)
        assert_int_equal(unlink(files[i]), 0);
    assert_int_equal(rmdir("sub"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(directory), 0);
}

/* Reads the source of TEXT's pool; *COUNT is what it says of its items when it is open. */
static void read_source(struct reading *reading, const char *text, const char *bytes, size_t length,
                        int64_t *count)
{
    char directory[] = "/tmp/parrun-items-XXXXXX";
    char id[] = "test";
    struct scenario_sources *held;
    struct scenario *scenario = make(directory, text, bytes, length, &held);
    reading->loop = test_loop();
    struct run run = {.loop = reading->loop, .scenario = scenario, .identity.id = id, .bus = bus_new()};
    reading->items = items_new(&run, &scenario->pools[0], more, reading, &reading->error);
    *count = reading->items ? items_count(reading->items) : -1;
    if (reading->items) {
        loop_defer(reading->loop, read_on, reading);
        loop_run(reading->loop);
    }
    items_free(reading->items);
    loop_free(reading->loop);
    bus_free(run.bus);
    clear(directory);
    scenario_free(scenario);
    scenario_free_sources(held);
}

static void test_source(void **state)
{
    const struct source_case *source = *state;
    struct reading reading = {0};
    int64_t count;
    read_source(&reading, source->scenario, source->bytes, source->length, &count);
    assert_buf(&reading.told, source->items);
    assert_int_equal(count, source->count);
    if (source->wrong && !strstr(reading.error.text ? reading.error.text : "", source->wrong))
        fail_msg("'%s' is not in '%s'", source->wrong, reading.error.text);
    assert_int_equal(reading.error.code != 0, source->wrong != NULL);
    error_release(&reading.error);
}

/* Sources that never end: what they run is ended when no more is wanted. */
static const struct endless_case {
    const char *name;
    const char *scenario;
} endless[] = {
    {"output", TASKS("{output: \"yes\"}")},
    {"output of a group", TASKS("{output: \"yes | cat\"}")},
    {"output that is silent", TASKS("{output: \"seq 3000; exec sleep 1000\"}")},
    {"lua", TASKS("{lua: 'while true do emit(1) end'}")},
    {"lua that is silent",
     TASKS("{lua: 'for n = 1, 3000 do emit(n) end while true do parrun.sleep(10) end'}")},
    {"lua that is busy", TASKS("{lua: 'for n = 1, 3000 do emit(n) end while true do end'}")},
};

static void test_endless(void **state)
{
    const struct endless_case *source = *state;
    struct reading reading = {.most = 3000};
    int64_t count;
    read_source(&reading, source->scenario, "", 0, &count);
    assert_int_equal(reading.seen, 3000);
    assert_int_equal(reading.error.code, 0);
}

/* Pieces that are longer than one reading, and rows that lie across two. */
static void test_long_items(void **state)
{
    struct buf bytes = {0};
    struct reading reading = {.most = 3};
    int64_t count;
    (void)state;
    buf_text(&bytes, "a,b\n");
    for (int i = 0; i < 3; i++) {
        buf_text(&bytes, "\"");
        for (int j = 0; j < 200000; j++)
            buf_char(&bytes, j % 100 ? 'x' : '\n');
        buf_text(&bytes, "\",1\n");
    }
    read_source(&reading, TASKS("{csv: in}"), bytes.data, bytes.length, &count);
    assert_int_equal(reading.seen, 3);
    reading = (struct reading){.most = 6001};
    read_source(&reading, TASKS("{lines: in}"), bytes.data, bytes.length, &count);
    assert_int_equal(reading.seen, 6001);
    buf_release(&bytes);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST_ROWS(&tests, test_source, cases);
    TEST_ROWS(&tests, test_endless, endless);
    TEST(&tests, test_long_items);
    return tests_run(&tests, "sources");
}
