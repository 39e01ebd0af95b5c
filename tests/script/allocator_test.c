/* The small blocks of a Lua state: each is its own, what is given back is given again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "script/allocator.h"

static void test_blocks_are_apart(void **state)
{
    static const size_t sizes[] = {1, 16, 17, 40, 256, 255, 3};
    char *blocks[countof(sizes)];
    struct region region;
    (void)state;
    region_init(&region, 1024);
    for (size_t i = 0; i < countof(sizes); i++) {
        blocks[i] = region_take(&region, sizes[i]);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % REGION_STEP, 0);
        assert_true(region_has(&region, blocks[i]));
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < countof(sizes); i++)
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(blocks[i][at], i + 1);
    region_release(&region);
}

static void test_given_back_is_given_again(void **state)
{
    struct region region;
    (void)state;
    region_init(&region, 64);
    void *first = region_take(&region, 30);
    void *second = region_take(&region, 32);
    assert_null(region_take(&region, 1));
    region_give(&region, first, 30);
    region_give(&region, second, 32);
    assert_null(region_take(&region, 16));
    assert_ptr_equal(region_take(&region, 17), second);
    assert_ptr_equal(region_take(&region, 32), first);
    assert_null(region_take(&region, 32));
    region_release(&region);
}

static void test_what_has_no_room(void **state)
{
    struct region region;
    char elsewhere;
    (void)state;
    region_init(&region, 1024);
    assert_null(region_take(&region, REGION_BLOCK_MOST + 1));
    assert_false(region_has(&region, &elsewhere));
    assert_false(region_has(&region, region.end));
    region_release(&region);
    region_init(&region, 0);
    assert_null(region_take(&region, 1));
    assert_false(region_has(&region, &elsewhere));
    region_release(&region);
}

static void test_sizes_that_are_one(void **state)
{
    (void)state;
    assert_true(region_fits(1, 16));
    assert_true(region_fits(48, 33));
    assert_false(region_fits(16, 17));
    assert_false(region_fits(32, 16));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_apart),
        cmocka_unit_test(test_given_back_is_given_again),
        cmocka_unit_test(test_what_has_no_room),
        cmocka_unit_test(test_sizes_that_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
