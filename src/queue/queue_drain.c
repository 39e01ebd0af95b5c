/* Taking all that waits in a queue out of it. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/run.h"
#include "queue/durable.h"
#include "queue/key_groups.h"
#include "queue/message.h"
#include "queue/private.h"
#include "scenario/spec.h"
#include "store/queue_file.h"
#include "store/queue_store.h"

struct drain {
    struct queue *queue;
    queue_drained *take;
    void *arg;
    size_t count;
    struct message_list kept; /* that were not taken */
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
                 const struct delivery_tag *mark)
{
    struct message *message = message_new(encoded, length, false, mark->attempts);
    message->id = mark->id;
    message_list_add(&drain->kept, message);
}

static void drain_subscription(struct drain *drain, struct subscription *subscription)
{
    const struct receiver all = {subscription, false};
    struct buf encoded = {0};
    struct delivery_tag mark;
    while (subscription_has(subscription, &all)) {
        buf_clear(&encoded);
        subscription_take_value(subscription, &all, &encoded, &mark);
        if (subscription->order)
            key_groups_done(subscription->order, mark.slot);
        if (give(drain, encoded.data, encoded.length, mark.id))
            subscription->taken++;
        else
            keep(drain, encoded.data, encoded.length, &mark);
    }
    buf_release(&encoded);
}

static void drain_delayed(struct drain *drain)
{
    struct delayed_messages *delay = &drain->queue->delay;
    while (delay->count) {
        struct delayed delayed = delayed_messages_take(delay);
        struct message *message = delayed.message;
        if (give(drain, message->bytes, message->length, message->id))
            free(message);
        else
            message_list_add(&drain->kept, message);
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
    queue_store_wait(queue->run->queue_set.store);
    struct queue_reader *reader =
        queue_reader_new(queue->spec->durable, queue->spec->name, INT64_MAX, error);
    while (reader && queue_reader_next(reader, 1024, take_stored, drain, error) > 0)
        continue;
    queue_reader_free(reader);
    queue->totals.aside = drain->left;
    for (size_t i = 0; i < queue->subscription_count;
         i++) { /* what of it is in memory counts no more */
        subscription_clear(&queue->subscriptions[i]);
        queue->subscriptions[i].put = queue->subscriptions[i].taken;
    }
    delayed_messages_release(&queue->delay);
}

/* They stand where they stood, but for their priority and what was to be waited for. */
static void put_kept_back(struct drain *drain)
{
    struct queue *queue = drain->queue;
    struct message *message;
    while ((message = message_list_take(&drain->kept)))
        queue_enter_message(queue, message, 0);
}

static void drain_memory(struct drain *drain)
{
    struct queue *queue = drain->queue;
    do {
        for (size_t i = 0; i < queue->subscription_count; i++)
            drain_subscription(drain, &queue->subscriptions[i]);
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
