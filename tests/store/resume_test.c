/* What earlier runs have done. */
#include "../harness/unit.h"
#include "base/buf.h"
#include "base/hash.h"
#include "store/pool_content.h"
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

static enum resume_answer ask(struct resume *resume, int64_t number, struct resume_tally *tally)
{
    struct hash key = key_of(number);
    return resume_ask(resume, &key, false, tally);
}

static bool skips(struct resume *resume, int64_t number, struct resume_tally *tally)
{
    return ask(resume, number, tally) == TASK_IS_DONE;
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

static void test_why_a_task_is_to_run(void **state)
{
    (void)state;
    struct resume *resume = resume_new(false);
    struct resume_tally tally = {0};
    struct hash former = key_of(3), now = key_of(4), never = key_of(9);
    add(resume, 1, false);
    add(resume, 2, true);
    add(resume, 3, true);
    resume_pack(resume);
    assert_int_equal(ask(resume, 1, &tally), TASK_HAS_FAILED);
    assert_int_equal(ask(resume, 2, &tally), TASK_IS_DONE);
    assert_int_equal(ask(resume, 2, &tally), TASK_IS_ONE_MORE);
    assert_int_equal(ask(resume, 5, &tally), TASK_IS_NEW);
    assert_false(resume_has(resume, &never, &tally));
    assert_true(resume_has(resume, &former, &tally));
    assert_int_equal(resume_ask(resume, &now, true, &tally), TASK_HAS_CHANGED);
    assert_int_equal(tally.changed, 1);
    assert_int_equal(tally.fresh, 1);
    assert_int_equal(tally.matched, 3); /* the former one too: its task is there */
    resume_free(resume);
}

static void add_content(struct resume *resume, int64_t number)
{
    struct pool_content content = {.hash = key_of(number)};
    pool_content_add(&content, "env ", "A", 1, number);
    resume_add_content(resume, "p", &content);
    pool_content_release(&content);
}

static void test_contents_are_kept_once_in_their_order(void **state)
{
    (void)state;
    struct resume *resume = resume_new(false);
    size_t count = 1;
    assert_null(resume_contents(resume, "p", &count));
    assert_int_equal(count, 0);
    add_content(resume, 2);
    add_content(resume, 1);
    add_content(resume, 2);
    const struct pool_content *contents = resume_contents(resume, "p", &count);
    assert_int_equal(count, 2);
    assert_int_equal(contents[0].parts[0].hash, 2);
    assert_string_equal(contents[1].parts[0].name, "env A");
    assert_int_equal(resume_known(resume, "p"), 0);
    resume_free(resume);
}

struct change_case {
    const char *name;
    const char *before; /* names, each of one letter, and the digit behind it its hash */
    const char *now;
    const char *text;
};

static const struct change_case changes[] = {
    {"nothing", "a1 b2", "b2 a1", ""},
    {"changed", "a1 b2", "a1 b3", "b changed"},
    {"new", "", "a1", "a is new"},
    {"gone", "a1", "", "a is gone"},
    {"all", "a1 b2 c3", "d4 b2 a9", "d is new, a changed, c is gone"},
};

static struct pool_content content_of(const char *text)
{
    struct pool_content content = {0};
    for (; *text; text += text[2] ? 3 : 2)
        pool_content_add(&content, "", text, 1, text[1]);
    return content;
}

static void test_changes(void **state)
{
    const struct change_case *row = *state;
    struct pool_content before = content_of(row->before), now = content_of(row->now);
    struct buf text = {0};
    pool_content_compare(&before, &now, &text);
    assert_string_equal(buf_string(&text), row->text);
    buf_release(&text);
    pool_content_release(&before);
    pool_content_release(&now);
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
    TEST(&tests, test_why_a_task_is_to_run);
    TEST(&tests, test_contents_are_kept_once_in_their_order);
    TEST_ROWS(&tests, test_changes, changes);
    TEST(&tests, test_only_what_has_failed);
    TEST(&tests, test_many);
    return tests_run(&tests, "resume");
}
