/* Taking all that waits in a queue out of it. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/run.h"
#include "queue/durable.h"
#include "queue/message.h"
#include "queue/key_groups.h"
#include "queue/private.h"
#include "scenario/spec.h"
#include "store/queue_file.h"
#include "store/queue_store.h"

struct drain {
    struct queue *queue;
    queue_drained *take;
    void *arg;
    size_t count;
    struct letters kept; /* that were not taken */
    size_t left;         /* the same, of those that are in the file alone */
};

/* With the lock held: true where the message is taken. */
static bool give(struct drain *drain, const char *encoded, size_t length, int64_t id)
{
    if (!drain->take(drain->arg, encoded, length))
        return false;
    durable_done(drain->queue, id);
    drain->count++;
    return true;
}

static void keep(struct drain *drain, const char *encoded, size_t length,
                 const struct mark_taken *mark)
{
    struct letter *letter = letter_new(encoded, length, false, mark->attempts);
    letter->id = mark->id;
    letters_add(&drain->kept, letter);
}

static void drain_lane(struct drain *drain, struct lane *lane)
{
    const struct lane_taker all = {lane, false};
    struct buf encoded = {0};
    struct mark_taken mark;
    while (lane_has(lane, &all)) {
        buf_clear(&encoded);
        lane_take_value(lane, &all, &encoded, &mark);
        if (lane->order)
            order_done(lane->order, mark.slot);
        if (give(drain, encoded.data, encoded.length, mark.id))
            lane->taken++;
        else
            keep(drain, encoded.data, encoded.length, &mark);
    }
    buf_release(&encoded);
}

static void drain_delayed(struct drain *drain)
{
    struct delay *delay = &drain->queue->delay;
    while (delay->count) {
        struct delayed delayed = delay_take(delay);
        struct letter *letter = delayed.letter;
        if (give(drain, letter->bytes, letter->length, letter->id))
            free(letter);
        else
            letters_add(&drain->kept, letter);
    }
}

static bool take_stored(void *arg, const struct stored *message)
{
    struct drain *drain = arg;
    drain->left += message->damaged || !give(drain, message->encoded, message->length, message->id);
    return true;
}

/* Of a queue that nobody takes from, all that it has is in its file. */
static void drain_file(struct drain *drain, struct error *error)
{
    struct queue *queue = drain->queue;
    queue_store_wait(queue->run->store);
    struct queue_reader *reader =
        queue_reader_new(queue->spec->durable, queue->spec->name, INT64_MAX, error);
    while (reader && queue_reader_next(reader, 1024, take_stored, drain, error) > 0)
        continue;
    queue_reader_free(reader);
    queue->aside = drain->left;
    for (size_t i = 0; i < queue->lane_count; i++) { /* what of it is in memory counts no more */
        lane_clear(&queue->lanes[i]);
        queue->lanes[i].put = queue->lanes[i].taken;
    }
    delay_release(&queue->delay);
}

/* They stand where they stood, but for their priority and what was to be waited for. */
static void put_kept_back(struct drain *drain)
{
    struct queue *queue = drain->queue;
    struct letter *letter;
    while ((letter = letters_take(&drain->kept)))
        queue_enter_letter(queue, letter, 0);
}

static void drain_memory(struct drain *drain)
{
    struct queue *queue = drain->queue;
    do {
        for (size_t i = 0; i < queue->lane_count; i++)
            drain_lane(drain, &queue->lanes[i]);
        drain_delayed(drain);
        durable_fill(queue);
    } while (queue_messages(queue));
    put_kept_back(drain);
}

int queue_drain(struct queue *queue, queue_drained *take, void *arg, size_t *count,
                struct error *error)
{
    struct drain drain = {.queue = queue, .take = take, .arg = arg};
    pthread_mutex_lock(&queue->lock);
    if (queue->slot >= 0 && queue->abandoned)
        drain_file(&drain, error);
    else
        drain_memory(&drain);
    queue_changed(queue);
    pthread_mutex_unlock(&queue->lock);
    *count = drain.count;
    return error->code;
}
