/* Items that are the messages of a queue. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/run.h"
#include "pool/source/private.h"
#include "queue/queue.h"
#include "queue/consumer.h"

struct messages {
    struct taker *taker;
    struct queue *dead_letters; /* of the queue; NULL: none */
    struct waiter for_message;
    struct waiter for_room; /* in DEAD_LETTERS */
    struct mark_taken last;
};

static void on_more(void *arg)
{
    struct items *items = arg;
    items->more(items->arg);
}

static int queue_open(struct items *items, struct error *error)
{
    struct messages *messages = mem_calloc(1, sizeof(*messages));
    struct queue *queue = items->run->queues[items->spec->queue];
    (void)error;
    messages->taker = taker_new(queue, items->pool->object.name, TAKER_TASKS);
    messages->dead_letters = queue_dead_letters(queue);
    messages->for_message = (struct waiter){.function = on_more, .arg = items};
    messages->for_room = (struct waiter){.function = on_more, .arg = items};
    items->state = messages;
    return 0;
}

/* What may fail needs room for its remains: else they would gather without end. */
static enum items_result queue_next(struct items *items, struct buf *encoded, struct error *error)
{
    struct messages *messages = items->state;
    (void)error;
    if (messages->dead_letters && queue_is_full(messages->dead_letters)) {
        queue_wait_room(messages->dead_letters, &messages->for_room);
        return ITEMS_WAIT;
    }
    switch (taker_take(messages->taker, encoded, &messages->last)) {
    case TAKE_MESSAGE:
        return ITEMS_ONE;
    case TAKE_EMPTY:
        taker_wait(messages->taker, &messages->for_message);
        return ITEMS_WAIT;
    case TAKE_CLOSED:
        break;
    }
    return ITEMS_END;
}

struct taker *items_queue_taker(const struct items *items, struct mark_taken *last)
{
    const struct messages *messages = items->state;
    if (last)
        *last = messages->last;
    return messages->taker;
}

void items_queue_wait(const struct items *items, struct object_wait *wait)
{
    const struct messages *messages = items->state;
    const struct queue_spec *spec = &items->run->scenario->queues[items->spec->queue];
    bool for_room = messages->dead_letters && queue_is_full(messages->dead_letters);
    *wait = (struct object_wait){for_room ? *spec->dead_letter : items->spec->queue, for_room};
}

static bool queue_finish(struct items *items, bool force)
{
    struct messages *messages = items->state;
    (void)force;
    queue_unwait(taker_queue(messages->taker), &messages->for_message);
    if (messages->dead_letters)
        queue_unwait(messages->dead_letters, &messages->for_room);
    return true;
}

static void queue_close(struct items *items)
{
    struct messages *messages = items->state;
    queue_finish(items, true);
    taker_free(messages->taker);
    free(messages);
}

const struct items_kind items_of_queue = {
    .open = queue_open, .next = queue_next, .finish = queue_finish, .close = queue_close};
