/* Errors that gather context on their way up. */
#include "../harness/unit.h"

static void test_set(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(error_set(&error, ERROR_TIMEOUT, "after %d", 3), ERROR_TIMEOUT);
    assert_string_equal(error.text, "after 3");
    assert_int_equal(error_set(&error, ERROR_FAILED, "not %s", error.text), ERROR_FAILED);
    assert_string_equal(error.text, "not after 3");
    error_release(&error);
    assert_int_equal(error.code, 0);
    assert_null(error.text);
}

static void test_system(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(error_system(&error, ENOENT, "cannot open '%s'", "x"), -ENOENT);
    assert_string_equal(error.text, "cannot open 'x': No such file or directory");
    assert_error(&error, -ENOENT, "cannot open");
}

static void test_wrap(void **state)
{
    (void)state;
    struct error error = {0};
    error_set(&error, ERROR_PROTOCOL, "too short");
    assert_int_equal(error_wrap(&error, "frame %d", 4), ERROR_PROTOCOL);
    assert_int_equal(error_wrap(&error, "worker '%s'", "w"), ERROR_PROTOCOL);
    assert_string_equal(error.text, "worker 'w': frame 4: too short");
    error_release(&error);
}

static void test_wrap_of_an_empty_one(void **state)
{
    (void)state;
    struct error error = {.code = ERROR_FAILED};
    assert_int_equal(error_wrap(&error, "alone"), ERROR_FAILED);
    assert_string_equal(error.text, "alone");
    error_release(&error);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_set);
    TEST(&tests, test_system);
    TEST(&tests, test_wrap);
    TEST(&tests, test_wrap_of_an_empty_one);
    return tests_run(&tests, "error");
}
