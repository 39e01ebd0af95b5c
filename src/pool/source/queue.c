/* Items that are the messages of a queue. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/run.h"
#include "pool/source/private.h"
#include "queue/queue.h"
#include "queue/consumer.h"

struct queue_source {
    struct consumer *consumer;
    struct queue *dead_letters; /* of the queue; NULL: none */
    struct waiter for_message;
    struct waiter for_room; /* in DEAD_LETTERS */
    struct delivery_tag last;
};

static void on_more(void *arg)
{
    struct items *items = arg;
    items->more(items->arg);
}

static int queue_open(struct items *items, struct error *error)
{
    struct queue_source *messages = mem_calloc(1, sizeof(*messages));
    struct queue *queue = items->run->queue_set.list[items->spec->queue];
    (void)error;
    messages->consumer = consumer_new(queue, items->pool->object.name, CONSUMER_TASKS);
    messages->dead_letters = queue_dead_letters(queue);
    messages->for_message = (struct waiter){.function = on_more, .arg = items};
    messages->for_room = (struct waiter){.function = on_more, .arg = items};
    items->state = messages;
    return 0;
}

/* What may fail needs room for its remains: else they would gather without end. */
static enum items_result queue_next(struct items *items, struct buf *encoded, struct error *error)
{
    struct queue_source *messages = items->state;
    (void)error;
    if (messages->dead_letters && queue_is_full(messages->dead_letters)) {
        queue_wait_room(messages->dead_letters, &messages->for_room);
        return ITEMS_WAIT;
    }
    switch (consumer_receive(messages->consumer, encoded, &messages->last)) {
    case TAKE_MESSAGE:
        return ITEMS_ONE;
    case TAKE_EMPTY:
        consumer_wait(messages->consumer, &messages->for_message);
        return ITEMS_WAIT;
    case TAKE_CLOSED:
        break;
    }
    return ITEMS_END;
}

struct consumer *items_queue_consumer(const struct items *items, struct delivery_tag *last)
{
    const struct queue_source *messages = items->state;
    if (last)
        *last = messages->last;
    return messages->consumer;
}

void items_queue_wait(const struct items *items, struct object_wait *wait)
{
    const struct queue_source *messages = items->state;
    const struct queue_spec *spec = &items->run->scenario->queues[items->spec->queue];
    bool for_room = messages->dead_letters && queue_is_full(messages->dead_letters);
    *wait = (struct object_wait){for_room ? *spec->dead_letter : items->spec->queue, for_room};
}

static bool queue_finish(struct items *items, bool force)
{
    struct queue_source *messages = items->state;
    (void)force;
    queue_unwait(consumer_queue(messages->consumer), &messages->for_message);
    if (messages->dead_letters)
        queue_unwait(messages->dead_letters, &messages->for_room);
    return true;
}

static void queue_close(struct items *items)
{
    struct queue_source *messages = items->state;
    queue_finish(items, true);
    consumer_free(messages->consumer);
    free(messages);
}

const struct items_kind items_of_queue = {
    .open = queue_open, .next = queue_next, .finish = queue_finish, .close = queue_close};
