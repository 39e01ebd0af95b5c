/* What earlier runs have done. */
#include "../harness/unit.h"
#include "base/hash.h"
#include "store/resume.h"

#define MANY 100000

static struct hash key_of(int64_t number)
{
    struct hash key = {1, 2};
    return hash_bytes(&key, &number, sizeof(number));
}

static void add(struct resume *resume, int64_t number, bool succeeded)
{
    struct hash key = key_of(number);
    resume_add(resume, "p", &key, succeeded);
}

static bool skips(struct resume *resume, int64_t number, struct resume_tally *tally)
{
    struct hash key = key_of(number);
    return resume_skips(resume, &key, tally);
}

static void test_nothing_is_skipped_of_nothing(void **state)
{
    (void)state;
    struct resume *resume = resume_new(false);
    struct resume_tally tally = {0};
    resume_pack(resume);
    assert_false(skips(resume, 1, &tally));
    assert_int_equal(tally.fresh, 1);
    assert_int_equal(resume_known(resume, "p"), 0);
    resume_free(resume);
}

static void test_what_has_succeeded_is_skipped_so_often(void **state)
{
    (void)state;
    struct resume *resume = resume_new(false);
    struct resume_tally tally = {0};
    add(resume, 1, true);
    add(resume, 1, false);
    add(resume, 1, true);
    add(resume, 2, false);
    resume_pack(resume);
    assert_true(skips(resume, 1, &tally));
    assert_true(skips(resume, 1, &tally));
    assert_false(skips(resume, 1, &tally));
    assert_false(skips(resume, 2, &tally));
    assert_int_equal(tally.done, 2);
    assert_int_equal(tally.matched, 2);
    assert_int_equal(tally.fresh, 0);
    assert_int_equal(resume_known(resume, "p"), 2);
    resume_free(resume);
}

static void test_only_what_has_failed(void **state)
{
    (void)state;
    struct resume *resume = resume_new(true);
    struct resume_tally tally = {0};
    add(resume, 1, true);
    add(resume, 2, false);
    add(resume, 3, false);
    add(resume, 3, true);
    resume_pack(resume);
    assert_true(skips(resume, 1, &tally));
    assert_false(skips(resume, 2, &tally));
    assert_true(skips(resume, 3, &tally));
    assert_true(skips(resume, 4, &tally));
    assert_int_equal(tally.done, 2);
    assert_int_equal(tally.unfailed, 1);
    assert_int_equal(tally.fresh, 1);
    resume_free(resume);
}

static void test_many(void **state)
{
    (void)state;
    struct resume *resume = resume_new(false);
    struct resume_tally tally = {0};
    for (int64_t i = 0; i < MANY; i++)
        add(resume, i, i % 2 == 0);
    resume_pack(resume);
    for (int64_t i = 0; i < MANY; i++)
        assert_int_equal(skips(resume, i, &tally), i % 2 == 0);
    for (int64_t i = 0; i < MANY; i++)
        assert_false(skips(resume, i, &tally));
    assert_int_equal(tally.matched, MANY);
    resume_free(resume);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_nothing_is_skipped_of_nothing);
    TEST(&tests, test_what_has_succeeded_is_skipped_so_often);
    TEST(&tests, test_only_what_has_failed);
    TEST(&tests, test_many);
    return tests_run(&tests, "resume");
}
