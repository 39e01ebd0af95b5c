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

struct put_batch {
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
static bool put_some(struct put_batch *batch)
{
    size_t count;
    if (!batch->values.length)
        return false;
    size_t taken =
        queue_put_values(batch->queue, batch->values.data, batch->values.length, &usual, &count);
    buf_consume(&batch->values, taken);
    batch->count -= count;
    return batch->values.length;
}

/* On the loop's thread, as time has passed, or as there is room again. */
static void look(void *arg)
{
    struct put_batch *batch = arg;
    if (batch->awaited)
        queue_unwait(batch->awaited, &batch->for_room);
    pthread_mutex_lock(&batch->lock);
    bool full = put_some(batch);
    batch->awaited = full ? batch->queue : NULL;
    bool again = batch->more;
    batch->armed = full || again;
    batch->more = false;
    pthread_mutex_unlock(&batch->lock);
    if (full)
        queue_wait_room(batch->awaited, &batch->for_room);
    else if (again)
        timer_start(batch->timer, GATHER_TIME);
}

static void begin(void *arg)
{
    struct put_batch *batch = arg;
    timer_start(batch->timer, GATHER_TIME);
}

struct put_batch *put_batch_new(struct run *run)
{
    struct put_batch *batch = mem_calloc(1, sizeof(*batch));
    batch->run = run;
    batch->timer = timer_new(run->loop, look, batch);
    batch->for_room = (struct waiter){.function = look, .arg = batch};
    pthread_mutex_init(&batch->lock, NULL);
    return batch;
}

void put_batch_free(struct put_batch *batch)
{
    timer_free(batch->timer);
    if (batch->awaited)
        queue_unwait(batch->awaited, &batch->for_room);
    buf_release(&batch->going);
    buf_release(&batch->values);
    pthread_mutex_destroy(&batch->lock);
    free(batch);
}

/* With the lock held. */
static bool has_place(const struct put_batch *batch, const struct queue *queue)
{
    return batch->queue == queue && batch->values.length < GATHER_BYTES &&
           batch->count < queue_gathers(queue, GATHER_MOST);
}

bool put_batch_add(struct put_batch *batch, struct queue *queue, const char *encoded, size_t length)
{
    pthread_mutex_lock(&batch->lock);
    bool first = !batch->armed;
    if (!batch->values.length)
        batch->queue = queue;
    bool added = !first && has_place(batch, queue);
    if (added) {
        frame_bytes(&batch->values, encoded, length);
        batch->count++;
        batch->more = true;
    }
    batch->armed = true;
    pthread_mutex_unlock(&batch->lock);
    if (first)
        loop_post(batch->run->loop, begin, batch);
    return added;
}

int put_batch_flush(struct put_batch *batch, const struct queue_wait *wait, struct error *error)
{
    pthread_mutex_lock(&batch->lock);
    struct queue *queue = batch->queue;
    struct buf empty = batch->going;
    batch->going = batch->values;
    batch->values = empty;
    batch->count = 0;
    pthread_mutex_unlock(&batch->lock);
    if (!batch->going.length)
        return 1;
    struct queue_wait own = *wait;
    own.for_what = queue_asks(queue_index(queue), true);
    int result =
        queue_put_values_waiting(queue, batch->going.data, batch->going.length, &own, error);
    buf_clear(&batch->going);
    return result;
}
