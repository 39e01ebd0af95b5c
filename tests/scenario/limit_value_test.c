/* The values of limits, as texts. */
#include "../harness/unit.h"
#include "scenario/limit_value.h"
#include "scenario/spec.h"

static void assert_value(enum limit_unit unit, const char *text, int64_t expected)
{
    int64_t value;
    if (!limit_parse(unit, text, &value) || value != expected)
        fail_msg("%s is not %lld", text, (long long)expected);
}

static void test_values(void **state)
{
    (void)state;
    assert_value(LIMIT_NUMBER, "0", 0);
    assert_value(LIMIT_NUMBER, "1000000000000", INT64_C(1000000000000));
    assert_value(LIMIT_SIZE, "0", 0);
    assert_value(LIMIT_SIZE, "1.5G", INT64_C(1536) << 20);
    assert_value(LIMIT_TIME, "1m30s", 90 * INT64_C(1000000000));
    assert_value(LIMIT_SHARE, "1.5", 1500);
    assert_value(LIMIT_SHARE, "0.001", 1);
    for (enum limit_unit unit = LIMIT_NUMBER; unit <= LIMIT_SHARE; unit++) {
        assert_value(unit, "unlimited", OPTION_UNLIMITED);
        assert_non_null(limit_wording(unit));
    }
}

static void test_what_is_none(void **state)
{
    static const struct {
        enum limit_unit unit;
        const char *text;
    } wrong[] = {
        {LIMIT_NUMBER, ""},       {LIMIT_NUMBER, "-1"},   {LIMIT_NUMBER, "1000000000001"}, {LIMIT_NUMBER, "3 "},
        {LIMIT_NUMBER, "0x10"},   {LIMIT_NUMBER, "Unlimited"}, {LIMIT_SIZE, "many"}, {LIMIT_SIZE, "8E"},
        {LIMIT_SIZE, ""},         {LIMIT_TIME, "500ms"},  {LIMIT_TIME, "1.5s"},            {LIMIT_TIME, "0"},
        {LIMIT_TIME, "soon"},     {LIMIT_SHARE, "0"},     {LIMIT_SHARE, "0.0004"},         {LIMIT_SHARE, "-2"},
        {LIMIT_SHARE, "2 cores"}, {LIMIT_SHARE, "inf"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        int64_t value;
        if (limit_parse(wrong[i].unit, wrong[i].text, &value))
            fail_msg("'%s' is a limit", wrong[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
