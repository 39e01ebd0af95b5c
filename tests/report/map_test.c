/* Numbers by numbers. */
#include "../harness/unit.h"
#include "report/map.h"

/* Keys that are near each other, and far. */
static uint64_t key_of(uint32_t number)
{
    return number % 3 ? (uint64_t)number << 40 ^ number : number;
}

#define COUNT 20000

static void test_each_key_has_its_value(void **state)
{
    (void)state;
    struct map map = {0};
    assert_int_equal(map_get(&map, 0), MAP_NONE);
    for (uint32_t i = 0; i < COUNT; i++) {
        map_put(&map, key_of(i), i);
        assert_true(map.count * 2 <= map.capacity); /* a search ends at a free place */
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(map_get(&map, key_of(i)), i);
    assert_int_equal(map_get(&map, key_of(COUNT + 3)), MAP_NONE);
    map_release(&map);
}

/* What is taken out leaves no gap that hides the others. */
static void test_others_stay_when_some_go(void **state)
{
    (void)state;
    struct map map = {0};
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < COUNT; i++)
            map_put(&map, key_of(i), i + round);
        for (uint32_t i = 0; i < COUNT; i += 2)
            map_remove(&map, key_of(i));
        for (uint32_t i = 0; i < COUNT; i++)
            assert_int_equal(map_get(&map, key_of(i)), i % 2 ? i + round : MAP_NONE);
        for (uint32_t i = 1; i < COUNT; i += 2)
            map_remove(&map, key_of(i));
        assert_int_equal(map.count, 0);
    }
    map_release(&map);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_each_key_has_its_value);
    TEST(&tests, test_others_stay_when_some_go);
    return tests_run(&tests, "map");
}
