/* "Did you mean". */
#include "../harness/unit.h"
#include "base/nearest.h"

static const char *const known[] = {"processes", "pools", "queues", "threads",
                                    "vars",      "log",   "env"};

struct nearest_case {
    const char *name;  /* what was written */
    const char *meant; /* NULL: nothing is near enough */
};

static const struct nearest_case cases[] = {
    {"process", "processes"},
    {"processes", "processes"},
    {"procesess", "processes"},
    {"Processes", "processes"},
    {"POOLS", "pools"},
    {"pool", "pools"},
    {"polls", "pools"},
    {"pooles", "pools"},
    {"queue", "queues"},
    {"quques", "queues"},
    {"qeuues", "queues"},
    {"thraeds", "threads"},
    {"var", "vars"},
    {"lgo", "log"},
    {"evn", "env"},
    {"x", NULL},
    {"", NULL},
    {"zzzzzz", NULL},
    {"something-else-altogether", NULL},
};

static void test_nearest(void **state)
{
    const struct nearest_case *row = *state;
    struct nearest nearest = {.wrong = row->name};
    for (size_t i = 0; i < countof(known); i++)
        nearest_offer(&nearest, known[i]);
    if (row->meant)
        assert_string_equal(nearest.name ? nearest.name : "(none)", row->meant);
    else
        assert_null(nearest.name);
}

static void test_first_of_equals(void **state)
{
    (void)state;
    struct nearest nearest = {.wrong = "cab"};
    nearest_offer(&nearest, "cat");
    nearest_offer(&nearest, "car");
    assert_string_equal(nearest.name, "cat");
    assert_int_equal(nearest.distance, 1);
    nearest_offer(&nearest, "cab");
    assert_string_equal(nearest.name, "cab");
    assert_int_equal(nearest.distance, 0);
}

static void test_long_words(void **state)
{
    (void)state;
    char longest[64] = {0}, longer[200] = {0};
    memset(longest, 'a', 63);
    memset(longer, 'a', 199);
    struct nearest nearest = {.wrong = longest};
    nearest_offer(&nearest, longer);
    nearest_offer(&nearest, "");
    assert_null(nearest.name);
    nearest_offer(&nearest, longest);
    assert_ptr_equal(nearest.name, longest);
    struct nearest other = {.wrong = longer};
    nearest_offer(&other, longer);
    assert_null(other.name);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_nearest, cases);
    TEST(&tests, test_first_of_equals);
    TEST(&tests, test_long_words);
    return tests_run(&tests, "nearest");
}
