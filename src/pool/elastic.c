/* Pools that have as many workers as there is work for: more as tasks wait, fewer when some have had none for long. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/unit.h"
#include "loop/timer.h"
#include "pool/private.h"
#include "pool/source/source.h"
#include "queue/consumer.h"
#include "queue/queue.h"
#include "scenario/spec.h"

static size_t least_of(const struct pool *pool)
{
    size_t least = (size_t)pool->spec->staff.least;
    return least < pool->workers.wanted ? least : pool->workers.wanted;
}

/* Tasks for which no worker is there, as far as ROOM. One message is taken, to see that there is any: more would be kept from
 * others who could take them sooner. */
static size_t count_waiting(struct pool *pool, size_t room)
{
    struct consumer *consumer = items_consumer(pool->feed.items, NULL);
    size_t taken = consumer && room ? 1 : room;
    struct task *task;
    while (pool->feed.ready.count < taken && (task = pool_take_task(pool)))
        task_list_add(&pool->feed.ready, task);
    return pool->feed.ready.count + (consumer ? queue_length(consumer_queue(consumer)) : 0);
}

size_t pool_elastic_staff(struct pool *pool, size_t staffed)
{
    size_t least = least_of(pool), most = pool->workers.wanted, starting = 0;
    for (size_t i = 0; i < pool->workers.count; i++) {
        if (pool_worker_is_free(pool->workers.list[i]) && !pool->workers.list[i]->leaving)
            return staffed > least ? staffed : least; /* something else holds up what waits */
        starting += pool->workers.list[i]->state == CREW_STARTING;
    }
    size_t busy = staffed - starting;
    size_t wanted = busy + (busy < most ? count_waiting(pool, most - busy) : 0);
    return wanted < least ? least : wanted > most ? most : wanted;
}

void pool_spare_worker(struct pool *pool)
{
    int64_t idle = pool->spec->staff.idle_time, next = INT64_MAX;
    if (!idle || pool_is_stopping(pool))
        return;
    int64_t now = clock_monotonic();
    size_t staffed = pool_staffed(pool);
    for (size_t i = pool->workers.count; i-- > 0;) { /* the first ones get tasks first */
        struct pool_worker *worker = pool->workers.list[i];
        if (!pool_worker_is_free(worker))
            worker->idle_since = 0;
        else if (!worker->idle_since)
            worker->idle_since = now;
        int64_t left = worker->idle_since + idle - now;
        if (!worker->idle_since || staffed <= least_of(pool))
            continue;
        if (left > 0) {
            next = left < next ? left : next;
            continue;
        }
        worker->leave = "it has had no task for long";
        worker->state = CREW_FINISHING;
        worker->kind->finish(worker);
        staffed--;
    }
    if (next < INT64_MAX)
        timer_start(pool->workers.idle, next);
}
