/* Many small allocations that live and die together. */
#include <stdalign.h>

#include "../harness/unit.h"
#include "base/arena.h"

#define MANY 5000

static void test_free_accepts_null(void **state)
{
    (void)state;
    arena_free(NULL);
}

static void test_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    unsigned char *parts[MANY];
    for (size_t i = 0; i < MANY; i++) {
        size_t size = i % 97 + 1;
        parts[i] = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)parts[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(parts[i][k], 0);
        memset(parts[i], (int)(i % 251), size);
    }
    for (size_t i = 0; i < MANY; i++)
        for (size_t k = 0; k < i % 97 + 1; k++)
            assert_int_equal(parts[i][k], i % 251);
    arena_free(arena);
}

static void test_larger_than_a_block(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char *small = arena_strdup(arena, "small");
    char *large = arena_alloc(arena, 5 << 20);
    memset(large, 'x', 5 << 20);
    assert_string_equal(small, "small");
    assert_string_equal(arena_strdup(arena, "behind"), "behind");
    arena_free(arena);
}

static void test_copies(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_memory_equal(arena_copy(arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_copy(arena, NULL, 0), "");
    assert_string_equal(arena_printf(arena, "%s is %d", "it", 42), "it is 42");
    arena_free(arena);
}

/* What needs no alignment lies at the other end of a block: the two do not meet. */
static void test_texts_beside_structs(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (int i = 0; i < 400000; i++) {
        int *number = arena_alloc(arena, sizeof(*number));
        char *text = arena_copy(arena, "text", 4);
        assert_int_equal(*number, 0);
        assert_int_equal((uintptr_t)number % alignof(max_align_t), 0);
        *number = -1;
        assert_string_equal(text, "text");
        memset(text, 'x', 5);
    }
    arena_free(arena);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_free_accepts_null);
    TEST(&tests, test_zeroed_aligned_and_apart);
    TEST(&tests, test_larger_than_a_block);
    TEST(&tests, test_texts_beside_structs);
    TEST(&tests, test_copies);
    return tests_run(&tests, "arena");
}
