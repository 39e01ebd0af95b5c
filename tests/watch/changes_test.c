/* Bursts of changes, with a clock of the test's. */
#include "../harness/unit.h"
#include "base/unit.h"
#include "watch/changes.h"

#define MS NS_PER_MS

static void test_a_path_counts_once(void **state)
{
    struct changes changes = {0};
    (void)state;
    changes_note(&changes, "/a", CHANGE_STAMPED, 0);
    changes_note(&changes, "/b", 0, 1);
    changes_note(&changes, "/a", CHANGE_WRITTEN, 2);
    assert_int_equal(changes.count, 2);
    assert_string_equal(changes.items[0].path, "/a");
    assert_int_equal(changes.items[0].flags, CHANGE_STAMPED | CHANGE_WRITTEN);
    changes_clear(&changes);
    assert_int_equal(changes.count, 0);
}

/* Each begins the delay anew. */
static void test_the_last_one_counts(void **state)
{
    struct changes changes = {0};
    (void)state;
    changes_note(&changes, "/a", 0, 100 * MS);
    assert_int_equal(changes_wait(&changes, 200 * MS, 100 * MS), 200 * MS);
    assert_int_equal(changes_wait(&changes, 200 * MS, 250 * MS), 50 * MS);
    changes_note(&changes, "/a", 0, 250 * MS);
    assert_int_equal(changes_wait(&changes, 200 * MS, 250 * MS), 200 * MS);
    assert_true(changes_wait(&changes, 200 * MS, 450 * MS) <= 0);
    changes_clear(&changes);
    changes_note(&changes, "/a", 0, 9000 * MS);
    assert_int_equal(changes_wait(&changes, 200 * MS, 9000 * MS), 200 * MS);
    changes_clear(&changes);
}

/* Changes without an end are acted on all the same. */
static void test_a_burst_has_a_longest_wait(void **state)
{
    static const struct {
        int64_t delay;
        int64_t longest;
    } rows[] = {{200 * MS, 2000 * MS}, {0, 2000 * MS}, {1000 * MS, 10000 * MS}, {INT64_MAX / 2, INT64_MAX}};
    (void)state;
    for (size_t i = 0; i < countof(rows); i++)
        assert_int_equal(changes_longest(rows[i].delay), rows[i].longest);
    struct changes changes = {0};
    int64_t now = 0;
    do {
        changes_note(&changes, "/a", 0, now);
        now += 50 * MS;
    } while (changes_wait(&changes, 200 * MS, now) > 0);
    assert_int_equal(now, 2000 * MS);
    changes_clear(&changes);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_a_path_counts_once);
    TEST(&tests, test_the_last_one_counts);
    TEST(&tests, test_a_burst_has_a_longest_wait);
    return tests_run(&tests, "changes");
}
