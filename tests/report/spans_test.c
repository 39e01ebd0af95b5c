/* Columns of varints, and series in a bounded number of points. */
#include "../harness/unit.h"
#include "report/series.h"
#include "report/spans.h"

/* The next number of a column, as the page reads it. */
static uint64_t read_number(const struct buf *column, size_t *at)
{
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = (unsigned char)column->data[(*at)++];
        number |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return number;
    }
}

static int64_t read_difference(const struct buf *column, size_t *at, int64_t before)
{
    uint64_t number = read_number(column, at);
    return before + (number & 1 ? -(int64_t)(number / 2) - 1 : (int64_t)(number / 2));
}

static void test_columns_can_be_read_back(void **state)
{
    (void)state;
    static const struct span spans[] = {
        {0, 0, 1, 0, 0, SPAN_DONE, 0},
        {300, INT64_C(1) << 45, 200, INT64_C(1) << 60, INT64_C(5000000), SPAN_FAILED, INT64_C(1) << 40},
        {1, 7, 1, 1000000, 999, SPAN_OPEN, 1024},
    };
    struct spans columns = {0};
    size_t at[COLUMNS] = {0};
    int64_t number = 0, began = 0;
    for (size_t i = 0; i < countof(spans); i++)
        spans_add(&columns, &spans[i]);
    for (size_t i = 0; i < countof(spans); i++) {
        const struct span *span = &spans[i];
        assert_int_equal(read_number(&columns.columns[COLUMN_LANE], &at[COLUMN_LANE]), span->lane);
        number = read_difference(&columns.columns[COLUMN_NUMBER], &at[COLUMN_NUMBER], number);
        assert_int_equal(number, span->number);
        assert_int_equal(read_number(&columns.columns[COLUMN_ATTEMPT], &at[COLUMN_ATTEMPT]), span->attempt - 1);
        began = read_difference(&columns.columns[COLUMN_BEGAN], &at[COLUMN_BEGAN], began);
        assert_int_equal(began, span->began / 1000);
        assert_int_equal(read_number(&columns.columns[COLUMN_TOOK], &at[COLUMN_TOOK]), span->took / 1000);
        assert_int_equal(read_number(&columns.columns[COLUMN_STATE], &at[COLUMN_STATE]), span->state);
        assert_int_equal(read_number(&columns.columns[COLUMN_MEMORY], &at[COLUMN_MEMORY]), span->memory / 1024);
    }
    spans_release(&columns);
}

static void test_a_series_keeps_its_peak(void **state)
{
    (void)state;
    struct series series = {0};
    int64_t most = 0;
    for (int64_t i = 0; i < 1000000; i++)
        series_add(&series, i * 1000, i == 654321 ? 99 : i % 7);
    assert_true(series.count > 500 && series.count <= 5000);
    for (size_t i = 0; i < series.count; i++) {
        assert_true(!i || series.points[i].at > series.points[i - 1].at);
        if (series.points[i].value > most)
            most = series.points[i].value;
    }
    assert_int_equal(most, 99);
    series_release(&series);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_columns_can_be_read_back);
    TEST(&tests, test_a_series_keeps_its_peak);
    return tests_run(&tests, "spans");
}
