/* The index from names to numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/name_index.h"

static void test_empty(void **state)
{
    (void)state;
    struct names names = {0};
    assert_int_equal(names_find(&names, "a", 1), NAMES_NONE);
    names_release(&names);
}

static void test_slot_is_added_once(void **state)
{
    (void)state;
    struct names names = {0};
    assert_int_equal(*names_slot(&names, "a", 1), NAMES_NONE);
    *names_slot(&names, "a", 1) = 3;
    assert_int_equal(*names_slot(&names, "a", 1), 3);
    assert_int_equal(names_find(&names, "a", 1), 3);
    assert_int_equal(names_find(&names, "ab", 2), NAMES_NONE);
    assert_int_equal(names_find(&names, "", 0), NAMES_NONE);
    assert_int_equal(names.count, 1);
    names_release(&names);
}

static void test_a_name_is_put_and_there(void **state)
{
    (void)state;
    struct names names = {0};
    assert_false(names_have(&names, "a"));
    names_put(&names, "a", 1);
    names_put(&names, "a", 2);
    assert_true(names_have(&names, "a"));
    assert_false(names_have(&names, "b"));
    assert_int_equal(names_find(&names, "a", 1), 2);
    assert_int_equal(names.count, 1);
    names_release(&names);
}

static void test_many(void **state)
{
    (void)state;
    static char texts[5000][8];
    struct names names = {0};
    for (size_t i = 0; i < countof(texts); i++) {
        snprintf(texts[i], sizeof(texts[i]), "n%zu", i);
        *names_slot(&names, texts[i], strlen(texts[i])) = i;
    }
    for (size_t i = 0; i < countof(texts); i++)
        assert_int_equal(names_find(&names, texts[i], strlen(texts[i])), i);
    assert_int_equal(names_find(&names, "n5000", 5), NAMES_NONE);
    names_release(&names);
}

static void test_reserved(void **state)
{
    (void)state;
    static char texts[1000][8];
    struct names names = {0};
    names_put(&names, "before", 7);
    names_reserve(&names, countof(texts));
    size_t capacity = names.capacity;
    for (size_t i = 0; i < countof(texts); i++) {
        snprintf(texts[i], sizeof(texts[i]), "n%zu", i);
        names_put(&names, texts[i], i);
    }
    assert_int_equal(names.capacity, capacity);
    assert_int_equal(names_find(&names, "before", 6), 7);
    assert_int_equal(names_find(&names, "n999", 4), 999);
    names_release(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_slot_is_added_once),
        cmocka_unit_test(test_a_name_is_put_and_there),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_reserved),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
