/* The shared table and the interruption of a script, from several threads at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "script/script.h"
#include "script/shared.h"

#define THREADS 4
#define ROUNDS 2000

static struct script *new_script(struct shared *shared, const struct script_host *host, void *arg)
{
    struct script_options options = {
        .name = "test", .host = host, .host_arg = arg, .shared = shared};
    return script_new(&options);
}

static void load(struct script *script, const char *text, int *body)
{
    struct error error = {0};
    if (script_load(script, text, strlen(text), "test.lua", 1, body, &error))
        fail_msg("%s", error.text);
}

static void *count_up(void *of_shared)
{
    struct script *script = new_script(of_shared, NULL, NULL);
    struct error error = {0};
    int body;
    load(script,
         "for i = 1, 2000 do\n"
         "  parrun.shared.add('sum', 1)\n"
         "  parrun.shared['key' .. i] = i\n"
         "  repeat local old = parrun.shared.get('swapped') or 0\n"
         "  until parrun.shared.cas('swapped', parrun.shared.swapped, old + 1)\n"
         "  parrun.shared['key' .. i] = nil\n"
         "end",
         &body);
    script_call(script, body, NULL, &error);
    script_free(script);
    return error.text; /* NULL where all is well */
}

static int64_t get_integer(struct shared *shared, const char *key)
{
    struct buf encoded = {0};
    struct value value;
    shared_get(shared, key, strlen(key), &encoded);
    const char *at = encoded.data;
    value_head(&at, &value);
    buf_release(&encoded);
    return value.type == VALUE_INTEGER ? value.integer : -1;
}

static void test_each_operation_is_atomic(void **state)
{
    (void)state;
    struct shared *shared = shared_new();
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, shared), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(get_integer(shared, "sum"), THREADS * ROUNDS);
    assert_true(get_integer(shared, "swapped") >= ROUNDS);
    shared_free(shared);
}

/* A body that never ends, in a thread of its own. */
struct endless {
    atomic_bool runs; /* the body has begun */
    const char *text;
    struct script *script;
    struct error error;
};

static void note_running(void *of_endless)
{
    struct endless *endless = of_endless;
    atomic_store(&endless->runs, true);
}

static void *run_endless(void *of_endless)
{
    struct endless *endless = of_endless;
    int body;
    load(endless->script, endless->text, &body);
    script_call(endless->script, body, NULL, &endless->error);
    return NULL;
}

static void test_another_thread_ends_a_body(void **state)
{
    static const char *const texts[] = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
    };
    (void)state;
    for (size_t i = 0; i < countof(texts); i++) {
        struct script_host host = {.poll = note_running};
        struct endless endless = {.text = texts[i]};
        pthread_t thread;
        endless.script = new_script(NULL, &host, &endless);
        assert_int_equal(pthread_create(&thread, NULL, run_endless, &endless), 0);
        while (!atomic_load(&endless.runs))
            sched_yield();
        script_interrupt(endless.script);
        pthread_join(thread, NULL);
        assert_int_equal(endless.error.code, ERROR_STOPPED);
        error_release(&endless.error);
        script_free(endless.script);
    }
}

static void test_encoded_values(void **state)
{
    (void)state;
    struct shared *shared = shared_new();
    struct error error = {0};
    struct buf number = {0}, text = {0}, result = {0};
    value_encode_number(&number, 1.0);
    value_encode_string(&text, "1", 1);
    assert_int_equal(shared_add(shared, "a", 1, number.data, number.length, &result, &error), 0);
    assert_memory_equal(result.data, number.data, number.length);
    assert_int_equal(shared_add(shared, "a", 1, text.data, text.length, &result, &error),
                     ERROR_FAILED);
    shared_set(shared, "t", 1, text.data, text.length);
    assert_int_equal(shared_add(shared, "t", 1, number.data, number.length, &result, &error),
                     ERROR_FAILED);
    assert_string_equal(error.text, "'t' holds no number");
    assert_false(shared_cas(shared, "t", 1, number.data, number.length, text.data, text.length));
    assert_true(shared_cas(shared, "t", 1, text.data, text.length, number.data, number.length));
    error_release(&error);
    buf_release(&number);
    buf_release(&text);
    buf_release(&result);
    shared_free(shared);
}

/* As in Lua. */
static void test_1_is_one_float(void **state)
{
    (void)state;
    for (int64_t there = 1; there <= 2; there++) {
        struct shared *shared = shared_new();
        struct buf integer = {0}, number = {0};
        value_encode_integer(&integer, there);
        value_encode_number(&number, 1.0);
        shared_set(shared, "a", 1, integer.data, integer.length);
        assert_int_equal(shared_cas(shared, "a", 1, number.data, number.length, number.data, number.length), there == 1);
        assert_int_equal(get_integer(shared, "a"), there == 1 ? -1 : there);
        buf_release(&integer);
        buf_release(&number);
        shared_free(shared);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encoded_values),
        cmocka_unit_test(test_1_is_one_float),
        cmocka_unit_test(test_each_operation_is_atomic),
        cmocka_unit_test(test_another_thread_ends_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
