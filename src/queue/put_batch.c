/* Gathering what a thread's body puts. */
#include "queue/put_batch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "queue/queue.h"
#include "wire/frame.h"

/* More are not gathered, in messages and in bytes. */
#define GATHER_MOST 128
#define GATHER_BYTES (32u << 10)

/* Nor for longer. */
#define GATHER_TIME NS_PER_MS

struct gather {
    struct run *run;
    struct timer *timer;    /* the loop's alone */
    struct waiter for_room; /* the same, as the next */
    struct queue *awaited;  /* where FOR_ROOM waits; NULL: nowhere */
    struct buf going;       /* the thread's alone */

    pthread_mutex_t lock; /* guards what follows */
    struct queue *queue;  /* for which VALUES are */
    struct buf values;    /* u32 length and value of each */
    size_t count;
    bool armed; /* the loop looks again soon; without that nothing is gathered */
    bool more;  /* something was gathered since it looked last */
};

static const struct put_options usual;

/* With the lock held: puts as much as there is room for; true where some are left. */
static bool put_some(struct gather *gather)
{
    size_t count;
    if (!gather->values.length)
        return false;
    size_t taken = queue_put_values(gather->queue, gather->values.data, gather->values.length,
                                    &usual, &count);
    buf_consume(&gather->values, taken);
    gather->count -= count;
    return gather->values.length;
}

/* On the loop's thread, as time has passed, or as there is room again. */
static void look(void *arg)
{
    struct gather *gather = arg;
    if (gather->awaited)
        queue_unwait(gather->awaited, &gather->for_room);
    pthread_mutex_lock(&gather->lock);
    bool full = put_some(gather);
    gather->awaited = full ? gather->queue : NULL;
    bool again = gather->more;
    gather->armed = full || again;
    gather->more = false;
    pthread_mutex_unlock(&gather->lock);
    if (full)
        queue_wait_room(gather->awaited, &gather->for_room);
    else if (again)
        timer_start(gather->timer, GATHER_TIME);
}

static void begin(void *arg)
{
    struct gather *gather = arg;
    timer_start(gather->timer, GATHER_TIME);
}

struct gather *gather_new(struct run *run)
{
    struct gather *gather = mem_calloc(1, sizeof(*gather));
    gather->run = run;
    gather->timer = timer_new(run->loop, look, gather);
    gather->for_room = (struct waiter){.function = look, .arg = gather};
    pthread_mutex_init(&gather->lock, NULL);
    return gather;
}

void gather_free(struct gather *gather)
{
    timer_free(gather->timer);
    if (gather->awaited)
        queue_unwait(gather->awaited, &gather->for_room);
    buf_release(&gather->going);
    buf_release(&gather->values);
    pthread_mutex_destroy(&gather->lock);
    free(gather);
}

/* With the lock held. */
static bool has_place(const struct gather *gather, const struct queue *queue)
{
    return gather->queue == queue && gather->values.length < GATHER_BYTES &&
           gather->count < queue_gathers(queue, GATHER_MOST);
}

bool gather_add(struct gather *gather, struct queue *queue, const char *encoded, size_t length)
{
    pthread_mutex_lock(&gather->lock);
    bool first = !gather->armed;
    if (!gather->values.length)
        gather->queue = queue;
    bool added = !first && has_place(gather, queue);
    if (added) {
        frame_bytes(&gather->values, encoded, length);
        gather->count++;
        gather->more = true;
    }
    gather->armed = true;
    pthread_mutex_unlock(&gather->lock);
    if (first)
        loop_post(gather->run->loop, begin, gather);
    return added;
}

int gather_flush(struct gather *gather, const struct queue_wait *wait, struct error *error)
{
    pthread_mutex_lock(&gather->lock);
    struct queue *queue = gather->queue;
    struct buf empty = gather->going;
    gather->going = gather->values;
    gather->values = empty;
    gather->count = 0;
    pthread_mutex_unlock(&gather->lock);
    if (!gather->going.length)
        return 1;
    struct queue_wait own = *wait;
    own.for_what = queue_asks(queue_index(queue), true);
    int result = queue_put_values_waiting(queue, gather->going.data, gather->going.length, &own,
                                          error);
    buf_clear(&gather->going);
    return result;
}
