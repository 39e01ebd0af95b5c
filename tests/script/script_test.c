/* Bodies: what they may use, what they return, how they fail, and that each of them ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "script/script.h"
#include "script/shared.h"

/* What a host saw, as text, and the messages it has for the body. */
struct record {
    struct buf text;
    size_t messages; /* that get still returns; then the queue is closed */
    int code;        /* what every call returns, if not 0 */
};

static int output(void *arg, const char *bytes, size_t length, struct error *error)
{
    struct record *record = arg;
    (void)error;
    buf_append(&record->text, bytes, length);
    return 0;
}

static int log_line(void *arg, const char *bytes, size_t length, struct error *error)
{
    struct record *record = arg;
    (void)error;
    buf_printf(&record->text, "[%.*s]", (int)length, bytes);
    return 0;
}

static int host_sleep(void *arg, double seconds, struct error *error)
{
    struct record *record = arg;
    buf_printf(&record->text, "sleep %g;", seconds);
    return record->code ? error_set(error, record->code, "no sleep") : 0;
}

static void show(struct buf *out, const char *encoded, size_t length)
{
    struct arena *arena = arena_new();
    struct error error = {0};
    struct value value;
    if (value_decode(arena, &encoded, &length, &value, &error))
        fail_msg("%s", error.text);
    assert_int_equal(length, 0);
    value_json(out, &value);
    arena_free(arena);
}

static int put(void *arg, const char *queue, const char *encoded, size_t length,
               const struct script_put *options, struct error *error)
{
    struct record *record = arg;
    (void)error;
    buf_printf(&record->text, "put %s %g ", queue, options->timeout);
    if (options->delay > 0 || options->priority)
        buf_printf(&record->text, "delay %g priority %d ", options->delay, options->priority);
    show(&record->text, encoded, length);
    return options->timeout != 0;
}

static int get(void *arg, const char *queue, double timeout, bool keep, struct buf *encoded,
               struct error *error)
{
    (void)keep;
    struct record *record = arg;
    if (strcmp(queue, "broken") == 0)
        return error_set(error, ERROR_FAILED, "no such queue");
    if (!record->messages)
        return timeout < 0 ? 2 : 0;
    value_encode_integer(encoded, (int64_t)record->messages--);
    return 1;
}

static int64_t length(void *arg, const char *queue, struct error *error)
{
    const struct record *record = arg;
    (void)queue;
    (void)error;
    return (int64_t)record->messages;
}

static int run(void *arg, const struct script_command *command, struct script_result *result,
               struct error *error)
{
    struct record *record = arg;
    (void)error;
    for (const char *const *at = command->argv; *at; at++)
        buf_printf(&record->text, "<%s>", *at);
    result->code = 3;
    buf_text(&result->out, "out");
    return 0;
}

static int emit(void *arg, const char *encoded, size_t size, struct error *error)
{
    struct record *record = arg;
    (void)error;
    show(&record->text, encoded, size);
    return 0;
}

static const struct script_host host = {
    .sleep = host_sleep,
    .output = output,
    .log = log_line,
    .put = put,
    .get = get,
    .length = length,
    .run = run,
    .emit = emit,
};

static const char *const environment[] = {"A=1", "B=x=y", NULL};

static struct script *new_script(struct record *record, struct shared *shared)
{
    static struct value_pair vars[1];
    vars[0] = (struct value_pair){value_of_string("size"), {.type = VALUE_INTEGER, .integer = 3}};
    struct script_options options = {
        .name = "body",
        .vars = {.type = VALUE_TABLE, .table = {vars, 1}},
        .environment = environment,
        .directory = "/scenario",
        .host = &host,
        .host_arg = record,
        .shared = shared,
        .pid = 77,
        .memory_limit = (size_t)32 << 20,
    };
    return script_new(&options);
}

/* Runs TEXT as line 7 of body.yaml. */
static int call(struct script *script, const char *text, struct buf *result, struct error *error)
{
    int body;
    int code = script_load(script, text, strlen(text), "body.yaml", 7, &body, error);
    return code ? code : script_call(script, body, result, error);
}

/* A chunk, its result as JSON, and what the host saw. */
static const struct good {
    const char *text;
    const char *json;
    const char *seen;
} good[] = {
    {"", "null", ""},
    {"return 1, 2", "1", ""},
    {"return {3, 1, x = {true, 'a'}, [0.5] = 1}", "{\"1\":3,\"2\":1,\"0.5\":1,\"x\":[true,\"a\"]}",
     ""},
    {"return name .. vars.size .. parrun.name .. parrun.vars.size", "\"body3body3\"", ""},
    {"return item .. index .. worker .. attempt .. parrun.item .. parrun.index", "\"i123i1\"", ""},
    {"return env.A .. os.getenv('B') .. tostring(os.getenv('HOME'))", "\"1x=ynil\"", ""},
    {"return parrun.pid()", "77", ""},
    {"return math.type(parrun.now())", "\"float\"", ""},
    {"return require('parrun') == parrun", "true", ""},
    {"print('a', 1, nil) io.write('b', 2) io.stdout:write('c'):write('d')", "null",
     "a\t1\tnil\nb2cd"},
    {"print(setmetatable({}, {__tostring = function() print('in') return 'out' end}))", "null",
     "in\nout\n"},
    {"parrun.log('a', 1) parrun.log('b\\nc\\n')", "null", "[a 1][b][c]"},
    {"parrun.sleep(0.5)", "null", "sleep 0.5;"},
    {"return parrun.queue('q'):put({a = 1})", "true", "put q -1 {\"a\":1}"},
    {"return parrun.queue('q'):put('v', 0)", "false", "put q 0 \"v\""},
    {"local q = parrun.queue('q') return {#q, q:get(), q:get(1), tostring(q)}",
     "[2,2,1,\"queue 'q'\"]", ""},
    {"local n = 0 for v in parrun.queue('q'):each() do n = n + v end return n", "3", ""},
    {"local q = parrun.queue('q') q:get() q:get() return {q:get(1) == nil, select(2, q:get(1)), "
     "select('#', q:get())}",
     "[true,\"timeout\",1]", ""},
    {"return parrun.run{'ls', '-l', 5}", "{\"code\":3,\"err\":\"\",\"out\":\"out\"}",
     "<ls><-l><5>"},
    {"return parrun.run('ls -l').code", "3", "</bin/sh><-c><ls -l>"},
    {"emit({1}) emit('x')", "null", "[1]\"x\""},
    {"local s = parrun.shared s.a = 1 s.set('b', {2}) return {s.a, s.get('b'), s.add('a', 2), "
     "s.cas('b', {2}, 3), s.b, s.none == nil}",
     "[1,[2],3,true,3,true]", ""},
    {"return {pcall(error, 'x')}", "[false,\"x\"]", ""},
    {"return {xpcall(function(...) return ... end, print, 1, 2)}", "[true,1,2]", ""},
    {"return {xpcall(error, function(m) return m .. '!' end, 'x')}", "[false,\"x!\"]", ""},
    {"local f = coroutine.wrap(function(a) local b = coroutine.yield(a) error(b) end) "
     "return {f(1), pcall(f, 'x')}",
     "[1,false,\"body.yaml:7: x\"]", ""},
    {"local c = coroutine.create(function(a) return pcall(coroutine.yield, a) end) "
     "return {coroutine.resume(c, 1), select(2, coroutine.resume(c, 2))}",
     "[true,true,2]", ""},
    {"return load('return 1 + 1')()", "2", ""},
    {"return {load('\\27Lua')}", "{\"2\":\"attempt to load a binary chunk (mode is 't')\"}", ""},
    {"return {table.unpack(table.move({1, 2, 3}, 1, 3, 2))}", "[1,1,2,3]", ""},
    {"return {('ab'):rep(3, ','), ('x'):rep(0), ('x'):rep(1)}", "[\"ab,ab,ab\",\"\",\"x\"]", ""},
    {"return package.path:match('^/scenario/%?%.lua;/scenario/%?/init%.lua;') ~= nil", "true", ""},
    {"return {debug.sethook == nil, string.dump == nil, package.loadlib == nil}",
     "[true,true,true]", ""},
    {"return getmetatable(setmetatable({}, {__name = 'n'})).__name", "\"n\"", ""},
};

static void test_what_bodies_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(good); i++) {
        struct record record = {.messages = 2};
        struct shared *shared = shared_new();
        struct script *script = new_script(&record, shared);
        struct buf result = {0}, json = {0};
        struct error error = {0};
        struct value item = value_of_string("i");
        script_set_task(script, &item, 1, 2, 3);
        if (call(script, good[i].text, &result, &error))
            fail_msg("%s: %s", good[i].text, error.text);
        show(&json, result.data, result.length);
        assert_string_equal(json.data, good[i].json);
        assert_string_equal(buf_string(&record.text), good[i].seen);
        buf_release(&json);
        buf_release(&result);
        buf_release(&record.text);
        script_free(script);
        shared_free(shared);
    }
}

/* A chunk and the first line of its message. */
static const struct bad {
    const char *text;
    const char *message;
} bad[] = {
    {"\n\nerror('x')", "body.yaml:9: x"},
    {"\nx = = 1", "body.yaml:8: unexpected symbol near '='"},
    {"error(nil)", "(the error is a nil value)"},
    {"error({})", "(the error is a table value)"},
    {"error(setmetatable({}, {__tostring = function() return 'mine' end}))", "mine"},
    {"local t = {} t.x.y = 1", "body.yaml:7: attempt to index a nil value (field 'x')"},
    {"return print", "a function cannot be a result"},
    {"return {a = {b = {coroutine.create(print)}}}",
     "a coroutine cannot be a result (at key 'a.b.1')"},
    {"return {[true] = 1}", "a table with a boolean as key cannot be a result"},
    {"local t = {} t[1] = t return t", "a table that holds itself cannot be a result (at key '1')"},
    {"local t = {} for i = 1, 100 do t = {t} end return t", NULL},
    {"parrun.queue('q'):put({x = print})",
     "body.yaml:7: queue:put: a function cannot be put into a queue (at key 'x')"},
    {"parrun.queue('q'):put(nil)",
     "body.yaml:7: bad argument #1 to 'put' (nil cannot be put into a queue)"},
    {"parrun.queue('broken'):get()", "body.yaml:7: queue:get: no such queue"},
    {"parrun.queue()", "body.yaml:7: bad argument #1 to 'queue' (string expected, got no value)"},
    {"parrun.sleep(-1)", "body.yaml:7: bad argument #1 to 'sleep' (seconds cannot be negative)"},
    {"parrun.run{}", "body.yaml:7: bad argument #1 to 'run' (a program is missing)"},
    {"parrun.run{'a', {}}", "body.yaml:7: parrun.run: argument 2 is a table, not a string"},
    {"parrun.run('a\\0b')", "body.yaml:7: parrun.run: argument 1 holds a NUL byte"},
    {"parrun.shared.get = 1",
     "body.yaml:7: parrun.shared: 'get' is a function; use parrun.shared.set"},
    {"parrun.shared.a = 'x' parrun.shared.add('a', 1)",
     "body.yaml:7: parrun.shared.add: 'a' holds no number"},
    {"os.exit(0)", "body.yaml:7: os.exit is not available: a body ends by returning, and fails by "
                   "calling error()"},
    {"io.popen('ls')",
     "body.yaml:7: io.popen is not available: use parrun.run, which ends with the body"},
    {"setmetatable({}, {__gc = function() end})",
     "body.yaml:7: setmetatable: a __gc would run at any moment, amid other work; use __close, and 'local x <close>'"},
    {"local t = {} for i = 1, 1e9 do t[i] = i end", "not enough memory"},
    {"return ('x'):rep(1 << 30)", "not enough memory"},
    {"return ('x'):rep(1 << 60)", "body.yaml:7: string.rep: resulting string too large"},
    {"local function f() return f() + 1 end f()", NULL},
    {"return coroutine.wrap(function() error('in') end)()", "body.yaml:7: body.yaml:7: in"},
};

static void test_how_bodies_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(bad); i++) {
        struct record record = {0};
        struct shared *shared = shared_new();
        struct script *script = new_script(&record, shared);
        struct error error = {0};
        struct buf result = {0};
        assert_int_equal(call(script, bad[i].text, &result, &error), ERROR_FAILED);
        error.text[strcspn(error.text, "\n")] = '\0';
        if (bad[i].message)
            assert_string_equal(error.text, bad[i].message);
        assert_int_equal(call(script, "return 1", &result, &error), 0);
        error_release(&error);
        buf_release(&result);
        buf_release(&record.text);
        script_free(script);
        shared_free(shared);
    }
}

static void test_a_message_has_its_traceback(void **state)
{
    (void)state;
    struct record record = {0};
    struct script *script = new_script(&record, NULL);
    struct error error = {0};
    call(script, "local function f()\n  error('x')\nend\nf()", NULL, &error);
    assert_string_equal(error.text, "body.yaml:8: x\n"
                                    "stack traceback:\n"
                                    "\t[C]: in function 'error'\n"
                                    "\tbody.yaml:8: in local 'f'\n"
                                    "\tbody.yaml:10: in main chunk");
    error_release(&error);
    script_free(script);
}

#define ENDLESS_CLOSE "local c = setmetatable({}, {__close = function() while true do end end}) "

/* Bodies that would never end. */
static const char *const endless[] = {
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "while true do pcall(pcall, function() while true do end end) end",
    "xpcall(error, function() while true do end end)",
    "xpcall(function() while true do end end, function() while true do end end)",
    "while true do coroutine.wrap(function() while true do end end)() end",
    "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
    "local f f = function() while true do pcall(coroutine.wrap(f)) end end f()",
    ENDLESS_CLOSE "coroutine.wrap(function() local x <close> = c while true do end end)()",
    ENDLESS_CLOSE "local x <close> = c",
    "error(setmetatable({}, {__tostring = function() while true do end end}))",
    "print(setmetatable({}, {__tostring = function() while true do end end}))",
    "load(function() while true do end end)",
    "table.sort({3, 2, 1}, function() while true do end end)",
    "table.move({}, 1, 1 << 40, 2)",
    "string.gsub('aaa', 'a', function() while true do end end)",
};

static void test_a_deadline_ends_every_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(endless); i++) {
        struct record record = {0};
        struct script *script = new_script(&record, NULL);
        struct error error = {0};
        struct buf result = {0};
        script_set_deadline(script, clock_monotonic() + 20 * NS_PER_MS);
        if (call(script, endless[i], NULL, &error) != ERROR_TIMEOUT)
            fail_msg("%s: %s", endless[i], error.text);
        assert_string_equal(strndupa(error.text, 11), "body.yaml:7");
        script_set_deadline(script, 0);
        assert_int_equal(call(script, "for i = 1, 1e5 do end return 1", &result, &error), 0);
        error_release(&error);
        buf_release(&result);
        script_free(script);
    }
}

static void test_a_host_ends_a_body_in_pcall(void **state)
{
    static const int codes[] = {ERROR_STOPPED, ERROR_TIMEOUT};
    (void)state;
    for (size_t i = 0; i < countof(codes); i++) {
        struct record record = {.code = codes[i]};
        struct script *script = new_script(&record, NULL);
        struct error error = {0};
        assert_int_equal(call(script, "while true do pcall(parrun.sleep, 1) end", NULL, &error),
                         codes[i]);
        assert_string_equal(record.text.data, "sleep 1;");
        error_release(&error);
        buf_release(&record.text);
        script_free(script);
    }
}

static void test_an_interrupted_script_runs_no_more(void **state)
{
    (void)state;
    struct record record = {0};
    struct script *script = new_script(&record, NULL);
    struct error error = {0};
    script_interrupt(script);
    for (int i = 0; i < 2; i++)
        assert_int_equal(call(script, "print(1)", NULL, &error), ERROR_STOPPED);
    assert_int_equal(record.text.length, 0);
    error_release(&error);
    script_free(script);
}

static void test_without_a_host(void **state)
{
    (void)state;
    struct script_options options = {.name = "bare"};
    struct script *script = script_new(&options);
    struct error error = {0};
    assert_int_equal(call(script, "parrun.sleep(1)", NULL, &error), ERROR_FAILED);
    assert_non_null(strstr(error.text, "parrun.sleep is not available here"));
    assert_int_equal(call(script, "return parrun.shared.a", NULL, &error), ERROR_FAILED);
    error_release(&error);
    script_free(script);
}

static void test_check(void **state)
{
    (void)state;
    struct error error = {0};
    struct script_compiler compiler = {0};
    assert_int_equal(script_check(&compiler, "x = 1", 5, "a.yaml", 3, &error), 0);
    assert_int_equal(script_check(&compiler, "\nx = ", 5, "a.yaml", 3, &error), ERROR_FAILED);
    assert_string_equal(error.text, "a.yaml:4: unexpected symbol near <eof>");
    assert_int_equal(script_check(&compiler, "x = 1", 5, "a.yaml", 3, &error), 0);
    error_release(&error);
    script_compiler_release(&compiler);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_bodies_do),
        cmocka_unit_test(test_how_bodies_fail),
        cmocka_unit_test(test_a_message_has_its_traceback),
        cmocka_unit_test(test_a_deadline_ends_every_body),
        cmocka_unit_test(test_a_host_ends_a_body_in_pcall),
        cmocka_unit_test(test_an_interrupted_script_runs_no_more),
        cmocka_unit_test(test_without_a_host),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
