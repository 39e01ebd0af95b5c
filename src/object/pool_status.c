/* What a pool is doing. */
#include <inttypes.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/unit.h"
#include "object/items.h"
#include "object/pool_private.h"

/* More running tasks are not listed. */
#define LISTED_MOST 8

static void print_running(const struct pool *pool, struct buf *out)
{
    size_t running = 0;
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < pool->crew_count; i++) {
        const struct task *task = pool->crew[i]->tasks.first;
        if (!task)
            continue;
        if (running++ >= LISTED_MOST)
            continue;
        buf_printf(out, "%s task %" PRId64 " for ", running == 1 ? "; running:" : ",", task->index);
        duration_print(out, duration_round(now - task->started));
    }
    if (running > LISTED_MOST)
        buf_printf(out, " and %zu more", running - LISTED_MOST);
}

void pool_print_state(const struct pool *pool, struct buf *out)
{
    int64_t total = pool->items ? items_count(pool->items) : -1;
    buf_text(out, pool_is_ending(pool) ? "is ending, after " : "runs for ");
    duration_print(out, duration_round(clock_monotonic() - pool->object.since));
    buf_printf(out, ": %" PRId64, pool->done);
    if (total >= 0)
        buf_printf(out, " of %" PRId64, total);
    buf_text(out, " tasks done");
    if (pool->failed)
        buf_printf(out, ", %" PRId64 " of them failed", pool->failed);
    if (pool->throttled)
        buf_text(out, ", held back until the machine has more to spare");
    print_running(pool, out);
}
