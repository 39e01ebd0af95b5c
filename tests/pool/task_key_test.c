/* What makes two tasks the same from run to run, and what does not. */
#include "pool/task_key.h"

#include <string.h>

#include "../harness/unit.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "scenario/spec.h"
#include "store/pool_content.h"

/* What the tasks of a pool have in common whose body and setup are these texts, in a scenario with vars.factor and
 * vars.other. */
static struct pool_content content_of(const char *lua, const char *setup, int64_t factor, int64_t other)
{
    struct value_pair pairs[] = {
        {.key = {.type = VALUE_STRING, .string = {"factor", 6}},
         .value = {.type = VALUE_INTEGER, .integer = factor}},
        {.key = {.type = VALUE_STRING, .string = {"other", 5}},
         .value = {.type = VALUE_INTEGER, .integer = other}},
    };
    struct scenario scenario = {
        .vars = {.type = VALUE_TABLE, .table = {.pairs = pairs, .count = countof(pairs)}}};
    struct pool_spec pool = pool_without_parts;
    pool.object.name = "p";
    pool.object.body = (struct body_spec){.kind = BODY_LUA, .lua = {.text = lua, .length = strlen(lua)}};
    pool.setup = (struct lua_spec){.text = setup, .length = strlen(setup)};
    struct pool_content content;
    task_key_pool(&scenario, &pool, &content);
    return content;
}

struct vars_case {
    const char *name;
    const char *lua;
    const char *setup;
    bool factor; /* the key depends on vars.factor, */
    bool other;  /* and on vars.other */
};

static const struct vars_case cases[] = {
    {"none", "return item", "", false, false},
    {"one", "return item * vars.factor\n", "", true, false},
    {"one-at-the-end", "return item * vars.factor", "", true, false},
    {"one-at-the-end-of-setup", "return item", "f = vars.factor", true, false},
    {"both", "return vars.other + vars.factor", "", true, true},
    {"all", "return vars[item]", "", true, true},
    {"all-at-the-end", "return vars", "", true, true},
    {"another-name", "return myvars.factor + vars2", "", false, false},
};

static void check_change(const struct pool_content *before, const struct pool_content *now, const char *expected)
{
    struct buf text = {0};
    pool_content_compare(before, now, &text);
    assert_string_equal(buf_string(&text), expected);
    buf_release(&text);
}

static void test_vars(void **state)
{
    const struct vars_case *row = *state;
    struct pool_content content = content_of(row->lua, row->setup, 1, 1);
    struct pool_content factor = content_of(row->lua, row->setup, 2, 1);
    struct pool_content other = content_of(row->lua, row->setup, 1, 2);
    assert_int_equal(hash_equal(&content.hash, &factor.hash), !row->factor);
    assert_int_equal(hash_equal(&content.hash, &other.hash), !row->other);
    check_change(&content, &factor, row->factor ? "vars.factor changed" : "");
    check_change(&content, &other, row->other ? "vars.other changed" : "");
    pool_content_release(&content);
    pool_content_release(&factor);
    pool_content_release(&other);
}

/* Where one text ends and the next one begins counts, though they are the same one behind the other. */
static void test_texts_are_apart(void **state)
{
    (void)state;
    struct pool_content one = content_of("x\ny", "", 1, 1), two = content_of("x", "y\n", 1, 1);
    assert_false(hash_equal(&one.hash, &two.hash));
    pool_content_release(&one);
    pool_content_release(&two);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_vars, cases);
    TEST(&tests, test_texts_are_apart);
    return tests_run(&tests, "task_key");
}
