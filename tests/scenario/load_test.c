/* A scenario's text -> the typed scenario. */
#include "fixture.h"

#include <sched.h>

#include "base/unit.h"
#include "template/template.h"
#include "yaml/tree.h"

static const char *text_of(const struct template *parsed)
{
    size_t length;
    return template_source(parsed, &length);
}

static const struct value *find_var(const struct value *vars, const char *override)
{
    size_t length = strcspn(override, "=");
    for (size_t i = 0; i < vars->table.count; i++)
        if (vars->table.pairs[i].key.string.length == length &&
            !memcmp(vars->table.pairs[i].key.string.bytes, override, length))
            return &vars->table.pairs[i].value;
    return NULL;
}

static void test_names_and_defaults(void **state)
{
    (void)state;
    struct loaded loaded = load_right("queues: {q: }\n"
                                      "processes: {p: {run: echo hi, produces: q}}\n"
                                      "pools: {o: {run: 'true', tasks: 5, consumes: q}}\n"
                                      "threads: {t: {lua: x = 1}}\n");
    const struct scenario *s = loaded.scenario;
    char *real = realpath("/tmp", NULL);
    assert_int_equal(s->version, 1);
    assert_string_equal(s->name, "scenario");
    assert_string_equal(s->source.file, "scenario.yaml");
    assert_string_equal(s->source.directory + strlen(real), loaded.directory + strlen("/tmp"));
    assert_int_equal(s->log.format, LOG_STORY);
    assert_int_equal(s->log.show_count, 0);
    assert_int_equal(s->log.hide_count, 0);
    assert_false(s->log.timestamps);
    assert_true(s->log.prefix);
    assert_int_equal(s->queues[0].capacity, 65536);
    assert_true(s->queues[0].close_auto);
    assert_false(s->queues[0].trace);
    const struct process_spec *p = &s->processes[0];
    assert_string_equal(p->object.name, "p");
    assert_int_equal(p->object.mark.line, 2);
    assert_int_equal(p->object.body.kind, BODY_RUN);
    assert_int_equal(p->object.body.shell_count, 2);
    assert_string_equal(p->object.body.shell[0], "/bin/sh");
    assert_string_equal(p->object.body.shell[1], "-c");
    assert_string_equal(text_of(p->object.body.run), "echo hi");
    assert_null(p->object.cwd);
    assert_int_equal(p->object.timeout, 0);
    assert_int_equal(p->stop->signal, 15);
    assert_int_equal(p->stop->grace, 10 * NS_PER_S);
    assert_int_equal(p->streams[0]->kind, STREAM_NULL);
    assert_int_equal(p->streams[1]->kind, STREAM_LOG);
    assert_int_equal(p->streams[2]->kind, STREAM_JOINED);
    const struct pool_spec *o = &s->pools[0];
    assert_int_equal(o->kind, POOL_PROCESS);
    assert_int_equal(o->output, OUTPUT_GROUP);
    assert_int_equal(o->tasks.kind, SOURCE_COUNT);
    assert_int_equal(o->tasks.count, 5);
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
    assert_int_equal(o->staff.workers, CPU_COUNT(&set));
    assert_int_equal(s->threads[0].replicas, 1);
    free(real);
    loaded_release(&loaded);
}

static void test_streams(void **state)
{
    (void)state;
    struct loaded loaded =
        load_with("queues: {a: {items: [x]}, b: , c: {items: [x]}, d: }\n"
                   "processes:\n"
                   "  p:\n"
                   "    exec: [cat, \"-\"]\n"
                   "    stdin: {queue: a}\n"
                   "    stdout: {queue: b}\n"
                   "    stderr: stdout\n"
                   "    produces: [d, b, d]\n"
                   "    consumes: c\n"
                   "    fds: {3: {queue: c}, 4: {queue: d}, 5: {text: hi}, 6: ~, 7: {file: f}}\n"
                   "  q: {run: x, stdin: {text: \"a\\nb\"}, stdout: {file: o, append: true},\n"
                   "      stderr: inherit, consumes: [b, d]}\n"
                   "  r: {run: x, stdin: ~, stdout: null, stderr: 'null'}\n", NULL, 0); /* and a warning of what stands twice */
    const struct scenario *s = loaded.scenario;
    const struct process_spec *p = &s->processes[0];
    assert_int_equal(p->object.body.kind, BODY_EXEC);
    assert_int_equal(p->object.body.argument_count, 2);
    assert_string_equal(text_of(p->object.body.arguments[1]), "-");
    assert_int_equal(p->streams[0]->kind, STREAM_QUEUE);
    assert_int_equal(p->streams[0]->queue, 0);
    assert_int_equal(p->streams[1]->queue, 1);
    assert_int_equal(p->streams[2]->kind, STREAM_STDOUT);
    assert_int_equal(p->object.queues.produces_count, 2);
    assert_int_equal(p->object.queues.produces[0], 3);
    assert_int_equal(p->object.queues.produces[1], 1);
    assert_int_equal(p->object.queues.consumes_count, 2);
    assert_int_equal(p->object.queues.consumes[0], 2);
    assert_int_equal(p->object.queues.consumes[1], 0);
    assert_int_equal(p->fd_count, 5);
    assert_int_equal(p->fds[0].fd, 3);
    assert_true(p->fds[0].stream.input);
    assert_false(p->fds[1].stream.input);
    assert_true(p->fds[2].stream.input);
    assert_int_equal(p->fds[3].stream.kind, STREAM_NULL);
    assert_int_equal(p->fds[4].stream.kind, STREAM_FILE);
    const struct process_spec *q = &s->processes[1];
    assert_string_equal(text_of(q->streams[0]->text), "a\nb");
    assert_true(q->streams[1]->append);
    assert_string_equal(text_of(q->streams[1]->path), "o");
    assert_int_equal(q->streams[2]->kind, STREAM_INHERIT);
    for (int i = 0; i < 3; i++)
        assert_int_equal(s->processes[2].streams[i]->kind, STREAM_NULL);
    loaded_release(&loaded);
}

/* Of a dependency that says no more: until it is ready where that is told, a daemon's start, the others' success. */
static void test_what_is_waited_for(void **state)
{
    (void)state;
    struct loaded loaded = load_right("processes:\n"
                                      "  told: {run: x, ready: {log: up}}\n"
                                      "  served: {run: x, ready: {log: up}, daemon: true}\n"
                                      "  daemon: {run: x, daemon: true}\n"
                                      "  plain: {run: x}\n"
                                      "  last: {run: x, depends_on: [told, served, daemon, plain]}\n");
    static const enum condition conditions[] = {CONDITION_READY, CONDITION_READY, CONDITION_STARTED, CONDITION_SUCCEEDED};
    const struct object_spec *last = &loaded.scenario->processes[4].object;
    assert_int_equal(last->depends_on_count, countof(conditions));
    for (size_t i = 0; i < countof(conditions); i++)
        assert_int_equal(last->depends_on[i].condition, conditions[i]);
    loaded_release(&loaded);
}

static void test_environment(void **state)
{
    (void)state;
    struct loaded loaded = load_right("env: {A: one, B: 2}\n"
                                      "processes:\n"
                                      "  p: {run: x, env: {B: true, C: \"\"}, cwd: .}\n"
                                      "  q: {run: x}\n");
    const struct object_spec *p = &loaded.scenario->processes[0].object;
    static const char *const expected[][2] = {{"A", "one"}, {"B", "true"}, {"C", ""}};
    assert_int_equal(p->env_count, countof(expected));
    for (size_t i = 0; i < countof(expected); i++) {
        assert_string_equal(p->env[i].name, expected[i][0]);
        assert_string_equal(text_of(p->env[i].value), expected[i][1]);
    }
    assert_int_equal(loaded.scenario->processes[1].object.env_count, 2);
    assert_string_equal(text_of(p->cwd), ".");
    loaded_release(&loaded);
}

static void test_sources(void **state)
{
    (void)state;
    struct loaded loaded = load_right(
        "pools:\n"
        "  list: {run: x, tasks: [a, 1, 1.5, true, \"2\", 007, [n], {k: v}], workers: 3}\n"
        "  none: {run: x, tasks: 0, workers: 1%}\n"
        "  up: {run: x, tasks: {range: [1, 10, 3]}, workers: 100000%}\n"
        "  down: {run: x, tasks: {range: [5, 1, -2]}}\n"
        "  empty: {run: x, tasks: {range: [\"${{ 5 }}\", 1]}}\n"
        "  lines: {run: x, tasks: {lines: urls.txt}}\n"
        "  stdin: {run: x, tasks: {lines: -}}\n");
    const struct pool_spec *pools = loaded.scenario->pools;
    static const enum value_type types[] = {VALUE_STRING,  VALUE_INTEGER, VALUE_NUMBER,
                                            VALUE_BOOLEAN, VALUE_STRING,  VALUE_STRING,
                                            VALUE_TABLE,   VALUE_TABLE};
    assert_int_equal(pools[0].tasks.kind, SOURCE_LIST);
    assert_int_equal(pools[0].tasks.count, countof(types));
    for (size_t i = 0; i < countof(types); i++)
        assert_int_equal(pools[0].tasks.items[i].type, types[i]);
    assert_string_equal(pools[0].tasks.items[5].string.bytes, "007");
    assert_int_equal(pools[0].staff.workers, 3);
    assert_int_equal(pools[1].tasks.count, 0);
    assert_int_equal(pools[1].staff.workers, 1);
    assert_int_equal(pools[2].tasks.kind, SOURCE_RANGE);
    assert_int_equal(pools[2].tasks.count, 4);
    assert_int_equal(pools[2].tasks.step, 3);
    assert_in_range(pools[2].staff.workers, 1, 1024);
    assert_int_equal(pools[3].tasks.count, 3);
    assert_int_equal(pools[4].tasks.count, 0);
    assert_int_equal(pools[5].tasks.kind, SOURCE_LINES);
    assert_int_equal(pools[5].tasks.path[0], '/');
    assert_non_null(strstr(pools[5].tasks.path, "/urls.txt"));
    assert_string_equal(pools[6].tasks.path, "-");
    loaded_release(&loaded);
}

static void test_lua(void **state)
{
    (void)state;
    struct loaded loaded = load_right("pools:\n"
                                      "  p:\n"
                                      "    kind: thread\n"
                                      "    tasks: 1\n"
                                      "    setup: n = 1\n"
                                      "    lua: |\n"
                                      "      -- ${{ no template }}\n"
                                      "      print(n)\n");
    const struct pool_spec *pool = &loaded.scenario->pools[0];
    assert_int_equal(pool->kind, POOL_THREAD);
    assert_int_equal(pool->object.body.kind, BODY_LUA);
    assert_int_equal(pool->object.body.lua.line, 7);
    assert_string_equal(pool->object.body.lua.file, "scenario.yaml");
    assert_string_equal(pool->object.body.lua.text, "-- ${{ no template }}\nprint(n)\n");
    assert_int_equal(pool->setup.line, 5);
    assert_string_equal(pool->setup.text, "n = 1");
    loaded_release(&loaded);
}

static void test_log(void **state)
{
    (void)state;
    struct loaded loaded =
        load_right("log: {show: [task.*, queue.put], hide: run.ended, format: json, timestamps: true, prefix: false}\n"
                   "threads: {t: {lua: x = 1, replicas: 0x10, daemon: true, timeout: 1.5}}\n");
    const struct log_spec *log = &loaded.scenario->log;
    assert_int_equal(log->show_count, 2);
    assert_string_equal(log->show[1], "queue.put");
    assert_int_equal(log->hide_count, 1);
    assert_string_equal(log->hide[0], "run.ended");
    assert_int_equal(log->format, LOG_JSON);
    assert_true(log->timestamps);
    assert_false(log->prefix);
    assert_int_equal(loaded.scenario->threads[0].replicas, 16);
    assert_true(loaded.scenario->threads[0].daemon);
    assert_int_equal(loaded.scenario->threads[0].object.timeout, 1500 * NS_PER_MS);
    loaded_release(&loaded);
}

/* Templates outside what a body runs give their values, with their types, when the file is read. */
static void test_evaluated(void **state)
{
    (void)state;
    setenv("PARRUN_TEST_DIR", "here", 1);
    struct loaded loaded = load_right("name: ${{ env.PARRUN_TEST_DIR }}-run\n"
                                      "vars: {n: 4, on: true, who: \"${{ name }}\", d: 2s}\n"
                                      "pools:\n"
                                      "  p:\n"
                                      "    workers: ${{ vars.n // 2 }}\n"
                                      "    tasks: [\"${{ vars.n }}\", \"${{ name }}!\"]\n"
                                      "    timeout: ${{ vars.d }}\n"
                                      "    run: echo ${{ item }} ${{ vars.who }}\n"
                                      "  q: {tasks: {range: [0, \"${{ vars.n }}\"]}, run: x}\n"
                                      "  r: {tasks: {lines: \"${{ vars.who }}.txt\"}, run: x}\n"
                                      "processes:\n"
                                      "  a: {run: x, daemon: \"${{ vars.on }}\"}\n");
    const struct scenario *s = loaded.scenario;
    assert_string_equal(s->name, "here-run");
    assert_string_equal(find_var(&s->vars, "who")->string.bytes, "here-run");
    assert_int_equal(s->pools[0].staff.workers, 2);
    assert_int_equal(s->pools[0].object.timeout, 2 * NS_PER_S);
    assert_int_equal(s->pools[0].tasks.items[0].type, VALUE_INTEGER);
    assert_int_equal(s->pools[0].tasks.items[0].integer, 4);
    assert_string_equal(s->pools[0].tasks.items[1].string.bytes, "p!");
    assert_true(template_uses_task(s->pools[0].object.body.run));
    assert_int_equal(s->pools[1].tasks.count, 5);
    assert_non_null(strstr(s->pools[2].tasks.path, "/here-run.txt"));
    assert_true(s->processes[0].daemon);
    loaded_release(&loaded);
}

static void test_own_keys(void **state)
{
    (void)state;
    struct loaded loaded = load_right("x-a: &a {run: 'true', x-note: ['${{', ]}\n"
                                      "processes: {p: {<<: *a, stop: {x-b: 1}}, q: *a}\n"
                                      "log: {x-c: 1}\n");
    assert_int_equal(loaded.scenario->process_count, 2);
    loaded_release(&loaded);
}

static void test_byte_order_mark(void **state)
{
    (void)state;
    struct loaded loaded = load_right("\xEF\xBB\xBFprocesses: {p: {run: x}}\r\n");
    assert_int_equal(loaded.scenario->process_count, 1);
    loaded_release(&loaded);
}

static void test_path(void **state)
{
    (void)state;
    struct scenario scenario = {.source.directory = "/some/where"};
    static const char *const rows[][2] = {
        {"a/b", "/some/where/a/b"}, {"/a", "/a"}, {"./x", "/some/where/./x"}};
    for (size_t i = 0; i < countof(rows); i++) {
        char *path = scenario_path(&scenario, rows[i][0]);
        assert_string_equal(path, rows[i][1]);
        free(path);
    }
}

static void test_missing_file(void **state)
{
    (void)state;
    static const char *const files[] = {"/no/such/file.yaml", "/", "/proc/self/mem"};
    for (size_t i = 0; i < countof(files); i++) {
        struct diags *diags = diags_new();
        struct scenario_sources *held;
        assert_null(scenario_load(files[i], NULL, diags, &held));
        assert_int_equal(diags_count(diags), 1);
        scenario_free_sources(held);
        diags_free(diags);
    }
}

static void test_large_file(void **state)
{
    (void)state;
    char name[] = "/tmp/parrun-scenario-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)TREE_FILE_LIMIT + 1), 0);
    struct diags *diags = diags_new();
    struct scenario_sources *held;
    struct buf said = {0};
    assert_null(scenario_load(name, NULL, diags, &held));
    diags_print(diags, &said);
    assert_non_null(strstr(buf_string(&said), "is larger than 64 MB"));
    close(fd);
    unlink(name);
    buf_release(&said);
    scenario_free_sources(held);
    diags_free(diags);
}

#define VARS_TEXT                                                                                  \
    "vars: {size: 200, ratio: 0.5, on: true, word: a, digits: \"1\", list: [1], none: }\n"         \
    "threads: {t: {lua: x = 1}}\n"

struct override_case {
    const char *name;
    const char *override;
    const char *said; /* NULL: nothing, and VALUE is what the variable becomes */
    struct value value;
};

static const struct override_case overrides[] = {
    {"integer", "size=400", NULL, {.type = VALUE_INTEGER, .integer = 400}},
    {"integer gets a fraction", "size=1.5", NULL, {.type = VALUE_NUMBER, .number = 1.5}},
    {"integer gets a text", "size=abc", "parrun: error: size=abc: expected a number\n", {0}},
    {"integer gets nothing", "size=", "parrun: error: size=: expected a number\n", {0}},
    {"number", "ratio=2", NULL, {.type = VALUE_NUMBER, .number = 2}},
    {"boolean", "on=false", NULL, {.type = VALUE_BOOLEAN, .boolean = false}},
    {"boolean gets yes", "on=yes", "parrun: error: on=yes: expected true or false\n", {0}},
    {"string", "word=b=c", NULL, {.type = VALUE_STRING, .string = {"b=c", 3}}},
    {"string stays one", "digits=22", NULL, {.type = VALUE_STRING, .string = {"22", 2}}},
    {"string gets a template",
     "word=${{ x }}",
     NULL,
     {.type = VALUE_STRING, .string = {"${{ x }}", 8}}},
    {"null gets a text", "none=3", NULL, {.type = VALUE_STRING, .string = {"3", 1}}},
    {"list",
     "list=3",
     "parrun: error: list=3: a list or a mapping cannot be replaced from the command line\n",
     {0}},
    {"unknown",
     "siez=3",
     "parrun: error: siez=3: unknown variable 'siez'\n"
     "      | did you mean 'size'? known are size, ratio, on, word, digits, list, none\n",
     {0}},
    {"no equals sign", "size", "parrun: error: 'size' is not of the form NAME=VALUE\n", {0}},
    {"escape",
     "a\x1b=3",
     "parrun: error: a?=3: unknown variable 'a?'\n"
     "      | known are size, ratio, on, word, digits, list, none\n",
     {0}},
};

static void test_override(void **state)
{
    const struct override_case *row = *state;
    struct loaded loaded = load_with(VARS_TEXT, &row->override, 1);
    assert_string_equal(loaded.said, row->said ? row->said : "");
    if (!row->said) {
        const struct value *value = find_var(&loaded.scenario->vars, row->override);
        struct buf got = {0}, expected = {0};
        assert_int_equal(value->type, row->value.type);
        value_text(&got, value);
        value_text(&expected, &row->value);
        assert_string_equal(buf_string(&got), buf_string(&expected));
        buf_release(&got);
        buf_release(&expected);
    }
    loaded_release(&loaded);
}

static void test_override_without_vars(void **state)
{
    (void)state;
    static const char *const override[] = {"a=1"};
    struct loaded loaded = load_with("threads: {t: {lua: x = 1}}\n", override, 1);
    assert_string_equal(loaded.said, "parrun: error: a=1: unknown variable 'a'\n"
                                     "      | the scenario has no vars\n");
    loaded_release(&loaded);
}

/* What is not given is worked out once for all objects of a kind: what one of them is given is its own. */
static void test_defaults_are_not_shared(void **state)
{
    (void)state;
    struct loaded loaded = load_right("env: {A: b}\n"
                                      "processes:\n"
                                      "  p: {run: x, stop: {signal: INT}, restart: always, stdout: 'null', shell: bash, env: {C: d}, when: false}\n"
                                      "  q: {run: x, finally: y}\n"
                                      "  r: {run: x, stop: {grace: 1s}, success_codes: 3}\n");
    const struct process_spec *p = loaded.scenario->processes, *q = p + 1, *r = p + 2, *hook = p + 3;
    assert_int_equal(p->stop->signal, 2);
    assert_int_equal(p->stop->grace, 10 * NS_PER_S);
    assert_int_equal(p->restart->on, RESTART_ALWAYS);
    assert_int_equal(p->restart->max, 5);
    assert_int_equal(p->streams[1]->kind, STREAM_NULL);
    assert_string_equal(p->object.body.shell[0], "bash");
    assert_int_equal(p->object.env_count, 2);
    assert_false(p->object.when);
    assert_int_equal(q->stop->signal, 15);
    assert_int_equal(q->restart->on, RESTART_NEVER);
    assert_int_equal(q->restart->max, 5);
    assert_int_equal(q->streams[1]->kind, STREAM_LOG);
    assert_string_equal(q->object.body.shell[0], "/bin/sh");
    assert_int_equal(q->object.env_count, 1);
    assert_int_equal(q->success->count, 0);
    assert_true(q->object.when);
    assert_int_equal(r->stop->signal, 15);
    assert_int_equal(r->stop->grace, 1 * NS_PER_S);
    assert_int_equal(r->success->count, 1);
    assert_int_equal(hook->stop->signal, 15);
    assert_int_equal(hook->object.timeout, 30 * NS_PER_S);
    assert_int_equal(hook->streams[0]->kind, STREAM_NULL);
    loaded_release(&loaded);
}

int main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_names_and_defaults),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_what_is_waited_for),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_lua),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_own_keys),
        cmocka_unit_test(test_evaluated),
        cmocka_unit_test(test_defaults_are_not_shared),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_large_file),
        cmocka_unit_test(test_override_without_vars),
    };
    struct CMUnitTest tests[countof(fixed) + countof(overrides)];
    memcpy(tests, fixed, sizeof(fixed));
    for (size_t i = 0; i < countof(overrides); i++)
        tests[countof(fixed) + i] = (struct CMUnitTest){
            .name = overrides[i].name,
            .test_func = test_override,
            .initial_state = (void *)(uintptr_t)&overrides[i],
        };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
