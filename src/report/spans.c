/* Columns of varints. */
#include "report/spans.h"

static void put(struct buf *column, uint64_t number)
{
    for (; number > 127; number >>= 7)
        buf_char(column, (char)(number | 128));
    buf_char(column, (char)number);
}

/* The sign goes to the lowest bit, so that numbers near 0 are short on both sides. */
static void put_difference(struct buf *column, int64_t to, int64_t *from)
{
    uint64_t difference = (uint64_t)to - (uint64_t)*from;
    *from = to;
    put(column, difference >> 63 ? ~(difference << 1) : difference << 1);
}

static void put_positive(struct buf *column, int64_t number)
{
    put(column, number > 0 ? (uint64_t)number : 0);
}

void spans_add(struct spans *spans, const struct span *span)
{
    struct buf *columns = spans->columns;
    put(&columns[COLUMN_LANE], span->lane);
    put_difference(&columns[COLUMN_NUMBER], span->number, &spans->number);
    put_positive(&columns[COLUMN_ATTEMPT], span->attempt - 1);
    put_difference(&columns[COLUMN_BEGAN], span->began / 1000, &spans->began);
    put_positive(&columns[COLUMN_TOOK], span->took / 1000);
    put(&columns[COLUMN_STATE], span->state);
    put_positive(&columns[COLUMN_MEMORY], span->memory / 1024);
    spans->count++;
}

void spans_release(struct spans *spans)
{
    for (size_t i = 0; i < COLUMNS; i++)
        buf_release(&spans->columns[i]);
    spans->count = 0;
}

bool span_is_failure(enum span_state state)
{
    return state == SPAN_FAILED || state == SPAN_TIMEOUT;
}

const char *span_state_word(enum span_state state)
{
    static const char *const words[SPAN_STATES] = {"done",    "failed",  "timed out",
                                                   "retried", "stopped", "not ended"};
    return words[state];
}
